//! Every setting of the file, once: name, range, default. The reader, its error messages and the test that
//! holds `docs/CONFIG.md` to the code all use these.

/// What every kind of setting can say about itself.
pub(crate) trait Setting: Sync {
    /// Its key in the file.
    fn name(&self) -> &'static str;
    /// The values that it takes, in words, as messages and the documentation write them.
    fn range(&self) -> String;
    /// The default as written in a file; `None` where it depends on something else or there is none.
    fn default_text(&self) -> Option<String>;
}

/// A whole number.
#[derive(Debug)]
pub(crate) struct Integer {
    pub(crate) name: &'static str,
    /// What is counted; empty for plain numbers.
    pub(crate) unit: &'static str,
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// `None`: optional, or worked out from the model or the machine.
    pub(crate) default: Option<u32>,
}

/// A fraction.
#[derive(Debug)]
pub(crate) struct Number {
    pub(crate) name: &'static str,
    pub(crate) min: f32,
    pub(crate) min_is: Bound,
    pub(crate) max: f32,
    pub(crate) default: f32,
}

/// Whether a range contains its lower end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Included,
    Excluded,
}

/// A string or a list of strings; what it may hold is checked where it is read.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) name: &'static str,
    pub(crate) accepts: &'static str,
    pub(crate) default: Option<&'static str>,
}

/// One of a few words, each with its meaning.
#[derive(Debug)]
pub(crate) struct Choice<T: 'static> {
    pub(crate) name: &'static str,
    pub(crate) words: &'static [(&'static str, T)],
    pub(crate) default: &'static str,
}

/// Whether a model is served from its own file or from a faster form of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weights {
    /// From the file that is named.
    AsIs,
    /// Converted once to what this machine computes fastest, where that loses next to nothing.
    Fast,
}

/// Whether the result of a tuning run is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UseTuned {
    /// Where there is one for this machine.
    Auto,
    /// Never.
    Off,
}

/// What holds where nobody says anything. The address, the cache format and the sampling defaults stand
/// beside their types.
pub(crate) mod defaults {
    /// Milliseconds: what a person waits before giving up.
    pub(crate) const DEADLINE_MS: u32 = 10_000;
    /// Requests that wait for one model; more could not be served within the deadline anyway.
    pub(crate) const QUEUE_MAX: u32 = 100;
    /// Connections; each costs a few kilobytes and a file descriptor.
    pub(crate) const MAX_CONNECTIONS: u32 = 1024;
    /// One mebibyte of JSON is longer than any context that a small machine holds.
    pub(crate) const MAX_BODY_BYTES: u32 = 1 << 20;
    /// Milliseconds: enough for a short answer, and less than process managers wait before they kill.
    pub(crate) const DRAIN_MS: u32 = 5_000;
    /// Milliseconds; `Patience` says why so long.
    pub(crate) const HANG_MS: u32 = 3_000;
    /// Tokens: a sentence or two.
    pub(crate) const USEFUL_TOKENS: u32 = dragon_core::admission::N_USEFUL_TOKENS;
    /// Sequences at once: where two cores stop gaining from a larger batch.
    pub(crate) const SLOTS: u32 = 8;
    /// Memory for prompts and answers that have left the cache: some ten thousand tokens of a small model, and
    /// little beside the rest of a machine with 8 GiB.
    pub(crate) const PREFIX_CACHE_MIB: u32 = 256;
    /// Tokens guessed from the prompt and checked in one call: more are rarely right to the end.
    pub(crate) const MAX_DRAFT: u32 = 8;
    /// Nothing on a GPU.
    pub(crate) const GPU_LAYERS: u32 = 0;
    /// Context per sequence, in tokens, where the model was trained for at least as much.
    pub(crate) const CTX: u32 = 4096;
}

/// Settings of `[server]`.
pub(crate) mod server {
    use super::{Choice, Integer, Setting, Text, defaults};

