//! Access tokens from Application Default Credentials: for BigQuery, and as the password for Cloud SQL.

use std::time::Duration;

use google_cloud_auth::build_errors;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use google_cloud_auth::errors::CredentialsError;
use secrecy::SecretString;

use crate::report::cause::root_cause;

/// Requests to the metadata server and the OAuth server have no timeout of their own.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Application Default Credentials for one scope.
#[derive(Clone)]
pub struct Credentials(AccessTokenCredentials);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The credentials cannot be read.
    #[error("{}", root_cause(.0))]
    Broken(#[from] build_errors::Error),
    /// The metadata server or the OAuth server refused the request.
    #[error("{}", root_cause(.0))]
    Refused(#[from] CredentialsError),
    /// The server did not answer within this time.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
}

impl Error {
    /// Whether a retry may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Broken(_) => false,
            Self::Refused(error) => error.is_transient(),
            Self::NoAnswer(_) => true,
        }
    }
}

impl Credentials {
    /// Finds the credentials. Fails if there is a credentials file and it is broken.
    pub fn from_environment(scope: &str) -> Result<Self, Error> {
        Ok(Self(Builder::default().with_scopes([scope]).build_access_token_credentials()?))
    }

    /// A valid token. It is cached and renewed before it expires.
    pub async fn token(&self) -> Result<SecretString, Error> {
        match tokio::time::timeout(TOKEN_TIMEOUT, self.0.access_token()).await {
            Ok(token) => Ok(SecretString::from(token?.token)),
            Err(_) => Err(Error::NoAnswer(TOKEN_TIMEOUT)),
        }
    }
}
