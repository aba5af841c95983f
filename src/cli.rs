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
    /// What to do; without a command: sync.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Only this table out of TABLES (may be repeated); it keeps the options that TABLES gives it.
    #[arg(long = "table", value_name = "NAME", global = true)]
    pub tables: Vec<String>,
}

/// The commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Copy all tables of this task (the default).
    Sync,
    /// Show what a sync would do with each table; writes nothing, exit 1 if a table would fail.
    Plan {
        /// JSON for machines instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Test connections, encryption, privileges and permissions; says what is missing, writes nothing.
    Check,
}
