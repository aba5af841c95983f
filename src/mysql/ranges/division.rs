//! How a table is divided: not at all, or by the algorithm for its kind of key.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::mysql::error::Error;
use crate::mysql::key::Key;
use crate::mysql::ranges::integer::Integers;
use crate::mysql::ranges::range::{Range, Scan};
use crate::mysql::ranges::sampled::Sampled;
use crate::mysql::sql::{Connection, Row, quoted};

/// The target size of a range. It takes a few hundred milliseconds to read. That is long compared to the statement's two
/// round trips, and short enough that all connections finish at about the same time.
const RANGE_BYTES: u64 = 32 << 20;
/// The fewest rows in a range.
const FEWEST_ROWS: u64 = 1000;
/// Ranges per connection, if the table is large enough, so that all connections finish at about the same time.
const RANGES_PER_CONNECTION: u64 = 4;

/// The ranges of a table. Any number of connections can take them.
pub enum Ranges {
    /// One statement reads all rows.
    Whole(Mutex<Option<String>>),
    /// The key is a single integer.
    Integers(Divided<Integers>),
    /// Any other key.
    Sampled(Divided<Sampled>),
}

/// A table that is read in ranges.
pub struct Divided<T> {
    scan: Scan,
    ranges: T,
}

impl Ranges {
    /// One statement that reads all rows.
    pub fn whole(statement: String) -> Self {
        Self::Whole(Mutex::new(Some(statement)))
    }

    /// The ranges of a key. `index` returns the position in the row of a column that is selected unconverted. The select
    /// list has `width` columns.
    pub async fn of_key(
        connection: &mut Connection,
        table: &str,
        key: Key,
        select_list: String,
        width: usize,
        index: impl FnOnce(&str) -> Option<usize>,
        size: Size,
    ) -> Result<Self, Error> {
        let mut scan = Scan { select_list, table: table.to_owned(), rows_per_range: size.rows_per_range() };
        let Some(column) = key.integer().map(str::to_owned) else {
            return Ok(Self::Sampled(Divided { scan, ranges: Sampled::new(key) }));
        };
        let index = index(&column).unwrap_or_else(|| {
            scan.select_list = format!("{}, {}", scan.select_list, quoted(&column));
            width
        });
        let ranges = Integers::new(&scan, connection, column, index, size.rows).await?;
        Ok(Self::Integers(Divided { scan, ranges }))
    }

    /// Takes the next free range; `None` if no more will come. Asks the server over the connection that will read the
    /// range.
    pub async fn next(&self, connection: &mut Connection, stall: Duration) -> Result<Option<Range>, Error> {
        match self {
            // A panic in another task cannot leave the statement half written.
            Self::Whole(statement) => {
                Ok(statement.lock().unwrap_or_else(PoisonError::into_inner).take().map(Range::whole))
            }
            Self::Integers(Divided { scan, ranges }) => Ok(ranges.next(scan).await),
            Self::Sampled(Divided { scan, ranges }) => ranges.next(scan, connection, stall).await,
        }
    }

    /// Marks a range as read. `last` is the row at the range's limit, if the limit was reached.
    pub fn done(&self, range: &Range, last: Option<&Row>) -> Result<(), Error> {
        match self {
            Self::Integers(Divided { scan, ranges }) => ranges.done(scan, range, last),
            Self::Whole(_) | Self::Sampled(_) => Ok(()),
        }
    }
}

/// The estimated size of a table, and how many connections share it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The number of rows, as the storage engine estimates.
    pub rows: u64,
    /// The size in bytes, as the storage engine estimates.
    pub bytes: u64,
    /// The number of connections.
    pub connections: u64,
}

impl Size {
    fn rows_per_range(self) -> u64 {
        let by_bytes = self.rows.saturating_mul(RANGE_BYTES) / self.bytes.max(1);
        let by_connections = self.rows / (self.connections.max(1) * RANGES_PER_CONNECTION);
        by_bytes.min(by_connections).max(FEWEST_ROWS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sized_by_bytes_and_by_connections() {
        let size = |rows, bytes, connections| Size { rows, bytes, connections }.rows_per_range();
        assert_eq!(size(20_000_000, 800_000_000, 4), 838_860, "by bytes");
        assert_eq!(size(100_000, 1_000_000, 4), 6250, "by connections");
        assert_eq!(size(5000, 1_000_000, 4), FEWEST_ROWS);
        assert_eq!(size(0, 0, 1), FEWEST_ROWS);
    }
}
