//! Who asks: the configured client whose key matches, or else an address.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use dragon_api::{ApiError, Limit};
use dragon_core::admission::{Caller, ClientId, PayerId, Weight};
use dragon_core::rate::Bucket;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Keys by which the scripts behind one address are told apart, at most. More share these: nobody gains by it, since
/// the address as a whole has one share.
const MAX_CLIENTS_OF_ADDRESS: u64 = 1024;

/// SHA-256 of an API key.
pub type KeyHash = [u8; 32];

/// A client as configured.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// For the log and the metrics.
    pub name: String,
    /// Of its key; the key itself is nowhere kept.
    pub key_sha256: KeyHash,
    /// Its share beside the others'.
    pub weight: Weight,
    /// Requests that it may have waiting.
    pub max_waiting: Option<usize>,
    /// Requests in a minute.
    pub requests_per_min: Option<u32>,
    /// Tokens of prompts and answers in a minute.
    pub tokens_per_min: Option<u32>,
    /// Its longest deadline, where that is shorter than the model's.
    pub deadline: Option<Duration>,
}

/// All who may ask.
#[derive(Debug)]
pub(crate) struct Clients {
    configured: Vec<Arc<Client>>,
    /// Drawn at the start, so that nobody can aim at another's place.
    hasher: RandomState,
}

/// A configured client and what it has used.
#[derive(Debug)]
pub(crate) struct Client {
    settings: ClientSettings,
    requests: Option<Mutex<Bucket>>,
    tokens: Option<Mutex<Bucket>>,
    n_tokens: AtomicU64,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    /// `None` for an address.
    client: Option<Arc<Client>>,
}

// === impl Clients ===

impl Clients {
    pub(crate) fn new(configured: Vec<ClientSettings>) -> Self {
        Self {
            configured: configured.into_iter().map(|settings| Arc::new(Client::new(settings))).collect(),
            hasher: RandomState::new(),
        }
    }

    /// What each configured one has used since the start.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (&str, u64)> {
        self.configured.iter().map(|client| (client.settings.name.as_str(), client.n_tokens.load(Relaxed)))
    }

    /// Who sends this.
    pub(crate) fn identify(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Identity, ApiError> {
        let credentials = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        if self.configured.is_empty() {
            let client =
                credentials.map_or(0, |sent| 1 + self.hasher.hash_one(sent) % MAX_CLIENTS_OF_ADDRESS);
            let caller = Caller {
                payer: payer_of(peer),
                client: ClientId(client),
                weight: Weight::NORMAL,
                max_waiting: None,
            };
            return Ok(Identity { caller, client: None });
        }
        let sent = credentials.and_then(bearer).ok_or(ApiError::Unauthorized)?;
        let (payer, client) = self.find(sent).ok_or(ApiError::Unauthorized)?;
        let caller = Caller {
            payer,
            client: ClientId(0),
            weight: client.settings.weight,
            max_waiting: client.settings.max_waiting,
        };
        Ok(Identity { caller, client: Some(client) })
    }

    /// Compares with every key, and every byte of it, whichever matches: the time says nothing about the keys.
    fn find(&self, key: &[u8]) -> Option<(PayerId, Arc<Client>)> {
        let sent: KeyHash = Sha256::digest(key).into();
        let mut found = None;
        for (id, client) in (0..).zip(&self.configured) {
            if bool::from(client.settings.key_sha256.ct_eq(&sent)) {
                found = Some((PayerId(id), Arc::clone(client)));
            }
        }
        found
    }
}

// === impl Client ===

impl Client {
    fn new(settings: ClientSettings) -> Self {
        let bucket = |per_minute: Option<u32>| per_minute.map(|n| Mutex::new(Bucket::new(n, Instant::now())));
        Self {
            requests: bucket(settings.requests_per_min),
            tokens: bucket(settings.tokens_per_min),
            n_tokens: AtomicU64::new(0),
            settings,
        }
    }
}

// === impl Identity ===

impl Identity {
    /// Its own longest deadline.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.client.as_ref()?.settings.deadline
    }

    /// Counts one more request, if the limits allow it.
    pub(crate) fn charge_request(&self) -> Result<(), ApiError> {
        let Some(client) = &self.client else { return Ok(()) };
        let now = Instant::now();
        if let Some(tokens) = &client.tokens {
            let mut bucket = tokens.lock();
            let max = bucket.per_minute();
            bucket
                .check(now, 1)
                .map_err(|wait| ApiError::LimitReached(Limit::TokensPerMinute { max, wait }))?;
        }
        if let Some(requests) = &client.requests {
            let mut bucket = requests.lock();
            let max = bucket.per_minute();
            bucket
                .check(now, 1)
                .map_err(|wait| ApiError::LimitReached(Limit::RequestsPerMinute { max, wait }))?;
            bucket.take(now, 1);
        }
        Ok(())
    }

    /// Counts the tokens of an answer. They are known only at its end, so the limit can be overdrawn once.
    pub(crate) fn charge_tokens(&self, n_tokens: u32) {
        let Some(client) = &self.client else { return };
        client.n_tokens.fetch_add(n_tokens.into(), Relaxed);
        if let Some(tokens) = &client.tokens {
            tokens.lock().take(Instant::now(), n_tokens);
        }
    }
}

