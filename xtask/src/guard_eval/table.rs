//! Tables in Markdown.

use std::io::Write;

use anyhow::Result;

/// Prints a table, whose first row is its head.
pub(super) fn print(out: &mut dyn Write, rows: &[Vec<String>]) -> Result<()> {
    for (row, number) in rows.iter().zip(0..) {
        writeln!(out, "| {} |", row.join(" | "))?;
        if number == 0 {
            writeln!(out, "|{}", " --- |".repeat(row.len()))?;
        }
    }
    Ok(())
}

/// A row of the table.
pub(super) fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}
