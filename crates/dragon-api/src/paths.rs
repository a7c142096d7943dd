//! The endpoints, and which of them a wrong path most likely meant.

/// An endpoint as the documentation names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointPath {
    /// The methods that it takes, as its `Allow` header.
    pub methods: &'static str,
    /// Its path; `{id}` stands for a model's id.
    pub path: &'static str,
}

/// Every endpoint.
pub const ENDPOINTS: &[EndpointPath] = &[
    EndpointPath { methods: "POST, OPTIONS", path: CHAT },
    EndpointPath { methods: "POST, OPTIONS", path: COMPLETIONS },
    EndpointPath { methods: "GET, HEAD, OPTIONS", path: MODELS },
    EndpointPath { methods: "GET, HEAD, OPTIONS", path: "/v1/models/{id}" },
    EndpointPath { methods: "GET, HEAD, OPTIONS", path: "/health" },
    EndpointPath { methods: "GET, HEAD, OPTIONS", path: "/ready" },
    EndpointPath { methods: "GET, HEAD, OPTIONS", path: "/metrics" },
];

const CHAT: &str = "/v1/chat/completions";
const COMPLETIONS: &str = "/v1/completions";
const MODELS: &str = "/v1/models";

/// Paths of other servers whose spelling does not tell what they are for.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/api/chat", CHAT),
    ("/api/generate", COMPLETIONS),
    ("/api/tags", MODELS),
    ("/completion", COMPLETIONS),
    ("/generate", COMPLETIONS),
    ("/v1/messages", CHAT),
    ("/v1/responses", CHAT),
    ("/chat", CHAT),
    ("/ping", "/health"),
    ("/livez", "/health"),
    ("/readyz", "/ready"),
];

/// Bytes of a path that are compared; comparing costs this times the endpoint's length.
const MAX_COMPARED_BYTES: usize = 64;

/// The endpoint that was most likely meant by `path`.
pub fn nearest_endpoint(path: &str) -> &'static str {
    let path = path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return CHAT;
    }
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == path) {
        return ours;
    }
    let compared = path.as_bytes().get(..MAX_COMPARED_BYTES).unwrap_or(path.as_bytes());
    ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.path)
        .min_by_key(|ours| edit_distance(compared, ours.as_bytes()))
        .unwrap_or(CHAT)
}

/// How many bytes have to be inserted, deleted or replaced to turn `a` into `b` (Levenshtein 1965, computed
/// row by row).
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (above, a_byte) in a.iter().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (b_byte, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(a_byte != b_byte);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_distances_are_the_known_ones() {
        for (a, b, distance) in [("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("abc", "", 3)]
        {
            assert_eq!(edit_distance(a.as_bytes(), b.as_bytes()), distance, "{a} {b}");
        }
    }

    #[test]
    fn wrong_paths_lead_to_the_endpoint_that_was_meant() {
        for (wrong, meant) in [
            ("/v1/chat/completion", "/v1/chat/completions"),
            ("/chat/completions", "/v1/chat/completions"),
            ("/V1/Chat/Completions/", "/v1/chat/completions"),
            ("/v1/chat/completions/extra", "/v1/chat/completions"),
            ("/completions", "/v1/completions"),
            ("/v1/completion?x=1", "/v1/completions"),
            ("/models", "/v1/models"),
            ("/healthz", "/health"),
            ("/api/generate", "/v1/completions"),
            ("/api/chat", "/v1/chat/completions"),
            ("/", "/v1/chat/completions"),
        ] {
            assert_eq!(nearest_endpoint(wrong), meant, "{wrong}");
        }
    }

    #[test]
    fn a_hostile_path_costs_little_and_gets_an_endpoint() {
        assert!(nearest_endpoint(&"/é".repeat(100_000)).starts_with('/'));
    }
}
