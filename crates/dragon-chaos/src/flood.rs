//! Floods: more requests at once than there are slots, from an address of their own. All of them are honest requests,
//! so each has to be answered in good form, if only by saying that the server is busy.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use dragon_chaos::check::{self, Asked, Endpoint, Fault, Way};
use dragon_testkit::rng::SplitMix64;
use serde_json::json;

use crate::client::Client;
use crate::hostile::Target;

/// Requests at once.
const N_AT_ONCE: usize = 40;

/// Pause between two floods.
const EBB: Duration = Duration::from_secs(4);

/// Tokens that each wants.
const N_TOKENS: u64 = 400;

/// What came of them.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    pub(crate) n_requests: AtomicU64,
    pub(crate) n_faulty: AtomicU64,
}

// === impl Flood ===

impl Flood {
    /// Floods again and again until all is over.
    pub(crate) fn run(&self, client: Client<'_>, target: &Target<'_>, grace: Duration, seed: u64) {
        let mut rng = SplitMix64::new(seed);
        while !target.is_over() {
            let numbers: Vec<u64> = (0..N_AT_ONCE).map(|_| rng.next_u64()).collect();
            thread::scope(|scope| {
                for number in numbers {
                    scope.spawn(move || self.ask(client, target, grace, number));
                }
            });
            target.wait(EBB);
        }
    }

    fn ask(&self, client: Client<'_>, target: &Target<'_>, grace: Duration, number: u64) {
        let asked = Asked {
            endpoint: Endpoint::Completions,
            way: Way::Whole,
            model: target.model.to_owned(),
            max_tokens: N_TOKENS,
            n: 1,
            stop: None,
            seed: None,
            logprobs: false,
            deadline: target.deadline,
        };
        let body = json!({
            "model": target.model, "prompt": format!("{number} drops"), "max_tokens": N_TOKENS, "ignore_eos": true,
        });
        let transcript = client.ask(&asked, &body, &format!("flood-{number}"));
        self.n_requests.fetch_add(1, Ordering::Relaxed);
        let took = transcript.ended_at.saturating_sub(transcript.sent_at);
        let faults = match check::read(&asked, &transcript) {
            Err(faults) => faults,
            Ok(_) if took > asked.deadline + grace => vec![Fault::Late { by: took - asked.deadline - grace }],
            Ok(_) => return,
        };
        if self.n_faulty.fetch_add(1, Ordering::Relaxed) < 10 {
            crate::say(&format!("a request of a flood: {faults:?} after {took:?}"));
        }
    }
}
