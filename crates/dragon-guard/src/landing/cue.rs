//! What is written when an answer has to land: whatever closes what is open, and a cue.
//!
//! It is made of fixed parts, so that each of them is tokenized once and for all, and not when time is short.

use dragon_core::text::THINK_CLOSE;

use super::boundary::Tracker;
use super::fence::Fence;
use crate::Language;

/// What the end of the text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// The model's thinking.
    Thinking,
    /// The answer.
    Answer,
}

/// Longer fences are not closed by us: nobody writes them, and the parts are known beforehand.
const MAX_MARKS: usize = 6;

const BACKTICKS: &str = "``````";
const TILDES: &str = "~~~~~~";

const PARAGRAPH: &str = "\n\n";
const NEWLINE: &str = "\n";
const SPACE: &str = " ";
/// Shows that a sentence was left.
const BROKEN_OFF: &str = " ...";

/// The parts that close what is open at the end of a text, and a cue: [`cue`], [`asking`] or words of one's own. `None`
/// where that cannot be written: it would hold a stop string, at which the answer must end, or a fence is too long.
pub fn parts<'a>(
    language: Language,
    cue: &'a str,
    text: &Tracker,
    inside: Inside,
    stops: &[String],
) -> Option<Vec<&'a str>> {
    let candidates = match inside {
        Inside::Thinking => vec![after_thinking(language, cue)],
        Inside::Answer => match text.fence() {
            Some(fence) => vec![after_code(cue, text, fence)?],
            None => after_prose(cue, text),
        },
    };
    candidates.into_iter().find(|parts| is_free_of(stops, &visible(parts)))
}

/// Every part that [`parts`] can give around words of one's own, [`cue`] and [`asking`], for all languages.
pub fn all_parts() -> Vec<&'static str> {
    let fences = (3..=MAX_MARKS).flat_map(|n| [&BACKTICKS[..n], &TILDES[..n]]);
    let texts = Language::ALL
        .into_iter()
        .flat_map(|language| [cue(language), asking(language), out_of_time(language)]);
    [PARAGRAPH, NEWLINE, SPACE, BROKEN_OFF, THINK_CLOSE].into_iter().chain(fences).chain(texts).collect()
}

/// What ends a sentence, in any of the languages: where such a text is a single token, the tail is drawn to it.
pub const SENTENCE_ENDS: [&str; 14] =
    [".", "!", "?", "。", "！", "？", ".\n", ".\n\n", "。\n", "。\n\n", ".\"", ".**", ").", "\n\n"];

/// Begins a short conclusion. The model goes on after it, so it ends without a space.
pub const fn cue(language: Language) -> &'static str {
    match language {
        Language::English => "In short:",
        Language::Polish => "Krótko mówiąc:",
        Language::German => "Kurz gesagt:",
        Language::Spanish => "En resumen:",
        Language::French => "En bref :",
        Language::Japanese => "要するに、",
        Language::Chinese => "简而言之，",
    }
}

/// The same for a question that is likely to have several answers, of which nobody can name the readings but the model:
/// it is led to them. It claims nothing, since the score that says so may be wrong.
pub const fn asking(language: Language) -> &'static str {
    match language {
        Language::English => "In short, depending on what is meant:",
        Language::Polish => "Krótko mówiąc, zależnie od tego, co ma się na myśli:",
        Language::German => "Kurz gesagt, je nachdem, was gemeint ist:",
        Language::Spanish => "En resumen, según lo que se quiera decir:",
        Language::French => "En bref, selon ce que l'on veut dire :",
        Language::Japanese => "要するに、何を意味するかによって、",
        Language::Chinese => "简而言之，取决于所指的意思，",
    }
}

/// The last thought of a model whose thinking takes too long.
const fn out_of_time(language: Language) -> &'static str {
    match language {
        Language::English => "There is no more time to think, so I answer with what I know by now.",
        Language::Polish => "Nie ma już czasu na myślenie, więc odpowiadam tym, co wiem do tej pory.",
        Language::German => {
            "Zum Nachdenken bleibt keine Zeit, also antworte ich mit dem, was ich bis jetzt weiß."
        }
        Language::Spanish => "No queda tiempo para pensar, así que respondo con lo que sé hasta ahora.",
        Language::French => {
            "Il ne reste plus de temps pour réfléchir, je réponds donc avec ce que je sais déjà."
        }
        Language::Japanese => "もう考える時間がないので、今わかっていることで答えます。",
        Language::Chinese => "没有时间再想了，我就用目前知道的内容来回答。",
    }
}

fn after_thinking(language: Language, cue: &str) -> Vec<&str> {
    vec![PARAGRAPH, out_of_time(language), NEWLINE, THINK_CLOSE, PARAGRAPH, cue]
}

