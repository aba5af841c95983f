//! What a task works on.

use crate::work::request::TableRequest;

/// One piece of work: a table. It is assigned to one task, read, published and reported as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The table and its options.
    pub table: TableRequest,
}
