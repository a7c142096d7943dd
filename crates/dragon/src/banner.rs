//! What `dragon serve` prints on standard output once it serves. Nothing else in the program prints there.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::size::Size;

/// Everything that is printed.
#[derive(Debug)]
pub(crate) struct Banner {
    /// What it speaks.
    pub(crate) scheme: Scheme,
    /// Where the server listens; the port is the real one.
    pub(crate) address: SocketAddr,
    /// In the order in which they were configured.
    pub(crate) models: Vec<BannerModel>,
}

/// How an address of the server begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// One model, as it is served.
#[derive(Debug)]
pub(crate) struct BannerModel {
    pub(crate) id: String,
    pub(crate) n_ctx: u32,
    pub(crate) n_slots: u32,
    pub(crate) memory_bytes: u64,
    pub(crate) deadline: Duration,
    /// Of a lone answer; `None` where it could not be measured.
    pub(crate) tokens_per_s: Option<f64>,
    pub(crate) chat: Chat,
}

/// Whether the model has a chat template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chat {
    Available,
    NoTemplate,
}

// === impl Banner ===

impl Banner {
    /// Prints it. Nobody may be reading any more; the server serves all the same.
    pub(crate) fn print(&self) {
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(self.to_string().as_bytes()).and_then(|()| stdout.flush());
        if let Err(error) = printed {
            tracing::debug!("the start message could not be printed: {error}");
        }
    }
}

impl fmt::Display for Banner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "listening on {}://{}", self.scheme, self.address)?;
        for model in &self.models {
            writeln!(f, "  {model}")?;
        }
        match self.models.first() {
            Some(model) => write!(f, "\ntry it:\n{}\n", curl(self.scheme, self.address, model)?),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

impl fmt::Display for BannerModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, n_ctx, n_slots, memory_bytes, deadline, tokens_per_s, chat } = self;
        write!(f, "{id}: {n_slots} slots of {n_ctx} tokens, about {} of memory, ", Size(*memory_bytes))?;
        write!(f, "answers within {} s", deadline.as_secs_f64())?;
        if let Some(speed) = tokens_per_s {
            let n_tokens = speed * deadline.as_secs_f64();
            write!(f, " (about {n_tokens:.0} tokens at the measured {speed:.0} a second)")?;
        }
        match chat {
            Chat::Available => Ok(()),
            Chat::NoTemplate => f.write_str(", completions only (no chat template)"),
        }
    }
}

/// A request to paste into a shell.
fn curl(scheme: Scheme, address: SocketAddr, model: &BannerModel) -> Result<String, fmt::Error> {
    let (path, body) = match model.chat {
        Chat::Available => {
            ("chat/completions", r#""messages":[{"role":"user","content":"Why is the sky blue?"}]"#)
        }
        Chat::NoTemplate => ("completions", r#""prompt":"The sky is blue because""#),
    };
    let mut line = String::new();
    write!(line, "curl {scheme}://{}/v1/{path}", reachable(address))?;
    write!(line, " -H 'content-type: application/json'")?;
    write!(line, r#" -d '{{"model":"{}",{body}}}'"#, model.id)?;
    Ok(line)
}

/// An address that can be typed on this machine: "all addresses" is none of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Banner, BannerModel, Chat, Scheme};

    fn banner(address: &str, chat: Chat) -> String {
        banner_of(Scheme::Http, address, chat)
    }

    fn banner_of(scheme: Scheme, address: &str, chat: Chat) -> String {
        let model = BannerModel {
            id: "tiny".to_owned(),
            n_ctx: 4096,
            n_slots: 8,
            memory_bytes: 1_300_000_000,
            deadline: Duration::from_millis(2500),
            tokens_per_s: Some(80.0),
            chat,
        };
        Banner { scheme, address: address.parse().unwrap(), models: vec![model] }.to_string()
    }

    #[test]
    fn the_address_the_models_and_a_request_are_shown() {
        let expected = r#"listening on http://127.0.0.1:8080
  tiny: 8 slots of 4096 tokens, about 1.3 GB of memory, answers within 2.5 s (about 200 tokens at the measured 80 a second)

try it:
curl http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' -d '{"model":"tiny","messages":[{"role":"user","content":"Why is the sky blue?"}]}'
"#;
        assert_eq!(banner("127.0.0.1:8080", Chat::Available), expected);
    }

    #[test]
    fn without_a_template_the_request_is_a_completion() {
        let text = banner("127.0.0.1:8080", Chat::NoTemplate);
        assert!(text.contains("completions only"), "{text}");
        assert!(text.contains("/v1/completions -H"), "{text}");
    }

    #[test]
    fn the_request_goes_to_an_address_that_exists() {
        let text = banner("0.0.0.0:9", Chat::Available);
        assert!(text.starts_with("listening on http://0.0.0.0:9\n"), "{text}");
        assert!(text.contains("curl http://127.0.0.1:9/v1/"), "{text}");
        assert!(banner("[::]:9", Chat::Available).contains("curl http://[::1]:9/v1/"));
    }

    #[test]
    fn over_tls_both_addresses_say_so() {
        let text = banner_of(Scheme::Https, "127.0.0.1:9", Chat::Available);
        assert!(text.starts_with("listening on https://127.0.0.1:9\n"), "{text}");
        assert!(text.contains("curl https://127.0.0.1:9/v1/"), "{text}");
    }
}
