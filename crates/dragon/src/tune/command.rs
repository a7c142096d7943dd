//! The command: finds the model, runs the search within its time, prints the table, keeps the result.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use dragon_ipc::{CacheType, FlashAttention};
use dragon_supervisor::run_tool;

use super::search::{Candidate, Search, Step};
use super::table;
use crate::computing::{Machine, TUNED, Tuned, WeightFormat, attention_word, cache_word, rule_of_thumb};
use crate::config::Problems;
use crate::exit::Exit;
use crate::measuring::{Mix, bench_arguments, results};
use crate::named_model::find_model;
use crate::report;
use crate::serve::engine_program;
use crate::weights::convert;

/// Batches that the table shows beside that of the mix.
const BATCHES: [u32; 3] = [1, 8, 32];

/// A comparison reads one text of some thousand tokens twice.
const COMPARISON_LIMIT: Duration = Duration::from_secs(600);

/// Flags of `tune`.
#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// Id of a model of the configuration (or of the default one), or a GGUF file
    model: String,
    /// Configuration file that names the model
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Stop measuring after this many seconds and take the best so far
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    budget: u64,
    /// Tokens of a prompt in the mix to tune for
    #[arg(long, default_value_t = Mix::default().n_prompt, value_parser = clap::value_parser!(u32).range(1..=32_768))]
    prompt: u32,
    /// Tokens of an answer in the mix
    #[arg(long, default_value_t = Mix::default().n_new, value_parser = clap::value_parser!(u32).range(1..=8192))]
    new: u32,
    /// Requests at the same time in the mix
    #[arg(long, default_value_t = Mix::default().n_parallel, value_parser = clap::value_parser!(u32).range(1..=128))]
    parallel: u32,
}

/// What measuring needs.
struct Bench<'a> {
    engine: &'a Path,
    model: &'a Path,
    mix: Mix,
    ends_at: Instant,
}

/// Tunes one model.
pub(crate) fn run(args: &TuneArgs) -> Exit {
    let mut problems = Problems::default();
    let engine = engine_program(&mut problems);
    let model = find_model(&args.model, args.config.as_deref(), &mut problems);
    let (Some(engine), Some(model), None) = (engine, model, problems.exit()) else {
        report::problems(&problems);
        return problems.exit().unwrap_or(Exit::Usage);
    };
    let machine = Machine::read();
    let mix = Mix { n_prompt: args.prompt, n_new: args.new, n_parallel: args.parallel };
    let ends_at = Instant::now() + Duration::from_secs(args.budget);
    let search = measure(&Bench { engine: &engine, model: &model, mix, ends_at }, &machine);
    print(&table::table(&search, mix, &BATCHES));
    keep(&search, &model, &machine)
}

fn measure(bench: &Bench<'_>, machine: &Machine) -> Search {
    let mut search = Search::new(rule_of_thumb(machine));
    while let Some(step) = search.next() {
        if bench.time_left().is_zero() {
            tracing::info!("the time is up; this is what was found until now");
            break;
        }
        match step {
            Step::Measure(candidate) => search.measured(candidate, bench.measure(candidate)),
            Step::Compare(candidate) => search.compared(candidate, bench.compare(candidate)),
        }
    }
    search
}

fn keep(search: &Search, model: &Path, machine: &Machine) -> Exit {
    let Candidate { computing, weights } = search.recommended();
    match (Tuned { computing, weights }).write(model, TUNED, machine) {
        Ok(path) => {
            print(&format!(
                "\nkept in {}; `dragon serve` uses it from now on (tuned = \"off\" ignores it)\n",
                path.display()
            ));
            if weights != WeightFormat::AsIs {
                print("the recommended weights are used where the model is served with weights = \"fast\"\n");
            }
            Exit::Drained
        }
        Err(error) => report::failure(Exit::Internal, &format!("the result cannot be kept: {error}")),
    }
}

/// Results go to standard output; nobody may be reading.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

// === impl Bench ===

impl Bench<'_> {
    fn time_left(&self) -> Duration {
        self.ends_at.saturating_duration_since(Instant::now())
    }

    fn measure(&self, candidate: Candidate) -> Option<results::Measured> {
        let weights = self.weights(candidate)?;
        tracing::info!("measuring {} weights, {}", candidate.weights.word(), candidate.computing);
        let arguments = bench_arguments(&weights, candidate.computing, self.mix, &BATCHES);
        let lines = run_tool(self.engine, &arguments, self.time_left())
            .map_err(|error| tracing::warn!("not measured: {error}"))
            .ok()?;
        results::measured(&lines, self.mix)
    }

    /// Against the file as it is, computed as llama.cpp does by itself.
    fn compare(&self, candidate: Candidate) -> Option<results::Divergence> {
        let weights = self.weights(candidate)?;
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let arguments = [
            words(&["compare", "--reference"]),
            vec![self.model.into(), "--model".into(), weights.into()],
            words(&["--cache-type", cache_word(candidate.computing.cache_type)]),
            words(&["--flash-attention", attention_word(candidate.computing.flash_attention)]),
            words(&["--reference-cache-type", cache_word(CacheType::F16)]),
            words(&["--reference-flash-attention", attention_word(FlashAttention::Auto)]),
        ];
        let lines = run_tool(self.engine, &arguments.concat(), COMPARISON_LIMIT)
            .map_err(|error| tracing::warn!("not compared: {error}"))
            .ok()?;
        results::divergence(&lines)
    }

    fn weights(&self, candidate: Candidate) -> Option<PathBuf> {
        convert(self.engine, self.model, candidate.weights)
            .map_err(|error| tracing::warn!("{} weights cannot be tried: {error}", candidate.weights.word()))
            .ok()
    }
}