    pub(crate) const DEADLINE_MS: Integer = super::deadline_ms(Some(defaults::DEADLINE_MS));
    pub(crate) const QUEUE_MAX: Integer = super::queue_max(Some(defaults::QUEUE_MAX));
    pub(crate) const LISTEN: Text =
        Text { name: "listen", accepts: "ADDRESS:PORT", default: Some("127.0.0.1:8080") };
    pub(crate) const MAX_CONNECTIONS: Integer = Integer {
        name: "max_connections",
        unit: "",
        min: 1,
        max: 65_536,
        default: Some(defaults::MAX_CONNECTIONS),
    };
    /// Left out: half of `max_connections`, and all of them for this machine.
    pub(crate) const MAX_CONNECTIONS_PER_ADDRESS: Integer =
        Integer { name: "max_connections_per_address", unit: "", min: 1, max: 65_536, default: None };
    pub(crate) const MAX_BODY_BYTES: Integer = Integer {
        name: "max_body_bytes",
        unit: "bytes",
        min: 1024,
        max: 64 << 20,
        default: Some(defaults::MAX_BODY_BYTES),
    };
    pub(crate) const CORS_ORIGINS: Text =
        Text { name: "cors_origins", accepts: "a list of origins", default: Some("[]") };
    pub(crate) const ALLOWED_HOSTS: Text =
        Text { name: "allowed_hosts", accepts: "a list of host names", default: Some("[]") };

    pub(crate) const DRAIN_MS: Integer =
        Integer { name: "drain_ms", unit: "ms", min: 0, max: 3_600_000, default: Some(defaults::DRAIN_MS) };
    /// Whether identical requests of different clients share a generation.
    pub(crate) const SHARE_ACROSS_CLIENTS: Choice<bool> =
        Choice { name: "share_across_clients", words: &super::ON_OFF, default: "off" };
    /// Whether the server may listen beyond loopback without keys.
    pub(crate) const ALLOW_ANYONE: Choice<bool> =
        Choice { name: "allow_anyone", words: &super::ON_OFF, default: "off" };

    pub(crate) const TLS_CERTIFICATE: Text =
        Text { name: "tls_certificate", accepts: "a PEM file", default: None };
    pub(crate) const TLS_KEY: Text = Text { name: "tls_key", accepts: "a PEM file", default: None };

    /// All of them.
    pub(crate) const ALL: &[&dyn Setting] = &[
        &LISTEN,
        &TLS_CERTIFICATE,
        &TLS_KEY,
        &DRAIN_MS,
        &SHARE_ACROSS_CLIENTS,
        &ALLOW_ANYONE,
        &DEADLINE_MS,
        &QUEUE_MAX,
        &MAX_CONNECTIONS,
        &MAX_CONNECTIONS_PER_ADDRESS,
        &MAX_BODY_BYTES,
        &CORS_ORIGINS,
        &ALLOWED_HOSTS,
    ];
}

/// Settings of each `[[model]]`.
pub(crate) mod model {
    use dragon_http::GuardMode;
    use dragon_ipc::{CacheType, FlashAttention};

    use super::{Bound, Choice, Integer, Number, Setting, Text, UseTuned, Weights, defaults};

    /// Left out: the server's.
    pub(crate) const DEADLINE_MS: Integer = super::deadline_ms(None);
    /// Left out: the server's.
    pub(crate) const QUEUE_MAX: Integer = super::queue_max(None);

