//! What is known of the source server before it is connected to.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

/// More connections to one table than this are a slip of the pen: a server has some hundreds for everybody.
pub const MAX_READ_CONNECTIONS: usize = 64;

/// The source server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `MYSQL_HOST` and `MYSQL_PORT`, or a socket.
    pub address: Address,
    /// `MYSQL_USER`.
    pub user: String,
    /// How the user proves who it is.
    pub login: Login,
    /// `MYSQL_DATABASE`.
    pub database: String,
    /// `MYSQL_SSL_MODE`.
    pub ssl_mode: SslMode,
    /// `MYSQL_SSL_CA`.
    pub ssl_ca: Option<SslCa>,
    /// `MYSQL_SSL_CERT` and `MYSQL_SSL_KEY`.
    pub client_certificate: Option<ClientCertificate>,
    /// `MYSQL_STALL_SECONDS`: sorting or filtering a large table before its first row takes less.
    pub stall: Duration,
    /// How long the first connection may go without any answer; the usual time if there is none.
    pub silence: Option<Duration>,
}

/// What the user shows the server.
#[derive(Debug, Clone)]
pub enum Login {
    /// A password, whose `Debug` prints nothing of it.
    Password {
        /// The password.
        password: SecretString,
        /// `MYSQL_PASSWORD` or `MYSQL_PASSWORD_FILE`: where it came from, for errors.
        variable: &'static str,
    },
    /// `MYSQL_IAM_AUTH`: an access token of the environment's credentials, a fresh one for each connection.
    AccessToken,
}

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host and port.
    Tcp(String, u16),
    /// Path of a unix socket.
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

/// As in MySQL's own client, `--ssl-mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SslMode {
    /// Plain.
    Disabled,
    /// TLS where the server has it, plain otherwise; nothing is verified.
    Preferred,
    /// TLS or nothing; nothing is verified.
    Required,
    /// TLS with a certificate of a known CA.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyIdentity,
}

impl FromStr for SslMode {
    type Err = ();

    /// MySQL's own names, in any case; a hyphen is an underscore.
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

/// The CA of the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SslCa {
    /// PEM text.
    Pem(String),
    /// A file with PEM text.
    File(PathBuf),
}

/// What the user shows beside the login, on an encrypted connection.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// PEM text.
    pub certificate: String,
    /// Its private key, PEM text, whose `Debug` prints nothing of it.
    pub key: SecretString,
}
