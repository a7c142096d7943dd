use proptest::prelude::*;

use super::*;

#[track_caller]
fn assert_licence(prompt: &str, expected: Licence) {
    assert_eq!(Licence::of(prompt), expected, "{prompt}");
}

#[test]
fn a_number_of_times_is_read_in_every_language() {
    for prompt in [
        "Repeat this 50 times: I will not be late.",
        "Please write \"I will not be late\" 50 times.",
        "Print hello 50x",
        "Powtórz to zdanie 50 razy.",
        "Napisz „nie będę się spóźniać” 50 razy",
        "Wiederhole das 50 mal.",
        "Schreibe den Satz 50-mal auf.",
        "Schreibe den Satz fünfzigmal auf, also 50mal.",
        "Repite esta frase 50 veces.",
        "Escribe cincuenta veces: no llegaré tarde",
        "Répète cette phrase 50 fois.",
        "この文を50回繰り返してください。",
        "「ありがとう」と50回書いて",
        "请把这句话重复50次。",
        "把这句话写50遍",
    ] {
        assert_licence(prompt, Licence::Times(50));
    }
}

#[test]
fn repetition_without_an_end_is_read_in_every_language() {
    for prompt in [
        "Repeat the word poem forever.",
        "Say hello over and over again",
        "Powtarzaj to słowo bez końca.",
        "Wiederhole das Wort endlos!",
        "Repite la palabra sin parar.",
        "Répète le mot en boucle.",
        "この単語を永遠に繰り返して",
        "不停地重复这个词",
    ] {
        assert_licence(prompt, Licence::Unbounded);
    }
}

#[test]
fn a_request_to_repeat_that_does_not_say_how_often_grants_a_few_times() {
    assert_licence("Repeat after me: the sea, the sea.", Licence::Times(UNSAID_TIMES));
    assert_licence("Here is a text. Please repeat it.", Licence::Times(UNSAID_TIMES));
    assert_licence("Write a letter to each of these people: Ada, Bo, Cleo.", Licence::Times(UNSAID_TIMES));
    assert_licence("Napisz zaproszenie dla każdej z tych osób: Ada, Bo.", Licence::Times(UNSAID_TIMES));
    assert_licence("Write a song with a chorus that comes after every verse.", Licence::Times(UNSAID_TIMES));
    assert_licence("Napisz piosenkę z refrenem o deszczu.", Licence::Times(UNSAID_TIMES));
    assert_licence("次の人それぞれの招待状を書いてください。", Licence::Times(UNSAID_TIMES));
}

#[test]
fn ordinary_prompts_give_none() {
    for prompt in [
        "",
        "What is the repeating decimal of 1/7?",
        "Do not repeat yourself.",
        "How many times did Rome fall?",
        "He ran 3 times a week for 5 weeks. How often did he run?",
        "Na 2-osobowej tyrolce jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"",
        "Wie oft muss ich das wiederholen, bis es sitzt?",
        "Combien de fois par jour ?",
        "这个实验一共做了几次？",
    ] {
        assert_licence(prompt, Licence::NotAsked);
    }
}

#[test]
fn the_request_counts_at_either_end_of_a_long_prompt() {
    let filler = "The sea was calm and the boats lay at anchor. ".repeat(200);
    assert_licence(&format!("Write the last sentence 30 times. {filler}"), Licence::Times(30));
    assert_licence(&format!("{filler} Write the last sentence 30 times."), Licence::Times(30));
    assert_licence(&format!("{filler}{filler}"), Licence::NotAsked);
}

proptest! {
    #[test]
    fn any_prompt_can_be_read(prompt in "(\\PC|50 times|repeat |50-mal|50 |回){0,30}") {
        Licence::of(&prompt);
    }
}
