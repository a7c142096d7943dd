//! What is asked of both servers.

use serde_json::{Value, json};

use super::text;

/// One kind of load.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) n_parallel: usize,
    /// Requests of each worker, one after the other.
    pub(super) n_turns: usize,
    /// Tokens of each answer.
    pub(super) n_new: u32,
    prompt: Prompt,
    temperature: f32,
}

/// Cases for servers with the same number of slots.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) n_slots: usize,
    /// Context per slot, in tokens.
    pub(super) n_ctx: usize,
    pub(super) cases: Vec<Case>,
}

/// What a request begins with and how long it is, in tokens or nearly so.
#[derive(Debug, Clone, Copy)]
enum Prompt {
    /// Different from the first word of the question on.
    Distinct { n_tokens: usize },
    /// A system prompt that all requests of a measurement share and no earlier one had, then a short question.
    Shared { n_system: usize },
}

/// Context per slot that holds the longest case.
const N_CTX: usize = 2048;

const SHORT: Prompt = Prompt::Distinct { n_tokens: 30 };
const MEDIUM: Prompt = Prompt::Distinct { n_tokens: 64 };
const LONG: Prompt = Prompt::Distinct { n_tokens: 1500 };
const SHARED: Prompt = Prompt::Shared { n_system: 1100 };

/// All cases, by the slots that they need.
pub(super) fn groups(full: bool, only: Option<&str>) -> Vec<Group> {
    let sizes: &[usize] = &[1, 4, 8, 16, 32];
    let groups =
        sizes.iter().map(|n_slots| Group { n_slots: *n_slots, n_ctx: N_CTX, cases: cases(*n_slots, full) });
    let wanted = |case: &Case| only.is_none_or(|only| case.name.contains(only));
    let mut groups: Vec<Group> = groups.collect();
    groups.iter_mut().for_each(|group| group.cases.retain(wanted));
    groups.retain(|group| !group.cases.is_empty());
    groups
}

fn cases(n_parallel: usize, full: bool) -> Vec<Case> {
    // A single stream is over in a second; more turns even out what the machine does meanwhile.
    let n_turns = if n_parallel == 1 { 4 } else { 1 };
    let case = |kind: &str, prompt, n_turns, n_new, temperature| Case {
        name: format!("{kind}, {n_parallel} parallel"),
        n_parallel,
        n_turns,
        n_new,
        prompt,
        temperature,
    };
    let mut cases = vec![case("short", SHORT, n_turns, 128, 0.0)];
    if full || n_parallel == 8 {
        cases.push(case("short sampled", SHORT, n_turns, 128, 0.8));
    }
    if n_parallel == 8 || n_parallel == 16 || (full && n_parallel > 1) {
        // Several turns each: prompts of some arrive while others decode.
        cases.push(case("64-token prompts, mixed", MEDIUM, 4, 48, 0.0));
    }
    if n_parallel == 1 || n_parallel == 8 || (full && n_parallel == 4) {
        cases.push(case("long", LONG, 1, 128, 0.0));
    }
    if n_parallel == 16 || (full && n_parallel == 8) {
        cases.push(case("cold shared prefix", SHARED, 1, 64, 0.0));
    }
    cases
}

// === impl Case ===

impl Case {
    /// The request of one worker's turn. The same for both servers, and never the same twice for one.
    pub(super) fn body(&self, model: &str, round: u32, worker: usize, turn: usize) -> Value {
        let number = (round as usize * 1000 + worker) * 100 + turn;
        let user = |n_tokens| json!({"role": "user", "content": text::words(&format!("{}/{number}", self.name), n_tokens)});
        let messages = match self.prompt {
            Prompt::Distinct { n_tokens } => vec![user(n_tokens)],
            Prompt::Shared { n_system } => {
                let system = text::words(&format!("{}/system {round}", self.name), n_system);
                vec![json!({"role": "system", "content": system}), user(24)]
            }
        };
        json!({
            "model": model,
            "messages": messages,
            "max_tokens": self.n_new,
            "ignore_eos": true,
            "temperature": self.temperature,
            "top_p": 0.95,
            "top_k": 40,
            "min_p": 0.05,
            "seed": number,
            "stream": true,
            "stream_options": {"include_usage": true},
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selection_is_part_of_the_whole_and_names_are_unique() {
        let names = |full| -> Vec<String> {
            groups(full, None).into_iter().flat_map(|group| group.cases).map(|case| case.name).collect()
        };
        let (selection, whole) = (names(false), names(true));
        assert!(selection.iter().all(|name| whole.contains(name)) && selection.len() < whole.len());
        let unique: std::collections::HashSet<_> = whole.iter().collect();
        assert_eq!(unique.len(), whole.len());
    }

    #[test]
    fn requests_of_a_round_share_their_system_prompt_and_nothing_else() {
        let group = &groups(false, Some("cold"))[0];
        let case = &group.cases[0];
        let (a, b, c) = (case.body("m", 0, 0, 0), case.body("m", 0, 1, 0), case.body("m", 1, 0, 0));
        assert_eq!(a["messages"][0], b["messages"][0]);
        assert_ne!(a["messages"][1], b["messages"][1]);
        assert_ne!(a["messages"][0], c["messages"][0]);
    }
}
