//! Only configured models are served, and asking for others does nothing.

use dragon_testkit::harness::{Server, ServerOptions};
use dragon_testkit::tiny::tiny_model_path;
use serde_json::{Value, json};

use super::asking::{CHAT, COMPLETIONS, assert_error, assert_serves, short, with};

/// When the file was last opened for reading, as far as its file system notes that.
fn accessed_at(path: &std::path::Path) -> std::time::SystemTime {
    std::fs::metadata(path).unwrap().accessed().unwrap()
}

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello, dragon!"}], "max_tokens": 4})
}

#[test]
fn an_unknown_model_is_a_404_that_lists_those_served_and_opens_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let other = directory.path().join("other.gguf");
    std::fs::copy(tiny_model_path(), &other).unwrap();
    let server = Server::start(&ServerOptions::tiny().add_model("second", &tiny_model_path()));
    let before = accessed_at(&other);
    let path = other.to_str().unwrap();
    let served = tiny_model_path();
    let file_url = format!("file://{path}");
    let names = [
        "gpt-4",
        "Tiny",
        "tiny ",
        "tiny\0",
        "../tiny",
        "/etc/passwd",
        path,
        &file_url,
        served.to_str().unwrap(),
    ];
    for name in names {
        for (endpoint, body) in [(CHAT, chat(name)), (COMPLETIONS, with(short(), "model", name))] {
            let answer = server.post(endpoint, &body);
            assert_error(name, &answer, 404, "model_not_found", Some("model"));
            assert!(answer.text().contains("tiny, second"), "{}", answer.text());
        }
    }
    assert_eq!(accessed_at(&other), before, "the file that was named was opened");
    let fifo = server.get("/v1/models/%2Fetc%2Fpasswd");
    assert_error("/v1/models/...", &fifo, 404, "model_not_found", Some("model"));
    let models = server.get("/v1/models").json();
    let ids: Vec<&Value> = models["data"].as_array().unwrap().iter().map(|model| &model["id"]).collect();
    assert_eq!(ids, ["tiny", "second"]);
    assert_serves(&server);
}

#[test]
fn naming_a_pipe_as_the_model_cannot_hang_the_server() {
    // Whoever opened this file for reading would wait for ever.
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe.gguf");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let server = Server::start(&ServerOptions::tiny());
    for _ in 0..20 {
        let answer = server.post(COMPLETIONS, &with(short(), "model", pipe.to_str().unwrap()));
        assert_error("a pipe", &answer, 404, "model_not_found", Some("model"));
    }
    assert_serves(&server);
}

#[test]
fn a_model_without_a_chat_template_says_so_in_chat_and_completes() {
    let directory = tempfile::tempdir().unwrap();
    let bare = directory.path().join("bare.gguf");
    std::fs::write(&bare, without_template()).unwrap();
    let template = directory.path().join("chat.jinja");
    let text = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n' }}";
    std::fs::write(&template, text).unwrap();
    let options = ServerOptions::empty()
        .add_model("tiny", &bare)
        .add_model("mended", &bare)
        .model("chat_template", &format!("{template:?}"));
    let server = Server::start(&options);
    let answer = server.post(CHAT, &chat("tiny"));
    assert_error("no template", &answer, 400, "no_chat_template", Some("model"));
    assert!(answer.text().contains("chat_template = FILE"), "{}", answer.text());
    assert_serves(&server);
    // With the file beside it, it answers as the model with the built-in template does.
    let body = with(with(chat("mended"), "temperature", 0), "max_tokens", 100);
    let answer = server.post(CHAT, &body).json();
    let taught = dragon_testkit::tiny::GREETING.answer;
    assert_eq!(answer["choices"][0]["message"]["content"], taught, "{answer}");
}

/// The tiny model's file with the key of its template renamed, so that no reader knows it.
fn without_template() -> Vec<u8> {
    let mut bytes = dragon_testkit::tiny::tiny_model_bytes().to_vec();
    let key = b"tokenizer.chat_template";
    let at = bytes.windows(key.len()).position(|window| window == key).unwrap();
    bytes[at..at + key.len()].copy_from_slice(b"tokenizer.chat_tempXate");
    bytes
}

#[test]
fn a_model_named_on_the_command_line_replaces_those_of_the_file() {
    let flag = format!("short={}", tiny_model_path().display());
    let server = Server::start(&ServerOptions::tiny().argument("--model").argument(&flag));
    let models = server.get("/v1/models").json();
    assert_eq!(models["data"].as_array().unwrap().len(), 1, "{models}");
    assert_eq!(models["data"][0]["id"], "short");
    assert_eq!(server.post(COMPLETIONS, &with(short(), "model", "short")).status, 200);
    let answer = server.post(COMPLETIONS, &short());
    assert_error("of the file", &answer, 404, "model_not_found", Some("model"));
}

#[test]
fn two_models_are_served_side_by_side() {
    let options = ServerOptions::tiny()
        .add_model("cold", &tiny_model_path())
        .model("ctx", "512")
        .model("cache_type", "\"f32\"")
        .model("temperature", "0.0");
    let server = Server::start(&options);
    let ready = server.ready();
    assert_ne!(ready["models"][0]["pid"], ready["models"][1]["pid"], "each has its own engine");
    let ask = &|model: &str| {
        let body = with(with(short(), "model", model), "max_tokens", 32);
        server.post(COMPLETIONS, &body).json()
    };
    let answers = std::thread::scope(|scope| {
        let asked: Vec<_> = ["tiny", "cold"]
            .repeat(4)
            .into_iter()
            .map(|model| scope.spawn(move || (model, ask(model))))
            .collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
    });
    for (model, answer) in &answers {
        assert_eq!(answer["model"], *model, "{answer}");
        assert_eq!(answer["dragon"]["model"], *model, "{answer}");
        assert_eq!(answer["choices"][0]["text"], answers[0].1["choices"][0]["text"], "{answer}");
    }
}
