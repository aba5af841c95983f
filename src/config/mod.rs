//! The configuration: every environment variable, read once at the start and checked completely.

mod assemble;
pub mod faults;
pub mod help;
mod login;
mod parsers;
mod reader;
pub mod variables;

pub use assemble::{Config, log_settings};
pub use faults::{Fault, Faults};

#[cfg(test)]
mod documents;
#[cfg(test)]
mod tests;