    pub(crate) const ID: Text =
        Text { name: "id", accepts: "1 to 128 of A-Z a-z 0-9 . _ : / -", default: None };
    pub(crate) const PATH: Text = Text { name: "path", accepts: "a GGUF file", default: None };
    pub(crate) const SHA256: Text = Text { name: "sha256", accepts: "64 hexadecimal digits", default: None };
    pub(crate) const CTX: Integer =
        Integer { name: "ctx", unit: "tokens", min: 64, max: 1 << 20, default: None };
    pub(crate) const SLOTS: Integer =
        Integer { name: "slots", unit: "", min: 1, max: 256, default: Some(defaults::SLOTS) };
    /// `None`: as tuning or the rules of thumb say.
    pub(crate) const CACHE_TYPE: Choice<Option<CacheType>> = Choice {
        name: "cache_type",
        words: &[
            ("auto", None),
            ("f32", Some(CacheType::F32)),
            ("f16", Some(CacheType::F16)),
            ("bf16", Some(CacheType::Bf16)),
            ("q8_0", Some(CacheType::Q8_0)),
        ],
        default: "auto",
    };
    /// `None`: as tuning or the rules of thumb say.
    pub(crate) const FLASH_ATTENTION: Choice<Option<FlashAttention>> = Choice {
        name: "flash_attention",
        words: &[("auto", None), ("on", Some(FlashAttention::On)), ("off", Some(FlashAttention::Off))],
        default: "auto",
    };
    pub(crate) const PREFIX_CACHE_MIB: Integer = Integer {
        name: "prefix_cache_mib",
        unit: "MiB",
        min: 0,
        max: 1 << 20,
        default: Some(defaults::PREFIX_CACHE_MIB),
    };
    /// Tokens guessed at once.
    pub(crate) const SPECULATION: Choice<u32> = Choice {
        name: "speculation",
        words: &[("off", 0), ("prompt-lookup", defaults::MAX_DRAFT)],
        default: "off",
    };
    pub(crate) const WEIGHTS: Choice<Weights> = Choice {
        name: "weights",
        words: &[("as-is", Weights::AsIs), ("fast", Weights::Fast)],
        default: "as-is",
    };
    pub(crate) const TUNED: Choice<UseTuned> =
        Choice { name: "tuned", words: &[("auto", UseTuned::Auto), ("off", UseTuned::Off)], default: "auto" };
    pub(crate) const THREADS: Integer =
        Integer { name: "threads", unit: "", min: 1, max: 1024, default: None };
    pub(crate) const PREFILL_CHUNK: Integer =
        Integer { name: "prefill_chunk", unit: "tokens", min: 8, max: 2048, default: None };
    pub(crate) const GPU_LAYERS: Integer =
        Integer { name: "gpu_layers", unit: "", min: 0, max: 1000, default: Some(defaults::GPU_LAYERS) };
    pub(crate) const STANDBY: Choice<bool> =
        Choice { name: "standby", words: &super::ON_OFF, default: "off" };
    /// Less than half a second would kill engines for a hiccup of the machine.
    pub(crate) const HANG_MS: Integer =
        Integer { name: "hang_ms", unit: "ms", min: 500, max: 3_600_000, default: Some(defaults::HANG_MS) };
    pub(crate) const MAX_TOKENS: Integer =
        Integer { name: "max_tokens", unit: "tokens", min: 1, max: 1 << 20, default: None };
    pub(crate) const USEFUL_TOKENS: Integer = Integer {
        name: "useful_tokens",
        unit: "tokens",
        min: 16,
        max: 1024,
        default: Some(defaults::USEFUL_TOKENS),
    };
    pub(crate) const CHAT_TEMPLATE: Text =
        Text { name: "chat_template", accepts: "a Jinja file", default: None };
    pub(crate) const TEMPERATURE: Number =
        Number { name: "temperature", min: 0.0, min_is: Bound::Included, max: 2.0, default: 0.7 };
    pub(crate) const TOP_P: Number =
        Number { name: "top_p", min: 0.0, min_is: Bound::Excluded, max: 1.0, default: 0.95 };
    pub(crate) const TOP_K: Integer =
        Integer { name: "top_k", unit: "tokens", min: 0, max: 1 << 20, default: Some(40) };
    pub(crate) const MIN_P: Number =
        Number { name: "min_p", min: 0.0, min_is: Bound::Included, max: 1.0, default: 0.05 };
    pub(crate) const GUARD: Choice<GuardMode> = Choice {
        name: "guard",
        words: &[("on", GuardMode::On), ("alarm", GuardMode::Alarm), ("off", GuardMode::Off)],
        default: "on",
    };

