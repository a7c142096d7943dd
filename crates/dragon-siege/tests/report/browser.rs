//! What a person would see: the pages in a real browser without a screen.
//!
//! The page under test gets a script of the test's at its end, which writes down what is visible. So the test sees the
//! page as it is laid out, not only as it is written.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use dragon_siege::report::{compare, html};
use serde_json::Value;

use crate::made_up::{Kind, report as made_up};

/// Where Chromium is called what.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A browser on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Tells what is visible.
const EYES: &str = r#"<script>
const seen = { title: document.title, width: document.documentElement.scrollWidth, window: innerWidth };
seen.text = document.body.innerText;
seen.color = getComputedStyle(document.body).backgroundColor;
seen.charts = [...document.querySelectorAll('svg.chart')].map(svg => {
  const box = svg.getBoundingClientRect();
  const inked = [...svg.querySelectorAll('path.served,path.refused,path.rejected,path.faulty,path.line,circle')]
    .filter(one => { const b = one.getBoundingClientRect(); return b.width > 0.5 || b.height > 0.5; }).length;
  const cut = [...svg.querySelectorAll('text')].filter(text => {
    const b = text.getBoundingClientRect();
    return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1;
  }).map(text => text.textContent);
  return { title: svg.querySelector('title').textContent, width: box.width, height: box.height, inked, cut };
});
const first = document.querySelector('.tiles').getBoundingClientRect();
seen.tiles_end_at = first.bottom;
document.querySelectorAll('details').forEach(one => one.open = true);
seen.samples = [...document.querySelectorAll('details pre')].map(one => one.innerText);
parent.postMessage(JSON.stringify(seen), '*');
</script>"#;

/// A browser's window has a least width, a frame has not: the page is looked at in a frame, and tells its parent.
const FRAME: &str = r#"<!doctype html><title>frame</title><script>
addEventListener('message', event => {
  const out = document.createElement('pre'); out.id = 'seen'; out.textContent = event.data;
  document.body.append(out);
});
</script><body><iframe src="page.html" style="border:0;width:WIDTHpx;height:1400px"></iframe>"#;

fn chromium() -> &'static str {
    let is_there =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
    NAMES.into_iter().find(is_there).expect(
        "Chromium is missing: install the package `chromium` (scripts/install-system-packages.sh test does it)",
    )
}

