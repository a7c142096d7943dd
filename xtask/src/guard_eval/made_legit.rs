//! Texts that rightly repeat themselves, made from a seed: kinds that the project's data do not hold.

use super::random::Random;

/// Makes one part of a text, the one with this number.
type Part = fn(usize, &mut Random) -> String;

/// The kinds, and whether their parts are so much alike that only the prompt could tell them from a near-loop.
pub(super) const KINDS: [(&str, Part); 22] = [
    ("test cases, numbered", test_case),
    ("quiz", quiz),
    ("recipes", recipe),
    ("changelog", changelog),
    ("subtitles", subtitle),
    ("chess moves", chess),
    ("git log", git_log),
    ("LaTeX table", latex_row),
    ("vCards", vcard),
    ("calendar", calendar),
    ("dialogue", dialogue),
    ("horoscope", horoscope),
    ("minutes", minutes),
    ("glossary", glossary),
    ("times table, spoken", spoken_product),
    ("parameters, Markdown", parameter),
    ("C enum", c_enum),
    ("assembly", assembly),
    ("SVG", svg),
    ("verse with refrain, Polish", polish_verse),
    ("price list, German", german_price),
    ("word list, Japanese", japanese_words),
];

/// Characters of a text, about.
const N_CHARS: usize = 8_000;

const NAMES: [&str; 16] = [
    "Ada", "Bruno", "Cleo", "Dario", "Edda", "Fynn", "Greta", "Hugo", "Ilona", "Jan", "Kaja", "Leon", "Mira",
    "Nils", "Olga", "Pavel",
];
const THINGS: [&str; 20] = [
    "lamp", "rope", "kettle", "anchor", "ladder", "hammer", "basket", "bottle", "candle", "drum", "engine",
    "feather", "glass", "helmet", "ink", "jacket", "key", "lens", "mirror", "needle",
];
const VERBS: [&str; 16] = [
    "opens", "closes", "moves", "lifts", "paints", "sells", "cleans", "finds", "breaks", "mends", "counts",
    "hides", "carries", "drops", "weighs", "sorts",
];
const PLACES: [&str; 12] = [
    "harbour", "market", "station", "garden", "workshop", "library", "mill", "bridge", "school", "theatre",
    "farm", "tower",
];

/// A text of a kind.
pub(super) fn text(part: Part, random: &mut Random) -> String {
    let mut text = String::new();
    let mut number = 1 + random.below(3) * random.below(300);
    while text.chars().count() < N_CHARS {
        text.push_str(&part(number, random));
        number += 1;
    }
    text
}

fn name(random: &mut Random) -> &'static str {
    random.choose(&NAMES).copied().unwrap_or_default()
}

fn thing(random: &mut Random) -> &'static str {
    random.choose(&THINGS).copied().unwrap_or_default()
}

fn verb(random: &mut Random) -> &'static str {
    random.choose(&VERBS).copied().unwrap_or_default()
}

fn place(random: &mut Random) -> &'static str {
    random.choose(&PLACES).copied().unwrap_or_default()
}

fn test_case(n: usize, random: &mut Random) -> String {
    let (many, fewer) = (random.below(9) + 2, random.below(2) + 1);
    format!(
        "**Case {n}.** Given {} with {many} items in the {}, when {fewer} of them are taken out, then the {} shows {} \
         items and the total is updated.\n\n",
        name(random),
        place(random),
        place(random),
        many - fewer
    )
}

fn quiz(n: usize, random: &mut Random) -> String {
    let (one, other) = (random.below(90) + 10, random.below(90) + 10);
    format!("Question {n}: What is {one} plus {other}?\n\nAnswer: {one} plus {other} is {}.\n\n", one + other)
}

fn recipe(n: usize, random: &mut Random) -> String {
    format!(
        "## Dish {n}\n\n- {} g of flour\n- {} eggs\n- a pinch of salt\n\n1. Mix everything in the {}.\n2. Bake for {} \
         minutes.\n3. Serve warm.\n\n",
        random.below(40) * 10 + 100,
        random.below(5) + 1,
        thing(random),
        random.below(40) + 10
    )
}

fn changelog(n: usize, random: &mut Random) -> String {
    format!(
        "## 1.{n}.0\n\n- Fixed: the {} no longer {} the {}.\n- Added: a setting for the {}.\n\n",
        thing(random),
        verb(random),
        thing(random),
        thing(random)
    )
}

fn subtitle(n: usize, random: &mut Random) -> String {
    let second = n * 3;
    format!(
        "{n}\n00:{:02}:{:02},000 --> 00:{:02}:{:02},500\n{} {} the {}.\n\n",
        second / 60,
        second % 60,
        (second + 2) / 60,
        (second + 2) % 60,
        name(random),
        verb(random),
        thing(random)
    )
}

fn chess(n: usize, random: &mut Random) -> String {
    let mut square =
        || format!("{}{}", ["a", "b", "c", "d", "e", "f", "g", "h"][random.below(8)], random.below(8) + 1);
    format!("{n}. N{} B{} ", square(), square())
}

fn git_log(_: usize, random: &mut Random) -> String {
    format!(
        "commit {:08x}{:08x}\nAuthor: {} <dev@example.org>\nDate:   Mon Mar {} 10:{:02}:00 2025\n\n    Let the {} {} \
         once\n\n",
        random.below(0xffff_ffff),
        random.below(0xffff_ffff),
        name(random),
        random.below(28) + 1,
        random.below(60),
        thing(random),
        verb(random)
    )
}

