use proptest::prelude::*;

use super::*;

const PUZZLE: &str =
    "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";

#[test]
fn the_founding_puzzle_is_answered_in_polish_with_all_that_it_leaves_open() {
    let found = readings(PUZZLE, Language::of(PUZZLE));
    assert_eq!(
        found.fallback(),
        "To nie jest odpowiedź modelu: to pytanie można rozumieć na kilka sposobów. Proszę napisać, o który chodzi.\n\
         1. „$6.00” to cena, w której „1/2” jest już uwzględnione\n\
         2. „1/2” trzeba dopiero odliczyć od „$6.00”\n\
         3. „$6.00” płaci każda osoba albo jest to cena za wszystkich razem\n\
         4. gwiazdka przy „$6.00” odsyła do warunku, którego tu nie podano\n\
         Aby dostać odpowiedź, proszę dopisać: od czego liczy się obniżkę; czy cena jest za osobę, czy za wszystkich; \
         co mówi przypis przy gwiazdce."
    );
    assert_eq!(
        found.in_full().unwrap(),
        "można to rozumieć na kilka sposobów: „$6.00” to cena, w której „1/2” jest już uwzględnione albo „1/2” trzeba \
         dopiero odliczyć od „$6.00”. Otwarte jest też: „$6.00” płaci każda osoba albo jest to cena za wszystkich razem; \
         gwiazdka przy „$6.00” odsyła do warunku, którego tu nie podano."
    );
}

#[test]
fn a_plain_prompt_has_no_readings() {
    for text in [
        "",
        "hi",
        "*",
        "Write a short poem about the sea.",
        "What is 17 * 23?",
        "1. Apples\n2. Pears\n3. Plums\nSort this list.",
        "Napisz funkcję w Pythonie, która odwraca listę.",
        "Erkläre, wie ein Kühlschrank funktioniert.",
        "¿Cuál es la capital de Francia?",
        "日本の首都はどこですか。",
    ] {
        let found = readings(text, Language::of(text));
        assert_eq!(found.as_slice(), &[] as &[String], "{text}");
        assert_eq!(found.in_short(), None);
        let language = Language::of(text);
        assert_eq!(found.fallback(), fallback::text(language, fallback::Cause::Ambiguous));
    }
}

#[test]
fn each_kind_of_point_is_read_in_two_ways() {
    let has = |text: &str, parts: &[&str]| {
        let said = readings(text, Language::of(text)).fallback();
        for part in parts {
            assert!(said.contains(part), "{part} in {said}");
        }
    };
    has(
        "Anna told Maria that she had won the prize. Who won?",
        &["“she” means “Anna”", "“she” means “Maria”"],
    );
    has(
        "Am Wegweiser steht: \"Hütte 4\". Schaffen wir das?",
        &["„4“ ist die Zeit", "„4“ ist eine Entfernung"],
    );
    has("The oven note says \"200 for 40\". What do I set?", &["Celsius", "Fahrenheit"]);
    has(
        "The pool is free for young swimmers and divers. I am an old diver. May I come in?",
        &["goes with “swimmers” and with “divers”", "goes with “swimmers” alone, not with “divers”"],
    );
    has(
        "Chaque semaine ? Rendez-vous vendredi prochain à midi, quel jour est-ce ?",
        &["« vendredi prochain »"],
    );
    has("Alle Karten sind nicht verkauft. Gibt es noch welche?", &["kein einziges", "nicht alle"]);
    has(
        "「全品30%引き、会員はさらに5%引き」の店で買う。会員はいくら払う?",
        &["「30%」と「5%」", "残った額に"],
    );
    has("{price} {part} \"1/2 price, again for $7*\" for two people?", &["“$7”", "“1/2”"]);
}

/// The parts of a sign in one language, written for these tests alone: `#` is a price, `%` a fraction.
const SIGNS: [(Language, &[&str], &str); 7] = [
    (
        Language::English,
        &["1/2", "half", "1/3", "3/4"],
        "At the ski lift in ~ there is a sign: \"% price today - come back for #*\". What is that for two people?",
    ),
    (
        Language::Polish,
        &["1/2", "połowa", "1/3", "3/4"],
        "Przy wyciągu w mieście ~ jest tablica: \"% ceny dzisiaj - wróć za #*\". Ile to jest na dwuosobowym krześle?",
    ),
    (
        Language::German,
        &["1/2", "halber", "1/3", "3/4"],
        "Am Skilift in ~ ist ein Schild: \"% Preis heute - komm wieder für #*\". Was ist das für uns zu zweit?",
    ),
    (
        Language::Spanish,
        &["1/2", "mitad", "1/3", "3/4"],
        "En el telesilla de ~ hay un cartel: \"% precio hoy - vuelve por #*\". ¿Cuánto es para los dos?",
    ),
    (
        Language::French,
        &["1/2", "moitié", "1/3", "3/4"],
        "Au télésiège de ~ il y a un panneau : \"% prix aujourd'hui - revenez pour #*\". Combien est-ce à deux ?",
    ),
    (
        Language::Japanese,
        &["半額", "1/2", "半分", "3/4"],
        "~のリフトに「今日は%、もう一度なら#*」という看板がある。二人でいくら?",
    ),
    (
        Language::Chinese,
        &["半价", "1/2", "一半", "3/4"],
        "~的缆车有一块牌子写着:“今天%,再坐一次#*”。我们两人要多少钱?",
    ),
];

