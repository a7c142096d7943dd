use super::*;
use crate::Language;

fn kinds(text: &str) -> Vec<u32> {
    let prompt = Prompt::of(text, Language::of(text));
    open_points(&prompt).iter().map(OpenPoint::kind).collect()
}

#[test]
fn the_founding_puzzle_leaves_open_whose_half_for_whom_and_what_the_asterisk_says() {
    let text = "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";
    let prompt = Prompt::of(text, Language::of(text));
    let points = open_points(&prompt);
    assert!(
        matches!(
            &points[..],
            [OpenPoint::PartOfPrice { .. }, OpenPoint::PriceForWhom { .. }, OpenPoint::Asterisk { .. }]
        ),
        "{points:?}"
    );
    assert_eq!(points.iter().map(OpenPoint::kind).max(), Some(2));
}

#[test]
fn a_pronoun_with_one_candidate_is_clear() {
    assert_eq!(kinds("Julia told her sister that her flat had been sold. Whose flat was sold?"), [7]);
    assert_eq!(kinds("Julia told her brother that his flat had been sold. Whose flat was sold?"), []);
}