    /// All of them.
    pub(crate) const ALL: &[&dyn Setting] = &[
        &ID,
        &PATH,
        &SHA256,
        &CTX,
        &SLOTS,
        &CACHE_TYPE,
        &FLASH_ATTENTION,
        &THREADS,
        &PREFILL_CHUNK,
        &GPU_LAYERS,
        &PREFIX_CACHE_MIB,
        &SPECULATION,
        &WEIGHTS,
        &TUNED,
        &STANDBY,
        &HANG_MS,
        &MAX_TOKENS,
        &DEADLINE_MS,
        &QUEUE_MAX,
        &USEFUL_TOKENS,
        &CHAT_TEMPLATE,
        &TEMPERATURE,
        &TOP_P,
        &TOP_K,
        &MIN_P,
        &GUARD,
    ];
}

/// Settings of each `[[client]]`.
pub(crate) mod client {
    use super::{Bound, Integer, Number, Setting, Text};

    pub(crate) const NAME: Text =
        Text { name: "name", accepts: "1 to 128 of A-Z a-z 0-9 . _ : / -", default: None };
    pub(crate) const KEY_SHA256: Text =
        Text { name: "key_sha256", accepts: "64 hexadecimal digits", default: None };
    pub(crate) const WEIGHT: Number =
        Number { name: "weight", min: 0.001, min_is: Bound::Included, max: 1000.0, default: 1.0 };
    pub(crate) const MAX_WAITING: Integer =
        Integer { name: "max_waiting", unit: "requests", min: 1, max: 10_000, default: None };
    pub(crate) const REQUESTS_PER_MIN: Integer =
        Integer { name: "requests_per_min", unit: "requests", min: 1, max: 1_000_000, default: None };
    pub(crate) const TOKENS_PER_MIN: Integer =
        Integer { name: "tokens_per_min", unit: "tokens", min: 1, max: 1_000_000_000, default: None };
    pub(crate) const DEADLINE_MS: Integer = super::deadline_ms(None);

    /// All of them.
    pub(crate) const ALL: &[&dyn Setting] =
        &[&NAME, &KEY_SHA256, &WEIGHT, &MAX_WAITING, &REQUESTS_PER_MIN, &TOKENS_PER_MIN, &DEADLINE_MS];
}

/// What is on or off.
const ON_OFF: [(&str, bool); 2] = [("on", true), ("off", false)];

/// The longest that a request may take; under a tenth of a second not even a fallback is useful.
const fn deadline_ms(default: Option<u32>) -> Integer {
    Integer { name: "deadline_ms", unit: "ms", min: 100, max: 3_600_000, default }
}

/// How many requests may wait for one model.
const fn queue_max(default: Option<u32>) -> Integer {
    Integer { name: "queue_max", unit: "requests", min: 1, max: 10_000, default }
}

// === impl Setting ===

impl Setting for Integer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn range(&self) -> String {
        format!("{} to {} {}", self.min, self.max, self.unit).trim_end().to_owned()
    }

    fn default_text(&self) -> Option<String> {
        self.default.map(|default| default.to_string())
    }
}

impl Setting for Number {
    fn name(&self) -> &'static str {
        self.name
    }

    fn range(&self) -> String {
        match self.min_is {
            Bound::Included => format!("{} to {}", self.min, self.max),
            Bound::Excluded => format!("above {} and at most {}", self.min, self.max),
        }
    }

    fn default_text(&self) -> Option<String> {
        Some(self.default.to_string())
    }
}

impl Integer {
    /// Whether the value lies in the range.
    pub(crate) fn allows(&self, value: u32) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

impl Number {
    /// Whether the value lies in the range; not-a-number never does.
    pub(crate) fn allows(&self, value: f32) -> bool {
        let above_min = match self.min_is {
            Bound::Included => value >= self.min,
            Bound::Excluded => value > self.min,
        };
        above_min && value <= self.max
    }
}

impl Setting for Text {
    fn name(&self) -> &'static str {
        self.name
    }

    fn range(&self) -> String {
        self.accepts.to_owned()
    }

    fn default_text(&self) -> Option<String> {
        self.default.map(str::to_owned)
    }
}

impl<T: Sync> Setting for Choice<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn range(&self) -> String {
        self.words().join(", ")
    }

    fn default_text(&self) -> Option<String> {
        Some(self.default.to_owned())
    }
}

impl<T> Choice<T> {
    /// The words alone.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.words.iter().map(|(word, _)| *word).collect()
    }
}
