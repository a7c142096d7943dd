//! Whether an answer says itself that its question has several.

/// Beginnings of phrases that say so, in lower case and in any of the languages: models often answer in another one than
/// they are asked in.
const PHRASES: &[&str] = &[
    // English.
    "ambigu",
    "unclear",
    "not clear",
    "depends on",
    "depending on",
    "could mean",
    "can mean",
    "may mean",
    "could refer",
    "can refer",
    "may refer",
    "either way",
    "interpret",
    "more than one way",
    "several ways",
    "two ways",
    "not specif",
    "does not say",
    "doesn't say",
    "do you mean",
    "did you mean",
    "could you clarify",
    "please clarify",
    "not enough information",
    // Polish.
    "niejednoznaczn",
    "dwuznaczn",
    "niejasn",
    "zależy od",
    "zależnie od",
    "w zależności",
    "może oznaczać",
    "można rozumieć",
    "na kilka sposobów",
    "czy chodzi",
    "interpret",
    "nie wiadomo",
    // German.
    "mehrdeutig",
    "unklar",
    "nicht klar",
    "hängt davon ab",
    "kommt darauf an",
    "je nachdem",
    "mehr als eine weise",
    "mehrere weisen",
    "kann bedeuten",
    "könnte bedeuten",
    "gemeint sein",
    "ist gemeint",
    // Spanish.
    "ambigü",
    "no está claro",
    "no queda claro",
    "depende de",
    "según se",
    "según lo que",
    "puede significar",
    "podría significar",
    "de varias maneras",
    "más de una manera",
    "no se especifica",
    // French.
    "ambigu",
    "pas clair",
    "dépend de",
    "selon que",
    "selon ce que",
    "peut signifier",
    "pourrait signifier",
    "plusieurs façons",
    "n'est pas précisé",
    // Japanese.
    "曖昧",
    "あいまい",
    "によります",
    "によって異な",
    "何を意味するか",
    "二通り",
    "解釈",
    "明確では",
    // Chinese.
    "歧义",
    "不明确",
    "不清楚",
    "取决于",
    "可以理解为",
    "不止一种",
    "解释为",
];

/// Words between two of several.
const ALTERNATIVES: &[&str] = &[
    " or ",
    " lub ",
    " albo ",
    " czy ",
    " oder ",
    " ob ",
    " o ",
    " ou ",
    "または",
    "それとも",
    "か、",
    "还是",
    "或",
];

/// Characters after a phrase in which the alternatives are looked for: that sentence and the next.
const NEAR: usize = 160;

/// Whether an answer says that there are several readings, and names them: alternatives come soon after it says so.
pub fn says_so(answer: &str) -> bool {
    let answer = answer.to_lowercase();
    let has_alternatives = |at: usize| {
        let after: String = answer[at..].chars().take(NEAR).collect();
        ALTERNATIVES.iter().any(|word| after.contains(word))
    };
    PHRASES.iter().any(|phrase| answer.match_indices(phrase).any(|(at, _)| has_alternatives(at)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Language;
    use crate::readings::readings;

    #[test]
    fn answers_that_leave_it_open_are_told_from_those_that_do_not() {
        for open in [
            "It is unclear whether the price is per person or for both.",
            "Zależy od tego, co znaczy gwiazdka. To 6 dolarów albo 12.",
            "Das ist MEHRDEUTIG: 4 € oder 8 €.",
            "これは曖昧です。一人分か、二人分です。",
        ] {
            assert!(says_so(open), "{open}");
        }
        for settled in [
            "It costs 6 dollars.",
            "Druga jazda kosztuje 6 dolarów.",
            "6ドルです。",
            "The price depends on the number of rides, so it is $12.",
            "",
        ] {
            assert!(!says_so(settled), "{settled}");
        }
    }

    #[test]
    fn what_is_said_of_readings_says_so_itself() {
        let puzzle = "A sign says \"1/2 Price Re-Rides - go again for $6.00*\". What does it cost?";
        for language in Language::ALL {
            let readings = readings(puzzle, language);
            let said = readings.in_short().unwrap_or_else(|| panic!("{language:?} has no readings"));
            assert!(says_so(&said), "{said}");
        }
    }
}
