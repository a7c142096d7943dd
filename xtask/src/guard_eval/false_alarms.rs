//! Texts that are no loops, and those of them that are taken for one.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use dragon_guard::licence::Licence;
use dragon_guard::repetition::Repetition;
use dragon_guard::scan::scan;

use super::corpus::{TraceKind, legit, traces};
use super::made_legit;
use super::random::Random;
use super::statistics::share;
use super::watched::watched;
use super::{EvalArgs, table};

/// Texts of each kind that are made.
const N_MADE: usize = 50;

/// What was looked at of one group.
#[derive(Debug, Default)]
struct Group {
    n_texts: usize,
    /// With the prompt unknown, as `dragon guard scan` has it.
    unknown: Vec<String>,
    /// With a prompt that asks for no repetition.
    not_asked: Vec<String>,
    /// The same by tokens, as the server has them.
    by_tokens: Vec<String>,
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
    let mut random = Random::new(args.seed);
    for (kind, part) in made_legit::KINDS {
        for number in 0..N_MADE {
            let text = made_legit::text(part, &mut random);
            groups.entry("5 made from the seed, 22 kinds".to_owned()).or_default().add(
                &number.to_string(),
                kind,
                &text,
            );
        }
    }
    writeln!(out, "### Texts that are no loops\n\nSeed {}.\n", args.seed)?;
    let mut rows = vec![table::row(&[
        "texts",
        "flagged, prompt unknown",
        "nothing asked for",
        "the same by tokens",
        "which",
    ])];
    for (name, group) in &groups {
        let mut flagged = group.unknown.clone();
        for one in group.not_asked.iter().chain(&group.by_tokens) {
            if !flagged.contains(one) {
                flagged.push(one.clone());
            }
        }
        rows.push(vec![
            name.chars().skip(2).collect(),
            share(group.unknown.len(), group.n_texts),
            share(group.not_asked.len(), group.n_texts),
            share(group.by_tokens.len(), group.n_texts),
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
        let said = |found: Repetition| format!("{name}: {:?}", found.kind);
        let by_words = |licence| scan(text, licence).map(|flag| said(flag.found));
        self.unknown.extend(by_words(Licence::Unknown));
        self.not_asked.extend(by_words(Licence::NotAsked));
        self.by_tokens.extend(watched(text, Licence::NotAsked).map(|(_, found)| said(found)));
    }
}
