//! Whether a prompt is in a notation of its own: formulas or code. There "3" means just that, and "(x - 3)" leaves no unit
//! open, whatever a text in words would.

/// Lines that look like code, from which on the prompt counts as code.
const MIN_CODE_LINES: usize = 3;

/// Whether formulas or code stand in a text.
pub(crate) fn has_notation(text: &str) -> bool {
    text.contains("```") || has_command(text) || has_formula(text) || has_code_lines(text)
}

/// `\frac` and its like.
fn has_command(text: &str) -> bool {
    text.split('\\').skip(1).any(|after| after.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// `$x + 1$`, told from prices much as Pandoc does: no blank within the dollars at either end, no digit after them, and
/// no number before them.
fn has_formula(text: &str) -> bool {
    let is_blank = |char: Option<char>| char.is_none_or(char::is_whitespace);
    text.lines().any(|line| {
        let parts: Vec<&str> = line.split('$').collect();
        parts.windows(3).any(|around| {
            let [before, inside, after] = around else { return false };
            let is_price = before.ends_with(|last: char| last.is_ascii_digit())
                || after.starts_with(|first: char| first.is_ascii_digit());
            !is_blank(inside.chars().next()) && !is_blank(inside.chars().next_back()) && !is_price
        })
    })
}

fn has_code_lines(text: &str) -> bool {
    let is_code = |line: &&str| {
        let is_indented = line.starts_with("    ") || line.starts_with('\t');
        !line.trim().is_empty() && (is_indented || line.trim_end().ends_with(['{', '}', ';']))
    };
    text.lines().filter(is_code).nth(MIN_CODE_LINES - 1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_and_code_are_told_from_prices_and_lists() {
        for notation in [
            "Find the roots of $(x - 3)^3 = 2$.",
            "What is the distance between $(2, -6)$ and $(-4, 3)$?",
            "Let \\frac{1}{2} be given.",
            "What does this print?\n```\nx\n```",
            "fn main() {\n    let x = 3;\n}\nWhat is x?",
            "def f(x):\n    y = x\n    y += 3\n    return y",
        ] {
            assert!(has_notation(notation), "{notation}");
        }
        for words in [
            "A ticket costs $5 and a ride $6.",
            "Sign: \"1/2 Price Re-Rides - go again for $6.00*\". How much is it?",
            "It costs $5. He has $10.",
            "- one\n- two\n  - three\n    - four",
            "C:\\ and \\\\ are no commands",
            "Pay 5$, or 6$ later",
            "",
        ] {
            assert!(!has_notation(words), "{words}");
        }
    }
}
