use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::words::Words as Split;

const ASKED_NOTHING: Expectation =
    Expectation { licence: Licence::NotAsked, threshold: Density::per_thousand(50.0) };

/// Tokens of a text as a model may have them: words with the white space before them, long ones in halves.
fn tokens(text: &str) -> Vec<(u32, String)> {
    let mut words = Vec::new();
    let mut split = Split::new();
    split.push(text, |word| words.push(word));
    words.extend(split.finish());
    let chars: Vec<char> = text.chars().collect();
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut start = 0;
    let mut found = Vec::new();
    for word in words {
        let middle = if word.end - word.start > 5 { word.start + 4 } else { word.end };
        for end in [middle, word.end] {
            if end > start {
                let piece: String = chars[start..end].iter().collect();
                let next = u32::try_from(ids.len()).unwrap();
                found.push((*ids.entry(piece.clone()).or_insert(next), piece));
                start = end;
            }
        }
    }
    found
}

/// The first verdict that is not clean, and after how many tokens.
fn first(expectation: Expectation, tokens: &[(u32, String)]) -> Option<(usize, Verdict)> {
    let mut watch = Watch::new(expectation);
    let verdicts =
        tokens.iter().zip(1..).map(|((token, piece), n_tokens)| (n_tokens, watch.push(*token, piece)));
    verdicts.into_iter().find(|(_, verdict)| *verdict != Verdict::Clean)
}

fn chars_of(tokens: &[(u32, String)]) -> usize {
    tokens.iter().map(|(_, piece)| piece.chars().count()).sum()
}

const SOUND: &str = "The second ride costs six dollars for both of us, as the sign says. ";

#[test]
fn an_exact_loop_is_told_with_its_onset_in_tokens_and_characters() {
    let before: String = (0_u64..400).map(|n| format!("word{} ", n * n * 31 % 509)).collect();
    let unit = "Then the answer has to be six dollars.\n\nBut the sign speaks of half the price.\n\n";
    let tokens = tokens(&(before.clone() + &unit.repeat(40)));
    let (n_tokens, verdict) = first(ASKED_NOTHING, &tokens).unwrap();
    let Verdict::Loop(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!(found.kind, Kind::Exact);
    assert_eq!(found.onset_chars, chars_of(&tokens[..found.onset_tokens]));
    // The space before the first copy belongs to its first token, which the others have after a line end.
    assert!((before.len() - 1..before.len() + 8).contains(&found.onset_chars), "{found:?} {}", before.len());
    assert!((256..300).contains(&(n_tokens - found.onset_tokens)), "{n_tokens} {found:?}");
}

#[test]
fn a_near_loop_is_told_with_its_onset_in_tokens() {
    let unit = |n: usize| {
        format!(
            "So on day {n} the {} pays half of the price of the ride for two, I think.\n\n",
            ["boy", "girl", "man"][n * 5 % 7 % 3]
        )
    };
    let tokens = tokens(&(0..80).map(unit).collect::<String>());
    let (_, verdict) = first(ASKED_NOTHING, &tokens).unwrap();
    let Verdict::Loop(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!(found.kind, Kind::Near);
    assert!(found.onset_tokens < 80, "{found:?}");
    assert_eq!(found.onset_chars, chars_of(&tokens[..found.onset_tokens]));
}

#[test]
fn a_loop_stays_one() {
    let tokens = tokens(&"It is half. It is all.\n\n".repeat(100));
    let mut watch = Watch::new(ASKED_NOTHING);
    let found = tokens.iter().map(|(token, piece)| watch.push(*token, piece)).last().unwrap();
    assert!(matches!(found, Verdict::Loop(_)));
    assert_eq!(watch.push(9_999, "something else"), found);
}

#[test]
fn lines_need_more_and_are_told_with_their_true_onset() {
    let before = "let rows = [\n";
    let tokens = tokens(&(before.to_owned() + &"    row(7, [3, 5], \"open\"),\n".repeat(400)));
    let (n_tokens, verdict) = first(ASKED_NOTHING, &tokens).unwrap();
    let Verdict::Loop(found) = verdict else { panic!("{verdict:?}") };
    assert!(n_tokens >= 1_040, "{n_tokens}");
    assert!(found.onset_chars.abs_diff(before.len()) <= 4, "{found:?}");
}

#[test]
fn what_was_asked_for_is_no_loop() {
    let tokens = tokens(&"It is half.\n\n".repeat(300));
    for licence in [Licence::Times(300), Licence::Unbounded] {
        assert_eq!(first(Expectation { licence, ..ASKED_NOTHING }, &tokens), None);
    }
    assert!(first(ASKED_NOTHING, &tokens).is_some());
}

#[test]
fn doubt_is_told_once_for_every_stretch_of_it() {
    let doubt = |n: usize| format!("Wait, maybe it is {n} or perhaps the {n} of them pay. ");
    let sound = |n: usize| format!("{} and {n} make {}. {SOUND}", n * 7, n * 8);
    let stretch = |from: usize, of: &dyn Fn(usize) -> String| (from..from + 120).map(of).collect::<String>();
    let text = [stretch(0, &doubt), stretch(0, &sound), stretch(500, &doubt)].concat();
    let mut watch = Watch::new(Expectation { licence: Licence::Unbounded, ..ASKED_NOTHING });
    let verdicts: Vec<Verdict> =
        tokens(&text).iter().map(|(token, piece)| watch.push(*token, piece)).collect();
    let n_alarms = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Reanalysis(_))).count();
    assert_eq!(n_alarms, 2);
    assert!(watch.peak().is_some_and(|peak| peak > ASKED_NOTHING.threshold));
}

#[test]
fn tokens_without_text_count_as_tokens() {
    let mut watch = Watch::new(ASKED_NOTHING);
    // Half characters and control tokens come as empty pieces. Nothing is known of what they look like.
    let found = (0..8_000).map(|_| watch.push(7, "")).find(|verdict| *verdict != Verdict::Clean).unwrap();
    assert!(matches!(
        found,
        Verdict::Loop(Repetition { kind: Kind::Exact, period: 1, onset_tokens: 0, onset_chars: 0 })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Ordinary answers, of words drawn from a vocabulary, are clean.
    #[test]
    fn chance_is_clean(words in prop::collection::vec(0_u32..300, 0..3_000)) {
        let tokens: Vec<(u32, String)> = words.iter().map(|word| (*word, format!(" w{word}"))).collect();
        prop_assert_eq!(first(ASKED_NOTHING, &tokens), None);
    }

    #[test]
    fn any_tokens_can_be_followed(tokens in prop::collection::vec((0_u32..4, "[a \n`|1猫]{0,3}"), 0..600), n_copies in 1_usize..12) {
        let tokens = vec![tokens; n_copies].concat();
        let mut watch = Watch::new(ASKED_NOTHING);
        for (token, piece) in &tokens {
            if let Verdict::Loop(found) = watch.push(*token, piece) {
                prop_assert!(found.onset_tokens < tokens.len() && found.onset_chars <= chars_of(&tokens));
            }
        }
    }
}
