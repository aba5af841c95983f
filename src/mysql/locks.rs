//! One execution at a time per destination table: a named lock of the source server, held by the reading connection.

use std::time::Duration;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection};
use tracing::warn;
use uuid::Uuid;

use crate::mysql::catalog::number;
use crate::mysql::{Error, error};

/// An attempt that was killed a moment ago may still be leaving.
const WAIT_SECONDS: u32 = 5;

/// A VPC cuts connections that idle for ten minutes ("Direct VPC egress", Cloud Run), and with the connection the lock
/// would be gone.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A lock that this connection holds; it goes with the connection.
#[derive(Debug, Clone)]
pub struct Lock {
    name: String,
    key: String,
}

impl Lock {
    /// Takes the lock of `key`. Locks need no privilege; a server that has none (Galera) is read without, and says so.
    pub async fn take(connection: &mut MySqlConnection, key: String) -> Result<Option<Self>, Error> {
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
                warn!(event = "no_locks", "this server has no GET_LOCK: executions that overlap are not noticed");
                Ok(None)
            }
            Err(problem) => Err(Error::query(format!("locking {}", lock.key), &problem)),
        }
    }

    /// Makes sure that the lock is still this connection's.
    pub async fn check(&self, connection: &mut MySqlConnection) -> Result<(), Error> {
        let doing = format!("making sure of the lock of {}", self.key);
        let held = self.ask(connection, "SELECT CAST(IS_USED_LOCK(?) = CONNECTION_ID() AS CHAR)").await;
        match held.map_err(|error| Error::query(&*doing, &error))? {
            Some(1) => Ok(()),
            _ => Err(Error::new(doing, "it is lost; the destination is unchanged")),
        }
    }

    async fn ask(&self, connection: &mut MySqlConnection, question: &str) -> Result<Option<u64>, sqlx::Error> {
        let query = sqlx::query(AssertSqlSafe(question.to_owned())).persistent(false).bind(&self.name);
        Ok(number(&query.fetch_one(connection).await?, 0))
    }
}

/// Keeps an idle connection from being cut; never returns. That it was cut all the same is for whoever uses it next.
pub async fn keep_alive(connection: &mut MySqlConnection) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(KEEP_ALIVE).await;
        if let Err(error) = connection.ping().await {
            warn!(event = "lock_lost", "the connection to MySQL broke while a load job ran: {error}");
            std::future::pending::<()>().await;
        }
    }
}
