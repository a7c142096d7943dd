//! For how many puzzles readings are found.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use dragon_guard::Language;
use dragon_guard::readings::readings;

use super::super::data::{OWN, Row};
use super::super::generate;

/// A seed that nothing was trained with.
const UNSEEN_SEED: u64 = 77;

pub(super) fn print(rows: &[Row], out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "\n### Readings\n\n| source | language | ambiguous with readings | clear with readings |\n|---|---|---|---|"
    )?;
    let blind = generate::blind_rows();
    let generated = generate::rows(UNSEEN_SEED, 3);
    for (source, rows) in [(OWN, rows), (generate::BLIND_SOURCE, &blind), (generate::SOURCE, &generated)] {
        by(source, rows, |row| row.language.clone(), out)?;
    }
    writeln!(out, "\n| source | kind | ambiguous with readings | clear with readings |\n|---|---|---|---|")?;
    for (source, rows) in [(OWN, rows), (generate::BLIND_SOURCE, &blind), (generate::SOURCE, &generated)] {
        by(source, rows, |row| row.kind.clone().unwrap_or_default(), out)?;
    }
    Ok(())
}

fn by(source: &str, rows: &[Row], group: impl Fn(&Row) -> String, out: &mut dyn Write) -> Result<()> {
    let mut counts: BTreeMap<String, [[usize; 2]; 2]> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.source == source) {
        let has_readings = !readings(&row.text, Language::of(&row.text)).is_empty();
        let counts = &mut counts.entry(group(row)).or_default()[usize::from(row.is_ambiguous)];
        counts[1] += 1;
        counts[0] += usize::from(has_readings);
    }
    for (group, [clear, ambiguous]) in counts {
        writeln!(
            out,
            "| {source} | {group} | {} of {} | {} of {} |",
            ambiguous[0], ambiguous[1], clear[0], clear[1]
        )?;
    }
    Ok(())
}
