//! What `/ready` says about a model's engine, where a server has such a page (Dragon does).

use serde::Deserialize;

/// One engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its process, where it has one.
    pub pid: Option<u32>,
    /// Whether it can answer.
    pub is_ready: bool,
}

#[derive(Debug, Deserialize)]
struct Page {
    models: Vec<Model>,
}

#[derive(Debug, Deserialize)]
struct Model {
    id: String,
    state: String,
    pid: Option<u32>,
}

/// The engine of this model, out of the body of `/ready`. `None` where the page says nothing about it.
#[must_use]
pub fn engine_of(model: &str, body: &[u8]) -> Option<Engine> {
    let page: Page = serde_json::from_slice(body).ok()?;
    let model = page.models.into_iter().find(|candidate| candidate.id == model)?;
    Some(Engine { pid: model.pid, is_ready: model.state == "ready" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_of_the_model_is_found() {
        let page = br#"{"status":"not_ready","models":[
            {"id":"a","state":"ready","reason":null,"slots":8,"pid":11},
            {"id":"b","state":"restarting","reason":"it died","slots":8},
            {"id":"c","state":"stalled","pid":13}]}"#;
        assert_eq!(engine_of("a", page), Some(Engine { pid: Some(11), is_ready: true }));
        assert_eq!(engine_of("b", page), Some(Engine { pid: None, is_ready: false }));
        assert_eq!(engine_of("c", page), Some(Engine { pid: Some(13), is_ready: false }));
        assert_eq!(engine_of("d", page), None);
    }

    #[test]
    fn other_pages_say_nothing() {
        for other in [&b"ok"[..], b"{}", b"[]", b"{\"models\":3}", b"{\"models\":[{\"id\":\"a\"}]}", b""] {
            assert_eq!(engine_of("a", other), None);
        }
    }
}
