//! What is thought of a question before it is answered: a prior, and never a gate.

use crate::landing::cue;
use crate::readings::{Bearing, Readings, readings};
use crate::{Language, ambiguity};

/// From this score on a question that turns on its readings is treated as one that has several answers.
const ASKED_FROM: f32 = 0.8;

/// The same where these stand on a sign: there the form alone says nearly as much as the score.
const ON_SIGN_FROM: f32 = 0.7;

/// From this score on the model is led to name readings where nobody else can. It has to be sure, since whole kinds of
/// clear questions score .8.
const DOUBTFUL_FROM: f32 = 0.9;

/// Tokens of an answer to an ambiguous question, before it is concluded with what the question may mean: as many as nine
/// of ten answers to clear questions have, within these bounds. So many say all of it in prose; models that go on are
/// mostly turning in circles by then.
const MIN_BUDGET: u32 = 128;
const MAX_BUDGET: u32 = 256;

/// A question, and what it may mean.
#[derive(Debug)]
pub struct Assessment {
    ambiguity: f32,
    readings: Readings,
}

// === impl Assessment ===

impl Assessment {
    /// Takes less than a millisecond, however long the text is.
    pub fn of(text: &str, language: Language) -> Self {
        Self::new(ambiguity::score(text), readings(text, language))
    }

    /// Of a question that has been judged.
    pub const fn new(ambiguity: f32, readings: Readings) -> Self {
        Self { ambiguity, readings }
    }

    /// How likely the question has several answers, 0 to 1.
    pub const fn ambiguity(&self) -> f32 {
        self.ambiguity
    }

    /// What it may mean.
    pub const fn readings(&self) -> &Readings {
        &self.readings
    }

    /// Whether it is to be treated as a question with several answers. A score alone never says so: it knows less than
    /// whoever asks.
    pub fn is_ambiguous(&self) -> bool {
        match self.readings.bearing() {
            Bearing::None => false,
            Bearing::Asked => self.ambiguity >= ASKED_FROM,
            Bearing::OnSign => self.ambiguity >= ON_SIGN_FROM,
        }
    }

    /// Tokens after which an answer is to conclude, where nine of ten answers to clear questions have at most `n_clear`;
    /// `None` for no such bound.
    pub fn n_budget(&self, n_clear: u32) -> Option<u32> {
        self.is_ambiguous().then(|| n_clear.clamp(MIN_BUDGET, MAX_BUDGET))
    }

