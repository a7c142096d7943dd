//! The filter `tojson` as Python's `json.dumps(..., ensure_ascii=False)` writes JSON.
//!
//! Jinja2's own filter escapes `<`, `>`, `&` and `'` for HTML; models were trained on text without that.

use minijinja::value::{Kwargs, Serde};
use minijinja::{Error, ErrorKind, State, Value};
use serde_json::Value as Json;

/// Bytes that one unit of fuel pays for: writing JSON walks the value, which costs about as much as four
/// times the bytes of a copied string. The renderer's own filter has the same price.
const BYTES_PER_FUEL: usize = 4;

/// Spaces per level that a template may ask for; more has no use and multiplies the output.
const MAX_INDENT: usize = 16;

/// How the document is laid out.
struct Layout {
    between_items: String,
    after_key: String,
    indent: Option<usize>,
}

/// `value|tojson(indent=None, separators=None, sort_keys=False, ensure_ascii=False)`.
pub(crate) fn tojson(state: &State<'_, '_>, value: Serde<Json>, options: Kwargs) -> Result<Value, Error> {
    let Serde(mut value) = value;
    let layout = Layout::from(&options)?;
    if options.get::<Option<bool>>("sort_keys")?.unwrap_or(false) {
        value.sort_all_objects();
    }
    if options.get::<Option<bool>>("ensure_ascii")?.unwrap_or(false) {
        return Err(Error::new(ErrorKind::InvalidOperation, "tojson cannot escape what is not ASCII"));
    }
    options.assert_all_used()?;
    let mut text = String::new();
    layout.write(&value, 0, &mut text);
    state.consume_fuel(u64::try_from(text.len() / BYTES_PER_FUEL).unwrap_or(u64::MAX))?;
    Ok(Value::from(text))
}

// === impl Layout ===

impl Layout {
    fn from(options: &Kwargs) -> Result<Self, Error> {
        let indent: Option<usize> = options.get("indent")?;
        let separators: Option<Vec<String>> = options.get("separators")?;
        let (between_items, after_key) = match separators.as_deref() {
            Some([items, key]) => (items.clone(), key.clone()),
            Some(_) => return Err(Error::new(ErrorKind::InvalidOperation, "separators must be two strings")),
            // Python leaves the space out where a line break follows.
            None if indent.is_some() => (",".to_owned(), ": ".to_owned()),
            None => (", ".to_owned(), ": ".to_owned()),
        };
        Ok(Self { between_items, after_key, indent: indent.map(|spaces| spaces.min(MAX_INDENT)) })
    }

    fn write(&self, value: &Json, depth: usize, out: &mut String) {
        match value {
            Json::Array(items) => {
                self.container(('[', ']'), items.iter(), depth, out, |item, out| {
                    self.write(item, depth + 1, out);
                });
            }
            Json::Object(entries) => {
                self.container(('{', '}'), entries.iter(), depth, out, |(key, value), out| {
                    out.push_str(&Json::from(key.as_str()).to_string());
                    out.push_str(&self.after_key);
                    self.write(value, depth + 1, out);
                });
            }
            scalar => out.push_str(&scalar.to_string()),
        }
    }

    fn container<T>(
        &self,
        (open, close): (char, char),
        items: impl ExactSizeIterator<Item = T>,
        depth: usize,
        out: &mut String,
        mut write_item: impl FnMut(T, &mut String),
    ) {
        let is_empty = items.len() == 0;
        out.push(open);
        for (index, item) in items.enumerate() {
            if index > 0 {
                out.push_str(&self.between_items);
            }
            self.new_line(depth + 1, out);
            write_item(item, out);
        }
        if !is_empty {
            self.new_line(depth, out);
        }
        out.push(close);
    }

    fn new_line(&self, depth: usize, out: &mut String) {
        if let Some(indent) = self.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }
}
