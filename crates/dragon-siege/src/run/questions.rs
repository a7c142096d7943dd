//! What the bystander asks: ordinary questions whose answers can be checked.
//!
//! Easy ones and many kinds, so that even a very small model gets several of them right; only those that it got right in
//! quiet are checked under attack.

use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use crate::ask::{Ask, Check, Endpoint, Way};
use crate::attack::wish::Wish;

/// Enough for a short sentence with the answer in it.
const MAX_TOKENS: u64 = 32;

/// In turn: some clients want a stream, some do not.
pub(super) const WAYS: [Way; 2] = [Way::Whole, Way::StreamedWithUsage];

/// A question and what a right answer has in it.
#[derive(Debug)]
pub(super) struct Question {
    checked: [Arc<Ask>; WAYS.len()],
    unchecked: [Arc<Ask>; WAYS.len()],
}

/// All of them for this model, with this key in each.
pub(super) fn all(model: &str, key: Option<&'static str>) -> Vec<Question> {
    let one_of = |answers: &[&str]| Check::OneOf(answers.iter().map(|answer| (*answer).to_owned()).collect());
    let json = |key: &str, value: serde_json::Value| Check::Json { key: key.to_owned(), value };
    let questions: [(&str, Check); 20] = [
        ("What is the capital of France?", one_of(&["Paris"])),
        ("What is the capital of Italy?", one_of(&["Rome"])),
        ("What is the capital of Japan?", one_of(&["Tokyo"])),
        ("What is the capital of Germany?", one_of(&["Berlin"])),
        ("What is 2+2? Answer with the number only.", one_of(&["4", "four"])),
        ("What is 3+4? Answer with the number only.", one_of(&["7", "seven"])),
        ("What is 10-1? Answer with the number only.", one_of(&["9", "nine"])),
        ("What is 5+5? Answer with the number only.", one_of(&["10", "ten"])),
        ("Repeat this word: apple", one_of(&["apple"])),
        ("Repeat this word: river", one_of(&["river"])),
        ("Repeat this word: lantern", one_of(&["lantern"])),
        ("Say exactly this and nothing else: good morning", Check::Echo("good morning".to_owned())),
        ("What is the opposite of hot?", one_of(&["cold"])),
        ("What is the opposite of up?", one_of(&["down"])),
        ("Which day comes after Monday?", one_of(&["Tuesday"])),
        ("What colour is the sky on a clear day?", one_of(&["blue"])),
        ("How many legs does a dog have?", one_of(&["4", "four"])),
        ("On which planet do we live?", one_of(&["Earth"])),
        ("Answer with this JSON object and nothing else: {\"ok\": true}", json("ok", json!(true))),
        ("Answer with a JSON object that has the key \"sum\" and the value of 1+1.", json("sum", json!(2))),
    ];
    questions.into_iter().map(|(text, check)| Question::new(model, text, &check, key)).collect()
}

/// The header with this key.
pub(super) fn bearer(key: &'static str) -> (HeaderName, HeaderValue) {
    // The only one who calls has a key that can stand in a header; another one would be left out.
    let value = HeaderValue::try_from(format!("Bearer {key}"));
    (AUTHORIZATION, value.unwrap_or_else(|_| HeaderValue::from_static("Bearer")))
}

// === impl Question ===

impl Question {
    fn new(model: &str, text: &str, check: &Check, key: Option<&'static str>) -> Self {
        let wish = |way| Wish {
            endpoint: Endpoint::Chat,
            way,
            model,
            text,
            max_tokens: MAX_TOKENS,
            temperature: Some(0.0),
        };
        let with_key = |mut ask: Ask| {
            ask.headers.extend(key.map(bearer));
            Arc::new(ask)
        };
        Self {
            checked: WAYS.map(|way| with_key(wish(way).ask_with(check.clone()))),
            unchecked: WAYS.map(|way| with_key(wish(way).ask())),
        }
    }

    /// For the time with this number; what comes back is judged by its content too.
    pub(super) fn checked(&self, number: usize) -> &Arc<Ask> {
        of_turn(&self.checked, number)
    }

    /// The same question, whatever is answered.
    pub(super) fn unchecked(&self, number: usize) -> &Arc<Ask> {
        of_turn(&self.unchecked, number)
    }
}

fn of_turn(asks: &[Arc<Ask>; WAYS.len()], number: usize) -> &Arc<Ask> {
    #[expect(clippy::indexing_slicing, reason = "below the length, which is not zero")]
    &asks[number % WAYS.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::report::curl::{self, Origin};

    #[test]
    fn questions_are_ordinary_requests_that_leave_nothing_to_chance() {
        let questions = all("m", None);
        let mut bodies = HashSet::new();
        for question in &questions {
            for turn in 0..WAYS.len() {
                let (checked, unchecked) = (question.checked(turn), question.unchecked(turn));
                assert_eq!(checked.body, unchecked.body);
                let check = |ask: &Ask| ask.expects.wanted().and_then(|wanted| wanted.check.clone());
                assert!(check(checked).is_some() && check(unchecked).is_none());
                let body: serde_json::Value = serde_json::from_slice(&checked.body).unwrap();
                assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(0.0), &json!(MAX_TOKENS)));
                bodies.insert(checked.body.clone());
            }
        }
        assert_eq!(bodies.len(), questions.len() * WAYS.len());
    }

    #[test]
    fn a_key_of_its_own_is_in_the_command_that_repeats_a_question() {
        let origin = Origin {
            url: "http://127.0.0.1:1".to_owned(),
            has_api_key: false,
            deadline: Duration::from_secs(1),
        };
        let header = "-H 'authorization: Bearer mine'";
        for (key, has_header) in [(Some("mine"), true), (None, false)] {
            for question in all("m", key) {
                for ask in [question.checked(0), question.unchecked(1)] {
                    assert_eq!(curl::command(ask, &origin).contains(header), has_header);
                }
            }
        }
    }
}
