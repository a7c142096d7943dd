//! Texts that are no loops, and those of them that are taken for one.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use dragon_guard::licence::Licence;
use dragon_guard::scan::scan;

use super::corpus::{TraceKind, legit, traces};
use super::statistics::share;
use super::{EvalArgs, table};

/// What was looked at of one group.
#[derive(Debug, Default)]
struct Group {
    n_texts: usize,
    /// With the prompt unknown, as `dragon guard scan` has it.
    unknown: Vec<String>,
    /// With a prompt that asks for no repetition.
    not_asked: Vec<String>,
}

pub(super) fn print(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for trace in traces(&args.data)? {
        let name = match trace.kind {
            TraceKind::Healthy => "1 healthy traces",
            TraceKind::WellPosed => "2 traces of well-posed questions",
            TraceKind::IllPosed => "3 traces of ill-posed questions (no false alarms)",
            TraceKind::Loop => continue,
        };
        groups.entry(name.to_owned()).or_default().add(&trace.id, "", &trace.text);
    }
    for one in legit(&args.data)? {
        groups.entry(format!("4 legit/{}", one.file)).or_default().add(&one.id, &one.kind, &one.text);
    }
    writeln!(out, "### Texts that are no loops\n")?;
    let mut rows =
        vec![table::row(&["texts", "flagged, prompt unknown", "flagged, nothing asked for", "which"])];
    for (name, group) in &groups {
        let mut flagged = group.unknown.clone();
        flagged.extend(group.not_asked.iter().filter(|id| !group.unknown.contains(id)).cloned());
        rows.push(vec![
            name.chars().skip(2).collect(),
            share(group.unknown.len(), group.n_texts),
            share(group.not_asked.len(), group.n_texts),
            flagged.join(", "),
        ]);
    }
    table::print(out, &rows)
}

// === impl Group ===

impl Group {
    fn add(&mut self, id: &str, kind: &str, text: &str) {
        self.n_texts += 1;
        let name = if kind.is_empty() { id.to_owned() } else { format!("{id} ({kind})") };
        for (licence, flagged) in
            [(Licence::Unknown, &mut self.unknown), (Licence::NotAsked, &mut self.not_asked)]
        {
            if let Some(flag) = scan(text, licence) {
                flagged.push(format!("{name}: {:?}, period {}", flag.found.kind, flag.found.period));
            }
        }
    }
}
