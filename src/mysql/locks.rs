//! One execution at a time per destination table: a named lock of the source server. One connection per task holds all of them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use uuid::Uuid;

use crate::mysql::error::{Error, Kind, WhileDoing as _, is_not_supported};
use crate::mysql::lock_keeper::{Keeper, start};
use crate::mysql::settings::Settings;
use crate::report::events;

/// An attempt that was killed a moment ago may still be leaving.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a lock that somebody else holds is tried. Waiting on the server would keep the connection from all other tables.
const POLL: Duration = Duration::from_millis(250);

/// The locks of a task.
pub struct Locks {
    settings: Settings,
    shared: Mutex<Shared>,
    /// The keys that this task holds or tries: the server lets one connection take the same lock twice.
    own: Arc<StdMutex<HashSet<String>>>,
}

/// What is known about the server, and the connection that holds all locks.
enum Shared {
    /// No lock was taken yet, or the connection broke.
    NotOpened,
    Open(Keeper),
    /// The server lets a connection hold one lock only, so each lock has a connection of its own.
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

/// A key in `Locks::own` as long as it lives.
struct Own {
    key: String,
    keys: Arc<StdMutex<HashSet<String>>>,
}

impl Locks {
    /// Takes no lock and opens no connection yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, shared: Mutex::new(Shared::NotOpened), own: Arc::default() }
    }

    /// Takes the lock of `key`. Locks need no privilege; a server that has none (Galera) is read without, and says so.
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
                // The connection broke since it was used last. A new one is as good: this table has no lock to lose.
                Err(error) if error.is_transient() && !is_second_try => is_second_try = true,
                Err(error) => return Err(error.doing(doing())),
            }
        }
    }

    /// Closes the connection. Nothing depends on it.
    pub async fn close(&self) {
        if let Shared::Open(keeper) = std::mem::replace(&mut *self.shared.lock().await, Shared::NotOpened) {
            keeper.close().await;
        }
    }

    /// The keeper of the next lock; `None` where there are no locks.
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
            Err(problem) if is_not_supported(&problem) => {
                *shared = Shared::Unsupported;
                events::NoLocks {}
                    .log(format_args!("this server has no GET_LOCK: executions that overlap are not noticed"));
                return Ok(None);
            }
            Err(problem) => return Err(problem),
        }
        Ok(Some(keeper))
    }
}

impl Lock {
    /// Makes sure that this task still holds the lock.
    pub async fn check(&self) -> Result<(), Error> {
        let held = match self.keeper.holds(&self.name).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Kind::LockLost.into()),
            Err(problem) => Err(problem),
        };
        held.while_doing(|| self.checking())
    }

    /// Waits until the connection that holds the lock is lost, which may never be, and says so.
    pub async fn lost(&self) -> Error {
        self.keeper.lost().await;
        Error::from(Kind::Closed).doing(self.checking())
    }

    fn checking(&self) -> String {
        format!("making sure of the lock of {}", self.own.key)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.keeper.release(&self.name);
    }
}

impl Own {
    /// `None` if the key is there already.
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
