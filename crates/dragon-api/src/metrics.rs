//! `GET /metrics`: Prometheus' text format, version 0.0.4.

use std::fmt::Write;
use std::time::Duration;

use dragon_core::event::{TIME_CLASSES_MS, Tally, Times};

/// Everything that is shown.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// In the order of the models.
    pub models: Vec<ModelMetrics>,
    /// Answers other than 200, by status.
    pub refusals: Vec<(u16, u64)>,
    /// Limits of clients that were reached, by name.
    pub limits: Vec<(&'static str, u64)>,
    /// Tokens of each configured client.
    pub clients: Vec<(String, u64)>,
}

/// One model's numbers.
#[derive(Debug, Clone, Default)]
pub struct ModelMetrics {
    /// Its id.
    pub id: String,
    /// What happened to its requests.
    pub tally: Tally,
    /// Requests waiting.
    pub n_waiting: usize,
    /// Requests running.
    pub n_running: usize,
    /// Sequences that are left out of the steps now, so that others' are short.
    pub n_paused: usize,
    /// Slots in use.
    pub n_busy_slots: u32,
    /// Slots.
    pub n_slots: u32,
    /// KV cells of a slot.
    pub n_ctx: u32,
    /// Engine processes that were started again.
    pub n_restarts: u32,
    /// Whether its engine is in service.
    pub is_up: bool,
    /// A decode call, lately.
    pub step: Option<Duration>,
    /// A token of a prompt, lately.
    pub prefill_per_token: Option<Duration>,
}

/// The kind of a number.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// The media type of the document.
pub const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

// === impl Metrics ===

impl Metrics {
    /// The document.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        head(
            text,
            "dragon_requests_total",
            Kind::Counter,
            "Requests that got an answer, by how it was made.",
        )?;
        for model in &self.models {
            for ((outcome, reason), n) in &model.tally.settled {
                let id = quoted(&model.id);
                let (outcome, reason) = (outcome.as_str(), reason.map_or("", |reason| reason.as_str()));
                writeln!(
                    text,
                    "dragon_requests_total{{model={id},outcome=\"{outcome}\",reason=\"{reason}\"}} {n}"
                )?;
            }
        }
        head(
            text,
            "dragon_landings_total",
            Kind::Counter,
            "Answers that were brought to their end, by reason.",
        )?;
        for model in &self.models {
            for (reason, n) in &model.tally.landings {
                let (id, reason) = (quoted(&model.id), reason.as_str());
                writeln!(text, "dragon_landings_total{{model={id},reason=\"{reason}\"}} {n}")?;
            }
        }
        head(
            text,
            "dragon_answer_lengths_total",
            Kind::Counter,
            "Answers that the model ended by itself, by the length that was expected of them.",
        )?;
        for model in &self.models {
            for (length, n) in &model.tally.lengths {
                let (id, length) = (quoted(&model.id), length.as_str());
                writeln!(text, "dragon_answer_lengths_total{{model={id},length=\"{length}\"}} {n}")?;
            }
        }
        for (name, kind, help, value) in OF_MODEL {
            head(text, name, kind, help)?;
            for model in &self.models {
                writeln!(text, "{name}{{model={}}} {}", quoted(&model.id), value(model))?;
            }
        }
        head(text, "dragon_queue_wait_seconds", Kind::Histogram, "From arrival to the slots.")?;
        for model in &self.models {
            times(text, "dragon_queue_wait_seconds", &model.id, &model.tally.waited)?;
        }
        head(text, "dragon_request_seconds", Kind::Histogram, "From arrival to the end of the answer.")?;
        for model in &self.models {
            times(text, "dragon_request_seconds", &model.id, &model.tally.took)?;
        }
        head(text, "dragon_refusals_total", Kind::Counter, "Answers other than 200, by status.")?;
        for (status, n) in &self.refusals {
            writeln!(text, "dragon_refusals_total{{status=\"{status}\"}} {n}")?;
        }
        head(
            text,
            "dragon_limits_hit_total",
            Kind::Counter,
            "Requests over a limit of their client, by limit.",
        )?;
        for (limit, n) in &self.limits {
            writeln!(text, "dragon_limits_hit_total{{limit=\"{limit}\"}} {n}")?;
        }
        head(
            text,
            "dragon_client_tokens_total",
            Kind::Counter,
            "Tokens of prompts and answers, by configured client.",
        )?;
        for (client, n) in &self.clients {
            writeln!(text, "dragon_client_tokens_total{{client={}}} {n}", quoted(client))?;
        }
        Ok(())
    }
}

type OfModel = (&'static str, Kind, &'static str, fn(&ModelMetrics) -> f64);

