//! The puzzle that has no answer, and as many of its kind as are needed.

/// Asked by everyone where everyone asks the same.
pub(super) const ORIGINAL: &str =
    "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";

const PLACES: [&str; 7] =
    ["Williams, AZ", "Zakopane", "Moab, UT", "Wisła", "Queenstown", "Chamonix", "Karpacz"];
const SIGNS: [&str; 5] = [
    "1/2 Price Re-Rides - go again for",
    "Second ride half off, now",
    "Kids 1/3 less, from",
    "Two for one and a half:",
    "Ride twice, pay once plus",
];

/// The puzzle with this number; all are different.
pub(super) fn variation(number: usize) -> String {
    let place = PLACES[number % PLACES.len()];
    let sign = SIGNS[(number / PLACES.len()) % SIGNS.len()];
    let (people, dollars, cents) = (2 + number % 5, 3 + number % 37, number % 100);
    format!(
        "Na {people}-osobowej tyrolce nr {number} w {place} jest znak: \"{sign} ${dollars}.{cents:02}*\". Ile zapłacimy?"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let all: std::collections::HashSet<String> = (0..5_000).map(variation).collect();
        assert_eq!(all.len(), 5_000);
    }
}
