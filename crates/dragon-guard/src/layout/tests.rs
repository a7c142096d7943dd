use super::*;
use crate::reader::Reader;

fn shape_since(text: &str, place: usize) -> Shape {
    let mut layout = Layout::new();
    let mut reader = Reader::new();
    reader.push(text, |word, is_fenced| layout.push(&word, is_fenced));
    if let Some(word) = reader.finish() {
        layout.push(&word, false);
    }
    layout.shape_since(place)
}

#[track_caller]
fn assert_shape(text: &str, expected: Shape) {
    assert_eq!(shape_since(text, 0), expected, "{text}");
}

const THOUGHT: &str =
    "Wait, maybe the sign means that the second ride costs half of the first, so I should try that.\n\n";

#[test]
fn thoughts_are_paragraphs() {
    assert_shape(&THOUGHT.repeat(5), Shape::Paragraphs);
    assert_shape(
        &"So the answer is $\\boxed{\\frac{1}{4}}$.\n\nBut the exact value is $\\sqrt{2}$, I think.\n\n"
            .repeat(5),
        Shape::Paragraphs,
    );
    assert_shape(&THOUGHT.replace('\n', " ").repeat(20), Shape::Paragraphs);
    assert_shape(
        &"もしかして、この看板は二回目の料金が半額だという意味かもしれない。\n\n".repeat(5),
        Shape::Paragraphs,
    );
    assert_shape(&"也许这个牌子的意思是第二次半价，让我再想一想。".repeat(9), Shape::Paragraphs);
}

#[test]
fn verse_and_plain_lists_are_lines() {
    assert_shape(
        "The miller went down to the river at dawn,\nwith a stone in his pocket, his hat nearly gone,\n\
         and the wheel turned around and around in the sun,\nand the wheel turned around till the day was all done.\n\n",
        Shape::Lines,
    );
    assert_shape(&"I will not speak in class again.\n".repeat(9), Shape::Lines);
}

#[test]
fn code_tables_and_records_are_data() {
    assert_shape(
        "fn main() {\n    let mut total = 0;\n    for n in 0..9 {\n        total += n;\n    }\n}\n",
        Shape::Data,
    );
    assert_shape(&"| Ada | 3 | open |\n| Bo | 12 | paid |\n".repeat(4), Shape::Data);
    assert_shape(&"{\"id\": 12, \"name\": \"lamp\", \"tags\": [\"a\", \"b\"]}, ".repeat(9), Shape::Data);
    assert_shape(&"2025-03-04T11:00:00Z INFO health=ok latency_ms=2\n".repeat(9), Shape::Data);
    assert_shape(&"- [ ] Mira (3): done\n".repeat(9), Shape::Data);
}

#[test]
fn what_stands_in_a_fence_is_data_whatever_it_says() {
    assert_shape(&format!("```text\n{}```\n", THOUGHT.repeat(5)), Shape::Data);
    assert_shape(&format!("```\na\n```\n{}", THOUGHT.repeat(9)), Shape::Paragraphs);
}

#[test]
fn numbers_and_marks_are_figures() {
    assert_shape(&"[0, 0, 0, 0],\n".repeat(9), Shape::Figures);
    assert_shape(&"+---+---+\n|   |   |\n".repeat(9), Shape::Figures);
    assert_shape("", Shape::Figures);
}

#[test]
fn only_the_part_counts() {
    let code = "total += rows[n].cost * (n + 1);\n".repeat(80);
    let text = format!("{code}\n\n{}", THOUGHT.repeat(10));
    assert_eq!(shape_since(&text, code.chars().count()), Shape::Paragraphs);
    assert_eq!(shape_since(&text, 0), Shape::Data);
}

#[test]
fn a_part_that_began_too_long_ago_is_judged_by_what_is_kept() {
    let mut layout = Layout::new();
    let mut reader = Reader::new();
    reader.push(&"[0, 0],\n".repeat(4_000), |word, is_fenced| layout.push(&word, is_fenced));
    reader.push(&THOUGHT.repeat(600), |word, is_fenced| layout.push(&word, is_fenced));
    assert_eq!(layout.shape_since(0), Shape::Paragraphs);
}
