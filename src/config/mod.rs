//! The configuration: reads and checks every environment variable, once, at the start.

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
