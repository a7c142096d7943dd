//! TLS to the target, verified as any other client of this machine does.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connector::Unusable;

/// Whom to expect, and whom to trust about it.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

// === impl Tls ===

impl Tls {
    /// Trusts whom this machine trusts: its own store, or the file that `SSL_CERT_FILE` names.
    pub(super) fn of_this_machine(name: &str) -> Result<Self, Unusable> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Stores of old hold some that nobody can read any more; the rest is as good as before.
        let (n_added, _) = roots.add_parsable_certificates(found.certs);
        if n_added == 0 {
            let why = found.errors.first().map_or_else(|| "none was found".to_owned(), ToString::to_string);
            return Err(Unusable::Roots(why));
        }
        Self::trusting(name, roots)
    }

    /// Trusts these only.
    pub(super) fn trusting(name: &str, roots: RootCertStore) -> Result<Self, Unusable> {
        let name =
            ServerName::try_from(name.to_owned()).map_err(|_| Unusable::ServerName(name.to_owned()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| Unusable::Roots(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn greet(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}
