//! Stop strings: the answer ends before the first of them, and a stream never shows a part of it.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::{EQUALITY_PROMPTS, EqualityPrompt, expected_greedy};
use serde_json::{Value, json};

use super::answers::{Answer, BOTH_WAYS, Endpoint, Way, ask, chat, completion, with};

fn expected(prompt: &EqualityPrompt) -> String {
    String::from_utf8(expected_greedy(prompt.prompt, prompt.n_tokens)).unwrap()
}

fn stopped(server: &Server, prompt: &EqualityPrompt, stop: &Value, way: Way) -> Answer {
    let body = completion(prompt.prompt, prompt.n_tokens, json!({ "stop": stop }));
    ask(server, Endpoint::Completions, &body, way)
}

/// Three characters from the middle; every token is a byte, so it lies across at least two token borders.
fn middle(text: &str) -> String {
    let n_chars = text.chars().count();
    text.chars().skip(n_chars / 2).take(3).collect()
}

#[test]
fn the_answer_ends_before_a_stop_string_across_tokens() {
    let server = Server::start(&ServerOptions::tiny());
    for prompt in EQUALITY_PROMPTS {
        let text = expected(prompt);
        let stop = middle(&text);
        let (before, _) = text.split_once(&stop).unwrap();
        for way in BOTH_WAYS {
            let answer = stopped(&server, prompt, &json!(stop), way);
            assert_eq!(answer.text(), before, "{way:?}");
            // The tokens of the stop string were made, so they are counted.
            assert_eq!(answer.n_completion(), before.len() + stop.len());
            answer.assert_ended("complete", None, "stop");
        }
    }
}

#[test]
fn of_several_stop_strings_the_one_that_comes_first_in_the_text_counts() {
    let server = Server::start(&ServerOptions::tiny());
    for prompt in EQUALITY_PROMPTS {
        let text = expected(prompt);
        let early: String = text.chars().skip(10).take(2).collect();
        let near_miss = format!("{}\u{1}", text.chars().skip(5).take(4).collect::<String>());
        let (before, _) = text.split_once(&early).unwrap();
        for way in BOTH_WAYS {
            let stops = json!([middle(&text), near_miss, early, "never said"]);
            assert_eq!(stopped(&server, prompt, &stops, way).text(), before, "{way:?}");
        }
    }
}

#[test]
fn a_stop_string_that_never_comes_whole_changes_nothing() {
    let server = Server::start(&ServerOptions::tiny());
    for prompt in EQUALITY_PROMPTS {
        let text = expected(prompt);
        // Its beginning is the end of the text: held back, and shown when the answer ends.
        let stop = format!("{}and more", text.chars().skip(text.chars().count() - 3).collect::<String>());
        for way in BOTH_WAYS {
            let answer = stopped(&server, prompt, &json!([stop]), way);
            assert_eq!(answer.text(), text, "{way:?}");
            answer.assert_ended("complete", None, "length");
        }
    }
}

#[test]
fn logprobs_end_where_the_text_ends() {
    let server = Server::start(&ServerOptions::tiny());
    let more = json!({ "stop": "!", "logprobs": true, "logit_bias": { "97": 99, "33": 97 }, "frequency_penalty": 1 });
    for way in BOTH_WAYS {
        let answer = ask(&server, Endpoint::Chat, &chat("Go on", 100, more.clone()), way);
        let choice = &answer.choices[0];
        assert!(!choice.text.is_empty() && choice.text.chars().all(|c| c == 'a'), "{}", choice.text);
        assert_eq!(choice.logprobs.len(), choice.text.len());
        assert_eq!(answer.n_completion(), choice.text.len() + 1);
        answer.assert_ended("complete", None, "stop");
    }
}

#[test]
fn each_choice_stops_by_itself() {
    let server = Server::start(&ServerOptions::tiny());
    let prompts: Vec<&str> = EQUALITY_PROMPTS[..2].iter().map(|prompt| prompt.prompt).collect();
    let (first, second) = (expected(&EQUALITY_PROMPTS[0]), expected(&EQUALITY_PROMPTS[1]));
    let stop = middle(&first);
    assert!(!second.contains(&stop));
    for way in BOTH_WAYS {
        let body = with(completion("", 64, json!({ "stop": stop, "n": 2 })), json!({ "prompt": prompts }));
        let answer = ask(&server, Endpoint::Completions, &body, way);
        let before = first.split_once(&stop).unwrap().0;
        assert_eq!(answer.texts(), [before, before, &second, &second]);
        let finishes: Vec<&str> = answer.choices.iter().map(|choice| choice.finish.as_str()).collect();
        assert_eq!(finishes, ["stop", "stop", "length", "length"]);
        assert_eq!(answer.label["outcome"], "complete");
    }
}