/// What follows `Bearer`, whose case does not matter.
fn bearer(credentials: &[u8]) -> Option<&[u8]> {
    const SCHEME: &[u8] = b"bearer ";
    let (scheme, key) = credentials.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| key.trim_ascii())
}

/// An address pays as one; with IPv6 that is a /64, which is what a subscriber gets at least.
pub(crate) fn payer_of(peer: IpAddr) -> PayerId {
    match peer.to_canonical() {
        IpAddr::V4(address) => PayerId(u64::from(address.to_bits())),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            let network = [a, b, c, d].into_iter().fold(0, |bits, part| (bits << 16) | u64::from(part));
            PayerId(network)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    fn client(name: &str, key: &str) -> ClientSettings {
        ClientSettings {
            name: name.to_owned(),
            key_sha256: Sha256::digest(key).into(),
            weight: Weight::NORMAL,
            max_waiting: None,
            requests_per_min: None,
            tokens_per_min: None,
            deadline: None,
        }
    }

    fn sent(credentials: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, credentials.parse().unwrap())])
    }

    #[test]
    fn the_key_says_who_asks_and_nobody_else_may() {
        let clients = Clients::new(vec![client("a", "key-a"), client("b", "key-b")]);
        let payer =
            |credentials: &str| clients.identify(&sent(credentials), LOOPBACK).map(|it| it.caller.payer);
        assert_eq!(payer("Bearer key-a"), Ok(PayerId(0)));
        assert_eq!(payer("bearer  key-b "), Ok(PayerId(1)));
        for wrong in ["Bearer key-c", "Bearer", "Basic key-a", "key-a", "Bearer key-a key-b"] {
            assert_eq!(payer(wrong), Err(ApiError::Unauthorized), "{wrong}");
        }
        assert!(clients.identify(&HeaderMap::new(), LOOPBACK).is_err());
    }

    #[test]
    fn without_keys_an_address_pays_and_what_it_sends_tells_its_scripts_apart() {
        let clients = Clients::new(Vec::new());
        let caller = |headers: &HeaderMap, peer: &str| {
            clients.identify(headers, peer.parse().unwrap()).unwrap().caller
        };
        let (one, other) = (sent("Bearer 1"), sent("Bearer 2"));
        assert_eq!(caller(&one, "10.0.0.1").payer, caller(&other, "::ffff:10.0.0.1").payer);
        assert_eq!(caller(&one, "10.0.0.1").client, caller(&one, "10.0.0.1").client);
        assert_ne!(caller(&one, "10.0.0.1").client, caller(&HeaderMap::new(), "10.0.0.1").client);
        assert_eq!(caller(&one, "2001:db8::1").payer, caller(&one, "2001:db8::2").payer);
        assert_ne!(caller(&one, "2001:db8::1").payer, caller(&one, "2001:db8:0:1::1").payer);
    }

    #[test]
    fn limits_are_named_when_they_are_used_up() {
        let limited =
            ClientSettings { requests_per_min: Some(2), tokens_per_min: Some(50), ..client("a", "k") };
        let clients = Clients::new(vec![limited]);
        let identity = clients.identify(&sent("Bearer k"), LOOPBACK).unwrap();
        assert_eq!(identity.charge_request(), Ok(()));
        identity.charge_tokens(80);
        let refused = identity.charge_request();
        assert!(
            matches!(refused, Err(ApiError::LimitReached(Limit::TokensPerMinute { max: 50, .. }))),
            "{refused:?}"
        );
        let of_requests = ClientSettings { requests_per_min: Some(1), ..client("a", "k") };
        let identity = Clients::new(vec![of_requests]).identify(&sent("Bearer k"), LOOPBACK).unwrap();
        assert_eq!(identity.charge_request(), Ok(()));
        let refused = identity.charge_request();
        assert!(
            matches!(refused, Err(ApiError::LimitReached(Limit::RequestsPerMinute { max: 1, .. }))),
            "{refused:?}"
        );
    }
}
