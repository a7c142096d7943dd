//! Charts as SVG without any script. Pure: figures in, text out. Colours come from the page's style sheet by class, so
//! that one picture serves light, dark and paper.

mod bars;
mod lines;
mod scale;
mod share;

pub(super) use self::bars::{Stack, stacked_bars};
pub(super) use self::lines::{Line, Marks, Style, lines};
pub(super) use self::scale::Axis;
pub(super) use self::share::share_bar;

use std::fmt::Write as _;

/// What a chart is called, also for those who do not see it.
#[derive(Debug, Clone)]
pub(super) struct Caption {
    /// Unique in the page; of letters, digits and `-`.
    pub(super) id: String,
    /// A few words.
    pub(super) title: String,
    /// What is to be seen, in a sentence.
    pub(super) description: String,
}

/// Width and height in the picture's own units.
pub(super) const SIZE: (f64, f64) = (520.0, 236.0);

/// Where the figures are drawn: the rest is for the axes' words.
const LEFT: f64 = 76.0;
const RIGHT: f64 = 508.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 200.0;

/// A picture that grows.
#[derive(Debug)]
struct Canvas(String);

// === impl Canvas ===

impl Canvas {
    /// With its words, a grid and both axes.
    fn begin(caption: &Caption, x: &Axis, y: &Axis) -> Self {
        let mut canvas = Self(String::with_capacity(4096));
        let (width, height) = SIZE;
        let id = &caption.id;
        canvas.add(format_args!(
            "<svg class=\"chart\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
            escaped(&caption.title),
            escaped(&caption.description)
        ));
        for tick in y.ticks() {
            let at = y.scale().at(tick, BOTTOM, TOP);
            canvas.add(format_args!(
                "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{RIGHT}\"/>\
                 <text class=\"tick end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                LEFT - 8.0,
                at + 4.0,
                escaped(&y.label(tick))
            ));
        }
        canvas.add(format_args!("<path class=\"axis\" d=\"M{LEFT} {BOTTOM}H{RIGHT}\"/>"));
        for tick in x.ticks() {
            let at = x.scale().at(tick, LEFT, RIGHT);
            let anchor = if at > RIGHT - 18.0 { "end" } else { "middle" };
            canvas.add(format_args!(
                "<path class=\"axis\" d=\"M{at:.1} {BOTTOM}v4\"/>\
                 <text class=\"tick {anchor}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                if anchor == "end" { RIGHT } else { at },
                BOTTOM + 20.0,
                escaped(&x.label(tick))
            ));
        }
        canvas
    }

    fn add(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(what);
    }

    fn end(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }
}

/// Text within SVG and its attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
