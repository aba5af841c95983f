//! The unit of work.

use crate::work::request::TableRequest;

/// A table. It is assigned, read, published and reported as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The table and its options.
    pub table: TableRequest,
}
