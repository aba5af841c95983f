//! The commands and their flags.

use clap::{Parser, Subcommand};

use crate::config;

/// Copies MySQL tables into a BigQuery dataset and replaces each atomically.
#[derive(Debug, Parser)]
#[command(
    name = "mysql-bigquery-sync",
    version,
    after_help = config::help::variables(),
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do (default: sync).
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Copy only this table of TABLES, with its options. Repeat the flag for several tables.
    #[arg(long = "table", value_name = "NAME", global = true)]
    pub tables: Vec<String>,
}

/// What the program can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Copy the tables of this task (the default).
    Sync,
    /// Show what a sync would do with each table. Writes nothing; exits with 1 if a table would fail.
    Plan {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Compare the number of rows of each table in MySQL and in BigQuery. Writes nothing; exits with 1 if they differ.
    Verify {
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Check connections, encryption, privileges and permissions. Reports what is missing; writes nothing.
    Check,
}
