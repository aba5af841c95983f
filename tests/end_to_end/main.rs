//! End-to-end tests with the real binary, real MySQL and MariaDB servers, and a BigQuery emulator. Each folder is a subject.
//!
//! `make test` starts the servers once (`scripts/with-servers`) and passes their addresses in the environment. Every test
//! has its own database and dataset, so all of them run in parallel.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod faults;
mod operations;
mod support;
mod tables;
mod values;
