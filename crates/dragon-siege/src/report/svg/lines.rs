//! Lines over time, and distributions.

use super::{Axis, BOTTOM, Canvas, Caption, LEFT, RIGHT, TOP, escaped};

/// One line.
#[derive(Debug, Clone)]
pub(in crate::report) struct Line {
    /// Its classes in the style sheet.
    pub(in crate::report) class: String,
    /// From left to right. A value that is none interrupts it.
    pub(in crate::report) points: Vec<(f64, f64)>,
    /// How it goes from one point to the next.
    pub(in crate::report) style: Style,
}

/// How a line goes from one point to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Style {
    /// It holds its value until the next point.
    Steps,
    /// Steps, and the area below is filled.
    Area,
    /// No line, but a stem from the axis to each point.
    Stems,
}

/// What is marked besides.
#[derive(Debug, Clone, Default)]
pub(in crate::report) struct Marks {
    /// A limit on the vertical axis, and its name.
    pub(in crate::report) level: Option<(f64, String)>,
    /// A limit on the horizontal axis, and its name.
    pub(in crate::report) moment: Option<(f64, String)>,
}

/// Lines in one picture.
pub(in crate::report) fn lines(caption: &Caption, x: &Axis, y: &Axis, all: &[Line], marks: &Marks) -> String {
    let mut canvas = Canvas::begin(caption, x, y);
    if let Some((level, name)) = &marks.level {
        let at = y.scale().at(*level, BOTTOM, TOP);
        canvas.add(format_args!(
            "<path class=\"limit\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>\
             <text class=\"limit-name end\" x=\"{RIGHT}\" y=\"{:.1}\">{}</text>",
            if at < TOP + 16.0 { at + 14.0 } else { at - 5.0 },
            escaped(name)
        ));
    }
    if let Some((moment, name)) = &marks.moment {
        let at = x.scale().at(*moment, LEFT, RIGHT);
        // Beside the top of its line, towards the middle of the picture.
        let is_right = at > f64::midpoint(LEFT, RIGHT);
        canvas.add(format_args!(
            "<path class=\"limit\" d=\"M{at:.1} {TOP}V{BOTTOM}\"/>\
             <text class=\"limit-name {}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            if is_right { "end" } else { "start" },
            if is_right { at + 3.0 } else { at - 3.0 },
            TOP - 3.0,
            escaped(name)
        ));
    }
    for line in all {
        let places: Vec<(f64, f64)> = line
            .points
            .iter()
            .filter(|(at, _)| at.is_finite())
            .map(|(at, value)| {
                let height = if value.is_finite() { y.scale().at(*value, BOTTOM, TOP) } else { f64::NAN };
                (x.scale().at(*at, LEFT, RIGHT), height)
            })
            .collect();
        for run in places.split(|(_, height)| height.is_nan()).filter(|run| !run.is_empty()) {
            draw(&mut canvas, line, run);
        }
    }
    canvas.end()
}

fn draw(canvas: &mut Canvas, line: &Line, places: &[(f64, f64)]) {
    let class = &line.class;
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return };
    if line.style == Style::Stems {
        for (at, height) in places {
            canvas.add(format_args!(
                "<path class=\"line {class}\" d=\"M{at:.1} {BOTTOM}V{height:.1}\"/>\
                 <circle class=\"dot {class}\" cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\"/>"
            ));
        }
        return;
    }
    let mut path = format!("M{:.1} {:.1}", first.0, first.1);
    for (at, height) in places.iter().skip(1) {
        path.push_str(&format!("H{at:.1}V{height:.1}"));
    }
    if line.style == Style::Area {
        canvas.add(format_args!("<path class=\"area {class}\" d=\"{path}V{BOTTOM}H{:.1}z\"/>", first.0));
    }
    if places.len() == 1 {
        let (at, height) = last;
        canvas.add(format_args!("<circle class=\"dot {class}\" cx=\"{at:.1}\" cy=\"{height:.1}\" r=\"3\"/>"));
    } else {
        canvas.add(format_args!("<path class=\"line {class}\" d=\"{path}\"/>"));
    }
}
