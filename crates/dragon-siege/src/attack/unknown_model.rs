//! Models that the target does not serve: whoever loads them because a request names them can be filled up.
//!
//! None of them exists anywhere (each name ends in a number of 64 bits), so that nobody downloads anything.

use super::wish::{Wish, any_endpoint, any_way, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::{Expects, Shot};

const NAMES: [&str; 8] = [
    "dragon-siege/no-such-model-70b-",
    "no-such-model:",
    "../../no/such/file-",
    "/no/such/directory/model.gguf-",
    "file:///no/such/model-",
    "http://127.0.0.1:9/no-such-model-",
    "żaden-模型-",
    "",
];

/// Longer than any name.
const LONG: usize = 4_000;

/// Models that do not exist.
#[derive(Debug)]
pub(super) struct UnknownModel;

impl Attack for UnknownModel {
    fn name(&self) -> &'static str {
        "unknown-model"
    }

    fn description(&self) -> &'static str {
        "requests for models that do not exist, against servers that load whatever they are asked for"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, _: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let mut model = format!("{}{:016x}", one_of(&NAMES, dice), dice.u64(..));
        if dice.u32(..10) == 0 {
            model = "x".repeat(LONG) + &model;
        }
        let wish = Wish {
            endpoint: any_endpoint(dice),
            way: any_way(dice),
            model: &model,
            text: "Hello",
            max_tokens: 8,
            temperature: None,
        };
        let mut ask = wish.ask();
        ask.expects = Expects::Rejection;
        Shot::ask(ask)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::super::tests::{MODEL, asks};
    use super::*;

    #[test]
    fn no_model_is_named_twice_and_none_is_the_target_s() {
        let model = |body: &[u8]| -> String {
            let document: Value = serde_json::from_slice(body).unwrap();
            document.get("model").and_then(Value::as_str).unwrap().to_owned()
        };
        let models: HashSet<String> = asks(&UnknownModel, 1_000).iter().map(|ask| model(&ask.body)).collect();
        assert_eq!(models.len(), 1_000);
        assert!(!models.contains(MODEL));
        assert!(models.iter().any(|model| model.len() > LONG));
    }
}
