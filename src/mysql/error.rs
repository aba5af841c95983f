//! What goes wrong with MySQL, in sentences that name the variable to look at.

use std::time::Duration;

use rustls::CertificateError;
use secrecy::ExposeSecret;
use sqlx::mysql::MySqlDatabaseError;

use crate::google_auth;
use crate::mysql::settings::{Address, Login, Settings};
use crate::retry::{Decision, Reason, tries_text};

// Numbers from "MySQL Server Error Message Reference" and MariaDB's "Error Codes"; both servers share these.
const ACCESS_DENIED_TO_DATABASE: u16 = 1044;
const ACCESS_DENIED: u16 = 1045;
const UNKNOWN_DATABASE: u16 = 1049;
const TOO_MANY_CONNECTIONS: u16 = 1040;
const HOST_BLOCKED: u16 = 1129;
const HOST_NOT_PRIVILEGED: u16 = 1130;
const TABLE_ACCESS_DENIED: u16 = 1142;
const COLUMN_ACCESS_DENIED: u16 = 1143;
const SYNTAX: u16 = 1064;
const UNKNOWN_COLUMN: u16 = 1054;
const LOCK_WAIT_TIMEOUT: u16 = 1205;
const SERVER_SHUTDOWN: u16 = 1053;
const QUERY_INTERRUPTED: u16 = 1317;
const STATEMENT_TIMEOUT_MARIADB: u16 = 1969;
const STATEMENT_TIMEOUT: u16 = 3024;
const NOT_SUPPORTED_YET: u16 = 1235;
const CONNECTION_KILLED: u16 = 1927; // MariaDB; MySQL closes the connection
const SERVER_NOT_AVAILABLE: u16 = 3168; // MySQL, of a server that shuts down
const SESSION_KILLED: u16 = 3169;
const DISCONNECTED_IDLE: u16 = 4031; // MySQL
const TOO_MANY_USER_CONNECTIONS: u16 = 1203;
const TABLE_DEFINITION_CHANGED: u16 = 1412;

/// An error of the source: what was being done, and what went wrong.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {problem}")]
pub struct Error {
    doing: String,
    problem: String,
    /// True when the same may succeed a moment later.
    pub transient: bool,
}

impl Error {
    pub(super) fn new(doing: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { doing: doing.into(), problem: problem.into(), transient: false }
    }

    /// An error of the driver while `doing` something on a connection that stands.
    pub(super) fn query(doing: impl Into<String>, error: &sqlx::Error) -> Self {
        let hint = match number(error) {
            Some(TABLE_ACCESS_DENIED | COLUMN_ACCESS_DENIED) => " (the user of MYSQL_USER needs SELECT on it)",
            Some(SYNTAX | UNKNOWN_COLUMN) => " (if the table has a \"where\" in TABLES, look at that first)",
            Some(LOCK_WAIT_TIMEOUT) => " (another session holds a lock on the table)",
            Some(QUERY_INTERRUPTED) => " (someone or something killed the query)",
            Some(STATEMENT_TIMEOUT | STATEMENT_TIMEOUT_MARIADB) => {
                " (the server's max_execution_time or max_statement_time is too short for this table)"
            }
            Some(SERVER_SHUTDOWN) => " (the server was shut down)",
            Some(TABLE_DEFINITION_CHANGED) => " (the table was altered while it was read)",
            _ => "",
        };
        let transient = match error {
            sqlx::Error::Io(io) => is_closed(io.kind()),
            _ => matches!(
                number(error),
                Some(
                    SERVER_SHUTDOWN
                        | SERVER_NOT_AVAILABLE
                        | SESSION_KILLED
                        | CONNECTION_KILLED
                        | DISCONNECTED_IDLE
                        | TABLE_DEFINITION_CHANGED
                )
            ),
        };
        Self { transient, ..Self::new(doing, format!("{}{hint}", describe(error))) }
    }

    /// A server that does not answer to what it should do at once.
    pub(super) fn silent(doing: impl Into<String>, limit: Duration) -> Self {
        let problem = format!("the server has not answered for {} s", limit.as_secs());
        Self { transient: true, ..Self::new(doing, problem) }
    }

    /// What was decided does not hold any more, and is decided anew.
    pub fn outdated(doing: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { transient: true, ..Self::new(doing, problem) }
    }

    /// A server that has gone silent.
    pub(super) fn stalled(doing: impl Into<String>, limit: Duration) -> Self {
        let problem = format!(
            "the server has sent nothing for {} s; if it needs longer to find the first row, raise MYSQL_STALL_SECONDS",
            limit.as_secs()
        );
        Self { transient: true, ..Self::new(doing, problem) }
    }

