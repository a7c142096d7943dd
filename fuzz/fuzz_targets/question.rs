//! What somebody asks: a score that is a probability, and none or several readings that hold no number of their own.
#![no_main]

use dragon_guard::Language;
use dragon_guard::ambiguity::score;
use dragon_guard::licence::Licence;
use dragon_guard::readings::{MAX_READINGS, readings};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|question: &str| {
    let likely = score(question);
    assert!((0.0..=1.0).contains(&likely), "{likely}");
    assert_eq!(score(question).to_bits(), likely.to_bits(), "two scores differ");
    let _: Licence = Licence::of(question);
    for language in Language::ALL {
        let found = readings(question, language);
        let n = found.as_slice().len();
        assert!(n == 0 || (2..=MAX_READINGS).contains(&n), "{n} readings");
        assert_eq!(found.in_short().is_some(), n > 0);
        for reading in found.as_slice() {
            let is_quoted = |digit: char| !digit.is_ascii_digit() || question.contains(digit);
            assert!(reading.chars().all(is_quoted), "{reading:?} has a number of its own");
        }
    }
});
