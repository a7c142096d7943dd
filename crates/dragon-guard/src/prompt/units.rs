//! Words and marks that say what a number counts.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::Language;

/// Marks and words of money, before or after the number.
const MONEY: &str = "$ € £ ¥ zł zl złoty złote złotych zloty pln grosz grosze groszy eur euro euros usd dollar dollars \
                     dolar dolary dolarów dólar dólares dolares dollar cent cents centów centimes céntimos pound \
                     pounds pence funt funtów franken francs franc chf yen yuan rmb kč czk peso pesos";

/// Units that are written alike in many languages, and their words in each.
const UNITS: &str = "km m cm mm kg g mg l ml cl dl h min s sek sec std godz hrs mins mph kmh kb mb gb tb kw kwh bar ft lb lbs oz gal \
    mile miles mil mili kilometre kilometres kilometer kilometers metre metres meter meters inch inches foot feet yard \
    yards gram grams kilogram kilograms litre litres liter liters ounce ounces gallon gallons cup cups degree degrees \
    second seconds minute minutes hour hours day days night nights week weeks month months year years people persons \
    person times adults children kids guests \
    godzina godziny godzin godzinę minuta minuty minut minutę sekund sekundy dni dzień doba tydzień tygodnie tygodni \
    miesiąc miesiące miesięcy rok lata lat metr metry metrów kilometr kilometry kilometrów gramów gramy litr litry \
    litrów stopni stopnie osoba osoby osób raz razy sztuk sztuki \
    stunde stunden minuten minute sekunden tag tage tagen woche wochen monat monate jahr jahre jahren meter kilometer \
    gramm kilo liter grad person personen mal stück \
    hora horas minuto minutos segundo segundos día días semana semanas mes meses año años metro metros kilómetro \
    kilómetros gramo gramos kilos litro litros grado grados persona personas vez veces \
    heure heures seconde secondes jour jours semaine semaines mois an ans mètre mètres kilomètre kilomètres gramme \
    grammes litre litres degré degrés personne personnes fois";

/// What follows a number in Japanese and Chinese and says what it counts.
const COUNTERS: &[&str] = &[
    "円",
    "元",
    "块",
    "人",
    "名",
    "枚",
    "張",
    "张",
    "個",
    "个",
    "本",
    "冊",
    "台",
    "匹",
    "頭",
    "頭",
    "只",
    "回",
    "次",
    "点",
    "時間",
    "小时",
    "分",
    "秒",
    "時",
    "点钟",
    "日",
    "天",
    "週",
    "周",
    "月",
    "ヶ月",
    "か月",
    "年",
    "歳",
    "岁",
    "度",
    "℃",
    "キロ",
    "メートル",
    "センチ",
    "グラム",
    "リットル",
    "米",
    "公里",
    "公斤",
    "克",
    "升",
    "公分",
    "割",
    "折",
    "番",
    "号",
    "階",
    "楼",
    "杯",
    "皿",
    "泊",
    "席",
    "枚",
    "通",
    "組",
    "名様",
    "丁目",
    "位",
    "件",
    "条",
    "袋",
    "瓶",
    "盒",
    "票",
    "门",
    "幅",
    "万",
    "億",
    "亿",
    "千",
    "合目",
    "班",
    "か所",
    "つ",
    "夜",
    "晚",
    "室",
    "等",
    "匙",
    "勺",
    "马力",
    "座",
    "段",
    "パック",
    "セット",
];

static MONEY_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| MONEY.split_whitespace().collect());
static UNIT_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| UNITS.split_whitespace().collect());

/// Whether a mark or word before or after a number makes it a price.
pub(super) fn is_money(lower: &str) -> bool {
    MONEY_WORDS.contains(lower)
}

/// Whether a word after a number is a unit in any language.
pub(crate) fn is_unit(lower: &str) -> bool {
    UNIT_WORDS.contains(lower)
}

/// Whether a number that is followed by `rest` has a counter of Japanese or Chinese.
pub(super) fn has_counter(rest: &str) -> bool {
    COUNTERS.iter().any(|counter| rest.starts_with(counter))
}

