//! The ranges of its primary key by which several connections read one table: every row is in exactly one of them.
//!
//! A key that is one integer is cut at even distances, and again where more rows turn up than were expected. Any other key
//! is cut at values of its own, found by walking its index so many rows at a time, just ahead of the readers.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::mysql::{MySqlConnection, MySqlRow};
use tokio::sync::Notify;

use crate::mysql::Error;
use crate::mysql::catalog::{query, text};
use crate::mysql::connection::in_time;
use crate::mysql::key::{Boundary, Key};
use crate::mysql::rows::{self, quoted};

/// About so many bytes of rows are one range: some hundred milliseconds of reading, beside which the statement's two round
/// trips are little, and little enough that the connections end at about the same time.
const RANGE_BYTES: u64 = 32 << 20;
/// A range has at least so many rows.
const FEWEST_ROWS: u64 = 1000;
/// Ranges for each connection, where the table is large enough: the last ones even out.
const RANGES_PER_CONNECTION: u64 = 4;
/// A range of an integer key ends at so many times the rows that were expected; the rest is cut anew.
const SURPLUS: u64 = 2;

/// What is read, by as many connections as like.
pub struct Ranges {
    /// What is selected; it may end with the key.
    select_list: String,
    table: String,
    rows_per_range: u64,
    cut: Cut,
}

enum Cut {
    /// One statement reads everything.
    Not(Mutex<Option<String>>),
    Integer {
        column: String,
        /// Where in a row the key is.
        index: usize,
        state: Mutex<Integers>,
        changed: Notify,
    },
    Sampled {
        key: Key,
        /// How far the index has been walked; held while it is.
        position: tokio::sync::Mutex<Position>,
    },
}

#[derive(Default)]
struct Integers {
    /// Both ends belong to the range.
    waiting: VecDeque<(i128, i128)>,
    /// Ranges that are being read, and may have a rest.
    under_way: usize,
}

enum Position {
    Start,
    At(Boundary),
    End,
}

/// Rows to read.
pub struct Range {
    /// Reads them.
    pub statement: String,
    bounds: Option<(i128, i128)>,
    /// After so many rows there may be more; an integer key's ranges have it.
    limit: Option<u64>,
}

impl Range {
    /// Whether the range's `number`th row is at its limit, and behind it there may be more.
    #[inline]
    pub fn is_at_limit(&self, number: u64) -> bool {
        self.limit == Some(number)
    }
}

impl Ranges {
    /// One statement and no ranges.
    pub fn whole(statement: String) -> Self {
        let cut = Cut::Not(Mutex::new(Some(statement)));
        Self { select_list: String::new(), table: String::new(), rows_per_range: 0, cut }
    }

    /// The ranges of a key. `index` says where in a row a column is that is selected as it is; the select list has `width`
    /// columns.
    pub async fn of_key(
        connection: &mut MySqlConnection,
        table: &str,
        key: Key,
        mut select_list: String,
        width: usize,
        index: impl FnOnce(&str) -> Option<usize>,
        size: Size,
    ) -> Result<Self, Error> {
        let rows_per_range = size.rows_per_range();
        let cut = match key.integer().map(str::to_owned) {
            None => Cut::Sampled { key, position: tokio::sync::Mutex::new(Position::Start) },
            Some(column) => {
                let index = index(&column).unwrap_or_else(|| {
                    select_list = format!("{select_list}, {}", quoted(&column));
                    width
                });
                let waiting = match ends(connection, table, &column).await? {
                    Some((least, greatest)) => evenly(least, greatest, size.rows.div_ceil(rows_per_range)),
                    None => VecDeque::new(),
                };
                let state = Mutex::new(Integers { waiting, under_way: 0 });
                Cut::Integer { column, index, state, changed: Notify::new() }
            }
        };
        Ok(Self { select_list, table: table.to_owned(), rows_per_range, cut })
    }

