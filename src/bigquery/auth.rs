//! Access tokens: Application Default Credentials, or none for an emulator.

use std::time::Duration;

use async_trait::async_trait;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};

use crate::bigquery::error::{Cause, innermost};

/// All that dataset, table and job calls need. Source: "BigQuery API, OAuth scopes".
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// A token is a request to the metadata server or to OAuth's; neither has a time limit of its own.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Where tokens come from.
#[derive(Clone)]
pub(super) enum Tokens {
    /// The environment's credentials; they cache and refresh by themselves.
    Google(AccessTokenCredentials),
    /// An emulator checks nothing.
    Emulator,
}

impl Tokens {
    /// Finds the environment's credentials. Fails where there is a file of credentials and it is broken.
    pub(super) fn from_environment() -> Result<Self, Cause> {
        let credentials = Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
        credentials
            .map(Self::Google)
            .map_err(|error| Cause::Credentials { message: innermost(&error), transient: false })
    }

    /// A token for the next request.
    pub(super) async fn token(&self) -> Result<String, Cause> {
        match self {
            Self::Emulator => Ok("emulator".to_owned()),
            Self::Google(credentials) => match tokio::time::timeout(TOKEN_TIMEOUT, credentials.access_token()).await {
                Ok(Ok(token)) => Ok(token.token),
                Ok(Err(error)) => {
                    Err(Cause::Credentials { message: innermost(&error), transient: error.is_transient() })
                }
                Err(_) => {
                    let message = format!("no answer within {} s", TOKEN_TIMEOUT.as_secs());
                    Err(Cause::Credentials { message, transient: true })
                }
            },
        }
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn access_token(&self) -> Result<String, BQError> {
        // The client's error has no variant for other people's credentials; this one carries the cause through it.
        self.token().await.map_err(|cause| BQError::InvalidServiceAccountAuthenticator(std::io::Error::other(cause)))
    }
}
