//! One range of a table's rows, and the statement that reads it.

use crate::mysql::sql::quoted;

/// Rows to read.
pub struct Range {
    /// The statement that reads them.
    pub statement: String,
    /// The first and the last value of an integer key.
    pub(super) bounds: Option<(i128, i128)>,
    /// The row limit of the statement. If it is reached, the range may have more rows. Only ranges of integer keys have one.
    pub(super) limit: Option<u64>,
}

impl Range {
    /// All rows of the statement.
    pub(super) fn whole(statement: String) -> Self {
        Self { statement, bounds: None, limit: None }
    }

    /// Whether the range's `number`th row is at the limit, so that more rows may follow.
    #[inline]
    pub fn is_at_limit(&self, number: u64) -> bool {
        self.limit == Some(number)
    }
}

/// The parts of the statement that all ranges of a table share.
pub struct Scan {
    /// The select list. It may end with the key.
    pub(super) select_list: String,
    pub(super) table: String,
    pub(super) rows_per_range: u64,
}

impl Scan {
    /// The statement with this condition. Without the index hint, the server would scan the whole table for a range that
    /// covers a large part of it.
    pub(super) fn statement(&self, condition: &str, end: &str) -> String {
        let Self { select_list, table, .. } = self;
        let condition = if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
        format!("SELECT {select_list} FROM {} FORCE INDEX (PRIMARY){condition}{end}", quoted(table))
    }
}
