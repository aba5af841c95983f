//! Ranges of a key that is one integer: it is cut at even distances, and again where more rows turn up than were expected.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::ranges::range::{Range, Scan};
use crate::mysql::sql::{Connection, Row, query, quoted};

/// A range ends at so many times the rows that were expected; the rest is cut anew.
const SURPLUS: u64 = 2;

/// The ranges that are left.
pub struct Integers {
    column: String,
    /// Where in a row the key is.
    index: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// Both ends belong to the range.
    waiting: VecDeque<(i128, i128)>,
    /// Ranges that are being read, and may have a rest.
    under_way: usize,
}

impl Integers {
    /// Asks the server for the ends of the key. `rows` is how many the table is thought to have.
    pub(super) async fn new(
        scan: &Scan,
        connection: &mut Connection,
        column: String,
        index: usize,
        rows: u64,
    ) -> Result<Self, Error> {
        let ends = ends(connection, &scan.table, &column).await;
        let ends =
            ends.while_doing(|| format!("asking for the ends of {column}, the primary key of {}", scan.table))?;
        let waiting = match ends {
            Some((least, greatest)) => evenly(least, greatest, rows.div_ceil(scan.rows_per_range)),
            None => VecDeque::new(),
        };
        let state = Mutex::new(State { waiting, under_way: 0 });
        Ok(Self { column, index, state, changed: Notify::new() })
    }

    /// The next range that nobody has; waits while one that is being read may have a rest.
    pub(super) async fn next(&self, scan: &Scan) -> Option<Range> {
        loop {
            // Before the look at the state, so that no change is missed.
            let change = self.changed.notified();
            {
                let mut state = locked(&self.state);
                if let Some(bounds) = state.waiting.pop_front() {
                    state.under_way += 1;
                    return Some(self.range(scan, bounds));
                }
                if state.under_way == 0 {
                    return None;
                }
            }
            change.await;
        }
    }

    fn range(&self, scan: &Scan, (start, end): (i128, i128)) -> Range {
        let (column, limit) = (quoted(&self.column), scan.rows_per_range * SURPLUS);
        let condition = format!("{column} BETWEEN {start} AND {end}");
        let statement = scan.statement(&condition, &format!(" ORDER BY {column} LIMIT {limit}"));
        Range { statement, bounds: Some((start, end)), limit: Some(limit) }
    }

    /// Says that a range was read to its end; `last` is the row at its limit, if it came to that.
    pub(super) fn done(&self, scan: &Scan, range: &Range, last: Option<&Row>) -> Result<(), Error> {
        let Some((start, end)) = range.bounds else { return Ok(()) };
        let mut rest = VecDeque::new();
        if let Some(row) = last {
            // Only a column with a sign has ranges below zero; elsewhere a sign makes no difference.
            let key = row.value(self.index).and_then(|value| integer(value, start < 0));
            let key = key
                .filter(|key| (start..=end).contains(key))
                .ok_or_else(|| Error::from(Kind::OutsideRange).doing(format!("reading table {}", scan.table)))?;
            let read = range.limit.unwrap_or(1).max(1);
            // At the density so far; twice as much each time, as it may end here.
            let width = ((key - start + 1) * i128::from(scan.rows_per_range) / i128::from(read)).max(1);
            rest = doubling(key + 1, end, width);
        }
        let mut state = locked(&self.state);
        state.under_way -= 1;
        for bounds in rest.into_iter().rev() {
            state.waiting.push_front(bounds);
        }
        self.changed.notify_waiters();
        Ok(())
    }
}

/// The least and the greatest value of an integer key; `None` in an empty table.
async fn ends(connection: &mut Connection, table: &str, column: &str) -> Result<Option<(i128, i128)>, Error> {
    let (column, table) = (quoted(column), quoted(table));
    let statement = format!("SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {table}");
    let rows = query(connection, &statement, &[]).await?;
    let end = |index| rows.first().and_then(|row| row.text(index)).and_then(|text| text.parse().ok());
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
fn locked(mutex: &Mutex<State>) -> MutexGuard<'_, State> {
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