    /// An error while connecting.
    pub(super) fn connecting(settings: &Settings, error: &sqlx::Error) -> Self {
        let (database, user) = (&settings.database, &settings.user);
        let problem = match number(error) {
            Some(ACCESS_DENIED) => {
                format!("it refused user {user}: look at MYSQL_USER and {} ({})", login_hint(settings), describe(error))
            }
            Some(UNKNOWN_DATABASE) => format!("it has no database {database}: look at MYSQL_DATABASE"),
            Some(ACCESS_DENIED_TO_DATABASE) => format!(
                "user {user} may not use database {database}, or it does not exist: look at MYSQL_DATABASE, or \
                 GRANT SELECT ON {database}.* TO {user}"
            ),
            Some(HOST_NOT_PRIVILEGED | HOST_BLOCKED) => {
                format!("it accepts no connections from this host for user {user}: {}", describe(error))
            }
            Some(_) => describe(error),
            None => match error {
                _ if is_tls(error) => format!("{}: {}", describe(error), tls_hint(error)),
                sqlx::Error::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
                    format!("what listens there does not speak MySQL: look at {}", address_variables(settings))
                }
                _ => format!("{}: look at {}", describe(error), address_variables(settings)),
            },
        };
        let transient = match error {
            // A server that restarts, or a proxy whose server does, takes a connection and closes it.
            sqlx::Error::Io(io) => io.kind() != std::io::ErrorKind::NotFound && !is_tls(error),
            _ => matches!(
                number(error),
                Some(TOO_MANY_CONNECTIONS | TOO_MANY_USER_CONNECTIONS | SERVER_SHUTDOWN | SERVER_NOT_AVAILABLE)
            ),
        };
        Self { transient, ..Self::new(format!("connecting to MySQL at {}", settings.address), problem) }
    }

    /// The same error, saying how often and how long it was tried, which was enough.
    pub(super) fn tried(mut self, tries: u32, elapsed: Duration) -> Self {
        self.problem.push_str(&tries_text(tries, elapsed));
        self.transient = false;
        self
    }

    /// No access token to connect with.
    pub(super) fn no_token(settings: &Settings, error: &google_auth::Error) -> Self {
        let problem = format!(
            "no access token for MYSQL_IAM_AUTH: {error} (on a laptop run `gcloud auth application-default login`; on \
             Cloud Run look at the job's service account)"
        );
        Self {
            transient: error.is_transient(),
            ..Self::new(format!("connecting to MySQL at {}", settings.address), problem)
        }
    }

    pub(super) fn connect_timeout(settings: &Settings, limit: Duration) -> Self {
        let problem = format!("no answer within {} s: look at {}", limit.as_secs(), address_variables(settings));
        Self { transient: true, ..Self::new(format!("connecting to MySQL at {}", settings.address), problem) }
    }
}

impl Reason for Error {
    fn text(&self) -> String {
        self.problem.clone()
    }

    fn decision(&self) -> Decision {
        if self.transient { Decision::Retry } else { Decision::GiveUp }
    }
}

/// Where the user's proof comes from, and what is often wrong with it.
fn login_hint(settings: &Settings) -> String {
    match &settings.login {
        Login::Password { password, variable } if password.expose_secret().ends_with('\n') => {
            format!("{variable}; {variable} ends with a line break, was it stored with echo?")
        }
        Login::Password { variable, .. } => (*variable).to_owned(),
        Login::AccessToken => {
            "MYSQL_IAM_AUTH; the user has to be an IAM user of the instance (a service account's name \
                               without its domain), and the account needs roles/cloudsql.instanceUser"
                .to_owned()
        }
    }
}

fn address_variables(settings: &Settings) -> &'static str {
    match settings.address {
        Address::Tcp(..) => "MYSQL_HOST and MYSQL_PORT, and at firewalls and VPC between",
        Address::Socket(_) => "MYSQL_HOST, the path of the socket",
    }
}

/// The server's error number, when the server sent an error.
fn number(error: &sqlx::Error) -> Option<u16> {
    let database = error.as_database_error()?;
    database.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
}

fn is_closed(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | TimedOut)
}

/// The server knows the statement and cannot do it.
pub(super) fn is_not_supported(error: &sqlx::Error) -> bool {
    number(error) == Some(NOT_SUPPORTED_YET)
}

/// Somebody else held a lock for longer than was waited.
pub(super) fn is_lock_wait_timeout(error: &sqlx::Error) -> bool {
    number(error) == Some(LOCK_WAIT_TIMEOUT)
}

/// The user lacks a privilege on the table or on its database.
pub(super) fn is_access_denied(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(TABLE_ACCESS_DENIED | ACCESS_DENIED_TO_DATABASE))
}

/// The user lacks a privilege on the table.
pub(super) fn is_table_access_denied(error: &sqlx::Error) -> bool {
    number(error) == Some(TABLE_ACCESS_DENIED)
}

/// A certificate that is refused comes as an I/O error with rustls's inside.
fn is_tls(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(io) => io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()),
        _ => false,
    }
}

/// What to do about a certificate that is refused, or about a server without one.
fn tls_hint(error: &sqlx::Error) -> &'static str {
    let refused = match error {
        sqlx::Error::Io(io) => io.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()),
        sqlx::Error::Tls(_) => {
            return "look at MYSQL_SSL_MODE and MYSQL_SSL_CA, and at the server's own settings of TLS";
        }
        _ => None,
    };
    let Some(rustls::Error::InvalidCertificate(refused)) = refused else {
        return "look at MYSQL_SSL_MODE and MYSQL_SSL_CA";
    };
    match refused {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "the server's certificate is of a CA that is not trusted here; look at MYSQL_SSL_MODE and MYSQL_SSL_CA, \
             which takes the server's CA"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the server's certificate has expired; renew it on the server (a certificate is checked because of \
             MYSQL_SSL_MODE)"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the server's certificate is of another host; correct MYSQL_HOST, or accept every host of the CA with \
             MYSQL_SSL_MODE=VERIFY_CA"
        }
        _ => "look at MYSQL_SSL_MODE and MYSQL_SSL_CA",
    }
}

/// The driver's error without the driver's preambles.
fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => match number(error) {
            Some(number) => format!("MySQL error {number}: {}", database.message()),
            None => database.message().to_owned(),
        },
        sqlx::Error::Io(io) if is_closed(io.kind()) => "the server closed the connection".to_owned(),
        sqlx::Error::Io(io) if is_tls(error) => format!("TLS: {io}"),
        sqlx::Error::Io(io) => io.to_string(),
        sqlx::Error::Tls(tls) => format!("TLS: {tls}"),
        sqlx::Error::Protocol(problem) => format!("unexpected answer of the server: {problem}"),
        other => other.to_string(),
    }
}
