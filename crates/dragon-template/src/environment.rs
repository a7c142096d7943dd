//! The renderer, set up as transformers sets up Jinja2.
//!
//! Source: `transformers/utils/chat_template_utils.py`, `_compile_jinja_template`: blocks are trimmed, loop
//! controls are on, strings are not escaped, `tojson` is Python's `json.dumps`, and there are
//! `raise_exception` and `strftime_now`.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Value};
use minijinja_contrib::pycompat;

use crate::error::{Raised, TemplateError};
use crate::json;
use crate::strftime::strftime;

/// How deep macros and blocks may nest. Templates need about five levels. The deepest that this and the parser
/// admit fits into 256 KiB of stack, and threads of a server have 2 MiB.
const MAX_RECURSION: usize = 100;

/// An environment with a budget of work.
pub(crate) fn environment(fuel: u64) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| TemplateError::syntax(&error))?);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(pycompat::unknown_method_callback);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(MAX_RECURSION);
    environment.add_filter("tojson", json::tojson);
    environment.add_function("raise_exception", raise_exception);
    Ok(environment)
}

/// `strftime_now(format)` for a fixed now.
pub(crate) fn strftime_now(now_s: u64) -> Value {
    Value::from_function(move |format: &str| strftime(format, now_s))
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(Raised(message)))
}