fn after_code<'a>(cue: &'a str, text: &Tracker, fence: Fence) -> Option<Vec<&'a str>> {
    let marks = if fence.mark == '~' { TILDES } else { BACKTICKS }.get(..fence.n_marks)?;
    let mut parts = if text.n_newlines() == 0 { vec![NEWLINE] } else { Vec::new() };
    parts.extend([marks, PARAGRAPH, cue]);
    Some(parts)
}

/// A paragraph of its own, which ends lists and tables as well. Where that would be a stop string: the same line.
fn after_prose<'a>(cue: &'a str, text: &Tracker) -> Vec<Vec<&'a str>> {
    let mut opening = Vec::new();
    if !text.is_at_sentence_end() && !text.is_closing_fence() {
        opening.push(BROKEN_OFF);
    }
    let breaks: &[&[&str]] = match (text.n_newlines(), opening.is_empty()) {
        _ if text.is_closing_fence() => &[&[PARAGRAPH], &[NEWLINE]],
        (0, _) | (_, false) => &[&[PARAGRAPH], &[NEWLINE], &[SPACE]],
        (1, true) => &[&[NEWLINE], &[]],
        (_, true) => &[&[]],
    };
    breaks.iter().map(|line_break| [&opening, *line_break, &[cue]].concat()).collect()
}

/// What of the parts belongs to the answer.
fn visible(parts: &[&str]) -> String {
    let text = parts.concat();
    text.rsplit_once(THINK_CLOSE).map_or(text.as_str(), |(_, after)| after.trim_start()).to_owned()
}

fn is_free_of(stops: &[String], text: &str) -> bool {
    !stops.iter().any(|stop| !stop.is_empty() && text.contains(stop.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str, inside: Inside, stops: &[&str]) -> Option<String> {
        let mut tracker = Tracker::default();
        tracker.push(text);
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        parts(Language::English, cue(Language::English), &tracker, inside, &stops).map(|parts| parts.concat())
    }

    #[track_caller]
    fn assert_written(text: &str, expected: &str) {
        assert_eq!(written(text, Inside::Answer, &[]).as_deref(), Some(expected), "{text:?}");
    }

    #[test]
    fn prose_ends_and_the_cue_begins_a_paragraph() {
        assert_written("The cat sat.", "\n\nIn short:");
        assert_written("The cat sat on", " ...\n\nIn short:");
        assert_written("The cat sat.\n", "\nIn short:");
        assert_written("The cat sat.\n\n", "In short:");
        assert_written("", "In short:");
        assert_written("- one\n- two of", " ...\n\nIn short:");
        assert_written("| a | b |\n", "\nIn short:");
    }

    #[test]
    fn a_fence_is_closed_with_its_own_marks() {
        assert_written("```python\nprint(1", "\n```\n\nIn short:");
        assert_written("```python\nprint(1)\n", "```\n\nIn short:");
        assert_written("~~~~\na", "\n~~~~\n\nIn short:");
        assert_written("```\na\n```", "\n\nIn short:");
        assert_eq!(written(&format!("{}\na", "`".repeat(7)), Inside::Answer, &[]), None);
    }

    #[test]
    fn thinking_is_concluded_and_closed() {
        let written = written("Let me see, perhaps", Inside::Thinking, &["In short"]);
        assert_eq!(written, None);
        let written = super::tests::written("Let me see, perhaps", Inside::Thinking, &["think"]).unwrap();
        assert!(
            written.starts_with("\n\nThere is no more time") && written.ends_with("\n</think>\n\nIn short:")
        );
    }

    #[test]
    fn a_stop_string_is_never_written() {
        assert_eq!(written("A b", Inside::Answer, &["\n\n"]).as_deref(), Some(" ...\nIn short:"));
        assert_eq!(written("A b", Inside::Answer, &["\n"]).as_deref(), Some(" ... In short:"));
        assert_eq!(written("A b", Inside::Answer, &["\n", ":"]), None);
        assert_eq!(written("```\nb", Inside::Answer, &["```"]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_open_is_closed_and_all_parts_are_known(text in "(```|~~~|[a1. \n`-]){0,20}", language in 0_usize..7, i in 0_usize..3) {
            let mut tracker = Tracker::default();
            tracker.push(&text);
            for inside in [Inside::Answer, Inside::Thinking] {
                let language = Language::ALL[language];
                let own = format!("{} one thing, or another.", cue(language));
                let cue = [cue(language), asking(language), &own][i];
                let Some(parts) = parts(language, cue, &tracker, inside, &[]) else { continue };
                let known = all_parts();
                prop_assert!(parts.iter().all(|part| *part == own || known.contains(part)), "{:?}", parts);
                if inside == Inside::Answer {
                    let mut landed = tracker;
                    landed.push(&parts.concat());
                    prop_assert_eq!(landed.fence(), None);
                }
            }
        }
    }
}