    /// The next range that nobody has; `None` when there will be none any more. Asks the server over the connection that is
    /// to read the range.
    pub async fn next(&self, connection: &mut MySqlConnection, stall: Duration) -> Result<Option<Range>, Error> {
        match &self.cut {
            Cut::Not(statement) => {
                let statement = locked(statement).take();
                Ok(statement.map(|statement| Range { statement, bounds: None, limit: None }))
            }
            Cut::Integer { column, state, changed, .. } => loop {
                // Before the look at the state, so that no change is missed.
                let change = changed.notified();
                {
                    let mut state = locked(state);
                    if let Some(bounds) = state.waiting.pop_front() {
                        state.under_way += 1;
                        return Ok(Some(self.of_integers(column, bounds)));
                    }
                    if state.under_way == 0 {
                        return Ok(None);
                    }
                }
                change.await;
            },
            Cut::Sampled { key, position } => {
                let mut position = position.lock().await;
                let after = match &*position {
                    Position::Start => None,
                    Position::At(boundary) => Some(boundary.clone()),
                    Position::End => return Ok(None),
                };
                let walking = self.walk(connection, key, after.as_ref());
                let up_to = in_time(stall, &self.dividing(key), walking).await?;
                let conditions: Vec<String> = [after.map(|b| key.after(&b)), up_to.as_ref().map(|b| key.up_to(b))]
                    .into_iter()
                    .flatten()
                    .map(|condition| format!("({condition})"))
                    .collect();
                *position = up_to.map_or(Position::End, Position::At);
                let statement = self.statement(&conditions.join(" AND "), "");
                Ok(Some(Range { statement, bounds: None, limit: None }))
            }
        }
    }

    /// Says that a range was read to its end; `last` is the row at its limit, if it came to that.
    pub fn done(&self, range: &Range, last: Option<&MySqlRow>) -> Result<(), Error> {
        let (Cut::Integer { index, state, changed, .. }, Some((start, end))) = (&self.cut, range.bounds) else {
            return Ok(());
        };
        let mut rest = VecDeque::new();
        if let Some(row) = last {
            // Only a column with a sign has ranges below zero; elsewhere a sign makes no difference.
            let key = rows::value(row, *index).and_then(|value| integer(value, start < 0));
            let key = key.filter(|key| (start..=end).contains(key)).ok_or_else(|| {
                Error::new(
                    format!("reading table {}", self.table),
                    "a row's primary key is not in the range that was asked for",
                )
            })?;
            let read = range.limit.unwrap_or(1).max(1);
            // At the density so far; twice as much each time, as it may end here.
            let width = ((key - start + 1) * i128::from(self.rows_per_range) / i128::from(read)).max(1);
            rest = doubling(key + 1, end, width);
        }
        let mut state = locked(state);
        state.under_way -= 1;
        for bounds in rest.into_iter().rev() {
            state.waiting.push_front(bounds);
        }
        changed.notify_waiters();
        Ok(())
    }

    fn of_integers(&self, column: &str, (start, end): (i128, i128)) -> Range {
        let (column, limit) = (quoted(column), self.rows_per_range * SURPLUS);
        let statement = self
            .statement(&format!("{column} BETWEEN {start} AND {end}"), &format!(" ORDER BY {column} LIMIT {limit}"));
        Range { statement, bounds: Some((start, end)), limit: Some(limit) }
    }

    /// Without the hint the server would read the whole table for a range that is a large part of it.
    fn statement(&self, condition: &str, end: &str) -> String {
        let Self { select_list, table, .. } = self;
        let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        format!("SELECT {select_list} FROM {} FORCE INDEX (PRIMARY){condition}{end}", quoted(table))
    }

    fn dividing(&self, key: &Key) -> String {
        format!("dividing table {} by its primary key ({})", self.table, key.names())
    }

