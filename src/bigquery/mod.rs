//! The BigQuery client: authentication, API calls, resumable uploads, jobs. It does not depend on MySQL.

pub mod action;
mod answer;
pub mod client;
pub mod error;
pub mod jobs;
pub mod load;
pub mod permissions;
mod retry;
pub mod settings;
pub mod tables;
mod token;
pub mod types;
pub mod upload;

pub use client::Client;
pub use error::Error;
pub use settings::Settings;
