//! The settings of the connection to the source server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

/// The most connections that may read one table. More is probably a typo: a server has a few hundred for everybody.
pub const MAX_READ_CONNECTIONS: usize = 64;

/// The source server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `MYSQL_HOST` and `MYSQL_PORT`, or a socket.
    pub address: Address,
    /// `MYSQL_USER`.
    pub user: String,
    /// How the user logs in.
    pub login: Login,
    /// `MYSQL_DATABASE`.
    pub database: String,
    /// `MYSQL_SSL_MODE`.
    pub ssl_mode: SslMode,
    /// `MYSQL_SSL_CA`, as PEM text.
    pub ssl_ca: Option<String>,
    /// `MYSQL_SSL_CERT` and `MYSQL_SSL_KEY`.
    pub client_certificate: Option<ClientCertificate>,
    /// `MYSQL_STALL_SECONDS`: how long the server may be silent. It must be longer than the server needs to sort or filter a
    /// large table before the first row.
    pub stall: Duration,
    /// How long the first connection may go without any answer; the usual time if there is none.
    pub silence: Option<Duration>,
}

/// The credentials of the user.
#[derive(Debug, Clone)]
pub enum Login {
    /// A password. `Debug` does not print it.
    Password {
        /// The password.
        password: SecretString,
        /// The variable it came from, for errors: `MYSQL_PASSWORD` or `MYSQL_PASSWORD_FILE`.
        variable: &'static str,
    },
    /// `MYSQL_IAM_AUTH`: an access token from the environment's credentials, requested for each connection.
    AccessToken,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A host and a port.
    Tcp(String, u16),
    /// The path of a Unix socket.
    Socket(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) => write!(formatter, "{host}:{port}"),
            Self::Socket(path) => write!(formatter, "{}", path.display()),
        }
    }
}

/// The TLS mode, as in `--ssl-mode` of the MySQL client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// No TLS.
    Disabled,
    /// TLS if the server supports it, otherwise no TLS. Nothing is verified.
    Preferred,
    /// Always TLS. Nothing is verified.
    Required,
    /// Always TLS, with a certificate from a trusted CA.
    VerifyCa,
    /// Like `VerifyCa`, and the certificate must name the host.
    VerifyIdentity,
}

impl FromStr for SslMode {
    type Err = ();

    /// Parses MySQL's names in any case, with hyphens or underscores.
    ///
    /// ```
    /// use mysql_bigquery_sync::mysql::settings::SslMode;
    ///
    /// assert_eq!("verify-ca".parse(), Ok(SslMode::VerifyCa));
    /// assert!("on".parse::<SslMode>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" => Ok(Self::Disabled),
            "PREFERRED" => Ok(Self::Preferred),
            "REQUIRED" => Ok(Self::Required),
            "VERIFY_CA" => Ok(Self::VerifyCa),
            "VERIFY_IDENTITY" => Ok(Self::VerifyIdentity),
            _ => Err(()),
        }
    }
}

/// What the user shows beside the login, on an encrypted connection.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// PEM text.
    pub certificate: String,
    /// Its private key, PEM text, whose `Debug` prints nothing of it.
    pub key: SecretString,
}
