//! Ranges of a key that is a single integer. The key is divided into ranges of equal width. A range with more rows than
//! expected is divided again.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::ranges::range::{Range, Scan};
use crate::mysql::sql::{Connection, Row, query, quoted};

/// A range stops at this many times the expected rows. The rest is divided again.
const SURPLUS: u64 = 2;

/// The ranges that are not read yet.
pub struct Integers {
    column: String,
    /// The position of the key in a row.
    index: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The first and last key of each free range, both inclusive.
    waiting: VecDeque<(i128, i128)>,
    /// How many ranges are being read. Each of them may leave a rest.
    in_progress: usize,
}

impl Integers {
    /// Asks the server for the smallest and the largest key. `rows` is the estimated number of rows.
    pub(super) async fn new(
        scan: &Scan,
        connection: &mut Connection,
        column: String,
        index: usize,
        rows: u64,
    ) -> Result<Self, Error> {
        let ends = ends(connection, &scan.table, &column).await;
        let ends = ends.while_doing(|| {
            format!("asking for the smallest and largest {column}, the primary key of {}", scan.table)
        })?;
        let waiting = match ends {
            Some((least, greatest)) => evenly(least, greatest, rows.div_ceil(scan.rows_per_range)),
            None => VecDeque::new(),
        };
        let state = Mutex::new(State { waiting, in_progress: 0 });
        Ok(Self { column, index, state, changed: Notify::new() })
    }

    /// Takes the next free range. Waits if there is none while another range, which may leave a rest, is being read.
    pub(super) async fn next(&self, scan: &Scan) -> Option<Range> {
        loop {
            // Subscribe before reading the state, so that no change is missed.
            let change = self.changed.notified();
            {
                let mut state = locked(&self.state);
                if let Some(bounds) = state.waiting.pop_front() {
                    state.in_progress += 1;
                    return Some(self.range(scan, bounds));
                }
                if state.in_progress == 0 {
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

    /// Marks a range as read. `last` is the row at the range's limit, if the limit was reached.
    pub(super) fn done(&self, scan: &Scan, range: &Range, last: Option<&Row>) -> Result<(), Error> {
        let Some((start, end)) = range.bounds else { return Ok(()) };
        let mut rest = VecDeque::new();
        if let Some(row) = last {
            // Only a signed column has ranges below zero. In other ranges the sign makes no difference.
            let key = row.value(self.index).and_then(|value| integer(value, start < 0));
            let key = key
                .filter(|key| (start..=end).contains(key))
                .ok_or_else(|| Error::from(Kind::OutsideRange).doing(format!("reading table {}", scan.table)))?;
            let read = range.limit.unwrap_or(1).max(1);
            // The first width follows the density so far. The widths double, because the rest may be sparse.
            let width = ((key - start + 1) * i128::from(scan.rows_per_range) / i128::from(read)).max(1);
            rest = doubling(key + 1, end, width);
        }
        let mut state = locked(&self.state);
        state.in_progress -= 1;
        for bounds in rest.into_iter().rev() {
            state.waiting.push_front(bounds);
        }
        self.changed.notify_waiters();
        Ok(())
    }
}

/// The smallest and the largest value of an integer key; `None` if the table is empty.
async fn ends(connection: &mut Connection, table: &str, column: &str) -> Result<Option<(i128, i128)>, Error> {
    let (column, table) = (quoted(column), quoted(table));
    let statement = format!("SELECT CAST(MIN({column}) AS CHAR), CAST(MAX({column}) AS CHAR) FROM {table}");
    let rows = query(connection, &statement, &[]).await?;
    let end = |index| rows.first().and_then(|row| row.text(index)).and_then(|text| text.parse().ok());
    Ok(end(0).zip(end(1)))
}

/// Divides the key into `pieces` ranges of about the same width.
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

/// Ranges whose widths double, starting with `width`.
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

/// Decodes an integer of the binary protocol.
fn integer(value: &[u8], signed: bool) -> Option<i128> {
    if !matches!(value.len(), 1 | 2 | 4 | 8) {
        return None;
    }
    let mut bytes = [0; 16];
    bytes.get_mut(..value.len())?.copy_from_slice(value);
    let number = i128::from_le_bytes(bytes);
    let modulus = 1 << (8 * value.len());
    Some(if signed && number >= modulus / 2 { number - modulus } else { number })
}

/// A panic in another task cannot leave the state inconsistent: nothing that can fail runs under the lock.
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
