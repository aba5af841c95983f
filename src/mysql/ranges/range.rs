//! One range of a table's rows, and the statement that reads it.

use crate::mysql::sql::quoted;

/// Rows to read.
pub struct Range {
    /// Reads them.
    pub statement: String,
    /// The first and the last value of an integer key.
    pub(super) bounds: Option<(i128, i128)>,
    /// After so many rows there may be more; an integer key's ranges have it.
    pub(super) limit: Option<u64>,
}

impl Range {
    /// All rows of the statement.
    pub(super) fn whole(statement: String) -> Self {
        Self { statement, bounds: None, limit: None }
    }

    /// Whether the range's `number`th row is at its limit, and behind it there may be more.
    #[inline]
    pub fn is_at_limit(&self, number: u64) -> bool {
        self.limit == Some(number)
    }
}

/// What the ranges of a table are read from.
pub struct Scan {
    /// What is selected; it may end with the key.
    pub(super) select_list: String,
    pub(super) table: String,
    pub(super) rows_per_range: u64,
}

impl Scan {
    /// Without the hint the server would read the whole table for a range that is a large part of it.
    pub(super) fn statement(&self, condition: &str, end: &str) -> String {
        let Self { select_list, table, .. } = self;
        let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        format!("SELECT {select_list} FROM {} FORCE INDEX (PRIMARY){condition}{end}", quoted(table))
    }
}
