//! Errors of MySQL: the kind, its source, and the action that failed. The module `hints` says what to do about them.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;

use crate::google_auth;
use crate::mysql::tls::{self, Refusal};
use crate::retry::{Decision, Reason, tries_text};

// Numbers from "MySQL Server Error Message Reference" and MariaDB's "Error Codes". Both servers use them unless noted.
pub(crate) const ACCESS_DENIED_TO_DATABASE: u16 = 1044;
pub(crate) const ACCESS_DENIED: u16 = 1045;
pub(crate) const UNKNOWN_DATABASE: u16 = 1049;
const TOO_MANY_CONNECTIONS: u16 = 1040;
pub(crate) const HOST_BLOCKED: u16 = 1129;
pub(crate) const HOST_NOT_PRIVILEGED: u16 = 1130;
pub(crate) const TABLE_ACCESS_DENIED: u16 = 1142;
pub(crate) const COLUMN_ACCESS_DENIED: u16 = 1143;
pub(crate) const SYNTAX: u16 = 1064;
pub(crate) const UNKNOWN_COLUMN: u16 = 1054;
pub(crate) const LOCK_WAIT_TIMEOUT: u16 = 1205;
pub(crate) const SERVER_SHUTDOWN: u16 = 1053;
pub(crate) const QUERY_INTERRUPTED: u16 = 1317;
pub(crate) const STATEMENT_TIMEOUT_MARIADB: u16 = 1969;
pub(crate) const STATEMENT_TIMEOUT: u16 = 3024;
const LOCK_DEADLOCK: u16 = 1213;
const USER_LOCK_DEADLOCK: u16 = 3058;
const CONNECTION_KILLED: u16 = 1927; // MariaDB; MySQL closes the connection
const SERVER_NOT_AVAILABLE: u16 = 3168; // MySQL, while the server shuts down
const SESSION_KILLED: u16 = 3169;
const DISCONNECTED_IDLE: u16 = 4031; // MySQL
const TOO_MANY_USER_CONNECTIONS: u16 = 1203;
/// A limit of the account: of its connections, or of something per hour. The message names which.
const USER_LIMIT: u16 = 1226;
pub(crate) const INSECURE_TRANSPORT: u16 = 3159;
pub(crate) const VIEW_INVALID: u16 = 1356;
pub(crate) const NO_SUCH_DEFINER: u16 = 1449;
pub(crate) const TABLE_DEFINITION_CHANGED: u16 = 1412;

/// The driver's words for a plugin that it does not know.
const UNKNOWN_PLUGIN: &str = "unknown authentication plugin: ";
/// In the driver's words for a password that RSA cannot encrypt.
const LONG_PASSWORD: &str = "message too long";
/// In the driver's words for a plugin that sends the password in plain text.
const CLEARTEXT: &str = "mysql_cleartext_plugin";

/// An error of the source server.
#[derive(Debug)]
pub struct Error {
    /// What was being done, as set by the first caller who knows it.
    action: Option<String>,
    kind: Kind,
    /// Whether the error occurred while connecting.
    connecting: bool,
    /// How often and how long it was tried, once the retry budget is spent.
    tried: Option<(u32, Duration)>,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
pub enum Kind {
    /// The server answered with an error.
    #[error("MySQL error {number}: {message}")]
    Server {
        /// The error number.
        number: u16,
        /// The error message.
        message: String,
    },
    /// TLS could not be established.
    #[error("TLS: {0}")]
    Tls(Refusal),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server closed the connection before its first message.
    #[error("the program at that address does not speak MySQL")]
    NotMySql,
    /// The network failed.
    #[error("{0}")]
    Io(std::io::Error),
    /// Connecting took too long.
    #[error("no answer within {} s", .0.as_secs())]
    ConnectTimeout(Duration),
    /// The server did not answer a statement that it should answer at once.
    #[error("the server has not answered for {} s", .0.as_secs())]
    Silent(Duration),
    /// The server sent nothing for too long.
    #[error("the server has sent nothing for {} s", .0.as_secs())]
    Stalled(Duration),
    /// An answer that the driver does not understand.
    #[error("unexpected answer from the server: {0}")]
    Protocol(String),
    /// The account uses an authentication plugin that the driver does not have, or may not use.
    #[error("the account uses the authentication plugin {0}, which is not supported")]
    Plugin(String),
    /// RSA encrypts the password on a connection without TLS, and limits its length.
    #[error("the password is too long for a connection without TLS")]
    LongPassword,
    /// The server cannot open a consistent snapshot.
    #[error("the server cannot open a consistent snapshot: {0}")]
    NoSnapshot(String),
    /// There is no access token to log in with.
    #[error("no access token: {0}")]
    Token(#[source] google_auth::Error),
    /// A decision is out of date. The table restarts and decides again.
    #[error("{0}")]
    Outdated(&'static str),
    /// Another execution holds the lock of the destination table.
    #[error("another execution is copying this table right now")]
    LockTaken,
    /// The connection no longer holds the lock of the destination table.
    #[error("the lock is lost")]
    LockLost,
    /// The server sent a row from outside the requested range.
    #[error("the server sent a row whose primary key is outside the requested range")]
    OutsideRange,
    /// A literal cannot express a value of the key, so the table cannot be divided there.
    #[error("SQL cannot express the key's values exactly")]
    UnwritableKey,
    /// Any other error of the driver.
    #[error("{0}")]
    Other(String),
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { action: None, kind, connecting: false, tried: None }
    }
}

/// An error of the driver on an open connection.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Kind::of(error).into()
    }
}

