//! What a task works on: which task this is, what `TABLES` selects, which units are its own, and both sides of the run.

pub mod assignment;
pub mod endpoints;
pub mod request;
pub mod selection;
pub mod task;
pub mod unit;
