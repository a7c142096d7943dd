//! Asks a target what it is.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::SERVER;
use serde::Deserialize;
use thiserror::Error;

use super::place::{Place, is_loopback};
use super::process;
use super::ready::engine_of;
use crate::client::{Caller, Client, Connector, Unusable, page};
use crate::clock::Clock;
use crate::exchange::{BodyEnd, Reply, Response, Silence};
use crate::plan::Target;

/// How long a target is given to say what it serves: nothing has to be computed for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the user said about a target, besides where it is.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The model to ask; else the first that it serves.
    pub model: Option<String>,
    /// For `authorization`.
    pub api_key: Option<String>,
    /// A name for reports; else its URL.
    pub name: Option<String>,
    /// The engine's process.
    pub engine_pid: Option<u32>,
}

/// What it said.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// For the plan.
    pub target: Target,
    /// Its `server` header.
    pub server: Option<String>,
    /// All models that it serves, where it says so.
    pub models: Vec<String>,
    /// Whether an engine can be killed: the user gave one, or its `/ready` names one that comes from its process.
    pub has_engine: bool,
}

/// Why a target cannot be attacked.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum DiscoverError {
    /// What the user gave cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// Nobody is there.
    #[error("{url} does not answer: {why}")]
    NoAnswer {
        /// The target.
        url: String,
        /// In words.
        why: String,
    },
    /// It does not say which models it serves, and the user does not either.
    #[error("{url}/v1/models names no model ({why}): name one with --model")]
    NoModel {
        /// The target.
        url: String,
        /// What came instead.
        why: String,
    },
}

#[derive(Debug, Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
}

/// Asks the first of these addresses that answers for its models, and finds its process where it is on this machine.
///
/// # Errors
/// Where none answers, or no model is known.
pub async fn discover(
    place: &Place,
    addresses: &[SocketAddr],
    asked: Asked,
) -> Result<Discovered, DiscoverError> {
    let url = place.to_string();
    let (address, response) = first_answer(place, addresses, &asked).await?;
    let header = response.headers.get(SERVER).and_then(|value| value.to_str().ok());
    let server = header.map(str::to_owned);
    let models = models_in(&response);
    let model = match (asked.model, &models) {
        (Some(model), _) => model,
        (None, Ok(models)) => match models.first() {
            Some(model) => model.clone(),
            None => return Err(DiscoverError::NoModel { url, why: "the list is empty".to_owned() }),
        },
        (None, Err(why)) => return Err(DiscoverError::NoModel { url, why: why.clone() }),
    };
    let is_here = is_loopback(&[address]);
    let target = Target {
        url: url.clone(),
        address,
        host: place.host(),
        is_https: place.is_https,
        api_key: asked.api_key,
        model,
        name: asked.name.unwrap_or(url),
        engine_pid: asked.engine_pid,
        server_pid: if is_here { process::listening_at(address) } else { None },
    };
    let has_engine = is_here && (target.engine_pid.is_some() || names_its_engine(place, &target).await);
    Ok(Discovered { target, server, models: models.unwrap_or_default(), has_engine })
}

async fn first_answer(
    place: &Place,
    addresses: &[SocketAddr],
    asked: &Asked,
) -> Result<(SocketAddr, Response), DiscoverError> {
    let mut why = "it has no address".to_owned();
    for &address in addresses {
        match get(place, address, asked.api_key.as_deref(), "/v1/models").await? {
            Reply::Response(response) => return Ok((address, response)),
            Reply::None(silence) => why = in_words(&silence),
        }
    }
    Err(DiscoverError::NoAnswer { url: place.to_string(), why })
}

/// One request on a connection of its own.
async fn get(
    place: &Place,
    address: SocketAddr,
    api_key: Option<&str>,
    path: &str,
) -> Result<Reply, Unusable> {
    let connector = Arc::new(Connector::new(place, address)?);
    let caller = Caller::new(connector, Clock::start(), &place.host(), api_key, PATIENCE, PATIENCE)?;
    Ok(Client::new(Arc::new(caller)).ask(&page(path), Duration::ZERO).await.reply)
}

async fn names_its_engine(place: &Place, target: &Target) -> bool {
    let Some(server_pid) = target.server_pid else { return false };
    let reply = get(place, target.address, target.api_key.as_deref(), "/ready").await;
    let Ok(Reply::Response(response)) = reply else { return false };
    let engine = engine_of(&target.model, &response.body);
    engine.and_then(|engine| engine.pid).is_some_and(|pid| process::tree_of(server_pid).contains(&pid))
}

/// The models, or why there are none.
fn models_in(response: &Response) -> Result<Vec<String>, String> {
    if response.status != StatusCode::OK || response.end != BodyEnd::Whole {
        return Err(format!("status {}", response.status.as_u16()));
    }
    let listing: Listing = serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
    Ok(listing.data.into_iter().map(|listed| listed.id).collect())
}

fn in_words(silence: &Silence) -> String {
    match silence {
        Silence::Unreachable(why) => format!("no connection ({why})"),
        Silence::Closed(why) => format!("it closed the connection ({why})"),
        Silence::Hung => format!("nothing came within {} s", PATIENCE.as_secs()),
        Silence::NotHttp(why) => format!("what it sent is not HTTP ({why})"),
    }
}