fn latex_row(n: usize, random: &mut Random) -> String {
    format!(
        "{n} & {} & {}.{} & {} \\\\\n\\hline\n",
        name(random),
        random.below(99),
        random.below(9),
        place(random)
    )
}

fn vcard(_: usize, random: &mut Random) -> String {
    let name = name(random);
    format!(
        "BEGIN:VCARD\nVERSION:3.0\nN:{name};;;;\nFN:{name}\nTEL;TYPE=CELL:+49 170 {}\nEND:VCARD\n",
        random.below(9_000_000) + 1_000_000
    )
}

fn calendar(n: usize, random: &mut Random) -> String {
    format!(
        "BEGIN:VEVENT\nUID:{n}@example.org\nDTSTART:202503{:02}T{:02}0000Z\nSUMMARY:Meeting at the {}\nEND:VEVENT\n",
        random.below(28) + 1,
        random.below(24),
        place(random)
    )
}

fn dialogue(_: usize, random: &mut Random) -> String {
    format!(
        "{}: Have you seen the {} that was at the {}?\n\n{}: No, but {} {} it there last night, I think.\n\n",
        name(random),
        thing(random),
        place(random),
        name(random),
        name(random),
        verb(random)
    )
}

fn horoscope(_: usize, random: &mut Random) -> String {
    let mut advice = || {
        let choices = [
            format!("Do not trust the first {} that you see.", thing(random)),
            format!("Somebody at the {} thinks of you.", place(random)),
            format!("{} brings good news about the {}.", name(random), thing(random)),
            format!("Before noon, keep away from the {}.", place(random)),
            format!("What {} the {} is what you have been waiting for.", verb(random), thing(random)),
            format!("Money comes by way of a {}, and goes at the {}.", thing(random), place(random)),
        ];
        random.choose(&choices).cloned().unwrap_or_default()
    };
    format!("{} {} {}\n\n", advice(), advice(), advice())
}

fn minutes(n: usize, random: &mut Random) -> String {
    format!(
        "### Item {n}\n\n{} reported on the {} at the {}. {} asked who {} it; {} will find out until the next meeting.\n\n",
        name(random),
        thing(random),
        place(random),
        name(random),
        verb(random),
        name(random)
    )
}

fn glossary(_: usize, random: &mut Random) -> String {
    format!(
        "**{}**: something that {} a {} at the {}; see also *{}*.\n\n",
        thing(random),
        verb(random),
        thing(random),
        place(random),
        thing(random)
    )
}

fn spoken_product(n: usize, _: &mut Random) -> String {
    let (one, other) = (n / 12 % 20 + 1, n % 12 + 1);
    format!("{one} times {other} is {}.\n", one * other)
}

fn parameter(n: usize, random: &mut Random) -> String {
    format!(
        "- `{}_{n}` (int, optional): how often the {} {} the {}. Defaults to {}.\n",
        thing(random),
        thing(random),
        verb(random),
        thing(random),
        random.below(100)
    )
}

fn c_enum(n: usize, random: &mut Random) -> String {
    format!(
        "    {}_{n} = 0x{:04x}, /* the {} of the {} */\n",
        thing(random).to_uppercase(),
        n,
        thing(random),
        place(random)
    )
}

fn assembly(_: usize, random: &mut Random) -> String {
    format!(
        "    mov r{}, [r{} + {}]\n    add r{}, #{}\n",
        random.below(9),
        random.below(9),
        random.below(64),
        random.below(9),
        random.below(9)
    )
}

fn svg(_: usize, random: &mut Random) -> String {
    format!(
        "  <circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"none\" stroke=\"black\"/>\n",
        random.below(500),
        random.below(500),
        random.below(20)
    )
}

fn polish_verse(_: usize, random: &mut Random) -> String {
    let who = ["młynarz", "kowal", "rybak", "szewc", "pasterz", "drwal", "bednarz"];
    let what = ["w młynie", "nad rzeką", "na łące", "za lasem", "pod górą", "przy drodze"];
    let mut pick = |from: &[&'static str]| random.choose(from).copied().unwrap_or_default();
    format!(
        "Był sobie {} {},\nmiał psa i dwa koty, i żył bez trosk,\n\nHej, kręć się, kółko, kręć się, hej,\na wodzie płynąć \
         dalej daj!\n\n",
        pick(&who),
        pick(&what)
    )
}

fn german_price(n: usize, random: &mut Random) -> String {
    format!(
        "{n}. {}: {},{:02} EUR je Stück, lieferbar ab {}.03.2025\n",
        thing(random),
        random.below(90),
        random.below(100),
        random.below(28) + 1
    )
}

fn japanese_words(n: usize, random: &mut Random) -> String {
    let what = ["猫", "犬", "山", "川", "海", "空", "花", "鳥", "魚", "本", "駅", "橋"];
    let where_ = ["庭", "町", "村", "駅", "海辺", "学校"];
    let mut pick = |from: &[&'static str]| random.choose(from).copied().unwrap_or_default();
    format!("{n}. {}：例文「{}に{}がいます。」\n", pick(&what), pick(&where_), pick(&what))
}
