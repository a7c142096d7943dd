use proptest::prelude::*;

use super::*;

const THOUGHT: &str = "Wait, maybe the sign means half of the first price, or of both.\n\n";

fn flag(text: &str) -> Option<Flag> {
    scan(text, Licence::NotAsked)
}

#[track_caller]
fn assert_no_loop(text: &str) {
    assert_eq!(flag(text), None, "asked for nothing: {}", &text[..40]);
    assert_eq!(scan(text, Licence::Unknown), None, "prompt unknown: {}", &text[..40]);
}

fn lines(n_lines: usize, line: impl Fn(usize) -> String) -> String {
    (0..n_lines).map(|n| line(n) + "\n").collect()
}

#[test]
fn a_repeated_thought_is_a_loop_from_where_it_began() {
    let before = "The sign says half price. Half of what, then? ";
    let text = format!("{before}{}", THOUGHT.repeat(30));
    let Flag { at_chars, found } = flag(&text).unwrap();
    assert_eq!((found.kind, found.onset_chars), (Kind::Exact, before.chars().count()));
    // 18 words: within the twelfth copy there are 200.
    assert_eq!((found.period, found.onset_tokens), (18, 12));
    assert!(
        (before.len() + 11 * THOUGHT.len()..before.len() + 12 * THOUGHT.len()).contains(&at_chars),
        "{at_chars}"
    );
}

#[test]
fn thoughts_that_differ_in_a_number_or_a_word_are_a_near_loop() {
    let text: String = (0..60)
        .map(|n| {
            THOUGHT.replace("half", ["half", "all", "much"][n % 7 % 3]) + &format!("So it is {}.\n\n", n * n)
        })
        .collect();
    let found = flag(&text).unwrap().found;
    assert_eq!(found.kind, Kind::Near);
    assert!(found.onset_chars < 300, "{found:?}");
}

#[test]
fn in_other_languages_too() {
    for thought in [
        "Czekaj, może znak mówi o połowie ceny za drugą jazdę, a może o czymś innym.\n\n",
        "Warte, vielleicht meint das Schild die Hälfte des Preises für beide zusammen.\n\n",
        "もしかして、二回目の料金が半額だという意味かもしれない。もう一度考えよう。\n\n",
        "等等，也许这个牌子的意思是第二次半价，让我再想一想。\n\n",
    ] {
        assert!(flag(&thought.repeat(30)).is_some(), "{thought}");
    }
}

#[test]
fn tables_code_lists_json_verse_and_logs_are_no_loops() {
    let names = ["Ada", "Bo", "Cleo", "Dev", "Eli"];
    let name = |n: usize| names[n * 7 % 11 % 5];
    assert_no_loop(&lines(150, |n| format!("| {n} | {} | {} | open |", name(n), n * 3)));
    assert_no_loop(&lines(150, |n| format!("- [x] {} has paid for day {n}", name(n))));
    assert_no_loop(&lines(120, |n| format!("{{\"id\": {n}, \"name\": \"{}\", \"paid\": true}},", name(n))));
    assert_no_loop(&lines(99, |n| {
        let left = 99 - n;
        format!(
            "{left} boats lay in the bay, {left} boats in the bay,\nuntie one and let it away, {} boats in the bay.\n",
            left - 1
        )
    }));
    assert_no_loop(&lines(80, |n| {
        format!("    #[test]\n    fn case_{n}() {{\n        assert_eq!(twice({n}), {});\n    }}\n", 2 * n)
    }));
    assert_no_loop(&lines(150, |n| {
        format!("2025-01-01T10:{:02}:00Z INFO worker={} job done", n % 60, name(n))
    }));
    assert_no_loop(&lines(64, |n| format!("{n:06b} {}", n.count_ones() % 2)));
    assert_no_loop(&lines(32, |_| {
        "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],".to_owned()
    }));
    assert_no_loop(&lines(40, |_| "+----+----+----+----+----+----+----+".to_owned()));
    let verse = |n: usize| {
        format!(
            "The {} came in from the {},\nand sat by the fire till dark.\n",
            names[n % 5],
            ["sea", "hill", "mill"][n % 3]
        )
    };
    let refrain =
        "Oh turn, little wheel, in the river and the rain,\nand carry the water to the mill again.\n";
    assert_no_loop(&lines(12, |n| format!("{}\n{refrain}", verse(n))));
}

#[test]
fn a_few_letters_that_are_alike_are_no_loop() {
    let letter = |name: &str| {
        format!(
            "Dear {name},\n\nthank you for your order of the second of May. We have packed everything with care, and it \
             will be with you by the end of next week. If anything is missing or broken, please write to us, and we \
             will send it again without any cost to you.\n\nWith kind regards,\nthe people of the mill\n\n"
        )
    };
    assert_no_loop(&["Ada", "Bo", "Cleo"].map(letter).concat());
}

#[test]
fn numbered_paragraphs_that_are_alike_are_no_loop_until_there_are_very_many() {
    let names = ["Ada", "Bo", "Cleo", "Dev", "Eli"];
    let case = |n: usize| {
        let name = names[n * n % 5];
        format!(
            "Case {n}: {name} puts {} things into the cart and takes one out, and the cart shows {}.\n\n",
            n % 7 + 2,
            n % 7 + 1
        )
    };
    assert_no_loop(&(1..90).map(case).collect::<String>());
    let found = flag(&(1..400).map(case).collect::<String>()).unwrap().found;
    assert_eq!(found.kind, Kind::Near);
    assert!(found.onset_chars < 200, "{found:?}");
    // The same without a number that counts.
    let not_numbered: String = (1..90).map(|n| case(n).replacen(&n.to_string(), "one", 1)).collect();
    assert!(flag(&not_numbered).is_some());
}

#[test]
fn a_hundred_equal_lines_are_a_loop_only_where_nobody_may_have_asked_for_them() {
    let text = "I will write clear questions on the board.\n".repeat(100);
    assert!(flag(&text).is_some());
    assert_eq!(scan(&text, Licence::Unknown), None);
    assert_eq!(scan(&text, Licence::Times(100)), None);
    assert_eq!(scan(&text, Licence::Unbounded), None);
    assert!(scan(&text.repeat(10), Licence::Unknown).is_some());
    assert!(scan(&text.repeat(10), Licence::Times(100)).is_some());
}

#[test]
fn a_matrix_of_zeros_may_be_large_and_not_endless() {
    let row = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0],\n";
    assert_eq!(flag(&row.repeat(200)), None);
    assert!(flag(&row.repeat(400)).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn it_does_not_matter_where_the_text_is_cut(
        parts in prop::collection::vec("[a-d]{1,3}[ .\n]{1,2}", 1..20),
        n_copies in 1_usize..40,
        cut in 1_usize..50,
    ) {
        let text = parts.concat().repeat(n_copies) + &THOUGHT.repeat(n_copies);
        let chars: Vec<char> = text.chars().collect();
        let mut pieces = Scan::new(Licence::NotAsked);
        for piece in chars.chunks(cut) {
            pieces.push(&piece.iter().collect::<String>());
        }
        prop_assert_eq!(pieces.finish(), flag(&text));
    }
}
