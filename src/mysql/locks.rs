//! One execution at a time per destination table: a named lock of the source server, held by the reading connection.

use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use crate::mysql::catalog::number;
use crate::mysql::connection::in_time;
use crate::mysql::{Error, error};
use crate::report::events;

/// An attempt that was killed a moment ago may still be leaving.
const WAIT_SECONDS: u32 = 5;

/// A VPC cuts connections that idle for ten minutes ("Direct VPC egress", Cloud Run), and with the connection the lock
/// would be gone.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Whoever does not answer by then is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// A lock that this connection holds; it goes with the connection.
#[derive(Debug, Clone)]
pub struct Lock {
    name: String,
    key: String,
}

impl Lock {
    /// Takes the lock of `key`. Locks need no privilege; a server that has none (Galera) is read without, and says so.
    pub async fn take(connection: &mut MySqlConnection, stall: Duration, key: String) -> Result<Option<Self>, Error> {
        let doing = format!("locking {key}");
        let patience = stall + Duration::from_secs(WAIT_SECONDS.into());
        in_time(patience, &doing, Self::wait_for(connection, key)).await
    }

    async fn wait_for(connection: &mut MySqlConnection, key: String) -> Result<Option<Self>, Error> {
        // Lock names are at most 64 characters long ("Locking Functions", MySQL).
        let name = format!("mysql-bigquery-sync/{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, key.as_bytes()));
        let lock = Self { name, key };
        let taken = lock.ask(connection, &format!("SELECT CAST(GET_LOCK(?, {WAIT_SECONDS}) AS CHAR)")).await;
        match taken {
            Ok(Some(1)) => Ok(Some(lock)),
            Ok(_) => Err(Error::new(
                format!("locking {}", lock.key),
                "another execution is copying this table right now; nothing was read, and the table is the other's",
            )),
            Err(problem) if error::is_not_supported(&problem) => {
                events::NoLocks {}
                    .log(format_args!("this server has no GET_LOCK: executions that overlap are not noticed"));
                Ok(None)
            }
            Err(problem) => Err(Error::query(format!("locking {}", lock.key), &problem)),
        }
    }

    /// Makes sure that the lock is still this connection's.
    pub async fn check(&self, connection: &mut MySqlConnection, stall: Duration) -> Result<(), Error> {
        let doing = format!("making sure of the lock of {}", self.key);
        let asking = self.ask(connection, "SELECT CAST(IS_USED_LOCK(?) = CONNECTION_ID() AS CHAR)");
        let asking = async { asking.await.map_err(|error| Error::query(&*doing, &error)) };
        match in_time(stall, &doing, asking).await? {
            Some(1) => Ok(()),
            _ => Err(Error::new(doing, "it is lost; the destination is unchanged")),
        }
    }

    async fn ask(&self, connection: &mut MySqlConnection, question: &str) -> Result<Option<u64>, sqlx::Error> {
        let query = sqlx::query(AssertSqlSafe(question.to_owned())).persistent(false).bind(&self.name);
        Ok(number(&query.fetch_one(connection).await?, 0))
    }
}

/// Does the work while it keeps the idle connection, and with it the lock, from being cut. That it was cut all the same is
/// for whoever uses it next.
pub async fn keeping_alive<T>(connection: &mut MySqlConnection, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    let mut alive = true;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(KEEP_ALIVE), if alive => {}
        }
        // To its end: an answer that nobody waits for would be taken for the next question's.
        let problem = match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", PING_TIMEOUT.as_secs()),
        };
        alive = false;
        events::LockLost {}.log(format_args!("the connection to MySQL that holds a table's lock broke: {problem}"));
    }
}
