//! Google's access tokens: for BigQuery, and as the password for Cloud SQL.

mod cause;
mod credentials;
mod file;

pub use credentials::{Credentials, Error};
pub use file::Origin;
