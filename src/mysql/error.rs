//! What goes wrong with MySQL: a kind with its source, and what was being done. What to do about it is said in `hints`.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use sqlx::mysql::MySqlDatabaseError;

use crate::google_auth;
use crate::mysql::tls::{self, Refusal};
use crate::retry::{Decision, Reason, tries_text};

// Numbers from "MySQL Server Error Message Reference" and MariaDB's "Error Codes"; both servers share these.
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
const NOT_SUPPORTED_YET: u16 = 1235;
const CONNECTION_KILLED: u16 = 1927; // MariaDB; MySQL closes the connection
const SERVER_NOT_AVAILABLE: u16 = 3168; // MySQL, of a server that shuts down
const SESSION_KILLED: u16 = 3169;
const DISCONNECTED_IDLE: u16 = 4031; // MySQL
const TOO_MANY_USER_CONNECTIONS: u16 = 1203;
pub(crate) const TABLE_DEFINITION_CHANGED: u16 = 1412;

/// An error of the source.
#[derive(Debug)]
pub struct Error {
    /// What was being done; the first caller who knows says it.
    action: Option<String>,
    kind: Kind,
    /// Whether there was no connection yet.
    connecting: bool,
    /// How often and how long it was tried; it is not tried again then.
    tried: Option<(u32, Duration)>,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
pub enum Kind {
    /// The server answered with an error.
    #[error("MySQL error {number}: {message}")]
    Server {
        /// Its number.
        number: u16,
        /// Its message.
        message: String,
    },
    /// No TLS connection could be made.
    #[error("TLS: {0}")]
    Tls(Refusal),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// The server closed the connection before it said anything.
    #[error("what listens there does not speak MySQL")]
    NotMySql,
    /// The network failed.
    #[error("{0}")]
    Io(std::io::Error),
    /// Connecting took too long.
    #[error("no answer within {} s", .0.as_secs())]
    ConnectTimeout(Duration),
    /// The server does not answer to what it should do at once.
    #[error("the server has not answered for {} s", .0.as_secs())]
    Silent(Duration),
    /// The server has sent nothing for so long.
    #[error("the server has sent nothing for {} s", .0.as_secs())]
    Stalled(Duration),
    /// An answer that the driver does not understand.
    #[error("unexpected answer of the server: {0}")]
    Protocol(String),
    /// No access token to log in with.
    #[error("no access token: {0}")]
    Token(#[source] google_auth::Error),
    /// What was decided does not hold any more, and is decided anew.
    #[error("{0}")]
    Outdated(&'static str),
    /// Somebody else holds the lock of a destination table.
    #[error("another execution is copying this table right now")]
    LockTaken,
    /// The lock of a destination table is not this connection's any more.
    #[error("it is lost")]
    LockLost,
    /// A row came that is not in the range that was asked for.
    #[error("a row's primary key is not in the range that was asked for")]
    OutsideRange,
    /// A key cannot be cut at this value.
    #[error("its values cannot be written down")]
    UnwritableKey,
    /// What the driver says besides.
    #[error("{0}")]
    Other(String),
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Self { action: None, kind, connecting: false, tried: None }
    }
}

/// An error of the driver on a connection that stands.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Kind::of(error).into()
    }
}

impl Kind {
    /// What the driver's error means.
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
            sqlx::Error::Protocol(problem) => Self::Protocol(problem),
            other => Self::Other(other.to_string()),
        }
    }

    /// The server's error number.
    pub fn number(&self) -> Option<u16> {
        if let Self::Server { number, .. } = self { Some(*number) } else { None }
    }

    /// Whether the same may succeed a moment later.
    fn is_transient(&self, connecting: bool) -> bool {
        match self {
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
            // A server that restarts, or a proxy whose server does, takes a connection and closes it.
            Self::Closed | Self::NotMySql => true,
            // A socket's path that does not exist stays so.
            Self::Io(io) => io.kind() != ErrorKind::NotFound,
            Self::ConnectTimeout(_) | Self::Silent(_) | Self::Stalled(_) | Self::Outdated(_) => true,
            Self::Token(error) => error.is_transient(),
            Self::Tls(_)
            | Self::Protocol(_)
            | Self::LockTaken
            | Self::LockLost
            | Self::OutsideRange
            | Self::UnwritableKey
            | Self::Other(_) => false,
        }
    }
}

impl Error {
    /// An error of the driver while it connects.
    pub(super) fn connecting(error: sqlx::Error) -> Self {
        let is_end = matches!(&error, sqlx::Error::Io(io) if io.kind() == ErrorKind::UnexpectedEof);
        let kind = if is_end { Kind::NotMySql } else { Kind::of(error) };
        Self::from(kind).while_connecting()
    }

    /// The same error, of a connection that was not made.
    pub(crate) fn while_connecting(self) -> Self {
        Self { connecting: true, ..self }
    }

    /// Whether there was no connection yet.
    pub fn is_connecting(&self) -> bool {
        self.connecting
    }

    /// What happened.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether the same may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        self.tried.is_none() && self.kind.is_transient(self.connecting)
    }

    /// The same error, saying how often and how long it was tried, which was enough.
    pub(super) fn tried(mut self, tries: u32, elapsed: Duration) -> Self {
        self.tried = Some((tries, elapsed));
        self
    }

    /// The same error, saying what was being done, unless somebody closer to it has said so.
    pub fn doing(mut self, action: impl Into<String>) -> Self {
        self.action.get_or_insert_with(|| action.into());
        self
    }

    /// The whole sentence, with the problem said in the given words.
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

/// Says what was being done when an error came up, unless somebody closer to it has said so.
pub trait WhileDoing<T> {
    /// `action` is asked for only if there is an error.
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

/// The server knows the statement and cannot do it.
pub(super) fn is_not_supported(error: &Error) -> bool {
    error.kind.number() == Some(NOT_SUPPORTED_YET)
}

/// Somebody else held a lock for longer than was waited.
pub(super) fn is_lock_wait_timeout(error: &Error) -> bool {
    error.kind.number() == Some(LOCK_WAIT_TIMEOUT)
}

/// The user lacks a privilege on the table or on its database.
pub(super) fn is_access_denied(error: &Error) -> bool {
    matches!(error.kind.number(), Some(TABLE_ACCESS_DENIED | ACCESS_DENIED_TO_DATABASE))
}

/// The user lacks a privilege on the table.
pub(super) fn is_table_access_denied(error: &Error) -> bool {
    error.kind.number() == Some(TABLE_ACCESS_DENIED)
}
