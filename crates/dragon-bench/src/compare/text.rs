//! Texts of a wanted length, ordinary enough to be tokenized like ordinary texts, the same on every run.

/// Words that are one token each in the vocabularies of most models, with the space before them.
const WORDS: [&str; 64] = [
    "the", "river", "under", "old", "bridge", "carries", "water", "from", "many", "small", "places", "and",
    "people", "who", "live", "near", "it", "know", "when", "rain", "will", "come", "because", "birds", "fly",
    "low", "over", "green", "fields", "before", "storm", "a", "man", "with", "long", "road", "behind", "him",
    "stops", "at", "house", "to", "ask", "for", "bread", "then", "tells", "story", "about", "city", "where",
    "every", "street", "has", "name", "of", "some", "lost", "friend", "while", "night", "grows", "cold",
    "outside",
];

/// About `n_tokens` tokens, decided by `seed` alone. The first words are the seed's own, so that no two texts begin
/// alike.
pub(super) fn words(seed: &str, n_tokens: usize) -> String {
    let mut state = seed.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let mut text = String::new();
    for _ in 0..n_tokens {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let index = usize::try_from(state >> 32).unwrap_or(0) % WORDS.len();
        text.push_str(WORDS[index]);
        text.push(' ');
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_text_of_the_wanted_length() {
        assert_eq!(words("a", 50), words("a", 50));
        assert_eq!(words("a", 50).split(' ').count(), 50);
        assert_ne!(words("a", 8), words("b", 8));
    }
}
