//! What transformers gives its templates, piece by piece.

use crate::{kwargs, render, render_with};

#[test]
fn blocks_on_lines_of_their_own_leave_no_trace() {
    assert_eq!(render("a\n    {% if true %}\nb\n    {% endif %}\nc\n", &[]).expect("renders"), "a\nb\nc");
}

#[test]
fn pythons_string_methods_work() {
    let source = "{{ ' aXb '.strip().split('X')|join('-') }} {{ 'abc'.startswith('ab') }} {{ 'a'.upper() }}";
    assert_eq!(render(source, &[]).expect("renders"), "a-b True A");
}

#[test]
fn loops_can_be_left_and_continued() {
    let source = "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}\
                  {% endif %}{{ i }}{% endfor %}";
    assert_eq!(render(source, &[]).expect("renders"), "023");
}

#[test]
fn nothing_is_escaped_for_html() {
    let text = render("{{ messages[0].content }}", &[("user", "<b> & 'c'")]).expect("renders");
    assert_eq!(text, "<b> & 'c'");
}

#[test]
fn tojson_writes_as_python_does() {
    let variables = kwargs(r#"{"x": {"b": [1, 2.5, "ü<&'\n"], "a": null, "e": {}, "l": []}}"#);
    let json = |source: &str| render_with(source, &[], &variables, None).expect("renders");
    assert_eq!(json("{{ x|tojson }}"), r#"{"b": [1, 2.5, "ü<&'\n"], "a": null, "e": {}, "l": []}"#);
    assert_eq!(json("{{ x.b|tojson(separators=(',', ':')) }}"), r#"[1,2.5,"ü<&'\n"]"#);
    assert_eq!(json("{{ {'b': 1, 'a': true}|tojson(sort_keys=true) }}"), r#"{"a": true, "b": 1}"#);
    assert_eq!(json("{{ {'k': [1, {}]}|tojson(indent=2) }}"), "{\n  \"k\": [\n    1,\n    {}\n  ]\n}");
}

#[test]
fn there_are_no_tools_and_no_documents() {
    assert_eq!(render("{{ tools is none }} {{ documents is none }}", &[]).expect("renders"), "True True");
}

#[test]
fn a_variable_that_nobody_set_is_undefined() {
    assert_eq!(render("{{ nothing is defined }}[{{ nothing }}]", &[]).expect("renders"), "False[]");
}
