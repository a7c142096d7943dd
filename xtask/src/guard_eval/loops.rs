//! Real exact loops: whether they are found, when, and whether their onset is right.

use std::io::Write;

use anyhow::Result;
use dragon_guard::licence::Licence;
use dragon_guard::repetition::Repetition;
use dragon_guard::scan::scan;

use super::corpus::{Trace, TraceKind, traces};
use super::statistics::quantile;
use super::tokens::words;
use super::watched::watched;
use super::{EvalArgs, table};

pub(super) fn print(args: &EvalArgs, out: &mut dyn Write) -> Result<()> {
    let mut traces = traces(&args.data)?;
    traces.retain(|trace| trace.kind == TraceKind::Loop);
    writeln!(out, "### Real exact loops\n")?;
    let head =
        ["trace", "onset, words", "period", "found by words: kind, after the onset", "onset off by, chars"];
    let more = ["by tokens: kind, after the onset", "onset off by, chars", "words saved"];
    let mut rows = vec![table::row(&[&head[..], &more[..]].concat())];
    let mut delays = Vec::new();
    for trace in &traces {
        rows.push(row(trace, &mut delays));
    }
    table::print(out, &rows)?;
    let found = delays.len();
    let median = quantile(&delays, 0.5).unwrap_or(f64::NAN);
    let max = quantile(&delays, 1.0).unwrap_or(f64::NAN);
    writeln!(out, "\nFound: {found} of {}; median delay {median:.0}, longest {max:.0} words.", traces.len())?;
    Ok(())
}

fn row(trace: &Trace, delays: &mut Vec<f64>) -> Vec<String> {
    let all = words(&trace.text);
    let words_before = |place: usize| all.partition_point(|word| word.end <= place);
    let (onset, period) = trace.loop_chars.unwrap_or_default();
    let flag = scan(&trace.text, Licence::Unknown);
    let by_tokens = watched(&trace.text, Licence::of(&trace.prompt));
    let late = |at_chars: usize| signed(words_before(at_chars), words_before(onset));
    let off = |found: &Repetition| signed(found.onset_chars, onset);
    if let Some(flag) = flag {
        delays.push(words_before(flag.at_chars) as f64 - words_before(onset) as f64);
    }
    let unit = words_before(onset + period) - words_before(onset);
    let saved = flag.map_or(0, |flag| all.len() - words_before(flag.at_chars));
    vec![
        trace.id.clone(),
        words_before(onset).to_string(),
        unit.to_string(),
        flag.map_or("not found".to_owned(), |flag| format!("{:?}, {}", flag.found.kind, late(flag.at_chars))),
        flag.map_or("-".to_owned(), |flag| off(&flag.found)),
        by_tokens.map_or("not found".to_owned(), |(at, found)| format!("{:?}, {}", found.kind, late(at))),
        by_tokens.map_or("-".to_owned(), |(_, found)| off(&found)),
        saved.to_string(),
    ]
}

fn signed(one: usize, other: usize) -> String {
    if one >= other { format!("+{}", one - other) } else { format!("-{}", other - one) }
}