    /// The key of the last row of the next range; `None` when it is the last range.
    async fn walk(
        &self,
        connection: &mut MySqlConnection,
        key: &Key,
        after: Option<&Boundary>,
    ) -> Result<Option<Boundary>, Error> {
        let condition = after.map_or(String::new(), |boundary| format!(" WHERE {}", key.after(boundary)));
        let statement = format!(
            "SELECT {} FROM {} FORCE INDEX (PRIMARY){condition} ORDER BY {} LIMIT 1 OFFSET {}",
            key.select_list(),
            quoted(&self.table),
            key.order(),
            self.rows_per_range - 1
        );
        let doing = self.dividing(key);
        let rows = query(connection, &doing, &statement, &[]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let boundary = key.boundary(row);
        boundary.map(Some).ok_or_else(|| {
            Error::new(
                doing,
                "its values cannot be written down: read it over one connection (\"read_connections\": 1 in TABLES)",
            )
        })
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

/// The least and the greatest value of an integer key; `None` in an empty table.
async fn ends(connection: &mut MySqlConnection, table: &str, column: &str) -> Result<Option<(i128, i128)>, Error> {
    let doing = format!("asking for the ends of {column}, the primary key of {table}");
    let (column, table) = (quoted(column), quoted(table));
    let statement = format!("SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {table}");
    let rows = query(connection, &doing, &statement, &[]).await?;
    let end = |index| rows.first().and_then(|row| text(row, index)).and_then(|text| text.parse().ok());
    Ok(end(0).zip(end(1)))
}

/// `pieces` ranges of about the same width.
fn evenly(least: i128, greatest: i128, pieces: u64) -> VecDeque<(i128, i128)> {
    let width = ((greatest - least + 1) / i128::from(pieces.max(1))).max(1);
    let mut ranges = VecDeque::new();
    let mut start = least;
    while start <= greatest {
        let end = (start + width - 1).min(greatest);
        ranges.push_back((start, end));
        start = end + 1;
    }
    ranges
}

/// Ranges of `width`, twice that, four times, and so on to the end.
fn doubling(mut start: i128, end: i128, mut width: i128) -> VecDeque<(i128, i128)> {
    let mut ranges = VecDeque::new();
    while start <= end {
        let last = (start + width - 1).min(end);
        ranges.push_back((start, last));
        start = last + 1;
        width *= 2;
    }
    ranges
}

/// An integer of the binary protocol.
fn integer(value: &[u8], signed: bool) -> Option<i128> {
    if !matches!(value.len(), 1 | 2 | 4 | 8) {
        return None;
    }
    let mut bytes = [0; 16];
    bytes.get_mut(..value.len())?.copy_from_slice(value);
    let number = i128::from_le_bytes(bytes);
    let beyond = 1 << (8 * value.len());
    Some(if signed && number >= beyond / 2 { number - beyond } else { number })
}

/// What a panic elsewhere left is whole all the same: no lock here is held across anything that can fail.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers_of_the_binary_protocol() {
        assert_eq!(integer(&[0xff], true), Some(-1));
        assert_eq!(integer(&[0xff], false), Some(255));
        assert_eq!(integer(&i64::MIN.to_le_bytes(), true), Some(i64::MIN.into()));
        assert_eq!(integer(&u64::MAX.to_le_bytes(), false), Some(u64::MAX.into()));
        assert_eq!(integer(&[0; 3], true), None);
    }

    #[test]
    fn sizes() {
        let size = |rows, bytes, connections| Size { rows, bytes, connections }.rows_per_range();
        assert_eq!(size(20_000_000, 800_000_000, 4), 838_860, "by bytes");
        assert_eq!(size(100_000, 1_000_000, 4), 6250, "by connections");
        assert_eq!(size(5000, 1_000_000, 4), FEWEST_ROWS);
        assert_eq!(size(0, 0, 1), FEWEST_ROWS);
    }

    proptest! {
        #[test]
        fn every_key_is_in_exactly_one_range(
            least in any::<i64>(), span in prop_oneof![0i128..100, 0i128..1 << 64], pieces in 0u64..100, width in 1i128..1000
        ) {
            let least = i128::from(least);
            let greatest = least + span;
            for ranges in [evenly(least, greatest, pieces), doubling(least, greatest, width)] {
                prop_assert!(ranges.len() <= 201);
                let mut next = least;
                for (start, end) in ranges {
                    prop_assert_eq!(start, next);
                    prop_assert!(end >= start);
                    next = end + 1;
                }
                prop_assert_eq!(next, greatest + 1);
            }
        }
    }
}
