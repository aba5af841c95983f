//! Connections that read tables. After its last row, a connection is reused for the next table, or closed if there is none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::mysql::{self, connection};
use crate::sync::places::Places;

/// How long an idle connection is kept for the next table. Usually that one is prepared already.
const IDLE_LIMIT: Duration = Duration::from_secs(5);

/// A connection and its id on the server.
pub(super) struct Reader {
    pub(super) connection: mysql::Connection,
    pub(super) id: u64,
}

/// The ids of the connections that are reading a table.
pub(super) struct Running(Mutex<Vec<u64>>);

impl Running {
    pub(super) fn new(readers: &[Reader]) -> Self {
        Self(Mutex::new(readers.iter().map(|reader| reader.id).collect()))
    }

    /// Call when a connection has read everything. False if the connection is being killed.
    pub(super) fn end(&self, id: u64) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let position = running.iter().position(|other| *other == id);
        position.map(|position| running.swap_remove(position)).is_some()
    }

    /// Takes the connections that must be killed. They must not be reused.
    pub(super) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The reading connections of a task.
pub(super) struct Readers {
    settings: mysql::Settings,
    places: Arc<Places>,
    /// With the time since when each is idle.
    idle: Mutex<Vec<(Reader, Instant)>>,
}

impl Readers {
    pub(super) fn new(settings: mysql::Settings, places: Arc<Places>) -> Arc<Self> {
        Arc::new(Self { settings, places, idle: Mutex::default() })
    }

    /// An idle connection that still answers, or a new one.
    pub(super) async fn take(&self) -> Result<Reader, mysql::Error> {
        while let Some(mut reader) = self.pop() {
            if connection::is_alive(&mut reader.connection).await {
                return Ok(reader);
            }
        }
        let mut connection = connection::reconnect(&self.settings).await?;
        let id = connection::id(&mut connection).await?;
        Ok(Reader { connection, id })
    }

    /// Takes back a connection whose snapshot has ended.
    pub(super) async fn give(self: &Arc<Self>, reader: Reader) {
        if !self.places.are_wanted() {
            return connection::close(reader.connection).await;
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((reader, Instant::now()));
        let readers = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE_LIMIT).await;
            readers.close_if(|since| since.elapsed() >= IDLE_LIMIT).await;
        });
    }

    /// Closes all idle connections.
    pub(super) async fn close(&self) {
        self.close_if(|_| true).await;
    }

    async fn close_if(&self, is_due: impl Fn(&Instant) -> bool) {
        let due: Vec<(Reader, Instant)> = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.extract_if(.., |(_, since)| is_due(since)).collect()
        };
        for (reader, _) in due {
            connection::close(reader.connection).await;
        }
    }

    fn pop(&self) -> Option<Reader> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().map(|(reader, _)| reader)
    }
}
