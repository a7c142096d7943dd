//! Web pages must not reach a local model unasked.

use dragon_testkit::harness::{Server, ServerOptions};

use super::asking::{COMPLETIONS, JSON, assert_error, short};
use super::raw::exchange;

fn configured() -> ServerOptions {
    ServerOptions::tiny()
        .server("allowed_hosts", "[\"box.lan\"]")
        .server("cors_origins", "[\"https://ui.example\"]")
}

#[test]
fn only_loopback_names_and_allowed_hosts_are_answered() {
    let server = Server::start(&configured());
    let port = server.address().port();
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "[::1]", "box.lan", "BOX.LAN"] {
        for host in [host.to_owned(), format!("{host}:{port}"), format!("{host}:1")] {
            assert_eq!(server.http("GET", "/health", &[("host", &host)], b"").status, 200, "{host}");
        }
    }
    let foreign = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:8080",
        "box.lan.evil.example",
        "10.0.0.1",
        "0.0.0.0",
        "localhost@evil.example",
        "",
        "a b",
    ];
    for host in foreign {
        for (method, path) in [("GET", "/health"), ("GET", "/v1/models"), ("POST", COMPLETIONS)] {
            let answer = server.http(method, path, &[("host", host), JSON], short().to_string().as_bytes());
            assert_error(&format!("{path} of {host:?}"), &answer, 403, "forbidden_host", None);
        }
    }
    assert_eq!(server.first_model()["n_prefill_tokens"], 0, "a foreign request reached the model");
}

#[test]
fn a_second_host_line_cannot_hide_a_foreign_one() {
    let server = Server::start(&configured());
    for hosts in [["localhost", "evil.example"], ["evil.example", "localhost"]] {
        let [first, second] = hosts;
        let request =
            format!("GET /health HTTP/1.1\r\nhost: {first}\r\nhost: {second}\r\nconnection: close\r\n\r\n");
        let answer = exchange(&server, request.as_bytes());
        assert!(matches!(answer.status, 400 | 403), "{hosts:?}: {}", answer.status);
    }
}

#[test]
fn a_target_with_a_foreign_name_is_turned_away_whatever_the_host_says() {
    let server = Server::start(&configured());
    let target = |name: &str| {
        let head =
            format!("GET http://{name}/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        exchange(&server, head.as_bytes())
    };
    assert_error("foreign", &target("evil.example"), 403, "forbidden_host", None);
    for name in ["localhost:1", "127.0.0.1", "box.lan"] {
        assert_eq!(target(name).status, 200, "{name}");
    }
}

#[test]
fn a_foreign_origin_is_a_403_that_no_page_can_read() {
    let server = Server::start(&configured());
    for origin in ["https://evil.example", "null", "http://ui.example", "https://ui.example.evil", ""] {
        for (method, path) in [("GET", "/health"), ("POST", COMPLETIONS), ("OPTIONS", COMPLETIONS)] {
            let headers = [("origin", origin), JSON];
            let answer = server.http(method, path, &headers, short().to_string().as_bytes());
            assert_error(&format!("{method} from {origin:?}"), &answer, 403, "forbidden_origin", None);
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
}

#[test]
fn a_listed_origin_may_ask_before_and_read_after() {
    let server = Server::start(&configured());
    let origin = ("origin", "https://ui.example");
    let preflight = [
        origin,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    let answer = server.http("OPTIONS", COMPLETIONS, &preflight, b"");
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://ui.example"));
    assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
    let allowed = answer.header("access-control-allow-headers").unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"), "{allowed}");
    for body in [short().to_string(), "broken".to_owned()] {
        let answer = server.http("POST", COMPLETIONS, &[origin, JSON], body.as_bytes());
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://ui.example"));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
    let without = server.get("/health");
    assert_eq!(without.header("access-control-allow-origin"), None);
}

#[test]
fn with_nothing_configured_no_page_may_ask() {
    let server = Server::start(&ServerOptions::tiny());
    let own = format!("http://{}", server.address());
    let answer = server.http("POST", COMPLETIONS, &[("origin", &own), JSON], short().to_string().as_bytes());
    assert_error("even from its own address", &answer, 403, "forbidden_origin", None);
}