/// Runs the browser, with a profile of its own, until it ends by itself.
fn browse(page: &Path, options: &[&str]) -> Vec<u8> {
    let profile = tempfile::tempdir().unwrap();
    let output = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(chromium())
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .arg("--disable-dev-shm-usage")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg("--window-size=1200,1400")
        .args(options)
        .arg(format!("file://{}", page.display()))
        .stdout(output.reopen().unwrap())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let give_up_at = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > give_up_at {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser did not end within {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
    fs::read(output.path()).unwrap()
}

/// What is to be seen of a page.
fn look(page: &str, width: u32, options: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let frame = folder.path().join("frame.html");
    fs::write(folder.path().join("page.html"), page.replace("</body>", &format!("{EYES}</body>"))).unwrap();
    fs::write(&frame, FRAME.replace("WIDTH", &width.to_string())).unwrap();
    // Time of the page's own, in which the message arrives before the document is written out.
    let options: Vec<&str> =
        options.iter().copied().chain(["--dump-dom", "--virtual-time-budget=5000"]).collect();
    let dom = String::from_utf8(browse(&frame, &options)).unwrap();
    let start = dom.find("<pre id=\"seen\">").unwrap_or_else(|| panic!("nothing was written down: {dom}"));
    let json = &dom[start + "<pre id=\"seen\">".len()..dom.rfind("</pre>").unwrap()];
    let json =
        json.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    serde_json::from_str(&json).unwrap_or_else(|why| panic!("{why}: {json}"))
}

fn screenshot(page: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (path, png) = (folder.path().join("page.html"), folder.path().join("page.png"));
    fs::write(&path, page).unwrap();
    browse(&path, &[&format!("--screenshot={}", png.display())]);
    fs::read(png).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// No picture is empty or cut, and nothing is wider than the window.
fn check_layout(seen: &Value, width: u32) {
    assert!((number(&seen["window"]) - f64::from(width)).abs() < 0.5, "the frame is {}", seen["window"]);
    assert!(number(&seen["width"]) <= number(&seen["window"]) + 0.5, "it does not fit: {}", seen["width"]);
    let charts = seen["charts"].as_array().unwrap();
    assert!(!charts.is_empty());
    for chart in charts {
        assert!(number(&chart["width"]) > 250.0 && number(&chart["height"]) > 100.0, "{chart}");
        assert!(number(&chart["inked"]) >= 1.0, "an empty picture: {chart}");
        assert_eq!(chart["cut"].as_array().unwrap().len(), 0, "words are cut: {chart}");
    }
}

#[test]
fn a_person_sees_the_verdict_first_and_then_every_figure() {
    let page = html::page(&made_up(Kind::Brittle, 4711)).unwrap();
    let seen = look(&page, 1200, &[]);
    check_layout(&seen, 1200);
    assert_eq!(seen["title"], "Did not survive: Made-up server B · dragon siege", "no sample has changed it");
    let text = seen["text"].as_str().unwrap();
    let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} is not seen in {text}"));
    assert!(place("Did not survive") < 200, "at the top: {text}");
    let order = [
        "Answered",
        "Scoreboard",
        "every request is answered",
        "What became of requests",
        "Samples of what went wrong",
        "How to read this",
    ];
    assert!(order.map(place).is_sorted(), "{order:?}");
    assert!(number(&seen["tiles_end_at"]) < 420.0, "the headline figures are seen without scrolling");
    let samples = seen["samples"].as_array().unwrap();
    assert!(samples.iter().any(|sample| sample.as_str().unwrap().starts_with("curl -sSiN")), "{samples:?}");
    assert!(
        samples
            .iter()
            .any(|sample| sample.as_str().unwrap().contains("<script>document.title='owned'</script>")),
        "hostile text is seen as it came"
    );
}

#[test]
fn it_fits_a_telephone() {
    for page in [
        html::page(&made_up(Kind::Brittle, 4711)).unwrap(),
        compare::page(&[made_up(Kind::Sturdy, 1), made_up(Kind::Brittle, 1)]).unwrap(),
    ] {
        check_layout(&look(&page, 390, &[]), 390);
    }
}

#[test]
fn it_is_dark_where_the_reader_wants_it_dark() {
    let page = html::page(&made_up(Kind::Sturdy, 4711)).unwrap();
    let brightness = |scheme: &str| {
        let seen = look(&page, 1200, &[&format!("--blink-settings=preferredColorScheme={scheme}")]);
        check_layout(&seen, 1200);
        let color = seen["color"].as_str().unwrap().trim_matches(|c: char| !c.is_ascii_digit()).to_owned();
        color.split(", ").map(|part| part.parse::<u32>().unwrap()).sum::<u32>() / 3
    };
    assert!(brightness("0") < 60, "dark");
    assert!(brightness("1") > 200, "light");
}

#[test]
fn a_comparison_shows_both_sides() {
    let mut other = made_up(Kind::Brittle, 1);
    other.machine.n_cores = 64;
    let seen = look(&compare::page(&[made_up(Kind::Sturdy, 1), other]).unwrap(), 1200, &[]);
    check_layout(&seen, 1200);
    let text = seen["text"].as_str().unwrap();
    for words in
        ["Only Made-up server A survived.", "This is not a fair comparison.", "64 cores", "✗ Did not survive"]
    {
        assert!(text.contains(words), "{words} is not seen in {text}");
    }
}

#[test]
fn the_picture_of_it_is_not_blank() {
    let blank = screenshot("<!doctype html><title>blank</title>");
    let page = screenshot(&html::page(&made_up(Kind::Brittle, 4711)).unwrap());
    assert!(page.starts_with(b"\x89PNG") && blank.starts_with(b"\x89PNG"));
    assert!(page.len() > 10 * blank.len(), "{} bytes, a blank one has {}", page.len(), blank.len());
}
