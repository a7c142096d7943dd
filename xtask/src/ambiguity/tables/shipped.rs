//! What the weights that ship can do: one model for all sources.

use std::io::Write;

use anyhow::Result;
use dragon_guard::ambiguity::{features, shipped};

use super::super::data::Row;
use super::super::figures::{Scored, area, half_width, recall_at};
use super::super::fit::{self, HeldBack, Prepared};
use super::super::generate;
use super::{SEED, is_licensed, reliability, sources};

/// One model for all sources: by parts held back where it was trained on the source, else as it is.
pub(super) fn print(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    let generated = generate::training_rows(SEED);
    let licensed = Prepared::new(rows.iter().filter(|row| is_licensed(&row.source)).chain(&generated));
    let licensed_held = fit::held_back(&licensed, SEED);
    let all = Prepared::new(rows.iter().chain(&generated));
    let all_held = fit::held_back(&all, SEED);
    writeln!(out, "\n### One model for all sources\n")?;
    writeln!(
        out,
        "| source | weights as they ship | recall at 1 % / 5 % false alarms | if all sources were trained on |\n|---|---|---|---|"
    )?;
    let blind = generate::blind_rows();
    let everything = Prepared::new(rows.iter().chain(&generated).chain(&blind));
    for source in sources(everything.rows.iter().copied()) {
        let of = |prepared: &Prepared, held: &[HeldBack]| -> Vec<Scored> {
            let rows = held.iter().map(|held| (held.sum, prepared.rows[held.at]));
            rows.filter(|(_, row)| row.source == source).map(|(sum, row)| (sum, row.is_ambiguous)).collect()
        };
        let mut seen = of(&licensed, &licensed_held);
        if seen.is_empty() {
            let its = everything.rows.iter().filter(|row| row.source == source);
            seen =
                its.map(|row| (f64::from(shipped().sum(&features(&row.text))), row.is_ambiguous)).collect();
        }
        let n_positive = seen.iter().filter(|(_, positive)| *positive).count();
        let width = |area: f64| half_width(area, n_positive, seen.len() - n_positive);
        let figure = |scored: &[Scored]| {
            area(scored).map_or("-".to_owned(), |area| format!("{area:.3} ±{:.3}", width(area)))
        };
        let (low, high) = (recall_at(&seen, 0.01), recall_at(&seen, 0.05));
        writeln!(
            out,
            "| {source} | {} | {low:.3} / {high:.3} | {} |",
            figure(&seen),
            figure(&of(&all, &all_held))
        )?;
    }
    reliability::print(&licensed, &licensed_held, out)
}