/// Words that may not be what a number counts: a noun would stand in their place.
const NOT_COUNTED: [(Language, &str); 5] = [
    (
        Language::English,
        "the of and is are was were from to at in on for with by or not than then past if but so as per a an it i you \
         we they he she until till after before above below what how when where who does do can will right \
         left",
    ),
    (
        Language::Polish,
        "i a w we z ze na do od po przez dla nad pod oraz ale lub albo to się nie czy co ile jest są był przed za o u \
         przy jak gdy więc potem",
    ),
    (
        Language::German,
        "und oder der die das den dem in im an am auf aus bei für von vom zu zum zur mit ist sind war nicht aber bis ab \
         als wenn dann so wie was",
    ),
    (
        Language::Spanish,
        "y o e u de del a al en con por para sin es son el la los las que no si cada hasta desde pero como",
    ),
    (
        Language::French,
        "et ou de du des à au aux en avec par pour sans est sont le la les que ne pas si chaque jusqu mais comme",
    ),
];

/// Whether a word after a number is a small one, so that the number has nothing that it counts.
pub(super) fn is_small_word(lower: &str, language: Language) -> bool {
    let has = |(_, words): &&(Language, &str)| words.split(' ').any(|word| word == lower);
    NOT_COUNTED.iter().filter(|(of, _)| *of == language || *of == Language::English).any(|entry| has(&entry))
}

/// Numbers as words, without "one", which is an article in most languages.
const NUMBER_WORDS: [(Language, &str); 5] = [
    (
        Language::English,
        "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty hundred",
    ),
    (
        Language::Polish,
        "dwa dwie dwóch dwoje trzy trzech troje cztery czterech pięć pięciu sześć sześciu siedem siedmiu osiem ośmiu \
         dziewięć dziesięć dziesięciu dwanaście piętnaście dwadzieścia trzydzieści",
    ),
    (
        Language::German,
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf fünfzehn zwanzig dreißig vierzig fünfzig",
    ),
    (
        Language::Spanish,
        "dos tres cuatro cinco seis siete ocho nueve diez once doce quince veinte treinta cuarenta cincuenta",
    ),
    (
        Language::French,
        "deux trois quatre cinq six sept huit neuf dix onze douze quinze vingt trente quarante cinquante",
    ),
];

/// Whether a word is a number above one.
pub(super) fn is_number_word(lower: &str, language: Language) -> bool {
    NUMBER_WORDS
        .iter()
        .filter(|(of, _)| *of == language)
        .any(|(_, words)| words.split(' ').any(|w| w == lower))
}

/// Digits of Japanese and Chinese that make a number above one.
const NUMERALS: &[char] = &['二', '两', '兩', '三', '四', '五', '六', '七', '八', '九', '十', '百'];

/// Bytes of the numerals at the start of `rest` that a counter follows; none where that is no number.
pub(super) fn numeral_bytes(rest: &str) -> Option<usize> {
    let end = rest.find(|c| !NUMERALS.contains(&c)).unwrap_or(rest.len());
    (end > 0 && has_counter(&rest[end..])).then_some(end)
}

/// Words between the ends of a span of times: "9 to 14".
pub(super) fn is_span_word(lower: &str) -> bool {
    matches!(
        lower,
        "to" | "a" | "à" | "bis" | "do" | "-" | "–" | "〜" | "~" | "から" | "点到" | "時から" | "到"
    )
}

/// Words before a number that make it a time of the day or a date.
const BEFORE_CLOCK: [(Language, &str); 5] = [
    (Language::English, "at past before after until till by since"),
    (Language::Polish, "o od do po przed godzinie godz godziny"),
    (Language::German, "um ab bis gegen nach vor uhr"),
    (Language::Spanish, "las la"),
    (Language::French, "à vers"),
];

/// Whether a word before a number may make it a time of the day.
pub(super) fn is_before_clock(lower: &str, language: Language) -> bool {
    BEFORE_CLOCK
        .iter()
        .filter(|(of, _)| *of == language)
        .any(|(_, words)| words.split(' ').any(|w| w == lower))
}
