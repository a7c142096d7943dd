use proptest::prelude::*;

use super::*;

/// The weights may take this much of the program.
const MAX_SHIPPED_BYTES: usize = 1 << 20;

#[test]
fn a_model_is_read_as_it_was_written() {
    let wording = [0.5, -2.0, 0.0, 1e-4];
    let model = Model::new(&wording, &[1.0, -0.25], 0.3, Calibration::default());
    let bytes = model.to_bytes();
    assert_eq!(Model::parse(&bytes).unwrap().to_bytes(), bytes);
    for n_bytes in [8, 20, 5_000, bytes.len() - 1] {
        assert_eq!(Model::parse(&bytes[..n_bytes]).unwrap_err(), Malformed::Length);
    }
    assert_eq!(Model::parse(&[&bytes[..], &[0]].concat()).unwrap_err(), Malformed::Length);
    assert_eq!(Model::parse(b"DRGAMB99").unwrap_err(), Malformed::NotAModel);
    let mut no_number = bytes.clone();
    no_number[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(Model::parse(&no_number).unwrap_err(), Malformed::Weight);
}

#[test]
fn weights_lose_little_by_being_rounded() {
    let model = Model::new(&[0.5, -2.0, 0.02], &[], 0.1, Calibration::default());
    for (place, weight) in [(0, 0.5), (1, -2.0), (2, 0.02)] {
        let features = Features { wording: vec![(place, 1.0)], structure: Vec::new() };
        assert!((model.sum(&features) - 0.1 - weight).abs() < 0.02, "{place}");
    }
}

#[test]
fn a_calibration_rises_from_0_to_1_or_is_none() {
    let curve = Calibration::through([(-1.0, 0.1), (1.0, 0.5), (2.0, 0.9)]).unwrap();
    let near = |sum: f32, share: f32| assert!((curve.probability(sum) - share).abs() < 1e-6, "{sum}");
    for (sum, share) in [(-9.0, 0.1), (-1.0, 0.1), (0.0, 0.3), (1.5, 0.7), (2.0, 0.9), (99.0, 0.9)] {
        near(sum, share);
    }
    for points in [
        vec![],
        vec![(0.0, 0.5)],
        vec![(0.0, 0.5), (0.0, 0.6)],
        vec![(0.0, 0.5), (1.0, 0.4)],
        vec![(0.0, 0.5), (1.0, 1.1)],
        vec![(f32::NAN, 0.5), (1.0, 0.6)],
        (0..99_u8).map(|n| (f32::from(n), 0.5)).collect(),
    ] {
        assert_eq!(Calibration::through(points.clone()), None, "{points:?}");
    }
}

#[test]
fn the_weights_that_ship_are_a_small_model() {
    assert!(SHIPPED.len() < MAX_SHIPPED_BYTES);
    assert_eq!(Model::parse(SHIPPED).unwrap().to_bytes(), SHIPPED);
}

/// Twins that stand in no data and no template. Of each language the first can be understood in more than one way.
const TWINS: [[&str; 2]; 5] = [
    [
        "Na 2-osobowej tyrolce w Williams, AZ jest znak: \"1/2 Price Re-Rides - go again for $6.00*\"",
        "Zjazd tyrolką w Williams kosztuje 12 dolarów od osoby, a każdy następny 6. Ile zapłacę sam za dwa zjazdy?",
    ],
    [
        "Claire asked Monica whether she had left her umbrella on the bus. Whose umbrella is it?",
        "Claire asked Robert whether he had left his own umbrella on the bus. Whose umbrella is it?",
    ],
    [
        "Am Regal steht: \"Bis zu 60 % auf alles ab dem zweiten Teil\". Was kosten zwei Hosen zu 30 €?",
        "Am Regal steht: \"Jede Hose 30 € pro Stück, keine weiteren Rabatte\". Was kosten zwei Hosen?",
    ],
    [
        "En el frasco pone: \"mezclar 4 con 20 y esperar 30\". ¿Cuánto necesito?",
        "En el frasco pone: \"mezclar 4 ml con 20 litros y esperar 30 minutos\". ¿Cuánto necesito para 20 litros?",
    ],
    [
        "瓶に「4を20に混ぜて30待つ」とある。どれだけ必要?",
        "瓶に「4ミリリットルを20リットルに混ぜて30分待つ」とある。20リットルにどれだけ必要?",
    ],
];

#[test]
fn a_puzzle_scores_higher_than_its_clear_twin_in_five_languages() {
    for [ambiguous, clear] in TWINS {
        let (high, low) = (score(ambiguous), score(clear));
        assert!(high > 0.5 && low < 0.5, "{high} {ambiguous}\n{low} {clear}");
    }
}

/// From here on somebody might act on a score.
const HIGH: f32 = 0.8;

/// Of no template and no data.
const ORDINARY: [&str; 9] = [
    "Good evening!",
    "Write a ballad about an old fisherman and his dog.",
    "Write a Kotlin program that prints the first ten prime numbers.",
    "What is 48 divided by 6?",
    "Explain in simple words how an electric motor works.",
    "Napisz krótki list do babci z życzeniami urodzinowymi.",
    "Wie viele Bundesländer hat Deutschland?",
    "¿En qué continente está Egipto?",
    "日本で一番高い山は何ですか。",
];

#[test]
fn ordinary_prompts_do_not_score_high() {
    for prompt in ORDINARY {
        assert!(score(prompt) < HIGH, "{} {prompt}", score(prompt));
    }
}

#[test]
fn an_asterisk_alone_is_no_evidence() {
    let plain = score("A ticket for one adult costs $9. What do three adults pay?");
    let with = score("A ticket for one adult costs $9*. What do three adults pay?");
    assert!(with < 0.5, "{plain} {with}");
}

#[test]
fn only_english_has_a_wording_and_every_prompt_a_structure() {
    let english = features("How many apples are left when Tom eats two of the ten?");
    let polish = features("Ile jabłek zostało, jeśli Tomek zjadł dwa z dziesięciu?");
    assert!(!english.wording.is_empty() && polish.wording.is_empty());
    assert!(!english.structure.is_empty() && !polish.structure.is_empty());
    assert!(!features("").structure.is_empty());
}

#[test]
fn hostile_prompts_take_no_time() {
    let started_at = std::time::Instant::now();
    let pieces = [
        "a",
        "1 ",
        "\"x",
        "each ",
        "Anna ",
        "1*",
        "„",
        "人",
        "彼",
        "é\u{301}",
        "old a and b ",
        "\n",
        "$5 50% ",
    ];
    for piece in pieces {
        score(&piece.repeat(1 << 18));
    }
    let took = started_at.elapsed();
    println!("{} prompts of megabytes: {took:?}", pieces.len());
    assert!(took.as_millis() < 1000, "{took:?}");
}

proptest! {
    #[test]
    fn any_text_has_a_score_and_its_features_lie_in_the_tables(text in any::<String>()) {
        let score = score(&text);
        prop_assert!((0.0..=1.0).contains(&score), "{}", score);
        let Features { wording, structure } = features(&text);
        prop_assert!(wording.iter().all(|(place, value)| (*place as usize) < N_WORDING && value.is_finite()));
        prop_assert!(structure.iter().all(|(place, value)| (*place as usize) < N_STRUCTURE && value.is_finite()));
    }

    #[test]
    fn what_is_no_model_is_refused_and_never_panics(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        with_magic in any::<bool>(),
    ) {
        if with_magic {
            bytes.splice(0..0, *b"DRGAMB01");
        }
        prop_assert!(Model::parse(&bytes).is_err());
    }
}
