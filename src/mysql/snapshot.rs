//! Consistent snapshots: of one connection, and of several that see the same moment of one table.
//!
//! `LOCK TABLES … READ` waits until every transaction that has written to the table is over, and lets none write to it while
//! it is held: snapshots opened in between have the same rows of this table. That takes milliseconds.

use std::str::FromStr;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use crate::mysql::connection::{close, connect, lock_wait};
use crate::mysql::error::{Error, Kind, WhileDoing as _, is_access_denied, is_lock_wait_timeout};
use crate::mysql::settings::Settings;
use crate::mysql::sql::{Connection, execute, in_time, quoted};

/// `SNAPSHOT`: what several connections that read one table see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// The same moment: nobody may write to the table while the snapshots are opened, which takes milliseconds.
    Shared,
    /// Each a moment of its own.
    PerConnection,
}

impl FromStr for Snapshots {
    type Err = ();

    /// `shared` or `per_connection`, in any case.
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

/// What the snapshots of one table came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// There is one snapshot, as was asked for.
    One,
    /// Several connections have the same snapshot; nobody could write to the table while they were opened.
    Shared {
        /// How long.
        locked: Duration,
    },
    /// Each connection has its own, as was asked for.
    PerConnection,
    /// Each connection has its own, since the user may not lock the table.
    Denied,
    /// There is one snapshot instead of several, since others did not release the table.
    Undivided {
        /// How long they were waited for.
        waited: Duration,
    },
}

/// While the lock is waited for, nobody else can begin to write to the table.
const LOCK_WAIT_SECONDS: u32 = 2;
/// Opening the snapshots takes two round trips.
const HOLD_LIMIT: Duration = Duration::from_secs(2);
/// Should this process or the network freeze meanwhile, the server gives the table free by itself.
const HOLD_IDLE_SECONDS: u64 = HOLD_LIMIT.as_secs() + 1;

/// Opens a snapshot of the database, read-only, and takes the table's metadata lock in it: until the snapshot ends nobody
/// alters the table, so what the catalog says from here on is true of every row.
pub async fn begin(connection: &mut Connection, table: &str, stall: Duration) -> Result<(), Error> {
    let pinning = format!("SELECT 1 FROM {} LIMIT 0", quoted(table));
    let opening = async {
        let begin = execute(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        begin.await.while_doing(|| "opening a snapshot")?;
        execute(connection, &pinning).await
    };
    in_time(stall + lock_wait(stall), opening).await.while_doing(|| format!("opening table {table}"))
}

/// Ends the snapshot; a long one would keep InnoDB from cleaning up.
pub async fn end(connection: &mut Connection, stall: Duration) -> Result<(), Error> {
    in_time(stall, execute(connection, "COMMIT")).await.while_doing(|| "ending the snapshot")
}

/// Opens a snapshot on the first connection and on `others` more, and pins the table's definition in each. When the table
/// cannot be locked in time, only the first one's snapshot is opened, and there are no others.
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
            // Before anything else: whatever happened, the table is free again.
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
    /// By this connection, until it unlocks or ends.
    Held(Connection),
    Denied,
    Timeout,
}

async fn lock(settings: &Settings, table: &str) -> Result<Locking, Error> {
    let mut gate = connect(settings).await?;
    let limits = format!("SET SESSION lock_wait_timeout = {LOCK_WAIT_SECONDS}, wait_timeout = {HOLD_IDLE_SECONDS}");
    let doing = || format!("locking table {table} for a moment");
    execute(&mut gate, &limits).await.while_doing(doing)?;
    match execute(&mut gate, &format!("LOCK TABLES {} READ", quoted(table))).await {
        Ok(()) => Ok(Locking::Held(gate)),
        Err(error) if is_access_denied(&error) => Ok(Locking::Denied),
        Err(error) if is_lock_wait_timeout(&error) => Ok(Locking::Timeout),
        Err(error) => Err(error.doing(doing())),
    }
}