    /// What begins the conclusion of an answer that has to land.
    pub fn cue(&self, language: Language) -> &'static str {
        let is_doubtful = self.ambiguity >= DOUBTFUL_FROM && self.readings.is_empty();
        if is_doubtful { cue::asking(language) } else { cue::cue(language) }
    }

    /// The same for a question with several answers: with all that it leaves open, and with the first of it alone. None
    /// for any other question.
    pub fn own_cues(&self, language: Language) -> Vec<String> {
        let separator = if matches!(language, Language::Japanese | Language::Chinese) { "" } else { " " };
        let said = [self.readings.in_full(), self.readings.in_short()].into_iter().flatten();
        let cues = said.filter(|_| self.is_ambiguous());
        cues.map(|readings| format!("{}{separator}{readings}", cue::cue(language))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUZZLE: &str =
        "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"";

    fn is_ambiguous(text: &str) -> bool {
        Assessment::of(text, Language::of(text)).is_ambiguous()
    }

    #[test]
    fn the_puzzle_is_concluded_with_all_that_it_leaves_open() {
        let assessment = Assessment::of(PUZZLE, Language::Polish);
        assert!(assessment.is_ambiguous(), "{}", assessment.ambiguity);
        let [cue, brief] = assessment.own_cues(Language::Polish).try_into().unwrap();
        assert!(cue.starts_with("Krótko mówiąc: ") && cue.starts_with(&brief), "{cue}");
        for named in ["uwzględnione", "odliczyć", "każda osoba albo", "gwiazdka"] {
            assert!(cue.contains(named), "{named} in {cue}");
        }
    }

    #[test]
    fn the_budget_is_what_clear_questions_take_within_bounds() {
        let assessment = Assessment::of(PUZZLE, Language::Polish);
        let budgets = [1, 200, 10_000].map(|n_clear| assessment.n_budget(n_clear));
        assert_eq!(budgets, [Some(MIN_BUDGET), Some(200), Some(MAX_BUDGET)]);
    }

    #[test]
    fn a_clear_question_gets_the_usual_words() {
        let assessment = Assessment::of("What is the capital of France?", Language::English);
        assert_eq!((assessment.own_cues(Language::English).len(), assessment.n_budget(10)), (0, None));
        assert_eq!(assessment.cue(Language::English), cue::cue(Language::English));
    }

    #[test]
    fn where_only_the_model_can_name_the_readings_it_is_led_to_them() {
        let unknown = readings("Can you book it for me?", Language::English);
        let assessment = Assessment::new(DOUBTFUL_FROM, unknown);
        assert!(!assessment.is_ambiguous());
        assert_eq!(assessment.cue(Language::English), cue::asking(Language::English));
        assert_eq!(assessment.n_budget(10), None, "a score alone shortens nothing");
    }

    /// Written by others than the rules' author, to break them; each leaves something open that it does not ask about.
    #[test]
    fn tasks_and_what_is_not_asked_are_left_alone() {
        for text in TASKS {
            assert!(!is_ambiguous(text), "{text}");
        }
    }

    #[test]
    fn signs_and_questions_that_turn_on_what_is_open_are_not() {
        for text in PUZZLES {
            assert!(is_ambiguous(text), "{text}");
        }
    }

    const TASKS: [&str; 41] = [
        "看板の「再乗車は半額 - もう一回600円*」について二人の会話を書いて。",
        "I have a meeting next Tuesday at 10. What should I prepare for it?",
        "Old books and magazines are in the attic. How do I protect them from mould?",
        "All of our servers are not reachable since 7. What should I do?",
        "Maria told Julia that she had won the race. Continue this as a story of 500 words.",
        "Maria told Julia that she had won. Translate this sentence into French.",
        "Write a bash script that keeps some backups and deletes all files that are not newer than 7 days.",
        "The old man and the sea: who wrote it and when was it first published?",
        "In which episode of season 7 does Elena die, and who is with her?",
        "Which Super Bowl was number 50 and who won it?",
        "¿Qué dice el artículo 5 de la Constitución sobre los derechos?",
        "Was steht in Artikel 5 des Grundgesetzes, und wen schützt er?",
        "A class has 24 pupils. Half of them are girls and some of them play chess. How many are girls?",
        "There are 12 red pens and pencils. How many pens are there if 5 are pencils?",
        "Write a short e-mail to my boss: I will be late next Friday, the meeting is at 10 and lasts until 12.",
        "Draft a reply to a customer who wants 20% off an order of $300 and free shipping*.",
        "Turn this into a tweet: \"All pizzas 1/2 price on Fridays - from $6*\"",
        "Write ad copy for our shop: up to 50% off old chairs and tables, everything must go by next Friday!",
        "Who is 'she' in the sentence \"Maria told Julia that she won\"? Answer with one name.",
        "My sister told my mother that she was pregnant. What should I say to her?",
        "Przetłumacz na angielski: Stare kobiety i mężczyźni zapłacili 20 zł za wejście od osoby.",
        "Napisz ogłoszenie: rower używany, cena od 300 zł, do negocjacji, odbiór w przyszły piątek.",
        "Streść: Sklep obniżył ceny do 50%, z wyjątkiem butów i toreb dla członków klubu.",
        "Marek powiedział Piotrowi, że jego samochód się zepsuł. Napisz do nich maila z ofertą naprawy.",
        "Schreibe eine Einladung: Grillfest nächsten Samstag um 6, jeder bringt etwas mit.",
        "Schreibe eine Anzeige: bis zu 50 % auf alte Stühle und Tische, nur nächsten Freitag!",
        "Klaus hat Dieter angerufen, weil er krank war. Wer war krank? Antworte auf Englisch.",
        "Escribe un anuncio: hasta 50% de descuento en zapatos y bolsos viejos, desde 20 €*.",
        "Mi hermana le dijo a mi madre que estaba embarazada. ¿Qué le regalo?",
        "Corrige : Pierre a dit à Paul qu'il avait gagné 300 euro.",
        "Mon frère a dit à mon père qu'il déménageait. Écris-moi un discours de 300 mots.",
        "次の文を英語に訳してください：看板に「再乗車は半額 - もう一回600円*」と書いてあった。",
        "太郎は次郎に彼が昇進したと言った。お祝いのスピーチを書いてください。",
        "把下面的句子改得更礼貌：你们下周五之前必须交3份报告，每人200元。",
        "小王对小李说他升职了。请帮我写一篇500字的祝贺信。",
        "Can I take 2 bags and a laptop on a flight from $49 with Ryanair?",
        "What can I cook with 3 eggs, some rice and half an onion for 2 people?",
        "How do I get from Warsaw to Berlin by next Friday for up to 50 euros?",
        "Which phone should I buy for up to 300 euros?",
        "Claire makes a 3 egg omelet every morning for breakfast. How many dozens of eggs will she eat in 4 weeks?",
        "Two people rent a boat. The sign says \"Boat for two: $12.00 for the whole boat and hour\". How much for two?",
    ];

    const PUZZLES: [&str; 15] = [
        "Jan hat Emil am Montag erzählt, dass er den Führerschein bestanden hat. Wer hat ihn bestanden?",
        "Four teachers each recommended a book from the library for the summer. How many books were recommended?",
        "看板に「再乗車は半額 - もう一回600円*」と書いてある。二人で乗るといくら払う?",
        "Two friends rent a boat. The sign says \"1/2 price second hour - $12.00*\". How much do they pay for two hours?",
        "箱根の二人乗りジップラインの看板に「再乗車は半額 - もう一回600円*」とある。",
        "Am Lift steht: \"Bergfahrt 1/3 günstiger - 9 €*\". Was zahlen wir zu zweit?",
        "Na automacie: \"Kawa -1/3, z mlekiem 4,50*\". Ile kosztuje kawa bez mleka?",
        "Sur le panneau : « Deuxième tour à moitié prix - 5 €* ». Combien paient deux enfants ?",
        "券売機に「二回目は半額 300円*」とある。三人で二回乗るといくら?",
        "牌子上写着“第二次半价 30元*”。两个人玩两次要多少钱?",
        "Klaus hat Dieter angerufen, weil er krank war. Wer war krank?",
        "Marc a dit à Luc que son vélo était cassé. À qui est le vélo ?",
        "小王对小李说他的车被偷了。谁的车被偷了?",
        "Anna told Maria that she had won the prize. Who won the prize?",
        "Each of the five guides showed a group around the castle before noon. How many groups were there?",
    ];
}
