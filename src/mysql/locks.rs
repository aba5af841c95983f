//! Makes sure that only one execution at a time copies to a destination table. The connection that reads the table holds
//! a named lock on the source server.

use std::time::Duration;

use sqlx::Connection as _;
use uuid::Uuid;

use crate::mysql::error::{Error, Kind, WhileDoing as _, is_not_supported};
use crate::mysql::sql::{Connection, in_time, query};
use crate::report::events;

/// How long to wait for the lock. The server may not have released the lock of a killed attempt yet.
const WAIT_SECONDS: u32 = 5;

/// How often to ping. A VPC cuts connections that idle for ten minutes ("Direct VPC egress", Cloud Run), and the lock is
/// lost with the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A server that does not answer a ping within this time is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// A lock that a connection holds. It ends with the connection.
#[derive(Debug, Clone)]
pub struct Lock {
    name: String,
    key: String,
}

impl Lock {
    /// Takes the lock for `key`. Locks need no privilege. A server without locks (Galera) is read without one, with a
    /// warning.
    pub async fn take(connection: &mut Connection, stall: Duration, key: String) -> Result<Option<Self>, Error> {
        // Lock names are at most 64 characters long ("Locking Functions", MySQL).
        let name = format!("mysql-bigquery-sync/{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, key.as_bytes()));
        let lock = Self { name, key };
        let patience = stall + Duration::from_secs(WAIT_SECONDS.into());
        let question = format!("SELECT CAST(GET_LOCK(?, {WAIT_SECONDS}) AS CHAR)");
        let asking = lock.ask(connection, &question);
        let taken = match in_time(patience, asking).await {
            Ok(Some(1)) => return Ok(Some(lock)),
            Ok(_) => Err(Kind::LockTaken.into()),
            Err(problem) if is_not_supported(&problem) => {
                events::NoLocks {}
                    .log(format_args!("this server has no GET_LOCK, so overlapping executions are not detected"));
                Ok(None)
            }
            Err(problem) => Err(problem),
        };
        taken.while_doing(|| format!("locking {}", lock.key))
    }

    /// Checks that the connection still holds the lock.
    pub async fn check(&self, connection: &mut Connection, stall: Duration) -> Result<(), Error> {
        let asking = self.ask(connection, "SELECT CAST(IS_USED_LOCK(?) = CONNECTION_ID() AS CHAR)");
        let held = match in_time(stall, asking).await {
            Ok(Some(1)) => Ok(()),
            Ok(_) => Err(Kind::LockLost.into()),
            Err(problem) => Err(problem),
        };
        held.while_doing(|| format!("checking the lock of {}", self.key))
    }

    async fn ask(&self, connection: &mut Connection, question: &str) -> Result<Option<u64>, Error> {
        let rows = query(connection, question, &[&self.name]).await?;
        Ok(rows.first().and_then(|row| row.number(0)))
    }
}

/// Pings the idle connection while the work is done, so that the network does not cut it and the lock is not lost.
/// If the connection breaks, a warning is logged, and its next use fails.
pub async fn keeping_alive<T>(connection: &mut Connection, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    let mut alive = true;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(KEEP_ALIVE), if alive => {}
        }
        // Always wait for the answer: otherwise the next statement would read it as its own.
        let problem = match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", PING_TIMEOUT.as_secs()),
        };
        alive = false;
        events::LockLost {}.log(format_args!("the connection to MySQL that holds a table's lock broke: {problem}"));
    }
}