const PLACES: [&str; 6] = ["Bergen", "Graz", "Łódź", "Aomori", "Ville-Marie", "Ōtsu"];

fn digits(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_numeric() || matches!(c, '.' | ',' | '/');
    let runs = text.split(|c| !is_part(c)).map(|run| run.trim_matches(['.', ',', '/']));
    runs.filter(|run| run.chars().any(char::is_numeric)).map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn signs_of_other_places_prices_and_fractions_are_read_in_their_language(
        (language, fractions, template) in prop::sample::select(&SIGNS[..]),
        fraction in 0_usize..4,
        place in prop::sample::select(&PLACES[..]),
        price in 3_u32..900,
        cents in prop::option::of(1_u32..99),
        currency in 0_usize..3,
    ) {
        let price = cents.map_or(price.to_string(), |cents| format!("{price}.{cents:02}"));
        let price = match (language, currency) {
            (Language::Japanese, _) => format!("{price}円"),
            (Language::Chinese, _) => format!("{price}元"),
            (Language::Polish, 0) => format!("{price} zł"),
            (_, 1) => format!("${price}"),
            (_, _) => format!("{price} €"),
        };
        let text = template.replace('~', place).replace('%', fractions[fraction]).replace('#', &price);
        prop_assert_eq!(Language::of(&text), language, "{}", text);
        let found = readings(&text, language);
        prop_assert_eq!(found.as_slice().len(), 4, "{} {:?}", text, found);
        let said = found.fallback();
        prop_assert!(said.contains(&price) && said.contains(fractions[fraction]), "{} {}", text, said);
        // Numbers at the start of a line are those of the list.
        for line in said.lines().skip(1) {
            let line = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(". ");
            for number in digits(line) {
                prop_assert!(text.contains(&number), "{} is not in {}", number, text);
            }
        }
        prop_assert_eq!(Language::of(&said), language, "{}", said);
        prop_assert!(said.starts_with(fallback::text(language, fallback::Cause::Ambiguous)));
    }

    #[test]
    fn any_text_in_any_language_is_read_within_bounds(
        text in "([a-zA-Z0-9 \\*\\$%\"„”「」/.,\\n{}]|he |she |each |all |not |zł|½|円|半額|それぞれ|さん|不|和|ą|🐉|\\PC){0,120}",
        language in prop::sample::select(&Language::ALL[..]),
    ) {
        let found = readings(&text, language);
        prop_assert!(found.as_slice().len() != 1 && found.as_slice().len() <= MAX_READINGS);
        for reading in found.as_slice() {
            prop_assert!(reading.chars().count() <= 240 && !reading.contains('\n'), "{}", reading);
            // Whatever is no digit of the prompt's is in no template either.
            for c in reading.chars().filter(|c| c.is_ascii_digit()) {
                prop_assert!(text.contains(c), "{} is not in {}", c, text);
            }
        }
        prop_assert!(found.fallback().chars().count() <= 1600);
        prop_assert_eq!(found.in_short().is_some(), !found.is_empty());
    }
}

#[test]
fn hostile_prompts_take_no_time() {
    let started_at = std::time::Instant::now();
    for hostile in
        ["„", "\"a", "1/", "he Anna ", "それぞれ", "1*", "all not ", "a' ", "old a and b ", "３", "\n"]
    {
        for language in Language::ALL {
            readings(&hostile.repeat(1 << 17), language);
        }
    }
    let took = started_at.elapsed();
    println!("77 prompts of megabytes: {took:?}");
    assert!(took.as_millis() < 3000, "{took:?}");
}

#[test]
fn of_a_few_words_of_long_texts_and_of_formulas_nothing_is_known() {
    let question = "The farmer said that the lake is twenty from the church. Are we there before six?";
    let n_readings = |prompt: &str| readings(prompt, Language::English).as_slice().len();
    assert!(n_readings(question) >= 2);
    for prompt in ["Hello 0", "Count to 10", "Turn it up to 20 now, please."] {
        assert_eq!(n_readings(prompt), 0, "{prompt}");
    }
    assert_eq!(n_readings(&format!("{}\n{question}", "The sun shone on the hills. ".repeat(40))), 0);
    assert_eq!(n_readings(&format!("{question} Let $x^2 = 4$.")), 0);
}
