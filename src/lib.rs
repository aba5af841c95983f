//! `mysql-bigquery-sync` copies tables from MySQL or MariaDB into a BigQuery dataset and replaces each atomically.
//!
//! The modules, from top to bottom. Each uses only those below it:
//!
//! ```text
//! cli          commands and flags
//! commands     sync, plan, verify, check: what each one does and prints
//! config       every environment variable; assembles the settings of the modules below
//! sync         drives the copy of each table: open, read, publish
//! publish      makes the uploaded rows the destination table: one strategy per mode
//! plan         decides what a sync does with a table before it reads the first row
//! work         this task, its tables, and the connections to MySQL and BigQuery
//! hints        what to do about an error
//! mapping      converts the bytes of a value to an Avro datum, as chosen per column and table
//! avro         collects datums in blocks, and compresses the blocks into one container file
//! bigquery     REST types, resumable uploads in chunks, jobs; knows nothing of MySQL
//! mysql        connection, catalog, and one consistent stream of rows; knows nothing of BigQuery
//! google_auth  access tokens for BigQuery and for IAM login to Cloud SQL
//! retry        budgets and backoff
//! quotation    whether a value is in quotation marks
//! telemetry    logs for Cloud Logging, text and progress for people
//! report       the outcome of each table, and the declared log events
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
pub mod quotation;
pub mod report;
pub mod retry;
pub mod sync;
pub mod telemetry;
pub mod work;
