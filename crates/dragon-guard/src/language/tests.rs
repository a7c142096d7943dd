//! Sentences of several kinds and their languages.

use proptest::prelude::*;

use super::{LOOKED_AT, Language, ends};
use Language::{Chinese, English, French, German, Japanese, Polish, Spanish};

const SENTENCES: &[(Language, &str)] = &[
    (English, "Why does the queue grow although the server is idle?"),
    (English, "Hello"),
    (English, "Summarise the letter in one sentence."),
    (English, "2 + 2 ="),
    (English, ""),
    (English, "Привет, как дела?"),
    (English, "Naïve café owners in Zürich: what do they sell?"),
    (Polish, "Dlaczego kolejka rośnie, skoro serwer nic nie robi?"),
    (Polish, "Cześć!"),
    (Polish, "Napisz list do sasiada o psie"),
    (Polish, "Co to jest?"),
    (German, "Warum wächst die Schlange, obwohl der Server nichts tut?"),
    (German, "Was ist das?"),
    (German, "Schreibe mir eine kurze Geschichte von einem Drachen."),
    (German, "Hallo"),
    (Spanish, "¿Por qué crece la cola si el servidor no hace nada?"),
    (Spanish, "Hola"),
    (Spanish, "Escribe una carta a mi vecino sobre su perro"),
    (French, "Pourquoi la file grandit-elle alors que le serveur ne fait rien ?"),
    (French, "Bonjour"),
    (French, "Qu'est-ce que c'est ?"),
    (French, "Donne la liste des villes du pays"),
    (Japanese, "サーバーが暇なのに、なぜ行列が伸びるのですか。"),
    (Japanese, "東京都の人口は?教えて"),
    (Japanese, "こんにちは"),
    (Chinese, "服务器空闲时,为什么队列还会变长?"),
    (Chinese, "你好"),
    (Chinese, "請用一句話總結這封信。"),
];

#[test]
fn sentences_are_in_their_language() {
    for (language, sentence) in SENTENCES {
        assert_eq!(Language::of(sentence), *language, "{sentence}");
    }
}

/// The language is that of who asks, not of the sign that is asked about.
#[test]
fn what_is_quoted_does_not_decide() {
    let sign = "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";
    assert_eq!(Language::of(sign), Polish);
    assert_eq!(
        Language::of("What does the sign „Das Betreten der Baustelle ist nicht erlaubt“ say?"),
        English
    );
    assert_eq!(Language::of("Übersetze: \"What is the name of the town that you are in?\""), German);
    assert_eq!(Language::of("\"Das Betreten der Baustelle ist verboten\""), German);
}

#[test]
fn code_does_not_decide_where_somebody_speaks() {
    let code =
        "```python\nfor word in words:\n    if word is not None and word in that:\n        do(the_word)\n```";
    assert_eq!(Language::of(&format!("Co robi ten kod?\n{code}")), Polish);
    assert_eq!(Language::of(&format!("このコードは何をしますか?\n{code}")), Japanese);
    assert_eq!(Language::of(code), English);
}

#[test]
fn a_few_foreign_words_do_not_decide() {
    assert_eq!(Language::of("Translate 猫 and 犬 into English, and say how they are pronounced."), English);
    assert_eq!(Language::of("Wie sagt man \"good morning\" auf 日本語 und auf Spanisch?"), German);
    assert_eq!(Language::of("Pythonのlistとtupleの違いを教えてください。"), Japanese);
    assert_eq!(Language::of("请解释 Rust 的 ownership 和 borrow checker。"), Chinese);
}

#[test]
fn the_question_at_the_end_of_a_long_text_counts_and_what_lies_between_does_not() {
    let filler = "0 1 2 3 4 5 6 7 8 9 ".repeat(500);
    assert_eq!(Language::of(&format!("{filler}Jaka jest średnia z tych liczb?")), Polish);
    let between = "the of and is are ".repeat(1000);
    assert_eq!(
        Language::of(&format!("Die Zahlen sind: {filler}{between}{filler} Was ist die Summe?")),
        German
    );
}

#[test]
fn a_hostile_prompt_takes_no_time() {
    let started_at = std::time::Instant::now();
    for hostile in ["„".repeat(1 << 20), "a\"".repeat(1 << 20), "```".repeat(1 << 20), "ą".repeat(1 << 20)]
    {
        Language::of(&hostile);
    }
    let took = started_at.elapsed();
    println!("four prompts of megabytes: {took:?}");
    assert!(took.as_millis() < 200, "{took:?}");
}

proptest! {
    #[test]
    fn any_text_has_a_language(text in any::<String>()) {
        Language::of(&text);
    }

    #[test]
    fn the_ends_are_whole_characters_and_no_longer_than_said(text in "[aą日🐉]{0,3000}") {
        let (head, tail) = ends(&text);
        prop_assert!(text.starts_with(head) && text.ends_with(tail));
        prop_assert!(head.len() + tail.len() == text.len() || head.len().max(tail.len()) <= LOOKED_AT);
    }
}
