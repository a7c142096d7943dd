//! The report as one page for a browser: no script, nothing from elsewhere, light and dark, on paper as well.
//!
//! Whatever a server or an attack wrote is put in by the template engine, which escapes it. Only pictures and the style
//! sheet, which are made here, go in as they are.

mod charts;
mod view;

use minijinja::value::Serde;
use minijinja::{Environment, Error, Value, context};

use super::model::Report;

pub(super) use self::charts::{Chart, distribution};

/// Of this report and of the comparison.
const STYLE: &str = include_str!("html/style.css");

/// The page.
///
/// # Errors
/// When a template is wrong, which the tests rule out.
pub fn page(report: &Report) -> Result<String, Error> {
    render("page.html", &view::Page::of(report))
}

/// Renders one of the templates.
pub(super) fn render(template: &str, page: &impl serde::Serialize) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.add_template("chart.html", include_str!("html/chart.html"))?;
    environment.add_template("page.html", include_str!("html/page.html"))?;
    environment.add_template("phase.html", include_str!("html/phase.html"))?;
    environment.add_template("compare.html", include_str!("html/compare.html"))?;
    environment.get_template(template)?.render(context! { page => Value::from(Serde(page)), style => STYLE })
}
