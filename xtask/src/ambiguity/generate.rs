//! Puzzles of our own, by seed: twins of which one can be understood in several ways and the other cannot.
//!
//! They teach what a puzzle looks like in seven languages where collected data are English and have no signs, prices or
//! pronouns. Of most only the structure is learnt, not the words.

use super::data::Row;
use super::random::Random;

/// Their source.
pub(super) const SOURCE: &str = "generated";

/// Source of prompts that are nothing out of the ordinary; all of them are clear.
pub(super) const ORDINARY_SOURCE: &str = "ordinary";

/// The kind whose words are learnt as well: questions whose answer depends on when and where they are asked.
pub(super) const WITH_WORDING: &str = "question";

/// Twins of each template that are trained on.
pub(super) const N_TWINS: usize = 6;

const TEMPLATES: &str = include_str!("templates.txt");

const ORDINARY: &str = include_str!("ordinary.txt");

/// Whether a source is made here.
pub(super) fn is_generated(source: &str) -> bool {
    matches!(source, SOURCE | ORDINARY_SOURCE)
}

/// All templates, each `n_twins` times with other places, prices and people.
pub(super) fn rows(seed: u64, n_twins: usize) -> Vec<Row> {
    let mut random = Random::new(seed);
    let mut rows = Vec::new();
    let templates = TEMPLATES.lines().filter(|line| !line.starts_with('#')).enumerate();
    for (number, template) in templates {
        let parts: Vec<&str> = template.split(" | ").collect();
        let [language, kind, ambiguous, clear] = parts.as_slice() else { continue };
        let template_name = format!("{language}-{number}");
        for twin in 0..n_twins {
            let slots = Slots::new(language, &mut random);
            let id = format!("generated-{template_name}-{twin}");
            for (template, is_ambiguous) in [(ambiguous, true), (clear, false)] {
                rows.push(Row {
                    id: format!("{id}-{}", if is_ambiguous { 'a' } else { 'c' }),
                    source: SOURCE.to_owned(),
                    language: (*language).to_owned(),
                    text: slots.fill(&drawn(template, &mut random)),
                    is_ambiguous,
                    // Not the twins alone: what one of a template teaches gives the others away.
                    pair: Some(template_name.clone()),
                    split: None,
                    kind: Some((*kind).to_owned()),
                });
            }
        }
    }
    rows
}

/// Ordinary prompts, `n_each` of each template.
pub(super) fn ordinary_rows(seed: u64, n_each: usize) -> Vec<Row> {
    let mut random = Random::new(seed);
    let mut rows = Vec::new();
    for (number, line) in ORDINARY.lines().filter(|line| !line.starts_with('#')).enumerate() {
        let Some((language, template)) = line.split_once(" | ") else { continue };
        for n in 0..n_each {
            let slots = Slots::new(language, &mut random);
            rows.push(Row {
                id: format!("ordinary-{language}-{number}-{n}"),
                source: ORDINARY_SOURCE.to_owned(),
                language: language.to_owned(),
                text: slots.fill(&drawn(template, &mut random)),
                is_ambiguous: false,
                pair: Some(format!("{language}-{number}")),
                split: None,
                kind: None,
            });
        }
    }
    rows
}

/// Puzzles and ordinary prompts, as they are trained on.
pub(super) fn training_rows(seed: u64) -> Vec<Row> {
    let mut rows = rows(seed, N_TWINS);
    rows.extend(ordinary_rows(seed, N_TWINS));
    rows
}

/// Puzzles that no list of words and no template was changed for.
const BLIND: &str = include_str!("blind.txt");

/// Source of the puzzles that are only ever scored.
pub(super) const BLIND_SOURCE: &str = "blind";

/// Puzzles to score, never to train on.
pub(super) fn blind_rows() -> Vec<Row> {
    let twins =
        BLIND.lines().filter(|line| !line.starts_with('#')).enumerate().filter_map(|(number, line)| {
            let parts: Vec<&str> = line.split(" | ").collect();
            let [language, kind, ambiguous, clear] = parts.as_slice() else { return None };
            let row = |text: &str, is_ambiguous: bool| Row {
                id: format!("blind-{language}-{number}-{}", if is_ambiguous { 'a' } else { 'c' }),
                source: BLIND_SOURCE.to_owned(),
                language: (*language).to_owned(),
                text: text.to_owned(),
                is_ambiguous,
                pair: Some(format!("{language}-{number}")),
                split: None,
                kind: Some((*kind).to_owned()),
            };
            Some([row(ambiguous, true), row(clear, false)])
        });
    twins.flatten().collect()
}

/// One of each `[a/b]`.
fn drawn(template: &str, random: &mut Random) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((choices, following)) = after.split_once(']') else { break };
        let choices: Vec<&str> = choices.split('/').collect();
        text.push_str(before);
        text.push_str(choices[random.below(choices.len())]);
        rest = following;
    }
    text + rest
}