impl Kind {
    /// Classifies an error of the driver.
    fn of(error: sqlx::Error) -> Self {
        if let Some(refusal) = tls::refusal(&error) {
            return Self::Tls(refusal);
        }
        match error {
            sqlx::Error::Database(database) => match database.try_downcast_ref::<MySqlDatabaseError>() {
                Some(server) => Self::Server { number: server.number(), message: server.message().to_owned() },
                None => Self::Other(database.message().to_owned()),
            },
            sqlx::Error::Io(io) if is_closed(io.kind()) => Self::Closed,
            sqlx::Error::Io(io) => Self::Io(io),
            // The driver adds the place in its code.
            sqlx::Error::Protocol(problem) if problem.contains(CLEARTEXT) => {
                Self::Plugin("mysql_clear_password (PAM or LDAP)".to_owned())
            }
            sqlx::Error::Protocol(problem) if problem.contains(LONG_PASSWORD) => Self::LongPassword,
            sqlx::Error::Protocol(problem) => match problem.strip_prefix(UNKNOWN_PLUGIN) {
                Some(plugin) => Self::Plugin(plugin.split(' ').next().unwrap_or(plugin).to_owned()),
                None => Self::Protocol(problem),
            },
            other => Self::Other(other.to_string()),
        }
    }

    /// The error number, if the server answered with an error.
    pub fn number(&self) -> Option<u16> {
        if let Self::Server { number, .. } = self { Some(*number) } else { None }
    }

    /// Whether the same action may succeed a moment later.
    fn is_transient(&self, connecting: bool) -> bool {
        match self {
            Self::Server { number: USER_LIMIT, message } => message.contains("max_user_connections"),
            Self::Server { number, .. } if connecting => matches!(
                *number,
                TOO_MANY_CONNECTIONS | TOO_MANY_USER_CONNECTIONS | SERVER_SHUTDOWN | SERVER_NOT_AVAILABLE
            ),
            Self::Server { number, .. } => matches!(
                *number,
                SERVER_SHUTDOWN
                    | SERVER_NOT_AVAILABLE
                    | SESSION_KILLED
                    | CONNECTION_KILLED
                    | DISCONNECTED_IDLE
                    | TABLE_DEFINITION_CHANGED
            ),
            // While a server restarts, it, or a proxy in front of it, accepts connections and closes them.
            Self::Closed | Self::NotMySql => true,
            // A socket path that does not exist will not appear.
            Self::Io(io) => io.kind() != ErrorKind::NotFound,
            Self::ConnectTimeout(_) | Self::Silent(_) | Self::Stalled(_) | Self::Outdated(_) => true,
            Self::Token(error) => error.is_transient(),
            Self::Tls(_)
            | Self::Protocol(_)
            | Self::Plugin(_)
            | Self::LongPassword
            | Self::NoSnapshot(_)
            | Self::LockTaken
            | Self::LockLost
            | Self::OutsideRange
            | Self::UnwritableKey
            | Self::Other(_) => false,
        }
    }
}

