//! The questions asked: short, and no two alike.
//!
//! A server may share one generation among identical requests, or reuse the prefix of an earlier prompt; both
//! would measure something else. So every question differs from its first word on.

const TOPICS: [&str; 16] = [
    "lighthouses",
    "glaciers",
    "beekeeping",
    "chess",
    "volcanoes",
    "bicycles",
    "tea",
    "violins",
    "bridges",
    "owls",
    "maps",
    "bread",
    "comets",
    "canals",
    "ferns",
    "clocks",
];

const PLACES: [&str; 8] = ["Norway", "Chile", "Japan", "Morocco", "Scotland", "Vietnam", "Canada", "Greece"];

/// Question number `number`: about thirty tokens, different for every number.
pub(crate) fn question(number: usize) -> String {
    let topic = TOPICS[number % TOPICS.len()];
    let place = PLACES[number / TOPICS.len() % PLACES.len()];
    format!(
        "{number} is the number of this question. Explain to a traveller in {place} what is worth knowing about {topic}."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_questions_are_alike() {
        let questions: HashSet<_> = (0..1000).map(question).collect();
        assert_eq!(questions.len(), 1000);
    }
}
