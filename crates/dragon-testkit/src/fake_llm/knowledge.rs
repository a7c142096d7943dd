//! The few answers that fake servers know.

/// Capitals by their countries.
const CAPITALS: [(&str, &str); 24] = [
    ("austria", "Vienna"),
    ("brazil", "Brasilia"),
    ("canada", "Ottawa"),
    ("china", "Beijing"),
    ("cuba", "Havana"),
    ("czech", "Prague"),
    ("egypt", "Cairo"),
    ("england", "London"),
    ("finland", "Helsinki"),
    ("france", "Paris"),
    ("germany", "Berlin"),
    ("greece", "Athens"),
    ("hungary", "Budapest"),
    ("india", "New Delhi"),
    ("ireland", "Dublin"),
    ("italy", "Rome"),
    ("japan", "Tokyo"),
    ("norway", "Oslo"),
    ("peru", "Lima"),
    ("poland", "Warsaw"),
    ("portugal", "Lisbon"),
    ("russia", "Moscow"),
    ("spain", "Madrid"),
    ("sweden", "Stockholm"),
];

/// Other things that everybody knows, by words that are in the question.
const FACTS: [(&str, &str); 6] = [
    ("opposite of hot", "Cold."),
    ("opposite of up", "Down."),
    ("after monday", "Tuesday."),
    ("the sky", "Blue."),
    ("legs does a dog", "Four."),
    ("which planet", "Earth."),
];

/// Words that ask for a text to be repeated.
const REPEATING: [&str; 6] = ["repeat", "echo", "copy", "reply with", "say", "write"];

/// Quotation marks, opening and closing.
const QUOTES: [(char, char); 4] = [('"', '"'), ('`', '`'), ('\u{201c}', '\u{201d}'), ('\'', '\'')];

/// The answer to a question, where it is known.
pub(super) fn answer(prompt: &str) -> Option<String> {
    let lower = prompt.to_lowercase();
    if lower.contains("json") {
        json(prompt)
    } else if lower.contains("capital") {
        let known = CAPITALS.iter().find(|(country, _)| lower.contains(country));
        known.map(|(_, capital)| format!("{capital}."))
    } else if REPEATING.iter().any(|word| lower.contains(word)) {
        quoted(prompt).first().map(|text| (*text).to_owned()).or_else(|| after_colon(prompt))
    } else {
        let fact = FACTS.iter().find(|(words, _)| lower.contains(words));
        fact.map(|(_, fact)| (*fact).to_owned()).or_else(|| sum(&lower).map(|sum| sum.to_string()))
    }
}

/// An object that stands in the prompt, or one of the key and the value that are quoted there.
fn json(prompt: &str) -> Option<String> {
    if let (Some(from), Some(to)) = (prompt.find('{'), prompt.rfind('}'))
        && let Some(object) = prompt.get(from..=to)
        && serde_json::from_str::<serde_json::Value>(object).is_ok()
    {
        return Some(object.to_owned());
    }
    let quoted = quoted(prompt);
    let key = quoted.first()?;
    let numbers =
        || prompt.split(|c: char| !c.is_ascii_digit()).find_map(|digits| digits.parse::<i64>().ok());
    let value = match (quoted.get(1), sum(prompt).or_else(numbers)) {
        (Some(text), _) => serde_json::json!(text),
        (None, number) => serde_json::json!(number?),
    };
    Some(serde_json::json!({ *key: value }).to_string())
}

/// What stands between quotation marks of the first kind that is there twice.
fn quoted(prompt: &str) -> Vec<&str> {
    for (open, close) in QUOTES {
        let mut found = Vec::new();
        let mut rest = prompt;
        while let Some((_, after)) = rest.split_once(open)
            && let Some((text, left)) = after.split_once(close)
        {
            found.push(text);
            rest = left;
        }
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

fn after_colon(prompt: &str) -> Option<String> {
    let (_, text) = prompt.rsplit_once(':')?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The value of the first sum, difference or product.
fn sum(text: &str) -> Option<i64> {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '+' | '*' | '\u{d7}' => spaced.extend([' ', c, ' ']),
            '-' if before.is_ascii_digit() => spaced.push_str(" - "),
            _ => spaced.push(c),
        }
        before = c;
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.windows(3).find_map(|window| {
        let [left, operator, right] = window else { return None };
        let number = |word: &str| word.trim_matches(|c: char| !c.is_ascii_digit()).parse::<i64>().ok();
        let (left, right) = (number(left)?, number(right)?);
        match *operator {
            "+" | "plus" | "and" => left.checked_add(right),
            "-" | "\u{2212}" | "minus" => left.checked_sub(right),
            "*" | "\u{d7}" | "x" | "times" => left.checked_mul(right),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_questions_are_answered() {
        for (question, right) in [
            ("What is 17 + 25?", "42"),
            ("What is 17+25? Answer with the number.", "42"),
            ("What is 10-1? Answer with the number only.", "9"),
            ("Which day comes after Monday?", "Tuesday."),
            ("Calculate: 9 minus 12", "-3"),
            ("How much is 6 times 7?", "42"),
            ("What is the capital of France?", "Paris."),
            ("Repeat exactly: \"xK7 dragon\"", "xK7 dragon"),
            ("Repeat this word and nothing else: kestrel-42", "kestrel-42"),
            ("Say exactly this and nothing else: good morning", "good morning"),
            ("Answer with a JSON object that has the key \"sum\" and the value of 1+1.", "{\"sum\":2}"),
            ("Answer in JSON: {\"sum\": 5}", "{\"sum\": 5}"),
            ("A JSON object whose key \"city\" has the value \"Rome\".", "{\"city\":\"Rome\"}"),
            ("A JSON object with the key \"n\" and the number 12", "{\"n\":12}"),
            ("A JSON object with the key \"sum\" and the value of 12 + 30", "{\"sum\":42}"),
        ] {
            assert_eq!(answer(question).as_deref(), Some(right), "{question}");
        }
        for question in ["", "Tell me a story.", "What is the capital of Atlantis?", "Repeat"] {
            assert_eq!(answer(question), None, "{question}");
        }
    }
}
