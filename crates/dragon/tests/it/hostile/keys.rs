//! Clients with keys and limits.

use dragon_testkit::harness::Server;
use serde_json::json;

use super::asking::{COMPLETIONS, patient, short, with};

fn block(name: &str, key: &str, more: &str) -> String {
    format!("[[client]]\nname = \"{name}\"\nkey_sha256 = \"{}\"\n{more}\n", digest(key))
}

fn digest(key: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn only_known_keys_may_ask_and_health_stays_open() {
    let server = Server::start(&patient().more(&block("a", "key-a", "")));
    let asked = |key: &str| server.post_with(COMPLETIONS, &[("authorization", key)], &short());
    assert_eq!(asked("Bearer key-a").status, 200);
    let refused = asked("Bearer key-c");
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(refused.json()["error"]["code"], "invalid_api_key");
    assert_eq!(server.post(COMPLETIONS, &short()).status, 401);
    for (path, status) in [("/health", 200), ("/ready", 200), ("/v1/models", 401)] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
}

#[test]
fn limits_are_named_in_the_refusal_and_hold_for_one_client_only() {
    let clients = block("a", "key-a", "requests_per_min = 2") + &block("b", "key-b", "tokens_per_min = 1");
    let server = Server::start(&patient().more(&clients));
    let asked = |key: &str| server.post_with(COMPLETIONS, &[("authorization", key)], &short());
    let statuses = [(); 3].map(|()| asked("Bearer key-a").status);
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(asked("Bearer key-b").status, 200, "another's limit");
    let refused = asked("Bearer key-b");
    assert_eq!((refused.status, refused.header("x-dragon-limit")), (429, Some("tokens_per_min")));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!(wait >= 1);
    assert_eq!(refused.json()["error"]["code"], "rate_limit_exceeded");
}

#[test]
fn a_clients_deadline_lowers_the_models() {
    let server = Server::start(&patient().more(&block("a", "key-a", "deadline_ms = 3000")));
    let body = with(short(), "max_tokens", json!(2));
    let answer = server.post_with(COMPLETIONS, &[("authorization", "Bearer key-a")], &body);
    assert_eq!(answer.json()["dragon"]["deadline_ms"], 3000);
}
