//! Words by which a prompt gives a task, or says what form its answer is to have, instead of asking what something means.

use crate::Language;
use crate::prompt::{Prompt, WordKind};

/// Verbs, and some nouns, that ask for a text, for code or for a plan. Whoever writes one wants that done, whatever else
/// the prompt leaves open. They are separated by `|`. They stand as whoever asks writes them: "recommend", but not
/// "recommended", which is told. A `*` at the end stands for any ending; where no spaces are written, a part of a run is
/// enough, and a `$` stands for its end.
const fn tasks(language: Language) -> &'static str {
    match language {
        Language::English => {
            "write|translate|translation|compose|summarize|summarise|summary|rewrite|rephrase|\
             paraphrase|proofread|draft|continue|create|generate|implement|explain|describe|list|\
             suggest|recommend|convert|analyze|analyse|extract|classify|edit|fix|improve|design|\
             schedule|remind|plan|advice|advise|tell|give|prepare|essay|poem|story|email|tweet|\
             recipe|prove|compare|define|dialogue"
        }
        Language::Polish => {
            "napisz|napiszcie|przetłumacz|przetłumaczyć|streść|streszczenie|popraw|wypisz|\
             wyjaśnij|opisz|opowiedz|stwórz|wygeneruj|zaproponuj|podaj|zaplanuj|dokończ|kontynuuj|\
             porównaj|ułóż|wymyśl|przepisz|doradź|poradź|zredaguj|zamień|mail|maila|wiersz|\
             wierszyk|opowiadanie"
        }
        Language::German => {
            "schreib|schreibe|schreiben|übersetze|übersetz|übersetzung|zusammenfassung|fasse|\
             formuliere|formulier|korrigiere|korrigier|erkläre|erklär|beschreibe|beschreib|\
             erstelle|erstell|entwirf|verfasse|nenne|nenn|liste|verbessere|vergleiche|erzähle|\
             erzähl|wandle|generiere|gib|empfiehl|gedicht|geschichte|rede"
        }
        Language::Spanish => {
            "escribe|escriba|escribir|traduce|traduzca|traducir|resume|resumir|resumen|corrige|\
             corregir|explica|explicar|describe|redacta|crea|genera|haz|lista|enumera|propón|\
             planifica|mejora|compara|cuéntame|continúa|convierte|regalo|recomienda|sugiere|poema|\
             cuento|carta|dame"
        }
        Language::French => {
            "écris|écrivez|écrire|traduis|traduisez|traduire|résume|résumez|corrige|corrigez|\
             explique|expliquez|décris|rédige|rédigez|crée|créez|génère|fais|liste|propose|\
             planifie|améliore|compare|raconte|continue|convertis|donne|donnez|recommande|suggère|\
             poème|discours|lettre"
        }
        Language::Japanese => {
            "書いてくだ|書いて下さ|書いてほし|書いて$|書け|訳し|翻訳|要約|まとめてくだ|まとめて下さ|まとめてほし|まとめて$|直してくだ|直して下さ|直してほし|直して$|説明|\
             教えて|作ってくだ|作って下さ|作ってほし|作って$|作成|添削|考えてくだ|考えて下さ|考えてほし|考えて$|続けてくだ|続けて下さ|続けてほし|続けて$|比較|提案|\
             言い換え|変換|スピーチ"
        }
        Language::Chinese => {
            "写一|写篇|写封|写个|写首|写出|请写|帮我写|翻译|译成|总结|概括|改写|修改|改得|解释|描述|生成|创建|列出|续写|比较|建议|推荐|润色|编一|编写|转换|介绍"
        }
    }
}

/// Names of formats.
const FORMATS: &str = "json|yaml|csv|xml|html|markdown|latex|regex|sql";

/// Words by which somebody says how to answer.
const fn forms(language: Language) -> &'static str {
    match language {
        Language::English => "answer|reply|respond|return|output|print",
        Language::Polish => "odpowiedz|odpowiadaj|odpowiedzcie|zwróć|wypisz",
        Language::German => "antworte|antworten|gib|ausgabe",
        Language::Spanish => "responde|responda|responder|contesta|conteste|devuelve",
        Language::French => "réponds|répondez|répondre|renvoie",
        Language::Japanese => "答えて|答えよ|回答|返して",
        Language::Chinese => "回答|作答|返回|输出",
    }
}

/// Words by which rules for all answers of a conversation narrow them.
const fn narrow(language: Language) -> &'static str {
    match language {
        Language::English => "only|just|nothing|single|exactly|word|format|always",
        Language::Polish => "tylko*|wyłącznie*|jednym*|jedno*|format|zawsze*",
        Language::German => "nur|ausschließlich*|einzig*|format|immer*",
        Language::Spanish => "solo|sólo|solamente*|únicamente*|formato*|siempre*",
        Language::French => "seulement*|uniquement*|seul|format|toujours*",
        Language::Japanese => "だけ|のみ|必ず|形式",
        Language::Chinese => "只|仅|必须|格式",
    }
}

/// Whether a prompt gives a task.
pub(super) fn gives_task(prompt: &Prompt) -> bool {
    has_any(prompt, tasks) || says_form(prompt)
}

/// Whether a prompt says what form its answer is to have.
pub(super) fn says_form(prompt: &Prompt) -> bool {
    has_any(prompt, forms) || has_any(prompt, |_| FORMATS)
}

/// Whether rules for a conversation leave no room for a sentence of the server's own: a format, or "only the amount".
pub fn narrows_answers(rules: &str) -> bool {
    let prompt = Prompt::of(rules, Language::of(rules));
    says_form(&prompt) || has_any(&prompt, narrow)
}

/// Whether one of the words stands in the prompt, outside of quotations; they may be English in any prompt.
fn has_any(prompt: &Prompt, words: impl Fn(Language) -> &'static str) -> bool {
    let own: Vec<&str> = words(prompt.language).split('|').collect();
    let english: Vec<&str> = words(Language::English).split('|').collect();
    prompt.words.iter().filter(|word| !prompt.is_quoted(word.range.start)).any(|word| match word.kind {
        WordKind::Letters => own.iter().chain(&english).any(|pattern| match pattern.strip_suffix('*') {
            Some(stem) => word.lower.starts_with(stem),
            None => word.lower == *pattern,
        }),
        WordKind::Ideographs => own.iter().any(|pattern| match pattern.strip_suffix('$') {
            Some(end) => word.lower.ends_with(end),
            None => word.lower.contains(*pattern),
        }),
        WordKind::Number | WordKind::Mark => false,
    })
}
