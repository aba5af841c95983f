//! The outcome of each table, and the events that the program logs.

pub mod cause;
pub mod data;
pub mod event;
pub mod events;
pub mod log;
mod summary;
pub mod units;

#[cfg(test)]
mod documents;
