//! Opens consistent snapshots: on one connection, or on several connections that see the same rows of one table.
//!
//! `LOCK TABLES … READ` waits until every transaction that wrote to the table has ended, and blocks writes to the table
//! while it is held. Snapshots opened under the lock see the same rows of this table. The lock is held for milliseconds.

use std::str::FromStr;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::mysql::connection::{close, connect, lock_wait};
use crate::mysql::error::{Error, Kind, WhileDoing as _, is_access_denied, is_lock_wait_timeout, is_refused};
use crate::mysql::settings::Settings;
use crate::mysql::sql::{Connection, execute, in_time, quoted};

/// `SNAPSHOT`: what several connections see when they read one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// All connections see the same rows. Writes to the table are blocked for the milliseconds it takes to open the
    /// snapshots.
    Shared,
    /// Each connection has its own snapshot, and the snapshots may differ.
    PerConnection,
}

impl FromStr for Snapshots {
    type Err = ();

    /// Parses `shared` or `per_connection`, in any case.
    ///
    /// ```
    /// use mysql_bigquery_sync::mysql::snapshot::Snapshots;
    ///
    /// assert_eq!("per_connection".parse(), Ok(Snapshots::PerConnection));
    /// assert!("both".parse::<Snapshots>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "shared" => Ok(Self::Shared),
            "per_connection" => Ok(Self::PerConnection),
            _ => Err(()),
        }
    }
}

/// Which snapshots the connections of one table got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// One connection has one snapshot, as requested.
    One,
    /// All connections see the same rows. Writes to the table were blocked while the snapshots were opened.
    Shared {
        /// How long writes were blocked.
        locked: Duration,
    },
    /// Each connection has its own snapshot, as requested.
    PerConnection,
    /// Each connection has its own snapshot, because the user may not lock the table.
    Denied,
    /// Each connection has its own snapshot, because the server locks no tables; with its message.
    Refused(String),
    /// One connection has one snapshot, because the table could not be locked in time.
    Undivided {
        /// How long the program waited for the lock.
        waited: Duration,
    },
}

/// While this program waits for the lock, nobody else can start to write to the table.
const LOCK_WAIT_SECONDS: u32 = 2;
/// How long the lock may be held. Opening the snapshots takes two round trips.
const HOLD_LIMIT: Duration = Duration::from_secs(2);
/// If this process or the network freezes, the server releases the lock by itself after this time.
const HOLD_IDLE_SECONDS: u64 = HOLD_LIMIT.as_secs() + 1;

/// Opens a read-only snapshot of the database and takes the table's metadata lock in it. Nobody can alter the table until
/// the snapshot ends, so the catalog's answers now hold for every row.
pub async fn begin(connection: &mut Connection, table: &str, stall: Duration) -> Result<(), Error> {
    let pinning = format!("SELECT 1 FROM {} LIMIT 0", quoted(table));
    let opening = async {
        let begin = execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        // Without a snapshot, rows that belong together could be from different times, so the table is not copied.
        let begun = begin.await.map_err(|error| match is_refused(&error) {
            true => Kind::NoSnapshot(error.kind().to_string()).into(),
            false => error,
        });
        begun.while_doing(|| "opening a snapshot")?;
        execute(connection, &pinning).await
    };
    in_time(stall + lock_wait(stall), opening).await.while_doing(|| format!("opening table {table}"))
}

/// Ends the snapshot. An open snapshot keeps InnoDB from purging old row versions.
pub async fn end(connection: &mut Connection, stall: Duration) -> Result<(), Error> {
    in_time(stall, execute(connection, "COMMIT")).await.while_doing(|| "ending the snapshot")
}

/// Opens a snapshot on the first connection and on `others` more, and pins the table's definition in each. If the table
/// cannot be locked in time, only the first connection gets a snapshot, and no other connection is returned.
pub async fn open(
    settings: &Settings,
    first: &mut Connection,
    others: usize,
    table: &str,
    snapshots: Snapshots,
) -> Result<(Vec<Connection>, Sharing), Error> {
    if others == 0 {
        begin(first, table, settings.stall).await?;
        return Ok((Vec::new(), Sharing::One));
    }
    let mut opened = try_join_all((0..others).map(|_| connect(settings))).await?;
    let connections = others + 1;
    let (gate, mut sharing) = match snapshots {
        Snapshots::PerConnection => (None, Sharing::PerConnection),
        Snapshots::Shared => match lock(settings, table).await? {
            Locking::Held(gate) => (Some(gate), Sharing::One),
            Locking::Denied => (None, Sharing::Denied),
            Locking::Refused(message) => (None, Sharing::Refused(message)),
            Locking::Timeout => {
                for connection in opened.drain(..) {
                    close(connection).await;
                }
                (None, Sharing::Undivided { waited: Duration::from_secs(LOCK_WAIT_SECONDS.into()) })
            }
        },
    };
    let begun = Instant::now();
    let opening = try_join_all(
        std::iter::once(first)
            .chain(&mut opened)
            .map(|connection| async move { begin(connection, table, settings.stall).await }),
    );
    match gate {
        None => opening.await.map(drop)?,
        Some(mut gate) => {
            let done = tokio::time::timeout(HOLD_LIMIT, opening).await;
            // Unlock the table first, even if opening the snapshots failed.
            let unlocked = tokio::time::timeout(HOLD_LIMIT, execute(&mut gate, "UNLOCK TABLES")).await;
            let held = begun.elapsed();
            let silent = |_| Error::from(Kind::Silent(HOLD_LIMIT));
            let done = done.map_err(silent).and_then(|done| done);
            done.while_doing(|| format!("opening {connections} snapshots of table {table}"))?;
            let unlocked = unlocked.map_err(silent).and_then(|unlocked| unlocked);
            unlocked.while_doing(|| format!("unlocking table {table}"))?;
            close(gate).await;
            sharing = Sharing::Shared { locked: held };
        }
    }
    Ok((opened, sharing))
}

enum Locking {
    /// This connection holds the lock until it unlocks the table or ends.
    Held(Connection),
    Denied,
    Refused(String),
    Timeout,
}

async fn lock(settings: &Settings, table: &str) -> Result<Locking, Error> {
    let mut gate = connect(settings).await?;
    let limits = format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}, wait_timeout = {HOLD_IDLE_SECONDS}");
    let doing = || format!("locking table {table} briefly");
    execute(&mut gate, &limits).await.while_doing(doing)?;
    match execute(&mut gate, &format!("LOCK TABLES {} READ", quoted(table))).await {
        Ok(()) => Ok(Locking::Held(gate)),
        Err(error) if is_access_denied(&error) => Ok(Locking::Denied),
        Err(error) if is_lock_wait_timeout(&error) => Ok(Locking::Timeout),
        // A cluster that prohibits table locks, or a proxy that does not know them.
        Err(error) if is_refused(&error) => Ok(Locking::Refused(error.kind().to_string())),
        Err(error) => Err(error.doing(doing())),
    }
}
