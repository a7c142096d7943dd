//! How a test wants its server.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use crate::tiny::tiny_model_path;

/// Configuration of a server under test. Starts from one that makes tests exact: the tiny model with an
/// F32 cache, and a deadline that no test reaches by accident.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    server: BTreeMap<String, String>,
    models: Vec<BTreeMap<String, String>>,
    more: String,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) program: Option<PathBuf>,
}

/// The id of the tiny model in [`ServerOptions::tiny`].
const TINY_ID: &str = "tiny";

// === impl ServerOptions ===

impl ServerOptions {
    /// The tiny model under the id `tiny`: 4 slots of 4,096 tokens, F32 cache, 60 s deadline, nothing kept of earlier
    /// prompts (which changes the last digits of numbers), and one thread: a model this small gains nothing from a
    /// second, and on a busy machine threads that wait for one another lose whole time slices.
    #[must_use]
    pub fn tiny() -> Self {
        Self::tiny_from(&tiny_model_path())
    }

    /// The same with another file of the same kind.
    #[must_use]
    pub fn tiny_from(path: &Path) -> Self {
        Self::empty()
            .add_model(TINY_ID, path)
            .model("ctx", "4096")
            .model("slots", "4")
            .model("cache_type", "\"f32\"")
            .model("threads", "1")
            .model("prefix_cache_mib", "0")
    }

    /// No model yet, 60 s deadline.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            server: BTreeMap::new(),
            models: Vec::new(),
            more: String::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            program: None,
        }
        .server("deadline_ms", "60000")
    }

    /// Adds a model.
    #[must_use]
    pub fn add_model(mut self, id: &str, path: &Path) -> Self {
        let text = |value: &str| format!("{value:?}");
        let path = path.to_str().expect("test paths are UTF-8");
        self.models.push(BTreeMap::from([("id".to_owned(), text(id)), ("path".to_owned(), text(path))]));
        self
    }

    /// Sets a key of `[server]` to a TOML value, in place of what was there.
    #[must_use]
    pub fn server(mut self, key: &str, toml_value: &str) -> Self {
        self.server.insert(key.to_owned(), toml_value.to_owned());
        self
    }

    /// Sets a key of the model that was added last, in place of what was there.
    #[must_use]
    pub fn model(mut self, key: &str, toml_value: &str) -> Self {
        let model = self.models.last_mut().expect("a model was added before");
        model.insert(key.to_owned(), toml_value.to_owned());
        self
    }

    /// Appends lines to the file: `[[client]]` blocks, or mistakes on purpose.
    #[must_use]
    pub fn more(mut self, toml: &str) -> Self {
        self.more.push_str(toml);
        self
    }

    /// Adds an argument after those of the harness.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sets an environment variable; `DRAGON_ENGINE` names another engine program.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Names the server program, in place of the one that belongs to the test.
    #[must_use]
    pub fn program(mut self, path: &Path) -> Self {
        self.program = Some(path.to_owned());
        self
    }

    /// The configuration file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut toml = String::new();
        write_table(&mut toml, "[server]", &self.server);
        for model in &self.models {
            write_table(&mut toml, "[[model]]", model);
        }
        toml + &self.more
    }
}

fn write_table(toml: &mut String, head: &str, values: &BTreeMap<String, String>) {
    writeln!(toml, "{head}").expect("a String takes everything");
    for (key, value) in values {
        writeln!(toml, "{key} = {value}").expect("a String takes everything");
    }
}
