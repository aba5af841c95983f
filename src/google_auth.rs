//! Access tokens of the environment's Google credentials: for BigQuery, and as a password for Cloud SQL.

use std::time::Duration;

use google_cloud_auth::build_errors;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use google_cloud_auth::errors::CredentialsError;
use secrecy::SecretString;

use crate::report::cause::root_cause;

/// A token is a request to the metadata server or to OAuth's; neither has a time limit of its own.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Application Default Credentials for one scope.
#[derive(Clone)]
pub struct Credentials(AccessTokenCredentials);

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment's credentials are broken.
    #[error("{}", root_cause(.0))]
    Broken(#[from] build_errors::Error),
    /// The metadata server or OAuth's refused one.
    #[error("{}", root_cause(.0))]
    Refused(#[from] CredentialsError),
    /// Neither of them said anything for so long.
    #[error("no answer within {} s", .0.as_secs())]
    NoAnswer(Duration),
}

impl Error {
    /// Whether the next try may get one.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Broken(_) => false,
            Self::Refused(error) => error.is_transient(),
            Self::NoAnswer(_) => true,
        }
    }
}

impl Credentials {
    /// Finds the environment's credentials. Fails where there is a file of credentials and it is broken.
    pub fn from_environment(scope: &str) -> Result<Self, Error> {
        Ok(Self(Builder::default().with_scopes([scope]).build_access_token_credentials()?))
    }

    /// A token that is good for now; it is kept and renewed before it ends.
    pub async fn token(&self) -> Result<SecretString, Error> {
        match tokio::time::timeout(TOKEN_TIMEOUT, self.0.access_token()).await {
            Ok(token) => Ok(SecretString::from(token?.token)),
            Err(_) => Err(Error::NoAnswer(TOKEN_TIMEOUT)),
        }
    }
}
