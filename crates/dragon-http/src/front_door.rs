//! The front door: what every request passes, and where each kind goes.

use std::net::IpAddr;

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CONNECTION, TRANSFER_ENCODING, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use dragon_api::{ApiError, Endpoint};

use crate::answer::{self, Arrival, Call};
use crate::app::App;
use crate::arrival::ArrivalClock;
use crate::observe;
use crate::origin::{self, Asked, Foreign};
use crate::readiness::{self, Detail};
use crate::reply::{self, Reply, ReplyBody};

/// Longest `x-request-id` that is echoed; longer ones are replaced.
const MAX_REQUEST_ID_BYTES: usize = 128;

const REQUEST_ID: &str = "x-request-id";

/// The two ends of a request's connection.
#[derive(Debug, Clone)]
pub(crate) struct Endpoints {
    pub(crate) local: IpAddr,
    pub(crate) peer: IpAddr,
}

/// Where a request goes.
#[derive(Debug, PartialEq, Eq)]
enum Route<'path> {
    Generate(Endpoint),
    Models,
    Model(&'path str),
    Health,
    Ready,
    Metrics,
    /// `OPTIONS`, which browsers send before a request from another origin.
    Preflight {
        allow: &'static str,
    },
}

/// Answers one request.
pub(crate) async fn enter(
    app: &App,
    tasks: &TaskTracker,
    endpoints: Endpoints,
    clock: &ArrivalClock,
    request: Request<Incoming>,
    arrived_at: Instant,
) -> Reply {
    let request_id = request_id(request.headers());
    let allowed_origin = origin::allowed_origin(&app.settings, request.headers()).map(str::to_owned);
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let mut reply = match check_head(app, &endpoints, &request) {
        Ok(()) => {
            let (head, body) = request.into_parts();
            let arrival = Arrival { arrived_at, request_id: &request_id, clock, tasks };
            go(app, endpoints, arrival, &head, body).await
        }
        Err(error) => Err(error),
    }
    .unwrap_or_else(|error| {
        app.refusals.saw(&error);
        reply::error(&error)
    });
    if clock.is_body_unread() || is_chunked {
        // What is still coming would be taken for the next request; and where chunks end, a proxy may see otherwise.
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    reply::set_header(&mut reply, REQUEST_ID, &request_id);
    if let Some(origin) = allowed_origin.and_then(|origin| HeaderValue::from_str(&origin).ok()) {
        reply.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        reply.headers_mut().insert(VARY, HeaderValue::from_static("Origin"));
    }
    reply
}

async fn go(
    app: &App,
    endpoints: Endpoints,
    arrival: Arrival<'_>,
    head: &Parts,
    body: Incoming,
) -> Result<Reply, ApiError> {
    let route = Route::of(&head.method, head.uri.path())?;
    let identify = || app.clients().identify(&head.headers, endpoints.peer);
    match route {
        Route::Generate(endpoint) => {
            let identity = identify()?;
            identity.charge_request()?;
            let call = Call { arrival, headers: &head.headers, identity };
            answer::answer(app, endpoint, call, body).await
        }
        Route::Models => {
            identify()?;
            let cards: Vec<_> = app.models().iter().map(|model| model.card()).collect();
            Ok(reply::document(dragon_api::models_list(&cards)))
        }
        Route::Model(id) => {
            identify()?;
            let model = app.model(&percent_decode_str(id).decode_utf8_lossy())?;
            Ok(reply::document(dragon_api::model(&model.card())))
        }
        Route::Metrics => {
            identify()?;
            Ok(reply::text(dragon_api::METRICS_TYPE, observe::metrics(app).text()))
        }
        Route::Health => Ok(reply::document(dragon_api::health())),
        Route::Ready => Ok(readiness::report(app, Detail::for_peer(endpoints.peer))),
        Route::Preflight { allow } => Ok(preflight(allow)),
    }
}

// === impl Route ===

impl<'path> Route<'path> {
    fn of(method: &Method, path: &'path str) -> Result<Self, ApiError> {
        const GET: &str = "GET, HEAD, OPTIONS";
        const POST: &str = "POST, OPTIONS";
        let (route, allow) = match path {
            "/v1/chat/completions" => (Self::Generate(Endpoint::Chat), POST),
            "/v1/completions" => (Self::Generate(Endpoint::Completions), POST),
            "/v1/models" => (Self::Models, GET),
            "/health" => (Self::Health, GET),
            "/ready" => (Self::Ready, GET),
            "/metrics" => (Self::Metrics, GET),
            _ => match path.strip_prefix("/v1/models/") {
                Some(id) if !id.is_empty() => (Self::Model(id), GET),
                _ => return Err(ApiError::unknown_path(path)),
            },
        };
        if *method == Method::OPTIONS {
            return Ok(Self::Preflight { allow });
        }
        if !allow.split(", ").any(|allowed| allowed == method.as_str()) {
            return Err(ApiError::method_not_allowed(method.as_str(), allow));
        }
        Ok(route)
    }
}

fn check_head(app: &App, endpoints: &Endpoints, request: &Request<Incoming>) -> Result<(), ApiError> {
    let asked = Asked { version: request.version(), uri: request.uri(), headers: request.headers() };
    origin::check(&app.settings, endpoints.local, asked).map_err(|foreign| match foreign {
        Foreign::NoHost => ApiError::MissingField {
            param: "host".to_owned(),
            expected: "with this header a request of HTTP/1.1 says whom it asks",
        },
        Foreign::Host(host) => ApiError::forbidden_host(&host),
        Foreign::Origin(origin) => ApiError::forbidden_origin(&origin),
    })
}

fn preflight(allow: &'static str) -> Reply {
    let mut reply = Reply::new(ReplyBody::Whole(Full::default()));
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let headers = reply.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(allow));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "authorization, content-type, x-request-id, x-dragon-deadline-ms, x-dragon-fallback, x-dragon-guard",
        ),
    );
    reply
}

/// The client's own id where it is short and printable, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| !id.is_empty() && id.len() <= MAX_REQUEST_ID_BYTES)
        .map_or_else(|| format!("req-{:016x}", answer::draw()), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_paths_and_methods_find_their_route() {
        assert_eq!(
            Route::of(&Method::POST, "/v1/chat/completions").unwrap(),
            Route::Generate(Endpoint::Chat)
        );
        assert_eq!(Route::of(&Method::GET, "/v1/models/a/b").unwrap(), Route::Model("a/b"));
        assert_eq!(Route::of(&Method::HEAD, "/health").unwrap(), Route::Health);
    }

    #[test]
    fn wrong_methods_name_the_right_ones_and_wrong_paths_the_nearest() {
        let error = Route::of(&Method::GET, "/v1/chat/completions").unwrap_err();
        assert_eq!((error.status(), error.headers()), (405, vec![("allow", "POST, OPTIONS".to_owned())]));
        let error = Route::of(&Method::POST, "/v1/chat/completion").unwrap_err();
        assert_eq!(error.status(), 404);
        assert!(error.to_string().contains("/v1/chat/completions"), "{error}");
    }
}
