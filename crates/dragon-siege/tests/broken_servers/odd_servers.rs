//! Whole sieges of servers that no maker would call broken, and of one that repeats what it should not.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use clap::Parser;
use dragon_siege::report::model::Report;
use dragon_siege::{SiegeArgs, SiegeExit, criteria, siege};
use serde_json::{Value, json};

#[derive(Debug, Parser)]
struct Program {
    #[command(flatten)]
    siege: SiegeArgs,
}

/// A request as a server reads it.
struct Request {
    method: String,
    authorization: String,
    body: Value,
}

/// What a server sends: status, content type, body.
type Reply = (u16, &'static str, String);

/// Of [`Reply`]s whose `server` header repeats the key, or not.
#[derive(Clone, Copy)]
struct Server {
    reply: fn(&Request) -> Reply,
    repeats_key: bool,
}

// === impl Server ===

impl Server {
    /// Serves as long as the test runs; gives its URL.
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || self.serve(&stream));
            }
        });
        url
    }

    /// One request after the other; `None` once the client has no more.
    fn serve(self, stream: &TcpStream) -> Option<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let request = read(&mut reader)?;
            // Else a siege of a server without work is a busy machine's measurement of itself.
            thread::sleep(Duration::from_millis(10));
            let (status, kind, body) = match request.method.as_str() {
                "GET" => (200, "application/json", json!({"data": [{"id": "odd"}]}).to_string()),
                _ => (self.reply)(&request),
            };
            let server = if self.repeats_key { &request.authorization } else { "odd" };
            let head = format!(
                "HTTP/1.1 {status} Well\r\nserver: {server}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            (&mut &*stream).write_all((head + &body).as_bytes()).ok()?;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let (mut method, mut authorization, mut n_bytes) = (String::new(), String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let line = line.trim_end();
        match line.split_once(": ") {
            Some(("authorization", value)) => authorization = value.to_owned(),
            Some(("content-length", value)) => n_bytes = value.parse().ok()?,
            _ if line.is_empty() && !method.is_empty() => break,
            _ if method.is_empty() => method = line.split(' ').next()?.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; n_bytes];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, authorization, body: serde_json::from_slice(&body).unwrap_or_default() })
}

/// A right answer with this text, as a stream without usage where one is asked for.
fn answer(request: &Request, text: &str) -> Reply {
    let is_chat = request.body["messages"].is_array();
    let document = |object: &str, choice: Value| {
        let object = if is_chat { object } else { "text_completion" };
        json!({"id": "odd-1", "object": object, "created": 1, "model": "odd", "choices": [choice]})
    };
    let n_tokens = u64::from(!text.is_empty());
    if request.body["stream"] == true {
        let piece = |text: &str, finish: Value| {
            let mut choice = json!({"index": 0, "finish_reason": finish});
            if is_chat {
                choice["delta"] = json!({ "content": text });
            } else {
                choice["text"] = json!(text);
            }
            format!("data: {}\n\n", document("chat.completion.chunk", choice))
        };
        let body = piece(text, Value::Null) + &piece("", json!("stop")) + "data: [DONE]\n\n";
        return (200, "text/event-stream", body);
    }
    let choice = if is_chat {
        json!({"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"})
    } else {
        json!({"index": 0, "text": text, "finish_reason": "stop"})
    };
    let mut document = document("chat.completion", choice);
    document["usage"] =
        json!({"prompt_tokens": 3, "completion_tokens": n_tokens, "total_tokens": 3 + n_tokens});
    (200, "application/json", document.to_string())
}

/// Exit, report, and the text of all its files.
fn besiege(server: Server, flags: &str) -> (SiegeExit, Report, String) {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("siege.html");
    let url = server.start();
    let flags = format!(
        "--attack overload --connections 4 --duration 2 --calibration 2 --deadline-ms 1500 --patience-ms 3000 {flags}"
    );
    let arguments = ["siege", "--plain", "--seed", "7", "--target", &url, "--report", page.to_str().unwrap()];
    let program = Program::parse_from(arguments.into_iter().chain(flags.split_whitespace()));
    let exit = siege(&program.siege);
    let report = dragon_siege::report::read(&page.with_extension("json")).unwrap();
    let read = |extension| fs::read_to_string(page.with_extension(extension)).unwrap();
    (exit, report, ["html", "json", "md"].map(read).concat())
}

#[test]
fn a_key_that_the_target_repeats_is_in_no_file_of_the_report() {
    let reply = |request: &Request| {
        let page = format!("<h1>bad key {}</h1>", request.authorization);
        (500, "text/html", page)
    };
    let (exit, report, files) = besiege(Server { reply, repeats_key: true }, "--api-key sk-sekret/123&4");
    assert_eq!(exit, SiegeExit::NotHeld);
    assert!(!files.contains("sekret"), "{files}");
    assert_eq!(report.target.server.as_deref(), Some("Bearer [API key]"));
    let samples = &report.phases[0].samples;
    assert!(samples.iter().any(|sample| sample.reply.contains("bad key Bearer [API key]")), "{samples:?}");
    assert!(!report.calibration.has_own_key);
}

#[test]
fn answers_without_a_word_are_not_served_and_are_counted() {
    let reply = |request: &Request| answer(request, "");
    let (exit, report, files) = besiege(Server { reply, repeats_key: false }, "");
    let counts = criteria::everybody(&report.phases[0]);
    assert_eq!((counts.served, counts.faulty), (0, 0), "{counts:?}");
    assert_eq!((counts.empty, counts.refused), (counts.n, counts.n), "{counts:?}");
    assert!(counts.n > 10 && files.contains("answers without a word"), "{counts:?}");
    assert_eq!(exit, SiegeExit::NotHeld, "nobody got a word");
}

#[test]
fn a_server_that_knows_nothing_of_usage_in_streams_is_noted_and_not_faulty() {
    let reply = |request: &Request| answer(request, "Paris");
    let (_, report, files) = besiege(Server { reply, repeats_key: false }, "");
    let counts = criteria::everybody(&report.phases[0]);
    assert_eq!((counts.served, counts.ill_formed), (counts.n, 0), "{:#?}", report.phases[0].samples);
    assert!(report.target.lacks_usage && files.contains("left out in quiet"), "{:?}", report.target);
    // The server lets everybody in, and says so nowhere: whoever reads the figures has to know.
    assert!(report.calibration.has_own_key && files.contains("dragon-siege-bystander"));
}
