//! What a prompt quotes.

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

/// Opens and closes a block of code.
const FENCE: &str = "```";

/// The text without quotations and fenced code. A mark that is never closed quotes nothing.
pub(super) fn without_quoted(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = first_quoted(rest) {
        left.push_str(&rest[..start]);
        left.push(' ');
        rest = &rest[end..];
    }
    left.push_str(rest);
    left
}

/// Byte range of the first quotation, its marks included.
fn first_quoted(text: &str) -> Option<(usize, usize)> {
    let mut unclosed = Unclosed::default();
    text.char_indices().find_map(|(start, c)| {
        if c == '`' && text[start..].starts_with(FENCE) {
            let inside = start + FENCE.len();
            let end = text[inside..].find(FENCE).map_or(text.len(), |n| inside + n + FENCE.len());
            return Some((start, end));
        }
        unclosed.quotation_at(text, start, c).map(|quotation| (start, quotation.end))
    })
}

/// What one quotation holds.
pub(crate) struct Quotation {
    /// Bytes between the marks.
    pub(crate) inside: Range<usize>,
    /// Where the text goes on after the closing mark.
    pub(crate) end: usize,
}

/// Openers whose closers do not come any more.
#[derive(Default)]
pub(crate) struct Unclosed(Vec<char>);

// === impl Unclosed ===

impl Unclosed {
    /// The quotation that `c` at `start` opens; `None` where it opens none.
    pub(crate) fn quotation_at(&mut self, text: &str, start: usize, c: char) -> Option<Quotation> {
        let (_, closers) = PAIRS.iter().find(|(opener, _)| *opener == c)?;
        if self.0.contains(&c) {
            return None;
        }
        let inside = start + c.len_utf8();
        let closing = text[inside..].char_indices().find(|(_, c)| closers.contains(c));
        let Some((n, closer)) = closing else {
            // Looked for once: a text of nothing but openers would take quadratic time.
            self.0.push(c);
            return None;
        };
        Some(Quotation { inside: inside..inside + n, end: inside + n + closer.len_utf8() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_of_several_styles_and_code_are_left_out() {
        assert_eq!(without_quoted("a \"b c\" d"), "a   d");
        assert_eq!(without_quoted("jest „to jest” znak «le mot» i 「言葉」."), "jest   znak   i  .");
        assert_eq!(without_quoted("run ```for x in y``` now"), "run   now");
        assert_eq!(without_quoted("run ```for x in y"), "run  ");
    }

    #[test]
    fn an_apostrophe_or_a_lone_mark_quotes_nothing() {
        assert_eq!(without_quoted("don't 6\" long «"), "don't 6\" long «");
    }
}
