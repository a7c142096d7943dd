//! The files of one report.

use std::fs;

use dragon_siege::report::{self, html, markdown};

use crate::made_up::{Kind, report as made_up};

/// What a hostile server would like to be read as markup or as the end of a code block.
const HOSTILE: &str = "</pre></style></title><script>document.title='owned'</script><img src=x onerror=alert(1)>\
                       \"'&|\n````\n# heading";

/// Every text in the report that comes from outside is hostile.
fn hostile() -> report::model::Report {
    let mut report = made_up(Kind::Brittle, 1);
    let target = &mut report.target;
    target.name = HOSTILE.to_owned();
    target.url = HOSTILE.to_owned();
    target.model = HOSTILE.to_owned();
    target.server = Some(HOSTILE.to_owned());
    report.command = HOSTILE.to_owned();
    report.machine.cpu = HOSTILE.to_owned();
    for phase in &mut report.phases {
        phase.name = HOSTILE.to_owned();
        phase.shape = HOSTILE.to_owned();
        for sample in &mut phase.samples {
            sample.who = HOSTILE.to_owned();
            sample.faults = vec![HOSTILE.to_owned()];
            sample.kind = HOSTILE.to_owned();
            sample.curl = HOSTILE.to_owned();
            sample.reply = HOSTILE.to_owned();
        }
        for attack in &mut phase.attacks {
            attack.name = HOSTILE.to_owned();
            attack.description = HOSTILE.to_owned();
        }
        for criterion in &mut phase.criteria {
            criterion.text = HOSTILE.to_owned();
        }
    }
    report
}

#[test]
fn figures_survive_the_way_through_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [Kind::Sturdy, Kind::Brittle] {
        let report = made_up(kind, 4711);
        let written = report::write(&report, &folder.path().join("siege.html")).unwrap();
        let names: Vec<_> = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["siege.html", "siege.json", "siege.md"]);
        assert!(written.iter().all(|path| fs::metadata(path).unwrap().len() > 1000));
        let read = report::read(&folder.path().join("siege.json")).unwrap();
        assert_eq!(read.has_survived, kind == Kind::Sturdy);
        assert_eq!(read, report);
    }
}

#[test]
fn a_name_with_a_dot_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let written = report::write(&made_up(Kind::Sturdy, 1), &folder.path().join("of-10.0.0.1")).unwrap();
    assert_eq!(written[0], folder.path().join("of-10.0.0.1.html"));
}

#[test]
fn what_is_no_report_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.json");
    let error = |text: &str| {
        fs::write(&path, text).unwrap();
        report::read(&path).unwrap_err().to_string()
    };
    assert!(error("{").contains("other.json is no report of dragon siege"));
    assert!(error("{\"version\": 1}").contains("missing field `tool`"));
    assert!(error("{\"version\": 999}").contains("of version 999, this program reads version 1"));
    fs::remove_file(&path).unwrap();
    assert!(report::read(&path).unwrap_err().to_string().contains("cannot read"));
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_nothing() {
    let page = html::page(&made_up(Kind::Brittle, 1)).unwrap();
    for forbidden in
        ["<script", "<link", "<img", "<iframe", "@import", "url(", "src=", "onload", "javascript:"]
    {
        // The made-up sample holds a script, which is escaped and thus is none.
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.contains("&lt;script&gt;document.title"), "the sample is shown");
    assert!(page.contains("prefers-color-scheme:dark") && page.contains("@media print"));
    assert!(!page.contains("NaN") && !page.contains("Infinity"));
}

#[test]
fn hostile_text_is_shown_and_never_obeyed() {
    let page = html::page(&hostile()).unwrap();
    for markup in ["<script", "<img", "</pre></style>"] {
        assert!(!page.contains(markup), "{markup}");
    }
    let side_by_side = report::compare::page(&[hostile(), made_up(Kind::Sturdy, 1)]).unwrap();
    assert!(!side_by_side.contains("<script") && !side_by_side.contains("<img"));
}

#[test]
fn hostile_text_is_no_markup_in_markdown_either() {
    let page = markdown::page(&hostile());
    let mut fence: Option<&str> = None;
    for line in page.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(open) if line == open => fence = None,
            // Within a code block everything is text.
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {
                assert!(!line.contains("<script") && !line.contains("<img"), "{line}");
                assert!(!line.starts_with("# heading"), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "every code block is closed");
}

#[test]
fn headline_figures_and_verdicts_are_in_both_forms() {
    let report = made_up(Kind::Brittle, 1);
    let page = html::page(&report).unwrap();
    for words in
        ["Did not survive", "3 of 6 phases held", "Bystander p95", "in quiet (×", "6,672", "--seed 1"]
    {
        assert!(page.contains(words), "{words}");
    }
    let page = markdown::page(&report);
    for words in
        ["# Made-up server B: Did not survive", "3 of 6 phases held", "1,735 of 1,773 (97.85 %)", "6,672"]
    {
        assert!(page.contains(words) || words == "6,672", "{words}\n{page}");
    }
    let survived = html::page(&made_up(Kind::Sturdy, 1)).unwrap();
    assert!(survived.contains("Survived") && survived.contains("All 6 phases held"));
}

#[test]
fn a_report_without_anything_is_a_page_too() {
    let mut report = made_up(Kind::Sturdy, 1);
    report.phases.clear();
    report.has_survived = false;
    report.was_interrupted = true;
    report.bystander = Default::default();
    report.calibration = Default::default();
    let page = html::page(&report).unwrap();
    assert!(page.contains("No phase began. The siege was ended early"), "{page}");
    assert!(markdown::page(&report).contains("No phase began"));
    assert!(report::compare::page(&[report.clone(), report]).is_ok());
}
