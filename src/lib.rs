//! `mysql-bigquery-sync` copies tables from MySQL or MariaDB into a BigQuery dataset and replaces each atomically.
//!
//! The modules, from top to bottom; each knows those below it only:
//!
//! ```text
//! cli          commands and flags
//! commands     sync, plan, check: what each one does and prints
//! config       every environment variable; assembles the settings of the modules below
//! sync         drives the copy of each table: open, read, publish
//! publish      how what was read becomes the destination: a strategy for each mode
//! plan         what a sync does with a table, decided before its first row
//! work         which task this is, which tables are its own, both sides connected
//! hints        what the operator should do about an error
//! mapping      per column, chosen once per table: the bytes of a value → an Avro datum
//! avro         datums in blocks, blocks compressed into one container file
//! bigquery     typed REST shapes, resumable upload in chunks, jobs; knows nothing of MySQL
//! mysql        connection, catalog, and one consistent stream of rows; knows nothing of BigQuery
//! google_auth  access tokens, for BigQuery and for Cloud SQL's IAM login
//! retry        budgets and backoff
//! telemetry    logs for Cloud Logging, text and progress for people
//! report       what became of each table: data, and the events that say it
//! ```

pub mod avro;
pub mod bigquery;
pub mod cli;
pub mod commands;
pub mod config;
#[cfg(test)]
mod documents;
pub mod google_auth;
pub mod hints;
pub mod mapping;
#[cfg(test)]
mod modules;
pub mod mysql;
pub mod plan;
pub mod publish;
pub mod report;
pub mod retry;
pub mod sync;
pub mod telemetry;
pub mod work;
