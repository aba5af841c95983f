//! The ranges of its primary key by which several connections read one table: every row is in exactly one of them.

mod division;
mod integer;
mod range;
mod sampled;

pub use division::{Ranges, Size};
pub use range::Range;
