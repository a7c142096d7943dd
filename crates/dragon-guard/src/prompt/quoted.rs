//! Insides of quotations.

use std::ops::Range;

/// Marks that open a quotation, each with those that close it.
const PAIRS: &[(char, &[char])] = &[
    ('"', &['"']),
    ('“', &['”', '“']),
    ('„', &['”', '“', '"']),
    ('«', &['»']),
    ('»', &['«']),
    ('「', &['」']),
    ('『', &['』']),
];

/// Quotations looked at: more of them are no sign of a prompt that a person wrote.
const MAX_QUOTED: usize = 16;

/// Byte ranges between the marks, in order. A mark that is never closed quotes nothing.
pub(super) fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut after = 0;
    // Looked for once: a text of nothing but openers would take quadratic time.
    let mut never_closed: Vec<char> = Vec::new();
    for (at, c) in text.char_indices() {
        if at < after || ranges.len() == MAX_QUOTED || never_closed.contains(&c) {
            continue;
        }
        let Some((_, closers)) = PAIRS.iter().find(|(opener, _)| *opener == c) else { continue };
        let inside = at + c.len_utf8();
        let closing = text[inside..].char_indices().find(|(_, c)| closers.contains(c));
        if let Some((n, closer)) = closing {
            ranges.push(inside..inside + n);
            after = inside + n + closer.len_utf8();
        } else {
            never_closed.push(c);
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
