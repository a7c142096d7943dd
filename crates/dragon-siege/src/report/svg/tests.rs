use proptest::prelude::*;

use super::scale::Scale;
use super::*;

fn caption() -> Caption {
    Caption { id: "c".to_owned(), title: "A & <b>".to_owned(), description: "\"d\"".to_owned() }
}

fn plain(value: f64) -> String {
    format!("{value}")
}

/// Every number in coordinates; relative ones (lower case) are turned into places.
fn places(svg: &str) -> Vec<(f64, f64)> {
    let mut all = Vec::new();
    for d in svg.split(" d=\"").skip(1).map(|rest| rest.split('"').next().unwrap_or_default()) {
        let (mut x, mut y) = (0.0, 0.0);
        let mut rest = d;
        while let Some(command) = rest.chars().next() {
            rest = &rest[1..];
            let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let numbers: Vec<f64> =
                rest[..end].split_whitespace().map(|number| number.parse().expect(d)).collect();
            match (command, numbers.as_slice()) {
                ('M' | 'L', [to_x, to_y]) => (x, y) = (*to_x, *to_y),
                ('H', [to]) => x = *to,
                ('V', [to]) => y = *to,
                ('h', [by]) => x += by,
                ('v', [by]) => y += by,
                ('z', []) => {}
                other => panic!("{other:?} in {d}"),
            }
            all.push((x, y));
            rest = &rest[end..];
        }
    }
    all
}

fn check(svg: &str) {
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    for (x, y) in places(svg) {
        let is_within = (-0.1..=SIZE.0 + 0.1).contains(&x) && (-0.1..=SIZE.1 + 0.1).contains(&y);
        assert!(is_within, "({x}, {y}) in {svg}");
    }
    let n_open = svg.matches("<svg").count();
    assert_eq!((n_open, svg.matches("</svg>").count()), (1, 1));
}

fn texts(svg: &str) -> Vec<&str> {
    svg.split("</text>").filter_map(|part| part.rsplit('>').next()).filter(|text| !text.is_empty()).collect()
}

#[test]
fn words_of_a_chart_are_escaped_and_tied_to_it() {
    let svg = stacked_bars(&caption(), 1.0, &[], &[], plain);
    assert!(
        svg.contains("<title id=\"c-t\">A &amp; &lt;b&gt;</title><desc id=\"c-d\">&quot;d&quot;</desc>"),
        "{svg}"
    );
    assert!(svg.contains("aria-labelledby=\"c-t c-d\""));
}

#[test]
fn axes_end_at_round_figures() {
    let ticks = |axis: Axis| axis.ticks().collect::<Vec<_>>();
    assert_eq!(ticks(Axis::up_to(87.0, plain)), [0.0, 25.0, 50.0, 75.0, 100.0]);
    assert_eq!(ticks(Axis::up_to(4.0, plain)), [0.0, 1.0, 2.0, 3.0, 4.0]);
    assert_eq!(ticks(Axis::seconds(30.0)), [0.0, 10.0, 20.0, 30.0]);
    assert_eq!(ticks(Axis::seconds(600.0)), [0.0, 120.0, 240.0, 360.0, 480.0, 600.0]);
    assert_eq!(ticks(Axis::times(3.0, 40.0, plain)), [2.0, 5.0, 10.0, 20.0, 50.0]);
    assert_eq!(
        ticks(Axis::times(200.0, 20_000.0, plain)),
        [200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0]
    );
    assert_eq!(ticks(Axis::times(0.3, 9000.0, plain)), [1.0, 10.0, 100.0, 1000.0, 10000.0]);
}

