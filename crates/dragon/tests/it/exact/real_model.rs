//! The default model, served as `make serve` does it.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use dragon_testkit::harness::{Server, ServerOptions};
use serde_json::{Value, json};

use super::answers::{Endpoint, Way, ask, with};

/// Two seconds are what it should take on an idle machine; this one may be busy.
const START_MAX: Duration = Duration::from_secs(30);
/// Counters are reported twice a second.
const REPORTED_WITHIN: Duration = Duration::from_secs(20);

fn model_path() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    assert!(path.is_file(), "{} is missing; scripts/fetch-model.sh brings it", path.display());
    path
}

fn options() -> ServerOptions {
    ServerOptions::empty().add_model("smollm2-135m", &model_path())
}

fn chat(user: &str, n_tokens: u32, more: Value) -> Value {
    let messages = json!([{ "role": "user", "content": user }]);
    let base = json!({
        "model": "smollm2-135m", "messages": messages, "max_tokens": n_tokens, "temperature": 0,
    });
    with(base, more)
}

const QUESTIONS: [&str; 8] = [
    "What is the capital of France?",
    "Name three colours of the rainbow.",
    "Why is the sky blue? Answer briefly.",
    "Write one sentence about a dragon.",
    "How many days does a week have?",
    "Translate \"good morning\" into Spanish.",
    "What do bees make?",
    "Give me a short recipe for tea.",
];

#[test]
fn it_starts_soon_and_answers_sixteen_at_once() {
    let started_at = Instant::now();
    let server = Server::start(&options());
    let took = started_at.elapsed();
    println!("from start to ready: {took:?}");
    assert!(took < START_MAX, "{took:?}");
    thread::scope(|scope| {
        for index in 0..16 {
            let server = &server;
            scope.spawn(move || {
                let way = if index % 2 == 0 { Way::Whole } else { Way::Streamed };
                let answer = ask(server, Endpoint::Chat, &chat(QUESTIONS[index % 8], 32, json!({})), way);
                assert_eq!(answer.label["outcome"], "complete", "{answer:?}");
                assert!(!answer.text().trim().is_empty(), "{answer:?}");
                assert!((1..=32).contains(&answer.n_completion()), "{answer:?}");
            });
        }
    });
    let body = json!({
        "model": "smollm2-135m", "prompt": "The capital of France is", "max_tokens": 4, "temperature": 0,
    });
    let paris = ask(&server, Endpoint::Completions, &body, Way::Whole);
    assert!(paris.text().contains("Paris"), "{}", paris.text());
}

#[test]
fn max_tokens_is_exact_here_too() {
    let server = Server::start(&options());
    for (n_tokens, way) in [(1, Way::Whole), (2, Way::Streamed), (269, Way::Whole), (271, Way::Streamed)] {
        let body = chat("Tell me a long story.", n_tokens, json!({ "ignore_eos": true, "logprobs": true }));
        let answer = ask(&server, Endpoint::Chat, &body, way);
        assert_eq!(
            (answer.n_completion(), answer.choices[0].logprobs.len()),
            (n_tokens as usize, n_tokens as usize)
        );
        answer.assert_ended("complete", None, "length");
    }
}

#[test]
fn four_choices_cost_one_prefill_and_less_than_three_and_a_half_times_the_time() {
    let server = Server::start(&options());
    let body = |n: u32| chat("Tell me a story about a dragon.", 64, json!({ "ignore_eos": true, "n": n }));
    let (n_prompt, n_prefilled) = count_prefill(&server, &body(4), 4 * 63);
    assert_eq!(n_prefilled, n_prompt);
    let time = |n: u32| {
        let started_at = Instant::now();
        let _ = ask(&server, Endpoint::Chat, &body(n), Way::Whole);
        started_at.elapsed()
    };
    // The best of a few: a machine that is busy for a moment only ever makes a run longer.
    let best = |n: u32| (0..3).map(|_| time(n)).min().unwrap();
    let (one, four) = (best(1), best(4));
    println!("n = 1: {one:?}, n = 4: {four:?}, ratio {:.2}", four.as_secs_f64() / one.as_secs_f64());
    assert!(four < one.mul_f64(3.5), "n = 1 took {one:?}, n = 4 took {four:?}");
}

