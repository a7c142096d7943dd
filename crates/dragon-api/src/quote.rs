//! Repeating a client's input without becoming its loudspeaker.

use crate::limits::MAX_QUOTED_BYTES;

/// `text` cut to [`MAX_QUOTED_BYTES`] at a character's border, without control characters (messages end up
/// in terminals and logs).
pub(crate) fn shorten(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_QUOTED_BYTES);
    let kept = text.get(..end).unwrap_or_default();
    let mut shown: String = kept.chars().map(visible).collect();
    if end < text.len() {
        shown.push('…');
    }
    shown
}

/// The shortened text in double quotes.
pub(crate) fn quote(text: &str) -> String {
    format!("\"{}\"", shorten(text))
}

fn visible(character: char) -> char {
    if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_input_is_cut_at_a_character() {
        let shown = shorten(&"ü".repeat(1000));
        assert_eq!(shown, format!("{}…", "ü".repeat(MAX_QUOTED_BYTES / 2)));
    }

    #[test]
    fn control_characters_do_not_reach_a_terminal() {
        assert_eq!(quote("a\u{1b}[2Jb"), "\"a\u{fffd}[2Jb\"");
    }
}
