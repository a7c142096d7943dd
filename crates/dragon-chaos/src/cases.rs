//! What is asked: a bounded number of distinct requests, drawn from a seed, so that every answer can be compared with
//! the undisturbed one. Between them they use everything that an engine has to restore: greedy and sampled, both
//! endpoints, penalties, stop strings, log-probabilities, several choices, and answers that end by themselves.

use std::time::Duration;

use dragon_chaos::check::{Asked, Endpoint, Way};
use dragon_testkit::rng::SplitMix64;
use dragon_testkit::tiny::{EQUALITY_PROMPTS, GREETING};
use serde_json::{Value, json};

use crate::scene::Model;

/// The taught prompts come first, as they are: what the tiny model answers to them was computed independently.
const N_TAUGHT: usize = EQUALITY_PROMPTS.len();

/// Temperatures of the sampled ones.
const TEMPERATURES: [f64; 3] = [0.7, 1.0, 1.4];

/// Subjects of prompts.
const SUBJECTS: [&str; 12] = [
    "a lighthouse in winter",
    "the repair of a bicycle",
    "a dragon and its accountant",
    "bread without yeast",
    "two rivers that meet",
    "the rules of an old game",
    "why queues are honest",
    "smok wawelski i szewczyk",
    "ein Brief an die Nachbarn",
    "un viaje en tren",
    "the colour of glaciers",
    "a bridge that nobody crosses",
];

/// One distinct request.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// In the report and in the names of files.
    pub(crate) number: usize,
    /// As the judge sees it, asked for as a whole.
    asked: Asked,
    /// As it is sent, asked for as a whole.
    body: Value,
    /// What of it nobody else decides: the first tokens of a greedy answer to a taught prompt.
    pub(crate) taught: Option<&'static str>,
    /// Whether a stop string is still to be found in its undisturbed text.
    pub(crate) wants_stop: bool,
}

/// What all cases of a run share.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) model: Model,
    pub(crate) n_cases: usize,
    /// Fewest and most tokens of an answer.
    pub(crate) n_tokens: (usize, usize),
    pub(crate) deadline: Duration,
}

/// Draws the cases.
pub(crate) fn draw(plan: &Plan, seed: u64) -> Vec<Case> {
    let mut rng = SplitMix64::new(seed);
    (0..plan.n_cases).map(|number| case(plan, number, &mut rng)).collect()
}

fn case(plan: &Plan, number: usize, rng: &mut SplitMix64) -> Case {
    let is_tiny = plan.model == Model::Tiny;
    let taught = (is_tiny && number < N_TAUGHT).then(|| EQUALITY_PROMPTS[number].prompt);
    let endpoint = match taught {
        Some(_) => Endpoint::Completions,
        None if number.is_multiple_of(2) => Endpoint::Chat,
        None => Endpoint::Completions,
    };
    let subject = SUBJECTS[rng.below(SUBJECTS.len())];
    // Different from the first word on: a shared beginning would be computed once.
    let text = taught.map_or_else(|| format!("{number} things about {subject}."), str::to_owned);
    let (fewest, most) = plan.n_tokens;
    let max_tokens = (fewest + rng.below(most.saturating_sub(fewest) + 1)) as u64;
    let mut body = json!({ "model": plan.model.id(), "max_tokens": max_tokens, "ignore_eos": true });
    match endpoint {
        Endpoint::Chat => body["messages"] = json!([{ "role": "user", "content": text }]),
        Endpoint::Completions => body["prompt"] = json!(text),
    }
    let mut asked = Asked {
        endpoint,
        way: Way::Whole,
        model: plan.model.id().to_owned(),
        max_tokens,
        n: 1,
        stop: None,
        seed: None,
        logprobs: false,
        deadline: plan.deadline,
    };
    let mut wants_stop = false;
    if taught.is_some() || number.is_multiple_of(3) {
        body["temperature"] = json!(0);
    } else {
        let seed = rng.next_u64() >> 12;
        asked.seed = Some(seed);
        body["seed"] = json!(seed);
        body["temperature"] = json!(TEMPERATURES[rng.below(TEMPERATURES.len())]);
        if rng.below(2) == 0 {
            // Every token can come, so that a random number that is off by one shows.
            set(&mut body, &json!({ "top_p": 1, "top_k": 0, "min_p": 0 }));
        }
    }
    if taught.is_none() {
        match number % 16 {
            1 if is_tiny => set_greeting(&mut body, &mut asked),
            3 | 11 => set(
                &mut body,
                &json!({ "frequency_penalty": 0.4, "presence_penalty": 0.2, "repeat_penalty": 1.1 }),
            ),
            5 | 12 => set_logprobs(&mut body, &mut asked),
            6 | 13 => wants_stop = true,
            9 => {
                asked.n = 2;
                body["n"] = json!(2);
            }
            _ => {}
        }
    }
    Case { number, asked, body, taught, wants_stop }
}

