//! Wrong paths, methods and content types: what bots, misread manuals and other clients send.
//!
//! Only what is wrong everywhere is called wrong: no path that some server of language models has. Paths that could be
//! one of those end in a number.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method};

use super::wish::{JSON, Wish, one_of};
use super::{Attack, Context, Criterion};
use crate::ask::{Ask, Endpoint, Expects, Shot, Way};

/// Methods and paths that nobody serves. Each is asked with a number behind it where it ends in `=`.
const NOWHERE: [(Method, &str); 18] = [
    (Method::GET, "/v1/chat/completions"),
    (Method::DELETE, "/v1/chat/completions"),
    (Method::PATCH, "/v1/completions"),
    (Method::PUT, "/v1/chat/completions"),
    (Method::POST, "/v1/chat/completion"),
    (Method::POST, "/v1/chat"),
    (Method::POST, "/v2/chat/completions"),
    (Method::POST, "/v1/chat/completions/more?n="),
    (Method::POST, "/v1/completions/of/nothing"),
    (Method::POST, "/chat/completion"),
    (Method::POST, "/openai/deployments/none/chat/completions?api-version="),
    (Method::GET, "/v1/no/such/page?n="),
    (Method::DELETE, "/v1/models"),
    (Method::GET, "/wp-login.php?n="),
    (Method::GET, "/.env"),
    (Method::GET, "/.git/config"),
    (Method::GET, "/cgi-bin/..%2f..%2f..%2fetc/passwd"),
    (Method::GET, "/%00%ff%fe?n="),
];

/// Wrong paths, methods and content types.
#[derive(Debug)]
pub(super) struct WrongEndpoint;

impl Attack for WrongEndpoint {
    fn name(&self) -> &'static str {
        "wrong-endpoint"
    }

    fn description(&self) -> &'static str {
        "spam of wrong paths, wrong methods and wrong content types"
    }

    fn criterion(&self) -> Criterion {
        Criterion::BystanderThroughput
    }

    fn shot(&self, context: &Context<'_>, dice: &mut fastrand::Rng) -> Shot {
        Shot::ask(if dice.u32(..4) == 0 { wrong_type(context, dice) } else { nowhere(context, dice) })
    }
}

fn wish<'a>(context: &Context<'a>) -> Wish<'a> {
    Wish {
        endpoint: Endpoint::Chat,
        way: Way::Whole,
        model: context.model,
        text: "Is anybody there?",
        max_tokens: 8,
        temperature: None,
    }
}

/// A request as it should be, sent to where it should not.
fn nowhere(context: &Context<'_>, dice: &mut fastrand::Rng) -> Ask {
    #[expect(clippy::indexing_slicing, reason = "below the length, which is not zero")]
    let (method, path) = NOWHERE[dice.usize(..NOWHERE.len())].clone();
    let path = if path.ends_with('=') { format!("{path}{}", dice.u32(..)) } else { path.to_owned() };
    let body = if method == Method::GET { Vec::new() } else { wish(context).body() };
    let headers = if body.is_empty() { Vec::new() } else { vec![JSON] };
    Ask { method, path, headers, body: body.into(), expects: Expects::Rejection }
}

/// The right path, and a body of another kind.
fn wrong_type(context: &Context<'_>, dice: &mut fastrand::Rng) -> Ask {
    let wish = wish(context);
    let json = wish.body();
    let either = || Expects::Either(wish.wanted());
    let (kind, encoding, body, expects) = match dice.u32(..6) {
        0 => (
            "application/xml",
            None,
            b"<chat><message>Is anybody there?</message></chat>".to_vec(),
            Expects::Rejection,
        ),
        1 => {
            let form = "--x\r\ncontent-disposition: form-data; name=\"prompt\"\r\n\r\nhello\r\n--x--\r\n";
            ("multipart/form-data; boundary=x", None, form.into(), Expects::Rejection)
        }
        2 => (
            "application/x-www-form-urlencoded",
            None,
            b"prompt=hello&max_tokens=8".to_vec(),
            Expects::Rejection,
        ),
        3 => {
            ("application/octet-stream", None, (0..64).map(|_| dice.u8(128..)).collect(), Expects::Rejection)
        }
        // JSON all the same: servers may be strict about it or not.
        4 => (one_of(&["text/plain", "application/jsonlines"], dice), None, json, either()),
        _ => ("application/json", Some(HeaderValue::from_static("gzip")), json, either()),
    };
    let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static(kind))];
    headers.extend(encoding.map(|encoding| (CONTENT_ENCODING, encoding)));
    Ask { method: Method::POST, path: wish.endpoint.path().to_owned(), headers, body: body.into(), expects }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::tests::asks;
    use super::*;

    #[test]
    fn what_has_to_be_turned_away_is_never_an_ordinary_request() {
        for ask in asks(&WrongEndpoint, 2_000) {
            let is_endpoint = ask.method == Method::POST
                && [Endpoint::Chat, Endpoint::Completions].iter().any(|endpoint| endpoint.path() == ask.path);
            let is_json = serde_json::from_slice::<serde_json::Value>(&ask.body).is_ok();
            match ask.expects {
                Expects::Rejection => assert!(!is_endpoint || !is_json, "{ask:?}"),
                Expects::Either(_) => assert!(is_endpoint && is_json, "{ask:?}"),
                Expects::Answer(_) => panic!("{ask:?}"),
            }
        }
    }

    #[test]
    fn all_of_them_come() {
        let kinds: HashSet<_> = asks(&WrongEndpoint, 2_000)
            .into_iter()
            .map(|ask| (ask.method, ask.path.split('?').next().unwrap().to_owned(), ask.headers))
            .collect();
        // The second kind has an endpoint of the first, and seven sorts.
        assert_eq!(kinds.len(), NOWHERE.len() + 7);
    }
}
