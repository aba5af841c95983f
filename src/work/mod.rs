//! What a task works on: which task this is, what `TABLES` selects, and both sides of the run.

pub mod endpoints;
pub mod selection;
pub mod task;
