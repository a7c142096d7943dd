//! What a model writes: loops begin within the text, and how the text is cut does not matter for them.
#![no_main]

use dragon_guard::Language;
use dragon_guard::licence::Licence;
use dragon_guard::reanalysis::{Calibration, Density};
use dragon_guard::scan::{Scan, scan};
use dragon_guard::watch::{Expectation, Verdict, Watch};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &str)| {
    let (n_chars, text) = input;
    let pieces = pieces(text, usize::from(n_chars % 16) + 1);

    let mut parts = Scan::new(Licence::NotAsked);
    for piece in &pieces {
        parts.push(piece);
    }
    assert_eq!(parts.finish(), scan(text, Licence::NotAsked), "the cuts matter");

    let threshold: Density = Calibration::default().threshold(Language::English);
    let mut watch = Watch::new(Expectation { licence: Licence::NotAsked, threshold });
    let n_text = text.chars().count();
    for (n_before, piece) in pieces.iter().enumerate() {
        // As a tokenizer would: equal pieces are equal tokens.
        let token =
            piece.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        if let Verdict::Loop(found) = watch.push(token, piece) {
            assert!(found.onset_tokens <= n_before, "it begins later than now");
            assert!(found.onset_chars <= n_text, "it begins behind the text");
        }
    }
});

/// Pieces of so many characters.
fn pieces(text: &str, n_chars: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(n_chars).map(|chunk| chunk.iter().collect()).collect()
}
