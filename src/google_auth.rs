//! Access tokens of the environment's Google credentials: for BigQuery, and as a password for Cloud SQL.

use std::time::Duration;

use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use google_cloud_auth::errors::CredentialsError;
use secrecy::SecretString;

/// A token is a request to the metadata server or to OAuth's; neither has a time limit of its own.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Application Default Credentials for one scope.
#[derive(Clone)]
pub struct Credentials(AccessTokenCredentials);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// What went wrong.
    pub message: String,
    /// Whether the next try may get one.
    pub transient: bool,
}

impl Credentials {
    /// Finds the environment's credentials. Fails where there is a file of credentials and it is broken.
    pub fn from_environment(scope: &str) -> Result<Self, Error> {
        let credentials = Builder::default().with_scopes([scope]).build_access_token_credentials();
        credentials.map(Self).map_err(|error| Error { message: innermost(&error), transient: false })
    }

    /// A token that is good for now; it is kept and renewed before it ends.
    pub async fn token(&self) -> Result<SecretString, Error> {
        match tokio::time::timeout(TOKEN_TIMEOUT, self.0.access_token()).await {
            Ok(Ok(token)) => Ok(SecretString::from(token.token)),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => {
                let message = format!("no answer within {} s", TOKEN_TIMEOUT.as_secs());
                Err(Error { message, transient: true })
            }
        }
    }
}

fn failed(error: &CredentialsError) -> Error {
    Error { message: innermost(error), transient: error.is_transient() }
}

/// What is at the bottom of it; the layers above say only that they failed.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
