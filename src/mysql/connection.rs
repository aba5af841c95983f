//! Connections: TLS, time limits, and the session that every statement of ours runs in.

use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::config::MySql;
use crate::mysql::{Error, login};
use crate::retry::{Budget, Failed, retrying};

/// One try: a firewall that drops packets answers nothing at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// All tries: a server that restarts is back by then or not for a while, and the person waiting wants to know.
const CONNECT_BUDGET: Budget = Budget { time: Duration::from_secs(12), tries: 6 };

/// How long a table that somebody holds a lock on is waited for; the servers' own defaults are a day and a year.
const LOCK_WAIT_SECONDS: u32 = 60;

/// Within the seconds that a task has after SIGTERM.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the server waits for us to take rows while an upload is slow, and lets the connection idle while a load
/// job runs. Its own defaults (60 s to write) make it kill a slow reader.
const SESSION_TIMEOUT_SECONDS: u32 = 24 * 60 * 60;

/// Opens a connection whose session reads: UTC, text in its own character set, REPEATABLE READ, no sql_mode that alters values (such as
/// PAD_CHAR_TO_FULL_LENGTH), and patience with a slow reader.
pub async fn connect(config: &MySql) -> Result<MySqlConnection, Error> {
    let doing = format!("connecting to MySQL at {}", config.address);
    let opening = retrying(&doing, CONNECT_BUDGET, || open(config)).await;
    let mut connection = opening.map_err(|Failed { reason, tries, elapsed }| reason.tried(tries, elapsed))?;
    // Globals of the server that would change what a SELECT returns, or how long it waits, do not reach this session.
    // MySQL takes the last part for a comment; MariaDB reads the current rows of system-versioned tables.
    let session = format!(
        "SET SESSION sql_mode = '', character_set_results = NULL, sql_select_limit = 18446744073709551615, lock_wait_timeout = {LOCK_WAIT_SECONDS}, \
         net_write_timeout = {SESSION_TIMEOUT_SECONDS}, net_read_timeout = {SESSION_TIMEOUT_SECONDS}, \
         wait_timeout = {SESSION_TIMEOUT_SECONDS} /*M!100300 , system_versioning_asof = DEFAULT */"
    );
    for statement in [session.as_str(), "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"] {
        execute(&mut connection, "setting the session up", statement).await?;
    }
    Ok(connection)
}

async fn open(config: &MySql) -> Result<MySqlConnection, Error> {
    let options = login::options(config).await?;
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Error::connecting(config, &error)),
        Err(_) => Err(Error::connect_timeout(config, CONNECT_TIMEOUT)),
    }
}

/// Runs a statement that is ours from the first to the last letter, or quoted.
pub(super) async fn execute(connection: &mut MySqlConnection, doing: &str, statement: &str) -> Result<(), Error> {
    let result = connection.execute(AssertSqlSafe(statement.to_owned())).await;
    result.map(drop).map_err(|error| Error::query(doing, &error))
}

/// Says goodbye, so that the server logs no aborted connection. Nothing depends on it.
pub async fn close(connection: MySqlConnection) {
    let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
}

/// The server's number of this connection.
pub async fn id(connection: &mut MySqlConnection) -> Result<u64, Error> {
    let query = sqlx::query_scalar::<_, u64>("SELECT CONNECTION_ID()").persistent(false);
    query.fetch_one(connection).await.map_err(|error| Error::query("asking for the connection's number", &error))
}

/// Ends a connection of ours on the server's side. A server notices that a client is gone when it sends the next rows;
/// until then it would go on working for nobody and keep the table's lock. Nothing depends on it.
pub async fn kill(config: &MySql, id: u64) {
    let killing = async {
        let mut connection = open(config).await?;
        execute(&mut connection, "ending a connection", &format!("KILL CONNECTION {id}")).await?;
        close(connection).await;
        Ok::<(), Error>(())
    };
    // Most often it is gone already, which is an error of KILL.
    let _ = tokio::time::timeout(KILL_TIMEOUT, killing).await;
}
