//! Divides a table into ranges of its primary key, so that several connections can read it. Every row is in exactly one
//! range.

mod division;
mod integer;
mod range;
mod sampled;

pub use division::{Ranges, Size};
pub use range::Range;
