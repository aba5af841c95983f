//! The client certificate and its key: both or neither, and they belong together.

use rustls::InconsistentKeys::KeyMismatch;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use rustls::sign::CertifiedKey;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::reader::Reader;
use crate::config::variables::{MYSQL_SSL_CERT, MYSQL_SSL_KEY, MYSQL_SSL_MODE};
use crate::mysql::settings::{ClientCertificate, SslMode};

pub(super) fn read(reader: &mut Reader, mode: Option<SslMode>) -> Option<ClientCertificate> {
    let given = (reader.text(&MYSQL_SSL_CERT).is_some(), reader.text(&MYSQL_SSL_KEY).is_some());
    let (certificate, key) = (reader.value(&MYSQL_SSL_CERT), reader.value(&MYSQL_SSL_KEY));
    match given {
        (false, false) => return None,
        (true, false) => reader.fault(&MYSQL_SSL_KEY.about, "is not set, and MYSQL_SSL_CERT is: set both"),
        (false, true) => reader.fault(&MYSQL_SSL_CERT.about, "is not set, and MYSQL_SSL_KEY is: set both"),
        (true, true) if mode == Some(SslMode::Disabled) => {
            reader.fault(
                &MYSQL_SSL_MODE.about,
                "is DISABLED, and MYSQL_SSL_CERT is shown on an encrypted connection only",
            );
        }
        (true, true) => {}
    }
    // A value with a fault of its own needs no second one.
    let (certificate, key) = (certificate?, key?);
    match problem(&certificate, &key) {
        None => return Some(ClientCertificate { certificate, key }),
        Some(Problem::Certificate) => reader.fault(&MYSQL_SSL_CERT.about, "cannot be read: it is not valid PEM"),
        Some(Problem::Key) => {
            reader.fault(&MYSQL_SSL_KEY.about, "cannot be read: it is not a valid RSA, ECDSA or Ed25519 key in PEM")
        }
        Some(Problem::Pair) => reader.fault(&MYSQL_SSL_KEY.about, "is not the private key of MYSQL_SSL_CERT"),
    }
    None
}

enum Problem {
    Certificate,
    Key,
    Pair,
}

/// What the driver would refuse at the first connection, with an error that may quote the key.
fn problem(certificate: &str, key: &SecretString) -> Option<Problem> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
    let Ok(chain) = chain else { return Some(Problem::Certificate) };
    let Ok(key) = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()) else { return Some(Problem::Key) };
    match CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()) {
        Ok(_) => None,
        Err(rustls::Error::InconsistentKeys(KeyMismatch)) => Some(Problem::Pair),
        Err(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            Some(Problem::Certificate)
        }
        Err(_) => Some(Problem::Key),
    }
}
