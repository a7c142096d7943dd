//! Which variables a template looks at.

use std::collections::HashSet;

use minijinja::Template;

/// The names that a template looks up without having set them.
#[derive(Debug)]
pub(crate) struct Variables {
    names: HashSet<String>,
}

// === impl Variables ===

impl Variables {
    pub(crate) fn of(template: &Template<'_, '_>) -> Self {
        let mut names = template.undeclared_variables(false);
        names.extend(set_from_themselves(template.source()));
        Self { names }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// Names that a template sets from their own earlier value: `{% set x = x | default(true) %}`. It is a common
/// way to give a variable a default, and the renderer's analysis takes such names for the template's own.
fn set_from_themselves(source: &str) -> impl Iterator<Item = String> {
    source.split("{%").skip(1).filter_map(|after| {
        let statement = after.split("%}").next()?.trim_start_matches(['-', '+']).trim_start();
        let (name, value) = statement.strip_prefix("set ")?.split_once('=')?;
        let name = name.trim();
        words(value).any(|word| word == name).then(|| name.to_owned())
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_seen_however_it_is_written() {
        for source in [
            "{% set thinking = thinking | default(true) %}",
            "a{%- set thinking = true if thinking is not defined else thinking -%}b",
            "{%+set thinking=thinking%}",
        ] {
            assert_eq!(set_from_themselves(source).collect::<Vec<_>>(), ["thinking"], "{source}");
        }
    }

    #[test]
    fn what_is_set_from_others_is_the_templates_own() {
        for source in
            ["{% set a = b %}", "{% set a = aa + 'x' %}", "{% set a %}a{% endset %}", "{% if a = a %}"]
        {
            assert_eq!(set_from_themselves(source).count(), 0, "{source}");
        }
    }
}
