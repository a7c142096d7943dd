//! People who are named, and pronouns that may stand for them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::people_words::{NAMES, ROLES};
use super::words::{Word, WordKind, is_unspaced};
use crate::Language;

/// Of whom it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gender {
    Feminine,
    Masculine,
    Unknown,
}

/// Somebody who is named or described.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) gender: Gender,
    pub(crate) range: Range<usize>,
    /// A name, not a role such as "sister".
    pub(crate) is_name: bool,
}

/// A word that stands for somebody who is named.
#[derive(Debug, Clone)]
pub(crate) struct Pronoun {
    pub(crate) gender: Gender,
    pub(crate) range: Range<usize>,
}

/// People and pronouns looked at.
const MAX_PEOPLE: usize = 32;

static NAMES_BY_WORD: LazyLock<HashMap<&str, Gender>> = LazyLock::new(|| {
    let by_gender = |(gender, names): &(Gender, &'static str)| {
        let gender = *gender;
        names.split_whitespace().map(move |name| (name, gender)).collect::<Vec<_>>()
    };
    NAMES.iter().flat_map(by_gender).collect()
});

/// A word, and of whom it is said.
type Named = (&'static str, Gender);

/// Names that are written without spaces, by their first character.
static ASIAN_NAMES_BY_START: LazyLock<HashMap<&str, Vec<(&str, Gender)>>> = LazyLock::new(|| {
    let mut by_start: HashMap<&str, Vec<(&str, Gender)>> = HashMap::new();
    for (gender, names) in NAMES {
        for name in names.split_whitespace().filter(|name| name.starts_with(is_unspaced)) {
            by_start.entry(start(name)).or_default().push((name, *gender));
        }
    }
    by_start
});

/// Roles by language and by how they begin.
static ROLES_BY_START: LazyLock<HashMap<(Language, &str), Vec<Named>>> = LazyLock::new(|| {
    let mut by_start: HashMap<(Language, &str), Vec<Named>> = HashMap::new();
    for (language, gender, roles) in ROLES {
        for role in roles.split_whitespace() {
            by_start.entry((*language, start(role))).or_default().push((role, *gender));
        }
    }
    by_start
});

/// The first two characters of a word, by which roles are looked up; one where words have no spaces.
fn start(word: &str) -> &str {
    let n_chars = if word.starts_with(is_unspaced) { 1 } else { 2 };
    let end = word.char_indices().nth(n_chars).map_or(word.len(), |(at, _)| at);
    &word[..end]
}

/// Endings of Polish names in other cases than the first.
const POLISH_ENDINGS: &[(&str, &str)] = &[
    ("owi", ""),
    ("kowi", "ek"),
    ("em", ""),
    ("kiem", "ek"),
    ("a", ""),
    ("ka", "ek"),
    ("ie", "a"),
    ("nie", "na"),
    ("ę", "a"),
    ("y", "a"),
    ("i", "a"),
    ("ą", "a"),
    ("cie", "ta"),
    ("dzie", "da"),
    ("rze", "ra"),
    ("le", "la"),
    ("łowi", "eł"),
    ("łem", "eł"),
    ("ła", "eł"),
    ("ii", "ia"),
    ("i", "ia"),
    ("ze", "ga"),
    ("ce", "ka"),
    ("ią", "ia"),
    ("ię", "ia"),
    ("trowi", "tr"),
];

/// Names, and words for relatives and roles, in order.
pub(super) fn people(text: &str, words: &[Word], language: Language) -> Vec<Person> {
    let found = match language {
        Language::Japanese | Language::Chinese => asian_people(text, words, language),
        _ => words.iter().filter_map(|word| person(word, language)).collect(),
    };
    let mut people: Vec<Person> = Vec::new();
    for person in found.into_iter().take(MAX_PEOPLE) {
        match people.last_mut() {
            // Given and family name, or a title and a name, are one person.
            Some(last)
                if last.is_name
                    && person.is_name
                    && text.get(last.range.end..person.range.start) == Some(" ") =>
            {
                last.range.end = person.range.end;
            }
            _ => people.push(person),
        }
    }
    people
}

fn person(word: &Word, language: Language) -> Option<Person> {
    if word.kind != WordKind::Letters {
        return None;
    }
    let range = word.range.clone();
    if word.is_capitalised
        && let Some(gender) = gender_of_name(&word.lower, language)
    {
        return Some(Person { gender, range, is_name: true });
    }
    let roles = ROLES_BY_START.get(&(language, start(&word.lower)))?;
    let is_role = |(role, _): &&(&str, Gender)| match role.strip_suffix('*') {
        Some(stem) => word.lower.starts_with(stem),
        None => *role == word.lower,
    };
    roles.iter().find(is_role).map(|(_, gender)| Person { gender: *gender, range, is_name: false })
}

fn gender_of_name(lower: &str, language: Language) -> Option<Gender> {
    if let Some(gender) = NAMES_BY_WORD.get(lower) {
        return Some(*gender);
    }
    if language != Language::Polish {
        // A possessive: "Anna's" keeps its apostrophe, "Annas" in German does not.
        let owner = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s"));
        let owner =
            owner.or_else(|| (language == Language::German).then(|| lower.strip_suffix('s')).flatten());
        return owner.and_then(|name| NAMES_BY_WORD.get(name)).copied();
    }
    POLISH_ENDINGS.iter().find_map(|(ending, first)| {
        let name = [lower.strip_suffix(ending)?, first].concat();
        NAMES_BY_WORD.get(name.as_str()).copied()
    })
}

/// What stands before a form of address, or a role, in a run without spaces.
fn asian_people(text: &str, words: &[Word], language: Language) -> Vec<Person> {
    let mut found: Vec<Person> = Vec::new();
    for run in words.iter().filter(|word| word.kind == WordKind::Ideographs) {
        let run_text = &text[run.range.clone()];
        for (n, _) in run_text.char_indices() {
            let at = run.range.start + n;
            if found.last().is_some_and(|person| at < person.range.end) {
                continue;
            }
            let rest = &run_text[n..];
            let begins = |(word, _): &&(&str, Gender)| rest.starts_with(word);
            let longest = |words: Option<&Vec<(&'static str, Gender)>>| {
                words.into_iter().flatten().filter(begins).max_by_key(|(word, _)| word.len()).copied()
            };
            let name = longest(ASIAN_NAMES_BY_START.get(start(rest)));
            let role = longest(ROLES_BY_START.get(&(language, start(rest))));
            if let Some((word, gender)) = name.or(role) {
                found.push(Person { gender, range: at..at + word.len(), is_name: name.is_some() });
            }
        }
    }
    found
}

/// Pronouns of the third person, and forms that do their work.
const PRONOUNS: &[(Language, Gender, &str)] = &[
    (Language::English, Gender::Masculine, "he him his himself"),
    (Language::English, Gender::Feminine, "she her hers herself"),
    (Language::English, Gender::Unknown, "they their them"),
    (Language::Polish, Gender::Masculine, "on jego jemu niego nim go mu"),
    (Language::Polish, Gender::Feminine, "ona jej niej nią ją"),
    (Language::German, Gender::Masculine, "er sein seine seinem seinen seiner seines ihm ihn"),
    (Language::German, Gender::Feminine, "sie ihr ihre ihrem ihren ihrer ihres"),
    (Language::Spanish, Gender::Masculine, "él"),
    (Language::Spanish, Gender::Feminine, "ella"),
    (Language::Spanish, Gender::Unknown, "su sus suyo suya"),
    (Language::French, Gender::Masculine, "il"),
    (Language::French, Gender::Feminine, "elle"),
    (Language::French, Gender::Unknown, "son sa ses lui"),
    (Language::Japanese, Gender::Masculine, "彼"),
    (Language::Japanese, Gender::Feminine, "彼女"),
    (Language::Chinese, Gender::Masculine, "他"),
    (Language::Chinese, Gender::Feminine, "她"),
];

/// Pronouns, and verbs that show the gender of a subject that is left out: Polish "że dostał", Spanish "que había".
pub(super) fn pronouns(text: &str, words: &[Word], language: Language) -> Vec<Pronoun> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let of = |(of, _, forms): &&(Language, Gender, &str)| {
            *of == language && forms.split(' ').any(|form| form == word.lower)
        };
        if word.kind == WordKind::Letters
            && let Some((_, gender, _)) = PRONOUNS.iter().find(of)
        {
            found.push(Pronoun { gender: *gender, range: word.range.clone() });
        }
        if word.kind == WordKind::Ideographs {
            let run = &text[word.range.clone()];
            let forms: &[(&str, Gender)] = match language {
                Language::Japanese => &[("彼女", Gender::Feminine), ("彼", Gender::Masculine)],
                Language::Chinese => &[("她", Gender::Feminine), ("他", Gender::Masculine)],
                _ => &[],
            };
            for (n, _) in run.char_indices() {
                if let Some((form, gender)) = forms.iter().find(|(form, _)| run[n..].starts_with(form)) {
                    let start = word.range.start + n;
                    // "他们" and "彼ら" are several.
                    if !run[n..].starts_with("他们")
                        && !run[n..].starts_with("她们")
                        && !run[n..].starts_with("彼ら")
                    {
                        found.push(Pronoun { gender: *gender, range: start..start + form.len() });
                    }
                }
            }
        }
        found.extend(left_out(words, at, language));
    }
    found.truncate(MAX_PEOPLE);
    found
}