/// A chat that the tiny model ends by itself.
fn set_greeting(body: &mut Value, asked: &mut Asked) {
    asked.endpoint = Endpoint::Chat;
    asked.seed = None;
    let fields = json!({ "messages": [{ "role": "user", "content": GREETING.user }], "temperature": 0 });
    set(body, &fields);
    for name in ["prompt", "ignore_eos", "seed", "top_p", "top_k", "min_p"] {
        remove(body, name);
    }
}

fn set_logprobs(body: &mut Value, asked: &mut Asked) {
    asked.logprobs = true;
    match asked.endpoint {
        Endpoint::Chat => set(body, &json!({ "logprobs": true, "top_logprobs": 1 })),
        Endpoint::Completions => set(body, &json!({ "logprobs": 1 })),
    }
}

fn set(body: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

fn remove(body: &mut Value, name: &str) {
    if let Some(fields) = body.as_object_mut() {
        fields.remove(name);
    }
}

// === impl Case ===

impl Case {
    /// What is judged and what is sent, where the answer is to come this way.
    pub(crate) fn asked(&self, way: Way) -> (Asked, Value) {
        let mut body = self.body.clone();
        match way {
            Way::Whole => {}
            Way::Streamed => body["stream"] = json!(true),
            Way::StreamedWithUsage => {
                set(&mut body, &json!({ "stream": true, "stream_options": { "include_usage": true } }));
            }
        }
        (Asked { way, ..self.asked.clone() }, body)
    }

    /// Ends the answer at this text from now on.
    pub(crate) fn set_stop(&mut self, stop: &str) {
        self.body["stop"] = json!(stop);
        self.asked.stop = Some(stop.to_owned());
        self.wants_stop = false;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn plan(model: Model) -> Plan {
        Plan { model, n_cases: 64, n_tokens: (100, 200), deadline: Duration::from_secs(10) }
    }

    #[test]
    fn all_cases_are_different_and_the_same_seed_draws_the_same() {
        for model in [Model::Tiny, Model::Default] {
            let bodies = |seed| -> Vec<String> {
                draw(&plan(model), seed).iter().map(|case| case.body.to_string()).collect()
            };
            assert_eq!(bodies(1), bodies(1));
            assert_ne!(bodies(1), bodies(2));
            // Greetings of the tiny model are alike but for their limit.
            assert!(bodies(1).iter().collect::<HashSet<_>>().len() > 60);
        }
    }

    #[test]
    fn everything_that_an_engine_has_to_restore_is_asked_for() {
        let cases = draw(&plan(Model::Tiny), 3);
        let some = |what: fn(&Case) -> bool| assert!(cases.iter().any(what));
        some(|case| case.asked.seed.is_some());
        some(|case| case.asked.seed.is_none() && case.taught.is_none());
        some(|case| case.asked.logprobs && case.asked.endpoint == Endpoint::Chat);
        some(|case| case.asked.logprobs && case.asked.endpoint == Endpoint::Completions);
        some(|case| case.asked.n == 2);
        some(|case| case.wants_stop);
        some(|case| case.body.get("frequency_penalty").is_some());
        some(|case| case.body.get("ignore_eos").is_none());
    }
}
