//! Insides of quotations.

use std::ops::Range;

use crate::language::quotes::Unclosed;

/// Quotations looked at: more of them are no sign of a prompt that a person wrote.
const MAX_QUOTED: usize = 16;

/// Byte ranges between the marks, in order. A mark that is never closed quotes nothing.
pub(super) fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut after = 0;
    let mut unclosed = Unclosed::default();
    for (at, c) in text.char_indices() {
        if at < after || ranges.len() == MAX_QUOTED {
            continue;
        }
        if let Some(quotation) = unclosed.quotation_at(text, at, c) {
            ranges.push(quotation.inside);
            after = quotation.end;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insides_of_several_styles() {
        let text = "a \"b c\" d „e” «f» 「g」 h\"";
        let found: Vec<&str> = quoted(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["b c", "e", "f", "g"]);
    }
}
