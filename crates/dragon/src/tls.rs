//! The certificate and the key of TLS, from their files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, InconsistentKeys, ServerConfig};

use crate::config::{Located, Problems, TlsFiles};

/// Certificates with their chain take some kilobytes; a megabyte is a wrong file, named by mistake.
const MAX_PEM_BYTES: u64 = 1024 * 1024;

/// The only protocol that is offered inside of TLS.
const HTTP_1_1: &[u8] = b"http/1.1";

/// How an encrypted key begins, in both forms that are in use.
const ENCRYPTED: [&str; 2] = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

/// Reads both files; what is wrong with them is noted.
pub(crate) fn load(files: &TlsFiles, problems: &mut Problems) -> Option<Arc<ServerConfig>> {
    let chain = note(certificates(&files.certificate.value), "tls_certificate", &files.certificate, problems);
    let key = note(private_key(&files.key.value), "tls_key", &files.key, problems);
    let config = config(chain?, key?);
    // A pair that does not match is the key's fault as much as the certificate's; one line has to be named.
    note(config, "tls_key", &files.key, problems).map(Arc::new)
}

/// What is wrong, and what to do.
type Wrong = (String, &'static str);

fn note<T, V>(
    read: Result<T, Wrong>,
    setting: &str,
    from: &Located<V>,
    problems: &mut Problems,
) -> Option<T> {
    read.map_err(|(wrong, remedy)| {
        problems.configuration(from.place.clone(), format!("server.{setting}"), wrong, remedy);
    })
    .ok()
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Wrong> {
    const REMEDY: &str = "give the certificate in PEM form, followed by those that signed it";
    let pem = read(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err((format!("{} holds no certificate", path.display()), REMEDY)),
        Err(error) => Err((format!("{} is damaged ({error})", path.display()), REMEDY)),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Wrong> {
    let pem = read(path)?;
    let text = String::from_utf8_lossy(&pem);
    if ENCRYPTED.iter().any(|mark| text.contains(mark)) {
        let wrong =
            format!("the key in {} is encrypted, and nobody is there to type its password", path.display());
        return Err((wrong, "decrypt it (openssl pkey -in KEY -out PLAIN), readable for the server only"));
    }
    PrivateKeyDer::from_pem_slice(&pem).map_err(|error| {
        (format!("{} holds no private key ({error})", path.display()), "give the key in PEM form")
    })
}

fn config(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, Wrong> {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    match config {
        Ok(mut config) => {
            config.alpn_protocols = vec![HTTP_1_1.to_vec()];
            Ok(config)
        }
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err((
            "the key does not belong to the certificate".to_owned(),
            "give the key that the certificate was made for; the server's certificate comes first in its file",
        )),
        Err(error) => Err((
            format!("certificate and key cannot be used ({error})"),
            "give an ECDSA, Ed25519 or RSA pair",
        )),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Wrong> {
    let bytes = read_bounded(path).map_err(|error| {
        (format!("{} cannot be read ({error})", path.display()), "check the path and its permissions")
    })?;
    if bytes.len() as u64 > MAX_PEM_BYTES {
        return Err((format!("{} is larger than {MAX_PEM_BYTES} bytes", path.display()), "give a PEM file"));
    }
    Ok(bytes)
}

/// One byte more than allowed at most. Only a plain file: a pipe could keep the server from starting.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_PEM_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

    use super::*;
    use crate::config::Place;

    /// The problems with these files, and whether a configuration came of them.
    fn problems_of(certificate: &str, key: &str) -> (bool, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let located = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            Located { value: path, place: Place::CommandLine }
        };
        let files = TlsFiles { certificate: located("c.pem", certificate), key: located("k.pem", key) };
        let mut problems = Problems::default();
        let is_loaded = load(&files, &mut problems).is_some();
        (is_loaded, problems.lines())
    }

    fn pair() -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    #[test]
    fn a_pair_that_belongs_together_is_taken() {
        let (certificate, key) = pair();
        assert_eq!(problems_of(&certificate, &key), (true, Vec::new()));
    }

    #[test]
    fn every_mistake_is_named_with_its_setting() {
        let (certificate, key) = pair();
        let other = KeyPair::generate().unwrap().serialize_pem();
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        let large = "#".repeat(1024 * 1024 + 1);
        for (certificate, key, setting, said) in [
            ("", key.as_str(), "tls_certificate", "holds no certificate"),
            (&key, &key, "tls_certificate", "holds no certificate"),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
                &key,
                "tls_certificate",
                "damaged",
            ),
            (&large, &key, "tls_certificate", "is larger than"),
            (&certificate, "", "tls_key", "holds no private key"),
            (&certificate, &certificate, "tls_key", "holds no private key"),
            (&certificate, &encrypted, "tls_key", "is encrypted"),
            (&certificate, &other, "tls_key", "does not belong to the certificate"),
        ] {
            let (is_loaded, lines) = problems_of(certificate, key);
            assert!(!is_loaded && lines.len() == 1, "{lines:?}");
            assert!(lines[0].contains(&format!("server.{setting}: ")), "{lines:?}");
            assert!(lines[0].contains(said), "{said}: {lines:?}");
        }
    }

    #[test]
    fn both_files_are_looked_at_and_only_plain_ones_opened() {
        let missing = |name: &str| Located { value: name.into(), place: Place::CommandLine };
        let files = TlsFiles { certificate: missing("/nowhere/c.pem"), key: missing("/") };
        let mut problems = Problems::default();
        assert!(load(&files, &mut problems).is_none());
        let lines = problems.lines();
        assert!(lines.len() == 2 && lines[1].contains("it is not a file"), "{lines:?}");
    }
}
