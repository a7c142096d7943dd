//! Requests so small that what surrounds them is what costs.

use super::wish::{Wish, any_endpoint, any_way, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::Shot;

const TEXTS: [&str; 6] = ["Hi", "Yes?", "1", "Why", "Go on", "Say yes"];

/// Very small requests.
#[derive(Debug)]
pub(super) struct ManySmall;

impl Attack for ManySmall {
    fn name(&self) -> &'static str {
        "many-small"
    }

    fn description(&self) -> &'static str {
        "requests for one to four tokens, as many as get through"
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let text = format!("{} {}", one_of(&TEXTS, dice), dice.u32(..1_000_000));
        let wish = Wish {
            endpoint: any_endpoint(dice),
            way: any_way(dice),
            model: context.model,
            text: &text,
            max_tokens: dice.u64(1..=4),
            temperature: None,
        };
        Shot::ask(wish.ask())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::asks;
    use super::*;

    #[test]
    fn they_are_small() {
        for ask in asks(&ManySmall, 200) {
            assert!(ask.body.len() < 250, "{ask:?}");
            assert!(ask.expects.wanted().and_then(|wanted| wanted.max_tokens).unwrap() <= 4);
        }
    }
}