/// What is put into the templates of one pair of twins.
struct Slots(Vec<(&'static str, String)>);

/// Words of one language, separated by `|`.
struct Words {
    language: &'static str,
    place: &'static str,
    ride: &'static str,
    shop: &'static str,
    thing: &'static str,
    men: &'static str,
    women: &'static str,
    day: &'static str,
    number: &'static str,
    fraction: &'static str,
    price: &'static str,
}

const WORDS: [Words; 7] = [
    Words {
        language: "en",
        place: "Boulder|Leeds|Galway|Perth|Reno|Bath|Tulsa|Dover",
        ride: "zip line|toboggan run|bumper cars|water slide|mini golf|pony ride|carousel",
        shop: "shoe shop|garden centre|bakery|book store|pharmacy|toy shop",
        thing: "jacket|lamp|bike|drill|kettle|chair",
        men: "Peter|Simon|Henry|Oliver|Brian|Kevin|Luke|Frank",
        women: "Helen|Nora|Grace|Alice|Diana|Lucy|Paula|Wendy",
        day: "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday",
        number: "two|three|four|five|six|eight",
        fraction: "1/2|half|1/3|½",
        price: "$#|£#|$#.50|€#",
    },
    Words {
        language: "pl",
        place: "Ustroniu|Sopocie|Zakopanem|Toruniu|Gdyni|Lublinie|Wieliczce",
        ride: "kolejce|zjeżdżalni|karuzeli|torze saneczkowym|parku linowym|gokartach",
        shop: "Sklep rowerowy|Księgarnia|Piekarnia|Market|Apteka",
        thing: "kurtkę|lampę|wiertarkę|rower|walizkę",
        men: "Paweł,Pawła,Pawła|Adam,Adama,Adama|Kamil,Kamila,Kamila|Rafał,Rafała,Rafała|Jakub,Jakuba,Jakuba|Dawid,Dawida,Dawida",
        women: "Ewa,Ewy,Ewę|Marta,Marty,Martę|Hanna,Hanny,Hannę|Renata,Renaty,Renatę|Klara,Klary,Klarę|Paulina,Pauliny,Paulinę",
        day: "poniedziałek|wtorek|czwartek|piątek",
        number: "pięć|sześć|siedem|osiem",
        fraction: "1/2|połowa|1/3|½",
        price: "# zł|# złotych|#,50 zł|# PLN",
    },
    Words {
        language: "de",
        place: "Goslar|Bremen|Ulm|Passau|Kassel|Trier|Jena",
        ride: "Rodelbahn|Wasserrutsche|Seilbahn|Minigolfanlage|Kartbahn|Achterbahn",
        shop: "Der Radladen|Die Bäckerei|Der Baumarkt|Die Apotheke|Der Buchladen",
        thing: "eine Jacke|eine Lampe|ein Rad|einen Koffer",
        men: "Lukas|Stefan|Tobias|Markus|Paul|Emil|Moritz",
        women: "Petra|Heike|Johanna|Lena|Greta|Claudia|Silke",
        day: "Montag|Dienstag|Donnerstag|Freitag",
        number: "zwei|drei|vier|fünf|sechs|acht",
        fraction: "1/2|halber|1/3|½",
        price: "# €|#,50 €|# Euro|# EUR",
    },
    Words {
        language: "es",
        place: "Toledo|Cádiz|León|Murcia|Burgos|Salamanca|Huesca",
        ride: "la tirolina|el tobogán|la noria|los karts|el minigolf|el teleférico",
        shop: "La zapatería|La panadería|La librería|El vivero|La farmacia",
        thing: "una chaqueta|una lámpara|una bici|una maleta",
        men: "Sergio|Pablo|Jorge|Álvaro|Diego|Rubén|Hugo",
        women: "Elena|Nuria|Carmen|Raquel|Sofía|Inés|Lola",
        day: "lunes|martes|jueves|viernes",
        number: "dos|tres|cuatro|cinco|seis|ocho",
        fraction: "1/2|mitad de|1/3 del|½",
        price: "# €|#,50 €|# euros|$#",
    },
    Words {
        language: "fr",
        place: "Nantes|Dijon|Annecy|Lille|Metz|Reims|Tours",
        ride: "toboggan|manège|minigolf|karting|téléphérique",
        shop: "La librairie|La boulangerie",
        thing: "une veste|une lampe|un vélo",
        men: "Pierre|Julien|Nicolas|Antoine|Hugo|Marc",
        women: "Camille|Manon|Claire|Louise|Hélène|Pauline",
        day: "lundi|mardi|jeudi|vendredi",
        number: "deux|trois|quatre|cinq|six|huit",
        fraction: "1/2|moitié|demi|½",
        price: "# €|#,50 €|# euros",
    },
    Words {
        language: "ja",
        place: "京都|長野|仙台|那須|伊豆|奈良",
        ride: "ジップライン|そりコース|観覧車|ゴーカート|ウォータースライダー",
        shop: "靴屋|本屋",
        thing: "上着|自転車",
        men: "鈴木|高橋|伊藤|渡辺|山本|中村|小林",
        women: "加藤|吉田|山田|山口|松本|井上",
        day: "月曜|火曜|木曜|金曜",
        number: "二|三|四|五|六",
        fraction: "半額|1/2の値段|半分の料金",
        price: "#00円|#50円|#千円",
    },
    Words {
        language: "zh",
        place: "杭州|成都|厦门|青岛|桂林|西安",
        ride: "滑索|旱滑道|摩天轮|卡丁车|水滑梯",
        shop: "鞋店|书店",
        thing: "外套|自行车",
        men: "小明|小刚|王强|张伟|刘洋|李明",
        women: "小红|小丽|李娜|王芳",
        day: "一|二|四|五",
        number: "两|三|四|五",
        fraction: "半价|1/2价|打对折",
        price: "#元|#块|#0元",
    },
];

// === impl Slots ===

impl Slots {
    fn new(language: &str, random: &mut Random) -> Self {
        let Some(words) = WORDS.iter().find(|words| words.language == language) else {
            return Self(Vec::new());
        };
        let mut one = |list: &'static str| -> String {
            let items: Vec<&str> = list.split('|').collect();
            items[random.below(items.len())].to_owned()
        };
        let [m1, m2] = two(words.men, &mut one);
        let [f1, f2] = two(words.women, &mut one);
        let [day, day2] = two(words.day, &mut one);
        let price = one(words.price);
        let small: usize = one("2|3|4|5|6|7|8|9|12").parse().unwrap_or(2);
        let large = small * one("2|3|4|5").parse().unwrap_or(2);
        let case = |name: &str, case: usize| {
            name.split(',').nth(case).or(name.split(',').next()).unwrap_or_default().to_owned()
        };
        Self(vec![
            ("place", one(words.place)),
            ("ride", one(words.ride)),
            ("shop", one(words.shop)),
            ("thing", one(words.thing)),
            ("m1", case(&m1, 0)),
            ("m2", case(&m2, 0)),
            ("m2g", case(&m2, 1)),
            ("m2a", case(&m2, 2)),
            ("f1", case(&f1, 0)),
            ("f2", case(&f2, 0)),
            ("f1g", case(&f1, 1)),
            ("f1a", case(&f1, 2)),
            ("s1", m1.clone()),
            ("s2", f1.clone()),
            ("c1", m1.clone()),
            ("c2", m2.clone()),
            ("day", day),
            ("day2", day2),
            ("nw", one(words.number)),
            ("frac", one(words.fraction)),
            ("price", price.replace('#', &small.to_string())),
            ("price2", price.replace('#', &large.to_string())),
            ("pct", format!("{}%", one("10|20|25|30|40|50|60|70"))),
            ("pct2", format!("{}%", one("5|10|15|20"))),
            ("role", one("president|prime minister|chancellor|governor|speaker|king")),
            (
                "land",
                one(
                    "France|India|Canada|Japan|Texas|Kenya|Brazil|the US|Italy|Norway|Ohio|Egypt|Australia|Peru",
                ),
            ),
            ("year", one("1912|1936|1954|1966|1978|1985|1994|1999|2004|2010|2014")),
            ("title", one("North Wind|The Long Hall|Silver Road|Night Garden|Two Rivers|Paper Kings")),
            ("n", one("3|4|5|6|7|8")),
            ("n2", one("12|15|18|20|22|24")),
        ])
    }

    fn fill(&self, template: &str) -> String {
        self.0
            .iter()
            .fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

/// Two different ones.
fn two(list: &'static str, one: &mut impl FnMut(&'static str) -> String) -> [String; 2] {
    let first = one(list);
    let mut second = one(list);
    while second == first {
        second = one(list);
    }
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_filled_and_its_twins_differ() {
        let rows = rows(3, 2);
        assert!(rows.len() > 500, "{}", rows.len());
        for twins in rows.chunks(2) {
            assert_ne!(twins[0].text, twins[1].text);
            assert_eq!(twins[0].pair, twins[1].pair);
            for row in twins {
                assert!(!row.text.contains(['{', '}', '[', ']']), "{}", row.text);
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_puzzles_again_and_another_seed_others() {
        let texts = |seed| rows(seed, 1).into_iter().map(|row| row.text).collect::<Vec<_>>();
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1), texts(2));
    }
}