#[test]
fn bars_stand_on_each_other() {
    let stacks = [
        Stack { class: "served", values: vec![1.0, 4.0] },
        Stack { class: "faulty", values: vec![3.0, 0.0] },
    ];
    let svg = stacked_bars(&caption(), 1.0, &stacks, &[1.0], plain);
    check(&svg);
    // 4 is at the top, and the first bar's two parts meet at a quarter.
    let quarter = BOTTOM - (BOTTOM - TOP) / 4.0;
    assert!(
        svg.contains(&format!("<path class=\"served\" d=\"M76.0 200.0V{quarter:.1}h215.0V200.0z")),
        "{svg}"
    );
    assert!(svg.contains(&format!("<path class=\"faulty\" d=\"M76.0 {quarter:.1}V20.0h215.0")), "{svg}");
    assert!(svg.contains("<path class=\"mark\" d=\"M292.0 20v-8\"/>"), "{svg}");
}

#[test]
fn a_gap_interrupts_a_line_and_a_single_point_is_a_dot() {
    let line = |points: Vec<(f64, f64)>| Line { class: "a".to_owned(), points, style: Style::Steps };
    let (x, y) = (Axis::seconds(10.0), Axis::up_to(10.0, plain));
    let all = [line(vec![(0.0, 1.0), (1.0, 2.0), (2.0, f64::NAN), (3.0, 4.0)])];
    let svg = lines(&caption(), &x, &y, &all, &Marks::default());
    check(&svg);
    assert_eq!(svg.matches("class=\"line a\"").count(), 1, "{svg}");
    assert_eq!(svg.matches("class=\"dot a\"").count(), 1, "{svg}");
}

#[test]
fn a_share_that_is_too_small_to_be_seen_is_seen() {
    let svg = share_bar("all", &[("served", 1_000_000), ("faulty", 1), ("refused", 0)]);
    check(&svg);
    assert!(svg.contains("class=\"faulty\"") && !svg.contains("class=\"refused\""), "{svg}");
    check(&share_bar("none", &[("served", 0)]));
}

/// Figures as they come, and some that must never come.
fn figure() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => 0.0..1e6_f64,
        1 => Just(0.0),
        1 => any::<f64>(),
    ]
}

proptest! {
    #[test]
    fn whatever_the_figures_bars_stay_within_the_picture(
        values in prop::collection::vec(prop::collection::vec(figure(), 0..200), 0..5),
        seconds_per_bar in figure(),
        marks in prop::collection::vec(figure(), 0..5),
    ) {
        let stacks: Vec<Stack> =
            values.into_iter().map(|values| Stack { class: "served", values }).collect();
        check(&stacked_bars(&caption(), seconds_per_bar, &stacks, &marks, plain));
    }

    #[test]
    fn whatever_the_figures_lines_stay_within_the_picture(
        points in prop::collection::vec((figure(), figure()), 0..100),
        (least, most, limit) in (figure(), figure(), figure()),
        kind in 0..3,
    ) {
        let style = [Style::Steps, Style::Area, Style::Stems][usize::try_from(kind).unwrap()];
        let marks = Marks {
            level: Some((limit, "limit".to_owned())),
            moment: Some((limit, "limit".to_owned())),
        };
        let all = [Line { class: "a".to_owned(), points, style }];
        for x in [Axis::seconds(most), Axis::times(least, most, plain)] {
            for y in [Axis::up_to(most, plain), Axis::percent(), Axis::times(least, most, plain)] {
                let svg = lines(&caption(), &x, &y, &all, &marks);
                check(&svg);
                prop_assert!(texts(&svg).len() <= 20, "{}", svg);
            }
        }
    }

    #[test]
    fn axes_hold_what_is_put_on_them(least in 1e-3..1e6_f64, factor in 1.0..1e6_f64) {
        // Eleven days are the most that an axis has words for.
        let most = (least * factor).min(1e9);
        for axis in [Axis::up_to(most, plain), Axis::times(least, most, plain)] {
            let (from, to) = match axis.scale() {
                Scale::Linear { from, to } | Scale::Log { from, to } => (from, to),
            };
            prop_assert!(from <= least && to >= most, "{} {} {:?}", least, most, axis);
            let n_ticks = axis.ticks().count();
            prop_assert!((2..=8).contains(&n_ticks), "{:?}", axis);
            prop_assert!(axis.ticks().all(|tick| (from..=to).contains(&tick)), "{:?}", axis);
        }
    }
}
