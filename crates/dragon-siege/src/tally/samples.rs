//! A few faulty exchanges of each kind, as reports show them.

use std::time::Duration;

use super::{millis, seconds};
use crate::ask::Ask;
use crate::exchange::{BodyEnd, Exchange, Reply, Silence};
use crate::judge::{Fault, Verdict};
use crate::observation::Who;
use crate::report::curl::{self, Origin};
use crate::report::model::Sample;
use crate::secret::Secret;

/// Samples of one phase: bounded in number and in bytes, whoever attacks and whatever comes back.
#[derive(Debug, Default)]
pub(super) struct Samples {
    kept: Vec<(Who, &'static str, Sample)>,
    n_bytes: usize,
}

/// Of each kind and attack: one may be a coincidence, more than these say nothing new.
const N_OF_A_KIND: usize = 3;

/// Of one phase.
const N_MAX: usize = 60;

/// Of one phase: a report has to stay a file that browsers open at once.
const N_BYTES_MAX: usize = 512 * 1024;

/// Of one request: what is longer is named, but not kept.
const N_BODY_BYTES_MAX: usize = 32 * 1024;

/// Of one reply: its beginning, and as much of its end.
const N_REPLY_BYTES_MAX: usize = 2 * 1024;

/// Faults in words, of one exchange.
const N_FAULTS: usize = 8;

/// Letters of one fault in words.
const N_FAULT_CHARS: usize = 400;

// === impl Samples ===

impl Samples {
    /// Keeps this one where there is room for its kind.
    pub(super) fn offer(
        &mut self,
        who: Who,
        ask: &Ask,
        exchange: &Exchange,
        verdict: &Verdict,
        origin: &Origin,
        secret: &Secret,
    ) {
        let kind = verdict.faults.first().map_or("unknown", Fault::kind);
        let n_alike = self.kept.iter().filter(|(whose, of, _)| *whose == who && *of == kind).count();
        if n_alike >= N_OF_A_KIND || self.kept.len() >= N_MAX || self.n_bytes >= N_BYTES_MAX {
            return;
        }
        let sample = Sample {
            who: name(who).to_owned(),
            faults: verdict.faults.iter().take(N_FAULTS).map(|fault| in_words(fault, secret)).collect(),
            kind: kind.to_owned(),
            at_s: seconds(exchange.intended_at),
            took_ms: millis(exchange.latency()),
            curl: command(ask, origin),
            reply: reply(exchange, secret),
        };
        self.n_bytes += sample.curl.len() + sample.reply.len();
        self.kept.push((who, kind, sample));
    }

    /// The bystander's first, then by kind in the order of reports.
    pub(super) fn finish(mut self) -> Vec<Sample> {
        let place = |kind: &str| Fault::KINDS.iter().position(|known| *known == kind);
        self.kept.sort_by_key(|(who, kind, _)| (*who != Who::Bystander, place(kind)));
        self.kept.into_iter().map(|(_, _, sample)| sample).collect()
    }
}

/// As in reports.
pub(super) const fn name(who: Who) -> &'static str {
    match who {
        Who::Bystander => "bystander",
        Who::Attack(name) => name,
    }
}

/// One fault, whatever the server wrote, on one line.
pub(super) fn in_words(fault: &Fault, secret: &Secret) -> String {
    let text = secret.hidden_in(&fault.to_string());
    let mut short: String = text.chars().take(N_FAULT_CHARS).flat_map(visible).collect();
    if text.chars().nth(N_FAULT_CHARS).is_some() {
        short.push('…');
    }
    short
}

fn command(ask: &Ask, origin: &Origin) -> String {
    if ask.body.len() <= N_BODY_BYTES_MAX {
        return curl::command(ask, origin);
    }
    format!(
        "# {} {}{} with a body of {} bytes, too long to be kept here. The siege's seed repeats it.",
        ask.method,
        origin.url,
        ask.path,
        ask.body.len()
    )
}

/// Status line, headers and parts of the body, or why there was none.
fn reply(exchange: &Exchange, secret: &Secret) -> String {
    let shortened = |bytes: &[u8]| shortened(&secret.hidden_in_bytes(bytes));
    let response = match &exchange.reply {
        Reply::Response(response) => response,
        Reply::None(silence) => {
            let why = match silence {
                Silence::Unreachable(why) => format!("No connection: {why}"),
                Silence::Closed(why) => format!("The connection ended before a response: {why}"),
                Silence::Hung => format!("Nothing came within {}.", in_seconds(exchange.latency())),
                Silence::NotHttp(why) => format!("What came is not HTTP: {why}"),
            };
            return shortened(why.as_bytes());
        }
    };
    let mut head = format!("HTTP {}\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    let end = match &response.end {
        BodyEnd::Whole => String::new(),
        BodyEnd::Cut(why) => format!("\n[the connection ended here: {why}]"),
        BodyEnd::Hung => format!("\n[nothing more came within {}]", in_seconds(exchange.latency())),
        BodyEnd::TooLong => "\n[and more, which was not read]".to_owned(),
    };
    let body = if response.body.is_empty() { "[no body]".to_owned() } else { shortened(&response.body) };
    format!("{}\n{body}{}", shortened(head.as_bytes()), shortened(end.as_bytes()))
}

