//! End to end: the real binary, real MySQL and MariaDB servers, a third-party BigQuery emulator.
//!
//! `make test` starts the servers once (`scripts/with-servers`) and says in the environment where they are. Every test
//! makes a database and a dataset of its own, so all of them run in parallel.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that finds something else than it expects fails by panicking"
)]

mod destination;
mod differential;
mod edges;
mod failures;
mod faults;
mod kills;
mod large_values;
mod login;
mod logs;
mod mysql_faults;
mod mysql_proxy;
mod overrides;
mod proxy;
mod random_tables;
mod reading;
mod security;
mod stopping;
mod support;
mod tables;
mod tls;
mod upload;
mod values;
mod waiting;
