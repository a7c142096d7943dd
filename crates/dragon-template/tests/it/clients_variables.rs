//! What clients may set.

use dragon_template::{Fault, TemplateError};

use crate::{kwargs, render_with};

#[test]
fn clients_variables_keep_their_types() {
    let variables = kwargs(r#"{"n": 3, "f": false, "s": "x", "l": [1, 2]}"#);
    let source = "{{ n + 1 }} {{ f is false }} {{ s }} {{ l|length }}";
    assert_eq!(render_with(source, &[], &variables, None).expect("renders"), "4 True x 2");
}

#[test]
fn the_field_wins_over_a_variable_of_the_same_name() {
    let variables = kwargs(r#"{"reasoning_effort": "low"}"#);
    let source = "{{ reasoning_effort }}";
    assert_eq!(render_with(source, &[], &variables, Some("high")).expect("renders"), "high");
    assert_eq!(render_with(source, &[], &variables, None).expect("renders"), "low");
}

#[test]
fn the_servers_variables_cannot_be_replaced() {
    for name in ["messages", "tools", "bos_token", "raise_exception", "add_generation_prompt"] {
        let error = render_with("x", &[], &kwargs(&format!("{{\"{name}\": []}}")), None);
        assert_eq!(error, Err(TemplateError::ReservedVariable { name }));
        assert_eq!(error.map_err(|error| error.fault()), Err(Fault::Request));
    }
}
