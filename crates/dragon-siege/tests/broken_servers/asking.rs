//! Single questions that fake servers know, sent by the siege's own client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dragon_siege::ask::{Ask, Check, Endpoint, Expects, Wanted, Way};
use dragon_siege::client::{Caller, Client, Connector};
use dragon_siege::clock::Clock;
use dragon_siege::exchange::Exchange;
use dragon_siege::judge::Rules;
use dragon_siege::target::Place;
use dragon_testkit::fake_llm::MODEL;
use http::{HeaderValue, Method};
use serde_json::json;

/// Short, so that a late answer does not make a slow test.
pub(crate) const RULES: Rules =
    Rules { deadline: Duration::from_millis(1_200), grace: Duration::from_millis(300) };

/// Then the client gives up.
pub(crate) const PATIENCE: Duration = Duration::from_millis(2_500);

/// All ways of asking.
pub(crate) const WAYS: [Way; 3] = [Way::Whole, Way::Streamed, Way::StreamedWithUsage];

/// A question with its answer.
pub(crate) fn question(endpoint: Endpoint, way: Way, text: &str, answer: &str) -> Ask {
    let mut body = json!({"model": MODEL, "max_tokens": 64, "temperature": 0});
    match endpoint {
        Endpoint::Chat => body["messages"] = json!([{"role": "user", "content": text}]),
        Endpoint::Completions => body["prompt"] = json!(text),
    }
    if way.is_streamed() {
        body["stream"] = json!(true);
    }
    if way == Way::StreamedWithUsage {
        body["stream_options"] = json!({"include_usage": true});
    }
    let check = Some(Check::OneOf(vec![answer.to_owned()]));
    let wanted = Wanted { endpoint, way, model: MODEL.to_owned(), max_tokens: Some(64), check };
    post(endpoint.path(), body.to_string(), Expects::Answer(wanted))
}

/// A request that is wrong.
pub(crate) fn wrong(path: &str, body: &str) -> Ask {
    post(path, body.to_owned(), Expects::Rejection)
}

fn post(path: &str, body: String, expects: Expects) -> Ask {
    let json = (http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ask { method: Method::POST, path: path.to_owned(), headers: vec![json], body: body.into(), expects }
}

/// Sends a request by a client of its own, with its answer as the siege sees it.
pub(crate) async fn exchange(address: SocketAddr, ask: &Ask) -> Exchange {
    let place = Place::parse(&format!("http://{address}")).expect("an address is a place");
    let connector = Arc::new(Connector::new(&place, address).expect("plain HTTP trusts nobody"));
    let clock = Clock::start();
    let caller = Caller::new(connector, clock, &address.to_string(), None, RULES.deadline, PATIENCE);
    Client::new(Arc::new(caller.expect("an address fits into a header"))).ask(ask, clock.now()).await
}
