//! How a table is divided: not at all, or by an algorithm for its kind of key.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::mysql::error::Error;
use crate::mysql::key::Key;
use crate::mysql::ranges::integer::Integers;
use crate::mysql::ranges::range::{Range, Scan};
use crate::mysql::ranges::sampled::Sampled;
use crate::mysql::sql::{Connection, Row, quoted};

/// About so many bytes of rows are one range: some hundred milliseconds of reading, beside which the statement's two round
/// trips are little, and little enough that the connections end at about the same time.
const RANGE_BYTES: u64 = 32 << 20;
/// A range has at least so many rows.
const FEWEST_ROWS: u64 = 1000;
/// Ranges for each connection, where the table is large enough: the last ones even out.
const RANGES_PER_CONNECTION: u64 = 4;
/// What is read, by as many connections as like.
pub enum Ranges {
    /// One statement reads everything.
    Whole(Mutex<Option<String>>),
    /// A key of one integer.
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
    /// One statement and no ranges.
    pub fn whole(statement: String) -> Self {
        Self::Whole(Mutex::new(Some(statement)))
    }

    /// The ranges of a key. `index` says where in a row a column is that is selected as it is; the select list has `width`
    /// columns.
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

    /// The next range that nobody has; `None` when there will be none any more. Asks the server over the connection that is
    /// to read the range.
    pub async fn next(&self, connection: &mut Connection, stall: Duration) -> Result<Option<Range>, Error> {
        match self {
            // What a panic elsewhere left is whole all the same.
            Self::Whole(statement) => {
                Ok(statement.lock().unwrap_or_else(PoisonError::into_inner).take().map(Range::whole))
            }
            Self::Integers(Divided { scan, ranges }) => Ok(ranges.next(scan).await),
            Self::Sampled(Divided { scan, ranges }) => ranges.next(scan, connection, stall).await,
        }
    }

    /// Says that a range was read to its end; `last` is the row at its limit, if it came to that.
    pub fn done(&self, range: &Range, last: Option<&Row>) -> Result<(), Error> {
        match self {
            Self::Integers(Divided { scan, ranges }) => ranges.done(scan, range, last),
            Self::Whole(_) | Self::Sampled(_) => Ok(()),
        }
    }
}

/// How large a table is thought to be, and how many connections share it.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The storage engine's guess.
    pub rows: u64,
    /// The same.
    pub bytes: u64,
    /// How many connections.
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
    fn sizes() {
        let size = |rows, bytes, connections| Size { rows, bytes, connections }.rows_per_range();
        assert_eq!(size(20_000_000, 800_000_000, 4), 838_860, "by bytes");
        assert_eq!(size(100_000, 1_000_000, 4), 6250, "by connections");
        assert_eq!(size(5000, 1_000_000, 4), FEWEST_ROWS);
        assert_eq!(size(0, 0, 1), FEWEST_ROWS);
    }
}
