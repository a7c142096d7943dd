//! A server without a model for benchmarks and trials by hand:
//!
//! ```text
//! cargo run --release -p dragon-siege --example fake_llm -- --behaviour missing-done --beside 8
//! cargo run --release -p dragon-siege --example fake_llm -- --filler 100 --tokens-per-s 10    # thousands of streams
//! cargo run --release -p dragon-siege --example fake_llm -- --static                          # canned bytes
//! ```
//!
//! It ends when its standard input does, or with a signal.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use dragon_testkit::fake_llm::{Behaviour, FakeLlm, Settings, StaticLlm, When};

/// A server without a model.
#[derive(Debug, Parser)]
struct Args {
    /// Port on the loopback address.
    #[arg(long, default_value_t = 8099)]
    port: u16,
    /// What it does: correct, hang, reset, late, missing-done, ... (a wrong word lists all).
    #[arg(long, default_value = "correct", value_parser = behaviour)]
    behaviour: Behaviour,
    /// The fault is there only while more than so many other requests are on their way.
    #[arg(long)]
    beside: Option<usize>,
    /// Answers have the label `dragon`.
    #[arg(long)]
    labels: bool,
    /// Tokens a second of one stream; as fast as possible without it.
    #[arg(long)]
    tokens_per_s: Option<f64>,
    /// Tokens of answers to what it does not know.
    #[arg(long, default_value_t = 24)]
    filler: usize,
    /// Who comes while so many others are being answered gets 503.
    #[arg(long, default_value_t = usize::MAX)]
    answered_max: usize,
    /// The same bytes to everybody, as fast as a socket takes them; nothing else applies then.
    #[arg(long = "static")]
    is_static: bool,
}

/// Kept as long as it is to run.
enum Running {
    Fake(FakeLlm),
    Static(StaticLlm),
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody has to listen.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> io::Result<()> {
    let running = start(args)?;
    let address = match &running {
        Running::Fake(fake) => fake.address(),
        Running::Static(canned) => canned.address(),
    };
    writeln!(io::stdout(), "listening on http://{address}")?;
    io::copy(&mut io::stdin().lock(), &mut io::sink())?;
    Ok(())
}

fn start(args: &Args) -> io::Result<Running> {
    if args.is_static {
        return StaticLlm::start(args.port).map(Running::Static);
    }
    let of_behaviour = Settings::of(args.behaviour);
    let settings = Settings {
        when: args.beside.map_or(When::Always, When::Beside),
        has_labels: args.labels || of_behaviour.has_labels,
        token_pause: pause(args.tokens_per_s)?,
        n_filler: args.filler,
        n_answered_max: args.answered_max,
        port: args.port,
        ..of_behaviour
    };
    FakeLlm::start_with(settings).map(Running::Fake)
}

fn pause(tokens_per_s: Option<f64>) -> io::Result<Duration> {
    let Some(rate) = tokens_per_s else { return Ok(Duration::ZERO) };
    Duration::try_from_secs_f64(1.0 / rate).map_err(io::Error::other)
}

fn behaviour(word: &str) -> Result<Behaviour, String> {
    let all = || Behaviour::ALL.map(|(name, _)| name).join(", ");
    Behaviour::named(word).ok_or_else(|| format!("there are {}", all()))
}