impl Error {
    /// Classifies an error of the driver that occurred while connecting.
    pub(super) fn connecting(error: sqlx::Error) -> Self {
        let is_end = matches!(&error, sqlx::Error::Io(io) if io.kind() == ErrorKind::UnexpectedEof);
        let kind = if is_end { Kind::NotMySql } else { Kind::of(error) };
        Self::from(kind).while_connecting()
    }

    /// Marks the error as one that occurred while connecting.
    pub(crate) fn while_connecting(self) -> Self {
        Self { connecting: true, ..self }
    }

    /// Whether the error occurred while connecting.
    pub fn is_connecting(&self) -> bool {
        self.connecting
    }

    /// The kind of the error.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether the same action may succeed a moment later. False once the retry budget is spent.
    pub fn is_transient(&self) -> bool {
        self.tried.is_none() && self.kind.is_transient(self.connecting)
    }

    /// Whether the server answered the statement with an error, so the connection is still good.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self.kind, Kind::Server { .. }) && !self.kind.is_transient(self.connecting)
    }

    /// Adds how often and how long it was tried. The error is not transient any more.
    pub(super) fn tried(mut self, tries: u32, elapsed: Duration) -> Self {
        self.tried = Some((tries, elapsed));
        self
    }

    /// Adds what was being done, unless an inner caller already has.
    pub fn doing(mut self, action: impl Into<String>) -> Self {
        self.action.get_or_insert_with(|| action.into());
        self
    }

    /// The whole sentence, with `problem` in place of the error's own text.
    pub fn sentence(&self, problem: &str) -> String {
        let tries = self.tried.map_or_else(String::new, |(tries, elapsed)| tries_text(tries, elapsed));
        match &self.action {
            Some(action) => format!("{action}: {problem}{tries}"),
            None => format!("{problem}{tries}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence(&self.kind.to_string()))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.kind)
    }
}

impl Reason for Error {
    fn text(&self) -> String {
        self.kind.to_string()
    }

    fn decision(&self) -> Decision {
        if self.is_transient() { Decision::Retry } else { Decision::GiveUp }
    }

    fn is_silence(&self) -> bool {
        matches!(self.kind, Kind::ConnectTimeout(_))
    }
}

/// Adds to an error what was being done, unless an inner caller already has.
pub trait WhileDoing<T> {
    /// Calls `action` only if there is an error.
    fn while_doing<S: Into<String>>(self, action: impl FnOnce() -> S) -> Result<T, Error>;
}

impl<T, E: Into<Error>> WhileDoing<T> for Result<T, E> {
    fn while_doing<S: Into<String>>(self, action: impl FnOnce() -> S) -> Result<T, Error> {
        self.map_err(|error| error.into().doing(action()))
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | TimedOut)
}

/// The server refused the statement itself, and the connection can still be used: the server does not have it, does not
/// allow it, or does not allow it to this user. False for an interruption or a time limit, after which it may succeed.
pub(super) fn is_refused(error: &Error) -> bool {
    const INTERRUPTIONS: [u16; 7] = [
        LOCK_WAIT_TIMEOUT,
        SERVER_SHUTDOWN,
        QUERY_INTERRUPTED,
        STATEMENT_TIMEOUT,
        STATEMENT_TIMEOUT_MARIADB,
        USER_LOCK_DEADLOCK,
        LOCK_DEADLOCK,
    ];
    error.kind.number().is_some_and(|number| !error.is_transient() && !INTERRUPTIONS.contains(&number))
}

/// Another session held a lock for too long.
pub(super) fn is_lock_wait_timeout(error: &Error) -> bool {
    error.kind.number() == Some(LOCK_WAIT_TIMEOUT)
}

/// The user lacks a privilege on the table or its database.
pub(super) fn is_access_denied(error: &Error) -> bool {
    matches!(error.kind.number(), Some(TABLE_ACCESS_DENIED | ACCESS_DENIED_TO_DATABASE))
}

/// The user lacks a privilege on the table.
pub(super) fn is_table_access_denied(error: &Error) -> bool {
    error.kind.number() == Some(TABLE_ACCESS_DENIED)
}
