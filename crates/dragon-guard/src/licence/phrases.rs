//! The words that ask for repetition, in lower case, each phrase as the hashes of its words.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::words::{folded_id, folded_ids};

type Phrases = LazyLock<Vec<Vec<u32>>>;

/// Tells somebody to write: with a number of times, or without an end, this asks for repetition.
pub(super) static VERBS: Phrases = LazyLock::new(|| {
    phrases(&[
        "write, say, print, type, output, sing, copy, echo, generate, reply",
        "napisz, pisz, wypisz, powiedz, mów, wydrukuj, zaśpiewaj, wyświetl",
        "schreibe, schreib, sage, sag, drucke, tippe, singe, gib, kopiere",
        "escribe, escriba, di, imprime, canta, copia",
        "écris, écrivez, dis, imprime, chante, copie, tape",
        "書, 言, 出力, 歌",
        "写, 说, 输出, 唱, 打印",
    ])
});

/// Tells somebody to repeat.
pub(super) static REPEAT: Phrases = LazyLock::new(|| {
    phrases(&[
        "repeat",
        "powtórz, powtarzaj",
        "wiederhole, wiederholen sie",
        "repite, repita",
        "répète, répétez",
        "繰り返, くりかえ",
        "重复, 重複",
    ])
});

/// Asks for the same for several, as letters to each of ten people are much alike, or for a part that comes back.
pub(super) static EACH: Phrases = LazyLock::new(|| {
    phrases(&[
        "for each of, to each of, for every one of, one for each, variants of, variations of, versions of, chorus, refrain",
        "dla każdego z, dla każdej z, do każdego z, do każdej z, wariantów, wersji, refren, refrenem",
        "für jeden der, für jede der, für jedes der, an jeden der, an jede der, varianten, versionen, refrain, kehrreim",
        "para cada uno, para cada una, a cada uno, a cada una, variantes de, versiones de, estribillo",
        "pour chacun, pour chacune, à chacun, à chacune, variantes de, versions de, refrain",
        "それぞれの, ごとに, サビ, リフレイン",
        "分别为, 分别给, 为每个, 给每个, 副歌",
    ])
});

/// Says that there is no end.
pub(super) static ENDLESS: Phrases = LazyLock::new(|| {
    phrases(&[
        "forever, endlessly, over and over, again and again, without stopping, non-stop, infinitely",
        "w kółko, bez końca, w nieskończoność, bez przerwy",
        "immer wieder, endlos, ohne ende, ohne pause",
        "una y otra vez, sin parar, sin fin, para siempre",
        "en boucle, sans fin, sans arrêt, sans cesse",
        "永遠に, ずっと, 何度も, 延々と",
        "不停, 无限, 永远, 一直",
    ])
});

/// Follows a number of repetitions.
static TIMES: LazyLock<HashSet<u32>> =
    LazyLock::new(|| words("times x × razy razów mal male veces fois 回 度 遍 次"));

/// Stands before a request.
static POLITE: LazyLock<HashSet<u32>> =
    LazyLock::new(|| words("please proszę bitte favor plaît just now then and 请 請"));

/// Numbers that are often written as words.
static NUMBERS: LazyLock<HashMap<u32, u32>> = LazyLock::new(|| {
    let lists = [
        (10, "ten dziesięć zehn diez dix 十"),
        (20, "twenty dwadzieścia zwanzig veinte vingt"),
        (50, "fifty pięćdziesiąt fünfzig cincuenta cinquante"),
        (100, "hundred sto hundert cien cent 百"),
        (1_000, "thousand tysiąc tausend mil mille 千"),
    ];
    lists.iter().flat_map(|(number, list)| list.split(' ').map(|word| (folded_id(word), *number))).collect()
});

pub(super) fn is_times(folded: u32) -> bool {
    TIMES.contains(&folded)
}

pub(super) fn is_polite(folded: u32) -> bool {
    POLITE.contains(&folded)
}

pub(super) fn number(folded: u32) -> Option<u32> {
    NUMBERS.get(&folded).copied()
}

fn phrases(lists: &[&str]) -> Vec<Vec<u32>> {
    lists.iter().flat_map(|list| list.split(", ")).map(folded_ids).collect()
}

fn words(list: &str) -> HashSet<u32> {
    list.split(' ').map(folded_id).collect()
}
