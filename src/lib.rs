//! `mysql-bigquery-sync` copies tables from MySQL or MariaDB into a BigQuery dataset and replaces each atomically.
//!
//! The way of a row, which is also the order of the modules:
//!
//! ```text
//! config     every environment variable
//! selection  what TABLES says
//! cloud_run  which task of which execution this is, and which tables are its own
//!    │
//! mysql      connection, catalog, and one consistent stream of rows
//!    ▼
//! mapping    per column, chosen once per table: the bytes of a value → an Avro datum
//!    ▼
//! avro       datums in blocks, blocks compressed into one container file
//!    ▼
//! bigquery   resumable upload in chunks, load job with WRITE_TRUNCATE, its result checked
//!    │
//! sides      both sides connected, the tables of this task known
//! plan       what becomes of a table, decided before its first row; `plan` and `check` show it
//! sync       drives all of it, one table after another, and reports
//! telemetry  logs for Cloud Logging, text and progress for people
//! google_auth  access tokens, for BigQuery and for Cloud SQL's IAM login
//! ```
//!
//! `mysql` knows nothing of BigQuery and `bigquery` nothing of MySQL; they meet in `mapping` and `sync`.

pub mod avro;
pub mod bigquery;
pub mod cli;
pub mod cloud_run;
pub mod config;
pub mod google_auth;
pub mod mapping;
pub mod mysql;
pub mod plan;
pub mod retry;
pub mod selection;
pub mod sides;
pub mod sync;
pub mod telemetry;