fn in_seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The beginning and the end, with everything visible that a terminal or a browser would act upon.
fn shortened(bytes: &[u8]) -> String {
    let text = |part: &[u8]| String::from_utf8_lossy(part).chars().flat_map(visible).collect::<String>();
    match (bytes.get(..N_REPLY_BYTES_MAX), bytes.len().checked_sub(N_REPLY_BYTES_MAX)) {
        (Some(beginning), Some(end_at)) if end_at > N_REPLY_BYTES_MAX => format!(
            "{}\n[… {} bytes left out …]\n{}",
            text(beginning),
            end_at - N_REPLY_BYTES_MAX,
            text(bytes.get(end_at..).unwrap_or_default())
        ),
        _ => text(bytes),
    }
}

/// A letter as itself, a control character by its code.
fn visible(c: char) -> impl Iterator<Item = char> {
    let is_shown = c == '\n' || c == '\t' || !(c.is_control() || is_hidden(c));
    let (itself, code) = if is_shown { (Some(c), None) } else { (None, Some(c.escape_unicode())) };
    itself.into_iter().chain(code.into_iter().flatten())
}

/// Letters that turn the direction of text or take no room: with them, what is seen is not what came.
const fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method, StatusCode};

    use super::*;
    use crate::ask::Expects;
    use crate::exchange::Response;
    use crate::judge::Class;

    fn ask(body: &str) -> Ask {
        Ask {
            method: Method::POST,
            path: "/v1/completions".to_owned(),
            headers: Vec::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            expects: Expects::Rejection,
        }
    }

    fn exchange(body: &[u8]) -> Exchange {
        let response = Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body),
            arrivals: Vec::new(),
            end: BodyEnd::Whole,
        };
        Exchange {
            intended_at: Duration::from_secs(1),
            sent_at: Duration::from_secs(1),
            ended_at: Duration::from_secs(2),
            reply: Reply::Response(response),
        }
    }

    fn faulty(fault: Fault) -> Verdict {
        Verdict {
            class: Class::Faulty,
            outcome: None,
            faults: vec![fault],
            n_tokens: 0,
            first_text: None,
            is_checked: false,
            is_empty: false,
            lacks_usage: false,
        }
    }

    fn origin() -> Origin {
        Origin { url: "http://127.0.0.1:1".to_owned(), has_api_key: false, deadline: Duration::from_secs(10) }
    }

    #[test]
    fn a_few_of_each_kind_are_kept_and_the_bystanders_come_first() {
        let mut samples = Samples::default();
        for who in [Who::Attack("overload"), Who::Bystander] {
            for fault in [Fault::Lie("length".to_owned()), Fault::Truncated("cut".to_owned())] {
                for _ in 0..100 {
                    samples.offer(
                        who,
                        &ask("{}"),
                        &exchange(b"x"),
                        &faulty(fault.clone()),
                        &origin(),
                        &Secret::default(),
                    );
                }
            }
        }
        let kept = samples.finish();
        assert_eq!(kept.len(), 4 * N_OF_A_KIND);
        let order: Vec<(&str, &str)> = kept
            .iter()
            .step_by(N_OF_A_KIND)
            .map(|sample| (sample.who.as_str(), sample.kind.as_str()))
            .collect();
        assert_eq!(
            order,
            [
                ("bystander", "truncated"),
                ("bystander", "lie"),
                ("overload", "truncated"),
                ("overload", "lie")
            ]
        );
    }

    #[test]
    fn samples_stay_small_whatever_comes() {
        let mut samples = Samples::default();
        let hostile = vec![0_u8; 4 * 1024 * 1024];
        let names: Vec<&'static str> = vec!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
        for who in names.into_iter().map(Who::Attack) {
            for fault in
                [Fault::Lie("x".repeat(1_000_000)), Fault::WrongStatus(500), Fault::Truncated(String::new())]
            {
                for _ in 0..3 {
                    samples.offer(
                        who,
                        &ask(&"y".repeat(1_000_000)),
                        &exchange(&hostile),
                        &faulty(fault.clone()),
                        &origin(),
                        &Secret::default(),
                    );
                }
            }
        }
        let kept = samples.finish();
        assert!(kept.len() <= N_MAX);
        let n_bytes: usize = kept
            .iter()
            .map(|sample| {
                sample.curl.len() + sample.reply.len() + sample.faults.iter().map(String::len).sum::<usize>()
            })
            .sum();
        assert!(n_bytes < 2 * N_BYTES_MAX, "{n_bytes} bytes");
        assert!(kept.iter().all(|sample| sample.curl.contains("1000000 bytes, too long")));
    }

    #[test]
    fn the_end_of_a_long_reply_is_shown_as_well() {
        let body = format!("beginning{}end", "-".repeat(100_000));
        let shown = reply(&exchange(body.as_bytes()), &Secret::default());
        assert!(
            shown.contains("beginning") && shown.ends_with("end") && shown.contains("bytes left out"),
            "{shown}"
        );
    }

    #[test]
    fn what_a_terminal_would_act_upon_is_written_out() {
        let shown = reply(&exchange("a\u{1b}[2Jb\0c\u{202e}d".as_bytes()), &Secret::default());
        assert!(shown.ends_with(r"a\u{1b}[2Jb\u{0}c\u{202e}d"), "{shown}");
    }
}
