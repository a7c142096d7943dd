//! One bar that is divided.

use super::escaped;

/// A bar of full width, each part as wide as its share; what is there but too little to be seen is one unit wide.
pub(in crate::report) fn share_bar(title: &str, parts: &[(&'static str, u64)]) -> String {
    let n: u64 = parts.iter().map(|(_, n)| n).sum();
    let mut text = format!(
        "<svg class=\"share\" viewBox=\"0 0 {WIDTH} 8\" preserveAspectRatio=\"none\" role=\"img\"><title>{}</title>\
         <path class=\"track\" d=\"M0 0H{WIDTH}V8H0z\"/>",
        escaped(title)
    );
    if n > 0 {
        let widths: Vec<f64> = parts
            .iter()
            .map(|(_, part)| if *part == 0 { 0.0 } else { (*part as f64 / n as f64 * WIDTH).max(1.5) })
            .collect();
        let stretch = WIDTH / widths.iter().sum::<f64>();
        let mut at = 0.0;
        for ((class, _), width) in parts.iter().zip(widths).filter(|(_, width)| *width > 0.0) {
            let width = width * stretch;
            text.push_str(&format!("<path class=\"{class}\" d=\"M{at:.2} 0h{width:.2}v8h-{width:.2}z\"/>"));
            at += width;
        }
    }
    text.push_str("</svg>");
    text
}

const WIDTH: f64 = 100.0;
