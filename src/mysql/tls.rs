//! TLS to MySQL: the driver options for mode and certificates, and the reasons for a refused connection.

use std::fmt;

use rustls::{AlertDescription, CertificateError};
use secrecy::ExposeSecret as _;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use crate::mysql::settings::{ClientCertificate, Settings, SslMode};

/// Why TLS could not be established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The server's certificate was refused.
    Certificate(CertificateRefusal, String),
    /// The server refused the client certificate, or requires one.
    ClientCertificate(String),
    /// The mode requires TLS, and the server does not support it.
    NotSupported,
    /// The configured CA cannot be read. The driver's own message is dropped: it quotes the file, which may hold a private
    /// key.
    UnreadableCa,
    /// Any other TLS error.
    Other(String),
}

/// Why the server's certificate was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateRefusal {
    /// Its CA is not trusted here.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// It names another host.
    OtherHost,
    /// It is an X.509 certificate of version 1 or 2, which the TLS library does not read.
    OldVersion,
    /// It is marked as a CA, which the TLS library accepts from no server. Self-signed certificates usually are.
    IsCa,
    /// Another reason.
    Other,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(_, text) | Self::ClientCertificate(text) | Self::Other(text) => formatter.write_str(text),
            Self::NotSupported => formatter.write_str("the server does not support TLS"),
            Self::UnreadableCa => formatter.write_str("the CA certificate cannot be read: it is not valid PEM"),
        }
    }
}

/// Sets the mode and the CA of the settings in the options.
pub(super) fn options(options: MySqlConnectOptions, settings: &Settings, mode: SslMode) -> MySqlConnectOptions {
    let options = options.ssl_mode(match mode {
        SslMode::Disabled => MySqlSslMode::Disabled,
        SslMode::Preferred => MySqlSslMode::Preferred,
        SslMode::Required => MySqlSslMode::Required,
        SslMode::VerifyCa => MySqlSslMode::VerifyCa,
        SslMode::VerifyIdentity => MySqlSslMode::VerifyIdentity,
    });
    let options = match &settings.ssl_ca {
        Some(text) => options.ssl_ca_from_pem(text.clone().into_bytes()),
        None => options,
    };
    match &settings.client_certificate {
        Some(ClientCertificate { certificate, key }) => {
            options.ssl_client_cert_from_pem(certificate).ssl_client_key_from_pem(key.expose_secret())
        }
        None => options,
    }
}

/// The TLS refusal behind an error of the driver; `None` for any other error.
pub(super) fn refusal(error: &sqlx::Error) -> Option<Refusal> {
    match error {
        // A refused certificate is an I/O error that contains the error of rustls.
        sqlx::Error::Io(io) => match io.get_ref()?.downcast_ref::<rustls::Error>()? {
            rustls::Error::InvalidCertificate(refused) => {
                Some(Refusal::Certificate(certificate(refused), io.to_string()))
            }
            rustls::Error::AlertReceived(alert) if is_about_the_client(*alert) => {
                Some(Refusal::ClientCertificate(io.to_string()))
            }
            _ => Some(Refusal::Other(io.to_string())),
        },
        sqlx::Error::Tls(tls) => {
            let text = tls.to_string();
            Some(match text.as_str() {
                _ if text.contains("does not support TLS") => Refusal::NotSupported,
                _ if text.contains("-----BEGIN") || text.contains("ertificate") => Refusal::UnreadableCa,
                _ => Refusal::Other(text),
            })
        }
        _ => None,
    }
}

/// What a server says of a certificate that was shown to it, or of a missing one. OpenSSL calls a signature of an unknown CA
/// with the name of a known one a decryption error.
fn is_about_the_client(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::DecryptError
            | Alert::CertificateRequired
    )
}

fn certificate(refused: &CertificateError) -> CertificateRefusal {
    match refused {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => CertificateRefusal::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateRefusal::Expired,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateRefusal::OtherHost
        }
        CertificateError::Other(other) => match format!("{other:?}") {
            // The kinds of the library rustls-webpki, whose type is not public here.
            text if text.contains("UnsupportedCertVersion") => CertificateRefusal::OldVersion,
            text if text.contains("CaUsedAsEndEntity") => CertificateRefusal::IsCa,
            _ => CertificateRefusal::Other,
        },
        _ => CertificateRefusal::Other,
    }
}
