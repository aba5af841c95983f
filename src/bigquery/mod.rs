//! The destination: authentication, API calls, resumable upload, load job. Knows nothing of MySQL.

mod auth;
pub mod client;
pub mod error;
pub mod load;
pub mod permissions;
pub mod retry;
pub mod settings;
pub mod tables;
pub mod upload;

pub use client::Client;
pub use error::Error;
pub use settings::Settings;