/// Numbers of which every model has one.
const OF_MODEL: [OfModel; 16] = [
    ("dragon_left_total", Kind::Counter, "Clients that left before their answer was there.", |it| {
        to_f64(it.tally.n_left)
    }),
    ("dragon_coalesced_total", Kind::Counter, "Requests that joined another's generation.", |it| {
        to_f64(it.tally.n_joined)
    }),
    ("dragon_prompt_tokens_total", Kind::Counter, "Tokens of prompts.", |it| {
        to_f64(it.tally.n_prompt_tokens)
    }),
    ("dragon_cached_prompt_tokens_total", Kind::Counter, "Tokens of prompts that were in the cache.", |it| {
        to_f64(it.tally.n_cached_tokens)
    }),
    ("dragon_completion_tokens_total", Kind::Counter, "Tokens of answers.", |it| {
        to_f64(it.tally.n_completion_tokens)
    }),
    ("dragon_replays_total", Kind::Counter, "Engines that requests outlived, over all requests.", |it| {
        to_f64(it.tally.n_replays)
    }),
    ("dragon_queue_length", Kind::Gauge, "Requests that wait.", |it| it.n_waiting as f64),
    ("dragon_running_requests", Kind::Gauge, "Requests that run.", |it| it.n_running as f64),
    (
        "dragon_paused_sequences",
        Kind::Gauge,
        "Sequences that wait for their turn, so that others' steps are short.",
        |it| it.n_paused as f64,
    ),
    ("dragon_slots", Kind::Gauge, "Slots.", |it| f64::from(it.n_slots)),
    ("dragon_busy_slots", Kind::Gauge, "Slots in use.", |it| f64::from(it.n_busy_slots)),
    ("dragon_kv_cells_reserved", Kind::Gauge, "KV cells of the slots in use.", |it| {
        f64::from(it.n_busy_slots) * f64::from(it.n_ctx)
    }),
    ("dragon_engine_up", Kind::Gauge, "Whether the engine is in service.", |it| {
        f64::from(u8::from(it.is_up))
    }),
    ("dragon_engine_restarts_total", Kind::Counter, "Engine processes started again.", |it| {
        f64::from(it.n_restarts)
    }),
    ("dragon_step_seconds", Kind::Gauge, "A decode call, lately.", |it| {
        it.step.unwrap_or_default().as_secs_f64()
    }),
    ("dragon_prefill_seconds_per_token", Kind::Gauge, "A token of a prompt, lately.", |it| {
        it.prefill_per_token.unwrap_or_default().as_secs_f64()
    }),
];

fn head(text: &mut String, name: &str, kind: Kind, help: &str) -> std::fmt::Result {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn times(text: &mut String, name: &str, model: &str, times: &Times) -> std::fmt::Result {
    let (id, mut n) = (quoted(model), 0);
    for (end_ms, count) in TIME_CLASSES_MS.iter().zip(times.counts) {
        n += count;
        let end = Duration::from_millis(*end_ms).as_secs_f64();
        writeln!(text, "{name}_bucket{{model={id},le=\"{end}\"}} {n}")?;
    }
    writeln!(text, "{name}_bucket{{model={id},le=\"+Inf\"}} {}", times.n())?;
    writeln!(text, "{name}_sum{{model={id}}} {}", times.sum.as_secs_f64())?;
    writeln!(text, "{name}_count{{model={id}}} {}", times.n())
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn to_f64(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dragon_core::event::Event;
    use dragon_core::label::{Outcome, Reason};

    use super::*;

    fn metrics() -> Metrics {
        let mut tally = Tally::default();
        let took = Duration::from_millis(30);
        tally.count(&Event::Settled {
            outcome: Outcome::Landed,
            reason: Some(Reason::Load),
            n_completion: 40,
            n_replays: 2,
            took,
        });
        let model = ModelMetrics { id: "a\"b".to_owned(), tally, n_waiting: 3, ..ModelMetrics::default() };
        Metrics {
            models: vec![model],
            refusals: vec![(404, 7)],
            limits: vec![("max_waiting", 1)],
            clients: vec![("ci".to_owned(), 9)],
        }
    }

    #[test]
    fn numbers_stand_with_their_labels_and_labels_are_escaped() {
        let text = metrics().text();
        for line in [
            "dragon_requests_total{model=\"a\\\"b\",outcome=\"landed\",reason=\"load\"} 1",
            "dragon_queue_length{model=\"a\\\"b\"} 3",
            "dragon_request_seconds_bucket{model=\"a\\\"b\",le=\"0.02\"} 0",
            "dragon_request_seconds_bucket{model=\"a\\\"b\",le=\"0.05\"} 1",
            "dragon_replays_total{model=\"a\\\"b\"} 2",
            "dragon_refusals_total{status=\"404\"} 7",
            "dragon_client_tokens_total{client=\"ci\"} 9",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn every_name_is_explained_once_before_its_numbers() {
        let text = metrics().text();
        let mut explained = BTreeSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert!(explained.insert(rest.split(' ').next().unwrap()), "twice: {line}");
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
                assert!(
                    explained.contains(name) || base.is_some_and(|base| explained.contains(base)),
                    "{line}"
                );
                assert!(name.starts_with("dragon_"), "{line}");
            }
        }
    }
}
