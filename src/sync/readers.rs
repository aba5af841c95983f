//! Connections that read. One whose last row came goes to the next table, or is closed where there is none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::mysql::{self, connection};
use crate::sync::places::Places;

/// So long a connection waits for the next table, which is prepared by then or waits for somebody else's lock.
const IDLE_LIMIT: Duration = Duration::from_secs(5);

/// A connection, and the server's number of it.
pub(super) struct Reader {
    pub(super) connection: mysql::Connection,
    pub(super) id: u64,
}

/// The numbers of the connections that read a table just now.
pub(super) struct Running(Mutex<Vec<u64>>);

impl Running {
    pub(super) fn new(readers: &[Reader]) -> Self {
        Self(Mutex::new(readers.iter().map(|reader| reader.id).collect()))
    }

    /// Says that this one has read all; false if it is being killed.
    pub(super) fn end(&self, id: u64) -> bool {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let position = running.iter().position(|other| *other == id);
        position.map(|position| running.swap_remove(position)).is_some()
    }

    /// Those that are to be killed: they may not read anything else afterwards.
    pub(super) fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The connections of a task that read.
pub(super) struct Readers {
    settings: mysql::Settings,
    places: Arc<Places>,
    /// Since when they are.
    idle: Mutex<Vec<(Reader, Instant)>>,
}

impl Readers {
    pub(super) fn new(settings: mysql::Settings, places: Arc<Places>) -> Arc<Self> {
        Arc::new(Self { settings, places, idle: Mutex::default() })
    }

    /// An idle connection that is still there, or a new one.
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

    /// Takes a connection back that has read all it was to read, and is out of its snapshot.
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

    /// Closes all that are idle.
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
