//! Connections: TLS, time limits, and the session that every statement of ours runs in.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::login;
use crate::mysql::settings::Settings;
use crate::mysql::sql::{Connection, execute, in_time};
use crate::retry::{Budget, Failed, retrying};

/// One try: a firewall that drops packets answers nothing at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// All tries: a server that restarts is back by then or not for a while, and the person waiting wants to know.
const CONNECT_BUDGET: Budget = Budget::new(Duration::from_secs(12), 6);

/// The same for a table in the middle of a run: a server that fails over (Cloud SQL: about a minute) is waited for.
const RECONNECT_BUDGET: Budget = Budget::new(Duration::from_secs(120), 20);

/// How long a table that somebody holds a lock on is waited for; the servers' own defaults are a day and a year.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// Within the seconds that a task has after SIGTERM.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the server waits for us to take rows while an upload is slow, and lets the connection idle while a load
/// job runs. Its own defaults (60 s to write) make it kill a slow reader.
const SESSION_TIMEOUT_SECONDS: u32 = 24 * 60 * 60;

/// Opens a connection whose session reads: UTC, text in its own character set, REPEATABLE READ, no sql_mode that alters values (such as
/// PAD_CHAR_TO_FULL_LENGTH), and patience with a slow reader.
pub async fn connect(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, CONNECT_BUDGET).await
}

/// The same for the first connection of the process, whose network may not be there yet.
pub async fn connect_first(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, Budget { silence: settings.silence, ..CONNECT_BUDGET }).await
}

/// The same with more patience, for a server that was there a moment ago.
pub async fn reconnect(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, RECONNECT_BUDGET).await
}

async fn connect_within(settings: &Settings, budget: Budget) -> Result<Connection, Error> {
    let doing = format!("connecting to MySQL at {}", settings.address);
    let opening = retrying(&doing, budget, || open(settings)).await;
    let opening = opening.map_err(|Failed { reason, tries, elapsed }| reason.tried(tries, elapsed));
    let mut connection = opening.while_doing(|| &*doing)?;
    let lock_wait_seconds = lock_wait(settings.stall).as_secs();
    // Globals of the server that would change what a SELECT returns, or how long it waits, do not reach this session.
    // MySQL takes the last part for a comment; MariaDB reads the current rows of system-versioned tables.
    let session = format!(
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', character_set_results = NULL, sql_select_limit = 18446744073709551615, \
         sql_big_selects = 1, completion_type = 0, \
         lock_wait_timeout = {lock_wait_seconds}, \
         net_write_timeout = {SESSION_TIMEOUT_SECONDS}, net_read_timeout = {SESSION_TIMEOUT_SECONDS}, \
         wait_timeout = {SESSION_TIMEOUT_SECONDS} /*M!100300 , system_versioning_asof = DEFAULT */"
    );
    for statement in [session.as_str(), "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"] {
        let setting = async { execute(&mut connection, statement).await.while_doing(|| "setting up the session") };
        in_time(settings.stall, setting).await.while_doing(|| &*doing)?;
    }
    Ok(connection)
}

/// How long a table's lock is waited for, which is silence too.
pub(super) fn lock_wait(stall: Duration) -> Duration {
    LOCK_WAIT.min(stall)
}

async fn open(settings: &Settings) -> Result<Connection, Error> {
    let options = login::options(settings).await?;
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Error::connecting(error)),
        Err(_) => Err(Error::from(Kind::ConnectTimeout(CONNECT_TIMEOUT)).while_connecting()),
    }
}

/// Says goodbye, so that the server logs no aborted connection. Nothing depends on it.
pub async fn close(connection: Connection) {
    let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
}

/// The server's number of this connection.
pub async fn id(connection: &mut Connection) -> Result<u64, Error> {
    let query = sqlx::query_scalar::<_, u64>("SELECT CONNECTION_ID()").persistent(false);
    query.fetch_one(connection).await.while_doing(|| "asking for the connection's number")
}

/// Ends connections of ours on the server's side. A server notices that a client is gone when it sends the next rows; until
/// then it would go on working for nobody and keep the table's lock. Nothing depends on it.
pub async fn kill(settings: &Settings, ids: &[u64]) {
    let killing = async {
        let mut connection = open(settings).await?;
        for id in ids {
            // Most often it is gone already, which is an error of KILL.
            let _ = execute(&mut connection, &format!("KILL CONNECTION {id}")).await;
        }
        close(connection).await;
        Ok::<(), Error>(())
    };
    let _ = tokio::time::timeout(KILL_TIMEOUT, killing).await;
}
