//! The configuration: reads and checks every environment variable, once, at the start.

mod assemble;
mod byte_order_mark;
mod client_certificate;
pub mod faults;
pub mod help;
mod login;
mod mask_key;
mod parsers;
mod pem;
mod pem_parsers;
mod reader;
pub mod variables;

pub use assemble::{Config, log_settings};
pub use faults::{Fault, Faults};

#[cfg(test)]
mod documents;
#[cfg(test)]
mod tests;
