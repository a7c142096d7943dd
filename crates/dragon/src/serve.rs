//! `dragon serve`, from the flags to the exit code: check everything, bind, load, announce, serve, drain.

mod check;
mod drain;
mod engines;
mod listen;

use std::num::NonZeroUsize;
use std::sync::Arc;

use dragon_http::{App, Settings, Stop};
use rustls::ServerConfig;

use crate::banner::{Banner, Scheme};
use crate::config::{Flags, Plan};
use crate::exit::Exit;
use crate::report;
use crate::signals::Signals;
use crate::size::as_usize;
pub(crate) use check::engine_program;
use check::{Checked, check};
pub(crate) use engines::LoadFailure;
use engines::{Engines, Loaded};
use listen::{Bound, warn_beyond_loopback, warn_of_plain_keys};

/// Serves until a signal comes, or until it turns out that it cannot.
pub(crate) async fn serve(flags: &Flags) -> Exit {
    // Until here, and while files are read, a signal ends the process at once: there is nothing to drain.
    let Checked { plan, mut models, engine_program, bound, tls } = match check(flags) {
        Ok(checked) => checked,
        Err(exit) => return exit,
    };
    for model in &mut models {
        model.choose_weights(&engine_program);
    }
    let mut signals = match Signals::install() {
        Ok(signals) => signals,
        Err(error) => return report::failure(Exit::Internal, &format!("cannot handle signals: {error}")),
    };
    let mut engines = Engines::start(&engine_program, models);
    let exit = tokio::select! {
        signal = signals.next() => Err(stopped_while_loading(signal)),
        loaded = engines.loaded() => loaded.map_err(|failures| report::load_failures(&failures)),
    };
    let exit = match exit {
        Ok(models) => answer(&plan, bound, tls, models, &mut signals).await,
        Err(exit) => exit,
    };
    engines.stop(exit).await
}

fn stopped_while_loading(signal: &str) -> Exit {
    tracing::info!("{signal} while the models were loading: stopping");
    Exit::Drained
}

/// Announces the server and answers requests until a signal comes and the last one is answered.
async fn answer(
    plan: &Plan,
    bound: Bound,
    tls: Option<Arc<ServerConfig>>,
    models: Vec<Loaded>,
    signals: &mut Signals,
) -> Exit {
    if plan.clients.is_empty() {
        warn_beyond_loopback(bound.address);
    } else if tls.is_none() {
        warn_of_plain_keys(bound.address);
    }
    models.iter().for_each(Loaded::warn_if_slow);
    models.iter().for_each(Loaded::log_sandbox);
    let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };
    let banner =
        Banner { scheme, address: bound.address, models: models.iter().map(Loaded::for_banner).collect() };
    let app = App::new(edge_settings(plan, tls), models.into_iter().map(Loaded::into_model).collect());
    banner.print();
    let stop = Stop::default();
    let serving = dragon_http::serve(bound.listener, Arc::new(app), stop.clone());
    drain::until_drained(serving, &stop, plan.drain, signals).await
}

fn edge_settings(plan: &Plan, tls: Option<Arc<ServerConfig>>) -> Settings {
    Settings {
        max_connections: as_usize(plan.max_connections),
        max_connections_per_address: plan
            .max_connections_per_address
            .map(as_usize)
            .and_then(NonZeroUsize::new),
        tls,
        max_body_bytes: as_usize(plan.max_body_bytes),
        cors_origins: plan.cors_origins.clone(),
        allowed_hosts: plan.allowed_hosts.clone(),
        clients: plan.clients.clone(),
        drain: plan.drain,
    }
}
