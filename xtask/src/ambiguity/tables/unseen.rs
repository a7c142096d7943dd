//! Each source, tested with weights that saw nothing of it.

use std::io::Write;

use anyhow::Result;

use super::super::data::Row;
use super::super::figures::area;
use super::super::fit::Prepared;
use super::super::generate;
use super::{SEED, is_licensed, sources};

pub(super) fn print(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "\n### Unseen sources\n")?;
    writeln!(
        out,
        "| source | trained on generated rows alone | on licensed others | on all others |\n|---|---|---|---|"
    )?;
    let generated = generate::training_rows(SEED);
    let prepared = Prepared::new(rows.iter().chain(&generated));
    for source in sources(prepared.rows.iter().copied()) {
        let held = prepared.pick(|_, row| row.source == source);
        let figure = |is_allowed: &dyn Fn(&Row) -> bool| {
            let at = prepared.pick(|_, row| row.source != source && is_allowed(row));
            let scored = (!at.is_empty()).then(|| prepared.scored(&prepared.fit(&at, SEED), &held));
            scored.and_then(|scored| area(&scored)).map_or("-".to_owned(), |area| format!("{area:.3}"))
        };
        let alone = figure(&|row| generate::is_generated(&row.source));
        let licensed = figure(&|row| is_licensed(&row.source));
        let all = figure(&|_| true);
        writeln!(out, "| {source} | {alone} | {licensed} | {all} |")?;
    }
    Ok(())
}