/// Prompt tokens of the first request of a server, and how many the engine computed for it.
fn count_prefill(server: &Server, body: &Value, n_decoded: u64) -> (u64, u64) {
    let answer = ask(server, Endpoint::Chat, body, Way::Whole);
    let number = |model: &Value, name: &str| model[name].as_u64().unwrap();
    let after = server.wait_for(REPORTED_WITHIN, |model| number(model, "n_decode_tokens") >= n_decoded);
    assert_eq!(number(&after, "n_decode_tokens"), n_decoded);
    (answer.n_prompt() as u64, number(&after, "n_prefill_tokens"))
}

/// On real models floating point depends on what else is in a batch, so equality there is counted, not
/// demanded. One after the other, it is demanded.
#[test]
fn greedy_texts_repeat_exactly_one_after_the_other() {
    let server = Server::start(&options().model("prefix_cache_mib", "0"));
    let text = |question: &str| {
        let body = chat(question, 48, json!({ "ignore_eos": true }));
        ask(&server, Endpoint::Chat, &body, Way::Whole).text().to_owned()
    };
    let alone = QUESTIONS.map(text);
    assert_eq!(alone, QUESTIONS.map(text), "single runs repeat");
    let together: Vec<String> = thread::scope(|scope| {
        let threads = QUESTIONS.map(|question| scope.spawn(move || text(question)));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let n_equal = alone.iter().zip(&together).filter(|(alone, together)| alone == together).count();
    println!("greedy texts of 48 tokens that are the same in a batch of 8: {n_equal} of 8");
}

/// What is taken from an earlier prompt was computed in calls of another shape, which changes the last digits: so
/// equality with fresh runs is counted here; on the tiny model it is demanded.
#[test]
fn prompts_that_start_from_earlier_ones_say_so_and_answer() {
    let (fresh, keeping) =
        (Server::start(&options().model("prefix_cache_mib", "0")), Server::start(&options()));
    let answer = |server: &Server, question: &str| {
        ask(server, Endpoint::Chat, &chat(question, 48, json!({ "ignore_eos": true })), Way::Streamed)
    };
    let mut n_equal = 0;
    for question in QUESTIONS {
        let (alone, reused) = (answer(&fresh, question), answer(&keeping, question));
        assert_eq!(alone.n_cached(), 0);
        n_equal += u32::from(alone.text() == reused.text());
        // All prompts begin with the template's system prompt, some 20 tokens of it.
        if question != QUESTIONS[0] {
            assert!(reused.n_cached() >= 16, "{} cached of {}", reused.n_cached(), reused.n_prompt());
        }
    }
    println!("greedy texts of 48 tokens that are the same with a reused beginning: {n_equal} of 8");
}

/// A text that goes on as it began, for ever.
const CIRCLING: &str =
    "The wheel went round and round and round and round and round and round and round and round";

#[test]
fn an_answer_that_goes_round_in_circles_is_taken_out_of_them() {
    let server = Server::start(&options().server("deadline_ms", "60000"));
    let body = json!({
        "model": "smollm2-135m", "prompt": CIRCLING, "max_tokens": 700, "temperature": 0, "ignore_eos": true,
    });
    let asked = |guard: &str, body: &Value| {
        let response = server.post_with("/v1/completions", &[("x-dragon-guard", guard)], body);
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    };

    let off = asked("off", &body);
    assert_eq!(
        (&off["dragon"]["outcome"], &off["usage"]["completion_tokens"]),
        (&json!("complete"), &json!(700))
    );
    assert!(off["dragon"].get("loop_onset_chars").is_none(), "nobody looked");

    let alarm = asked("alarm", &body);
    assert_eq!(alarm["choices"][0]["text"], off["choices"][0]["text"], "an alarm changes nothing");
    let onset = alarm["dragon"]["loop_onset_chars"].as_u64().expect("a loop was found");

    let on = asked("on", &body);
    assert_eq!(
        (&on["dragon"]["outcome"], &on["dragon"]["reason"]),
        (&json!("landed"), &json!("loop")),
        "{on}"
    );
    assert_eq!(on["dragon"]["loop_onset_chars"], onset);
    let n_tokens = on["usage"]["completion_tokens"].as_u64().unwrap();
    assert!((256..500).contains(&n_tokens), "{n_tokens}");
    let text = on["choices"][0]["text"].as_str().unwrap();
    let (before, _) = text.split_once("In short:").expect("it was concluded");
    assert!(before.matches("and round").count() < 20, "the loop is left out: {text}");

    let streamed = with(body, json!({ "stream": true }));
    let chunks = server.stream_with("/v1/completions", &[("x-dragon-guard", "on")], &streamed).chunks();
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["text"].as_str()).collect();
    assert!(
        text.matches("and round").count() > 20 && text.contains("In short:"),
        "what was sent stays: {text}"
    );
    assert_eq!(chunks.last().unwrap()["dragon"]["loop_onset_chars"], onset);
}

/// Signs that do not say what is halved, for whom, and what the asterisk hides, in five languages: with a number that
/// readings have to name, and how they begin.
const SIGNS: [(&str, &str, &str); 5] = [
    (
        "Na zjeżdżalni w Ustroniu wisi kartka: \"Drugi zjazd za pół ceny - jedź jeszcze raz za 9 zł*\". \
         Ile zapłacą za niego dwie osoby?",
        "„9 zł”",
        "Krótko mówiąc: można to rozumieć na kilka sposobów",
    ),
    (
        "Sign at the bowling alley in Leeds: \"Second game 1/2 price - play again for £7*\". \
         What do the two of us pay for it?",
        "“£7”",
        "In short: this can be read in more than one way",
    ),
    (
        "Schild an der Kartbahn: \"2. Runde zum halben Preis - nochmal fahren für 8 €*\". \
         Was zahlen wir zu zweit für die zweite Runde?",
        "„8 €“",
        "Kurz gesagt: das lässt sich auf mehr als eine Weise verstehen",
    ),
    (
        "Cartel en la noria: \"Segunda vuelta a mitad de precio - repite por 5 €*\". \
         ¿Cuánto pagamos los dos por la segunda vuelta?",
        "«5 €»",
        "En resumen: esto se puede entender de más de una manera",
    ),
    (
        "看板に「再乗車は半額 - もう一回600円*」と書いてある。二人で乗るといくら払う?",
        "「600円」",
        "要するに、これは二通り以上に読めます",
    ),
];

#[test]
fn a_question_with_several_meanings_is_concluded_with_them_in_its_language() {
    let server = Server::start(&options().server("deadline_ms", "60000"));
    for (sign, number, begins) in SIGNS {
        let body = chat(sign, 1024, json!({}));
        let asked = |guard: &str| {
            let body =
                if guard == "off" { with(body.clone(), json!({ "max_tokens": 32 })) } else { body.clone() };
            let response = server.post_with("/v1/chat/completions", &[("x-dragon-guard", guard)], &body);
            assert_eq!(response.status, 200, "{}", response.text());
            response.json()
        };
        let text = |answer: &Value| answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        let (on, off) = (asked("on"), asked("off"));
        assert!(!text(&off).contains(begins) && off["dragon"].get("ambiguity").is_none(), "{off}");
        assert_eq!(on["dragon"]["outcome"], "landed", "{on}");
        let reason = on["dragon"]["reason"].as_str().unwrap();
        assert!(["ambiguous", "loop"].contains(&reason), "{on}");
        assert!(on["dragon"]["ambiguity"].as_f64().is_some_and(|score| score >= 0.8), "{on}");
        let (_, readings) = text(&on).split_once(begins).map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        assert!(readings.contains(number), "{on}");
        let streamed = with(body.clone(), json!({ "stream": true }));
        let chunks =
            server.stream_with("/v1/chat/completions", &[("x-dragon-guard", "on")], &streamed).chunks();
        let text: String =
            chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
        assert!(text.ends_with(&format!("{begins}{readings}")), "{text}");
        assert_eq!(chunks.last().unwrap()["dragon"]["ambiguity"], on["dragon"]["ambiguity"]);
    }
}

/// The words that the model says itself are nobody's business.
#[test]
fn a_clear_question_is_answered_as_if_nobody_looked() {
    let server = Server::start(&options());
    for question in QUESTIONS {
        let body = chat(question, 200, json!({}));
        let asked = |guard: &str| {
            let response = server.post_with("/v1/chat/completions", &[("x-dragon-guard", guard)], &body);
            response.json()
        };
        let (on, off) = (asked("on"), asked("off"));
        assert_eq!(on["dragon"]["outcome"], "complete", "{on}");
        assert_eq!(on["choices"], off["choices"], "{question}");
        assert_eq!(on["usage"]["completion_tokens"], off["usage"]["completion_tokens"]);
    }
}
