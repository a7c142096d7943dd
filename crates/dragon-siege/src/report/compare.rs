//! Several reports side by side: enough to settle a duel, and a warning where it would not be a fair one.

mod duel;
mod fairness;
mod figures;

use std::path::{Path, PathBuf};

use minijinja::Error;

use self::duel::Duel;
use super::model::Report;
use super::store::{StoreError, beside, put, read};
use super::{html, markdown};

/// Colours and columns that can be told apart.
const N_MAX: usize = 4;

/// Reads the JSON files of some reports and writes the comparison as HTML and Markdown beside each other.
///
/// # Errors
/// When there are not two to four, when one cannot be read, or when a page cannot be written.
pub fn write(paths: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>, StoreError> {
    if !(2..=N_MAX).contains(&paths.len()) {
        return Err(StoreError::NotSoMany { n: paths.len(), n_max: N_MAX });
    }
    let reports = paths.iter().map(|path| read(path)).collect::<Result<Vec<Report>, _>>()?;
    let (html_at, markdown_at) = (beside(out, "html"), beside(out, "md"));
    let as_html = page(&reports)
        .map_err(|why| StoreError::Unwritable { path: html_at.clone(), why: std::io::Error::other(why) })?;
    put(&html_at, &as_html)?;
    put(&markdown_at, &as_markdown(&reports))?;
    Ok(vec![html_at, markdown_at])
}

/// The comparison as a page for a browser.
///
/// # Errors
/// When a template is wrong, which the tests rule out.
pub fn page(reports: &[Report]) -> Result<String, Error> {
    html::render("compare.html", &Duel::of(reports))
}

/// The comparison as Markdown.
#[must_use]
pub fn as_markdown(reports: &[Report]) -> String {
    let duel = Duel::of(reports);
    let text = markdown::text;
    let mut page = format!("# {}\n\n{}\n\n", text(&duel.title), text(&duel.standing));
    if !duel.warnings.is_empty() {
        page.push_str("**Not a fair comparison:**\n\n");
        for warning in &duel.warnings {
            page.push_str(&format!("- {}\n", text(warning)));
        }
        page.push('\n');
    }
    for block in &duel.blocks {
        page.push_str(&format!("## {}\n\n", text(&block.title)));
        let names: Vec<String> = duel.names.iter().map(|name| text(name)).collect();
        let mut head = vec![""];
        head.extend(names.iter().map(String::as_str));
        let rows: Vec<Vec<String>> = block
            .figures
            .iter()
            .map(|figure| {
                let cell = |(i, shown): (usize, &String)| {
                    if figure.best == Some(i) { format!("**{shown}**") } else { shown.clone() }
                };
                let mut row = vec![text(&figure.label)];
                row.extend(figure.shown.iter().enumerate().map(cell));
                row
            })
            .collect();
        page.push_str(&markdown::table(&head, &rows));
        page.push('\n');
    }
    page
}
