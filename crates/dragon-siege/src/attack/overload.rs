//! More requests than anybody can serve: all different, or all the same.

use super::wish::{Wish, any_endpoint, any_way, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::{Endpoint, Shot, Way};

/// Enough that an answer is one, few enough that many end in the time of a siege.
const MAX_TOKENS: u64 = 48;

const TOPICS: [&str; 12] = [
    "a lighthouse keeper",
    "bread that did not rise",
    "the tide at noon",
    "an old bicycle",
    "why leaves turn red",
    "a letter that came late",
    "how a lock works",
    "the first snow",
    "a dragon that kept books",
    "counting sheep",
    "a broken clock",
    "the way to the station",
];

/// Whether the requests differ.
#[derive(Debug, Clone, Copy)]
pub(super) enum Overload {
    Distinct,
    Identical,
}

impl Attack for Overload {
    fn name(&self) -> &'static str {
        match self {
            Self::Distinct => "overload",
            Self::Identical => "overload:identical",
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Distinct => "ordinary requests, each different, more at a time than anybody can serve",
            Self::Identical => "one and the same request, more at a time than anybody can serve",
        }
    }

    fn criterion(&self) -> Criterion {
        Criterion::OwnThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        let (endpoint, way, temperature, text) = match self {
            Self::Distinct => {
                let (topic, number) = (one_of(&TOPICS, dice), dice.u32(..));
                (any_endpoint(dice), any_way(dice), 0.7, format!("Story {number}: tell me about {topic}."))
            }
            // Nothing is left to chance, so that a server may answer all of them at once.
            Self::Identical => {
                (Endpoint::Chat, Way::StreamedWithUsage, 0.0, "Tell me about a broken clock.".to_owned())
            }
        };
        let temperature = Some(temperature);
        Shot::ask(
            Wish { endpoint, way, model: context.model, text: &text, max_tokens: MAX_TOKENS, temperature }
                .ask(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::tests::asks;
    use super::*;

    #[test]
    fn distinct_means_that_no_two_are_the_same() {
        let bodies: HashSet<_> = asks(&Overload::Distinct, 2_000).into_iter().map(|ask| ask.body).collect();
        assert_eq!(bodies.len(), 2_000);
    }

    #[test]
    fn identical_means_that_all_are() {
        let bodies: HashSet<_> = asks(&Overload::Identical, 100).into_iter().map(|ask| ask.body).collect();
        assert_eq!(bodies.len(), 1);
    }

    #[test]
    fn both_endpoints_and_all_ways_are_asked() {
        let asks = asks(&Overload::Distinct, 200);
        let kinds: HashSet<_> = asks
            .iter()
            .map(|ask| ask.expects.wanted().map(|wanted| (wanted.endpoint, wanted.way)).unwrap())
            .collect();
        assert_eq!(kinds.len(), 6);
    }
}