/// A subject that is left out after "that".
fn left_out(words: &[Word], at: usize, language: Language) -> Option<Pronoun> {
    let word = &words[at];
    let follows = |n: usize, conjunctions: &[&str]| {
        at.checked_sub(n)
            .and_then(|at| words.get(at))
            .is_some_and(|w| conjunctions.contains(&w.lower.as_str()))
    };
    match language {
        Language::Polish => {
            let conjunctions = &["że", "gdy", "kiedy", "bo", "ponieważ", "zanim", "aż", "jak", "czy"];
            let near = (1..=4).any(|n| follows(n, conjunctions));
            let gender = match () {
                () if word.lower.ends_with('ł') => Gender::Masculine,
                () if word.lower.ends_with("ła") => Gender::Feminine,
                () => return None,
            };
            (near && word.kind == WordKind::Letters).then(|| Pronoun { gender, range: word.range.clone() })
        }
        Language::Spanish => {
            let verbs = [
                "había",
                "tenía",
                "estaba",
                "iba",
                "era",
                "debía",
                "podía",
                "quería",
                "ganó",
                "perdió",
                "suspendió",
                "fue",
            ];
            (follows(1, &["que", "cuando", "porque"]) && verbs.contains(&word.lower.as_str()))
                .then(|| Pronoun { gender: Gender::Unknown, range: word.range.clone() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::prompt::Prompt;

    use super::*;

    #[track_caller]
    fn assert_people(text: &str, people: &[&str], pronouns: &[&str]) {
        let prompt = Prompt::of(text, Language::of(text));
        let found: Vec<&str> = prompt.people.iter().map(|person| prompt.str(&person.range)).collect();
        assert_eq!(found, people, "{text}");
        let found: Vec<&str> = prompt.pronouns.iter().map(|pronoun| prompt.str(&pronoun.range)).collect();
        assert_eq!(found, pronouns, "{text}");
    }

    #[test]
    fn names_and_pronouns_are_found() {
        assert_people("Daniel called Victor right after he landed.", &["Daniel", "Victor"], &["he"]);
        assert_people(
            "Marek powiedział Tomkowi, że dostał podwyżkę. Kto ją ma?",
            &["Marek", "Tomkowi"],
            &["dostał", "ją"],
        );
        assert_people("Laura fuhr mit ihrer Chefin nach Bremen.", &["Laura", "Chefin"], &["ihrer"]);
        assert_people(
            "Carlos le dijo a Andrés que había suspendido. ¿Quién?",
            &["Carlos", "Andrés"],
            &["había"],
        );
        assert_people("由美は友達の母と彼女の店で待ち合わせた。", &["由美", "友達", "母"], &["彼女"]);
    }
}
