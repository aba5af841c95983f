//! End to end: the real binary, real MySQL and MariaDB servers, a third-party BigQuery emulator.
//!
//! `make test` starts the servers once (`scripts/with-servers`) and says in the environment where they are. Every test
//! makes a database and a dataset of its own, so all of them run in parallel. A folder per subject.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else than it expects fails by panicking"
)]

mod faults;
mod operations;
mod support;
mod tables;
mod values;
