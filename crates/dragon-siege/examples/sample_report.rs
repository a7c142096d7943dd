//! Writes the pages of made-up reports, for looking at: `cargo run -p dragon-siege --example sample_report -- FOLDER`.

use std::path::PathBuf;

use dragon_siege::report;

#[path = "../tests/report/made_up.rs"]
mod made_up;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let mut reports = Vec::new();
    for (name, kind) in [("sturdy", made_up::Kind::Sturdy), ("brittle", made_up::Kind::Brittle)] {
        let path = folder.join(format!("{name}.html"));
        report::write(&made_up::report(kind, 4711), &path)?;
        reports.push(path.with_extension("json"));
    }
    report::compare::write(&reports, &folder.join("duel.html"))?;
    Ok(())
}
