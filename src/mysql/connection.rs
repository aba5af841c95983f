//! Opens and closes connections, and sets the session variables and time limits of every connection.

use std::time::Duration;

use sqlx::{ConnectOptions as _, Connection as _};

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::login;
use crate::mysql::settings::{Address, Settings, SslMode};
use crate::mysql::sql::{Connection, execute, in_time};
use crate::retry::{Budget, Failed, retrying};

/// The time limit of one try. A firewall that drops packets never answers.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// The budget of all tries at the start of a run. It covers a quick restart of the server. If the server is down for longer,
/// the waiting operator should know.
const CONNECT_BUDGET: Budget = Budget::new(Duration::from_secs(12), 6);

/// The budget in the middle of a run. It outlasts a failover, which takes about a minute on Cloud SQL.
const RECONNECT_BUDGET: Budget = Budget::new(Duration::from_secs(120), 20);

/// How long to wait for a locked table. The servers' own defaults are a day and a year.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// How long to wait for an idle connection to answer. It answers at once, or it is gone.
const ALIVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Short enough for the few seconds that a task has after SIGTERM.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the server waits for the client to take rows while an upload is slow, and how long the connection may idle
/// while a load job runs. With its own defaults (60 s to write), the server would kill a slow reader.
const SESSION_TIMEOUT_SECONDS: u32 = 24 * 60 * 60;

/// Opens a connection and sets up its session: UTC, text in its own character set, REPEATABLE READ, no sql_mode that
/// alters values (such as PAD_CHAR_TO_FULL_LENGTH), and time limits that allow a slow reader.
pub async fn connect(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, CONNECT_BUDGET).await
}

/// Does the same as [`connect`] for the first connection of the process, whose network may not be ready yet.
pub async fn connect_first(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, Budget { silence: settings.silence, ..CONNECT_BUDGET }).await
}

/// Does the same as [`connect`] with a larger budget, for a server that was reachable before.
pub async fn reconnect(settings: &Settings) -> Result<Connection, Error> {
    connect_within(settings, RECONNECT_BUDGET).await
}

async fn connect_within(settings: &Settings, budget: Budget) -> Result<Connection, Error> {
    let doing = format!("connecting to MySQL at {}", settings.address);
    let mut try_number = 0;
    let opening = retrying(&doing, budget, || {
        try_number += 1;
        open(settings, try_number - 1)
    });
    let opening = opening.await;
    let opening = opening.map_err(|Failed { reason, tries, elapsed }| reason.tried(tries, elapsed));
    let mut connection = opening.while_doing(|| &*doing)?;
    let lock_wait_seconds = lock_wait(settings.stall).as_secs();
    // This overrides global variables that would change what a SELECT returns or how long it waits. The last parts are
    // comments to one of the servers. They make MariaDB read the current rows of system-versioned tables, and MySQL report the
    // current size of tables instead of one that is up to a day old. The variable of the isolation level has different names, so
    // it takes a second statement, which is sent with the first one.
    let session = format!(
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES', character_set_results = NULL, sql_select_limit = 18446744073709551615, \
         sql_big_selects = 1, completion_type = 0, sql_quote_show_create = 1, \
         lock_wait_timeout = {lock_wait_seconds}, \
         net_write_timeout = {SESSION_TIMEOUT_SECONDS}, net_read_timeout = {SESSION_TIMEOUT_SECONDS}, \
         wait_timeout = {SESSION_TIMEOUT_SECONDS} /*M!100300 , system_versioning_asof = DEFAULT *//*!80000 , information_schema_stats_expiry = 0 */; \
         SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"
    );
    let setting = async { execute(&mut connection, &session).await.while_doing(|| "setting up the session") };
    in_time(settings.stall, setting).await.while_doing(|| &*doing)?;
    Ok(connection)
}

/// How long to wait for a table's lock. The server is silent while it waits, so the limit is at most `stall`.
pub(super) fn lock_wait(stall: Duration) -> Duration {
    LOCK_WAIT.min(stall)
}

/// One try. Each try uses the next address of the host name, because the first one may never answer.
async fn open(settings: &Settings, try_number: usize) -> Result<Connection, Error> {
    let address = other_address(settings, try_number).await;
    match open_at(settings, address.as_deref(), settings.ssl_mode).await {
        Err(error) if may_go_on_plain(settings, &error) => {
            open_at(settings, address.as_deref(), SslMode::Disabled).await
        }
        opened => opened,
    }
}

/// Like MySQL's own client, PREFERRED goes on without TLS if TLS cannot be established. A client certificate is shown only
/// over TLS.
fn may_go_on_plain(settings: &Settings, error: &Error) -> bool {
    let is_preferred = settings.ssl_mode == SslMode::Preferred && settings.client_certificate.is_none();
    is_preferred && matches!(error.kind(), Kind::Tls(_))
}

async fn open_at(settings: &Settings, address: Option<&str>, mode: SslMode) -> Result<Connection, Error> {
    let options = login::options(settings, mode).await?;
    let options = match address {
        Some(address) => options.host(address),
        None => options,
    };
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Error::connecting(error)),
        Err(_) => Err(Error::from(Kind::ConnectTimeout(CONNECT_TIMEOUT)).while_connecting()),
    }
}

/// The address for a try after the first, if the host name has several. VERIFY_IDENTITY needs the name itself.
async fn other_address(settings: &Settings, try_number: usize) -> Option<String> {
    let Address::Tcp(host, port) = &settings.address else { return None };
    if try_number == 0 || settings.ssl_mode == SslMode::VerifyIdentity {
        return None;
    }
    let resolving = tokio::net::lookup_host((host.as_str(), *port));
    let addresses: Vec<_> = tokio::time::timeout(CONNECT_TIMEOUT, resolving).await.ok()?.ok()?.collect();
    let address = addresses.get(try_number.checked_rem(addresses.len())?)?;
    (addresses.len() > 1).then(|| address.ip().to_string())
}

/// Closes the connection cleanly, so that the server does not log an aborted connection. A failure does not matter.
pub async fn close(connection: Connection) {
    let _ = tokio::time::timeout(Duration::from_secs(1), connection.close()).await;
}

/// Whether an idle connection still answers.
pub async fn is_alive(connection: &mut Connection) -> bool {
    matches!(tokio::time::timeout(ALIVE_TIMEOUT, connection.ping()).await, Ok(Ok(())))
}

/// The server's id of this connection.
pub async fn id(connection: &mut Connection) -> Result<u64, Error> {
    let query = sqlx::query_scalar::<_, u64>("SELECT CONNECTION_ID()").persistent(false);
    query.fetch_one(connection).await.while_doing(|| "asking for the connection id")
}

/// Ends this program's own connections on the server. A server notices that a client is gone only when it sends the next
/// rows. Until then it would keep working and hold the table's lock. A failure does not matter.
pub async fn kill(settings: &Settings, ids: &[u64]) {
    if ids.is_empty() {
        return;
    }
    let killing = async {
        let mut connection = open(settings, 0).await?;
        for id in ids {
            // KILL fails if the connection is already gone, which is the usual case.
            let _ = execute(&mut connection, &format!("KILL CONNECTION {id}")).await;
        }
        close(connection).await;
        Ok::<(), Error>(())
    };
    let _ = tokio::time::timeout(KILL_TIMEOUT, killing).await;
}
