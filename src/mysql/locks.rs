//! Makes sure that only one execution at a time copies to a destination table. One connection per task holds a named lock on
//! the source server for each of its tables.

use std::collections::HashSet;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::mysql::error::{Error, Kind, WhileDoing as _, is_refused};
use crate::mysql::lock_keeper::{Keeper, start};
use crate::mysql::settings::Settings;
use crate::report::events;

/// How long to wait for a lock. The server may not have released the lock of a killed attempt yet.
const PATIENCE: Duration = Duration::from_secs(5);

/// The pause between two tries. A lock is never waited for on the server: that would block the connection for all other tables.
const POLL: Duration = Duration::from_millis(250);

/// The locks of a task.
pub struct Locks {
    settings: Settings,
    shared: Mutex<Shared>,
    /// The keys that this task holds or waits for. They are needed because a connection may take the same lock twice.
    own: Arc<StdMutex<HashSet<String>>>,
}

/// The connection that holds all locks, and what is known about the server.
enum Shared {
    /// No lock was taken yet, or the connection broke.
    NotOpened,
    Open(Keeper),
    /// On this server a connection can hold only one lock, so each lock has its own connection.
    OneEach,
    /// The server has no locks (Galera).
    Unsupported,
}

/// A lock that this task holds. Dropping it releases the lock.
pub struct Lock {
    name: String,
    keeper: Keeper,
    own: Own,
}

/// Keeps a key in `Locks::own` until it is dropped.
struct Own {
    key: String,
    keys: Arc<StdMutex<HashSet<String>>>,
}

impl Locks {
    /// Opens no connection yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, shared: Mutex::new(Shared::NotOpened), own: Arc::default() }
    }

    /// Takes the lock for `key`. Locks need no privilege. A server without locks (Galera) is read without one, with a
    /// warning.
    pub async fn take(&self, key: String) -> Result<Option<Lock>, Error> {
        let doing = || format!("locking {key}");
        let deadline = Instant::now() + PATIENCE;
        // Lock names are at most 64 characters long ("Locking Functions", MySQL).
        let name = format!("mysql-bigquery-sync/{}", Uuid::new_v5(&Uuid::NAMESPACE_URL, key.as_bytes()));
        let own = loop {
            match Own::of(&self.own, &key) {
                Some(own) => break own,
                None if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                None => return Err(Error::from(Kind::LockTaken).doing(doing())),
            }
        };
        let mut is_second_try = false;
        loop {
            let Some(keeper) = self.keeper().await.while_doing(doing)? else { return Ok(None) };
            match keeper.take(&name).await {
                Ok(true) => return Ok(Some(Lock { name, keeper, own })),
                Ok(false) if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                Ok(false) => return Err(Error::from(Kind::LockTaken).doing(doing())),
                // The connection broke since its last use. This table holds no lock yet, so a new connection will do.
                Err(error) if error.is_transient() && !is_second_try => is_second_try = true,
                Err(error) => return Err(error.doing(doing())),
            }
        }
    }

    /// Closes the connection. A failure does not matter.
    pub async fn close(&self) {
        if let Shared::Open(keeper) = std::mem::replace(&mut *self.shared.lock().await, Shared::NotOpened) {
            keeper.close().await;
        }
    }

    /// The connection for the next lock; `None` if the server has no locks.
    async fn keeper(&self) -> Result<Option<Keeper>, Error> {
        let mut shared = self.shared.lock().await;
        match &*shared {
            Shared::Unsupported => return Ok(None),
            Shared::OneEach => return start(&self.settings).await.map(Some),
            Shared::Open(keeper) if !keeper.is_lost() => return Ok(Some(keeper.clone())),
            Shared::Open(_) | Shared::NotOpened => {}
        }
        let keeper = start(&self.settings).await?;
        match keeper.holds_several().await {
            Ok(true) => *shared = Shared::Open(keeper.clone()),
            Ok(false) => *shared = Shared::OneEach,
            // A cluster that prohibits locks (Galera, Percona's strict mode), or a proxy that does not know them.
            Err(problem) if is_refused(&problem) => {
                *shared = Shared::Unsupported;
                no_locks(&problem);
                return Ok(None);
            }
            Err(problem) => return Err(problem),
        }
        Ok(Some(keeper))
    }
}

impl Lock {
    /// Checks that the connection still holds the lock.
    pub async fn check(&self) -> Result<(), Error> {
        let held = match self.keeper.holds(&self.name).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Kind::LockLost.into()),
            Err(problem) if is_refused(&problem) => {
                no_locks(&problem);
                Ok(())
            }
            Err(problem) => Err(problem),
        };
        held.while_doing(|| self.checking())
    }

    /// Waits until the connection that holds the lock breaks, and returns that as an error.
    pub async fn lost(&self) -> Error {
        self.keeper.lost().await;
        Error::from(Kind::Closed).doing(self.checking())
    }

    fn checking(&self) -> String {
        format!("checking the lock of {}", self.own.key)
    }
}

fn no_locks(problem: &Error) {
    events::NoLocks {}.log(format_args!(
        "this server refuses GET_LOCK or IS_USED_LOCK, so overlapping executions are not detected: {}",
        problem.kind()
    ));
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.keeper.release(&self.name);
    }
}

impl Own {
    /// `None` if the key is already there.
    fn of(keys: &Arc<StdMutex<HashSet<String>>>, key: &str) -> Option<Self> {
        let is_new = keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        is_new.then(|| Self { key: key.to_owned(), keys: Arc::clone(keys) })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_once_at_a_time() {
        let keys = Arc::default();
        let first = Own::of(&keys, "a").unwrap();
        assert!(Own::of(&keys, "a").is_none() && Own::of(&keys, "b").is_some());
        drop(first);
        assert!(Own::of(&keys, "a").is_some());
    }
}
