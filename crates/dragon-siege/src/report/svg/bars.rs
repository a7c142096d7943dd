//! Stacked bars over time.

use super::{Axis, BOTTOM, Canvas, Caption, LEFT, RIGHT, TOP};

/// One layer of every bar.
#[derive(Debug, Clone)]
pub(in crate::report) struct Stack {
    /// Its class in the style sheet.
    pub(in crate::report) class: &'static str,
    /// Its height in each bar.
    pub(in crate::report) values: Vec<f64>,
}

/// Bars of layers, the first layer lowest; every bar stands for so many seconds. Marks are moments in seconds.
pub(in crate::report) fn stacked_bars(
    caption: &Caption,
    seconds_per_bar: f64,
    stacks: &[Stack],
    marks: &[f64],
    words: fn(f64) -> String,
) -> String {
    let n_bars = stacks.iter().map(|stack| stack.values.len()).max().unwrap_or(0);
    let value = |stack: &Stack, i: usize| {
        stack.values.get(i).copied().filter(|value| value.is_finite() && *value > 0.0).unwrap_or(0.0)
    };
    let height = |i: usize| stacks.iter().map(|stack| value(stack, i)).sum::<f64>();
    let x = Axis::seconds(n_bars as f64 * seconds_per_bar);
    let y = Axis::up_to((0..n_bars).map(height).fold(0.0, f64::max), words);
    let mut canvas = Canvas::begin(caption, &x, &y);
    let width = (RIGHT - LEFT) / n_bars.max(1) as f64;
    // Thin bars stand without a gap, or the gaps would be the picture.
    let gap = if width > 5.0 { 1.0 } else { 0.0 };
    let mut below = vec![0.0; n_bars];
    for stack in stacks {
        let mut path = String::new();
        for (i, below) in below.iter_mut().enumerate() {
            let value = value(stack, i);
            if value <= 0.0 {
                continue;
            }
            let (from, to) = (y.scale().at(*below, BOTTOM, TOP), y.scale().at(*below + value, BOTTOM, TOP));
            *below += value;
            let left = LEFT + width * i as f64;
            path.push_str(&format!("M{left:.1} {from:.1}V{to:.1}h{:.1}V{from:.1}z", (width - gap).max(0.2)));
        }
        if !path.is_empty() {
            canvas.add(format_args!("<path class=\"{}\" d=\"{path}\"/>", stack.class));
        }
    }
    for mark in marks {
        let at = x.scale().at(*mark, LEFT, RIGHT);
        canvas.add(format_args!("<path class=\"mark\" d=\"M{at:.1} {TOP}v-8\"/>"));
    }
    canvas.end()
}
