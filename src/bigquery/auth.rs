//! Access tokens for BigQuery: of the environment's credentials, or none for an emulator.

use async_trait::async_trait;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use crate::bigquery::error::Cause;
use crate::google_auth::{self, Credentials};

/// All that dataset, table and job calls need. Source: "BigQuery API, OAuth scopes".
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// Where tokens come from.
#[derive(Clone)]
pub(super) enum Tokens {
    /// The environment's credentials; they cache and refresh by themselves.
    Google(Credentials),
    /// An emulator checks nothing.
    Emulator,
}

impl Tokens {
    /// Finds the environment's credentials. Fails where there is a file of credentials and it is broken.
    pub(super) fn from_environment() -> Result<Self, Cause> {
        Ok(Self::Google(Credentials::from_environment(SCOPE)?))
    }

    async fn token(&self) -> Result<SecretString, Cause> {
        match self {
            Self::Emulator => Ok(SecretString::from("emulator")),
            Self::Google(credentials) => Ok(credentials.token().await?),
        }
    }

    /// The request with a token; its header is marked as a secret.
    pub(super) async fn authorize(&self, request: RequestBuilder) -> Result<RequestBuilder, Cause> {
        Ok(request.bearer_auth(self.token().await?.expose_secret()))
    }
}

impl From<google_auth::Error> for Cause {
    fn from(error: google_auth::Error) -> Self {
        Self::Credentials { message: error.message, transient: error.transient }
    }
}

#[async_trait]
impl Authenticator for Tokens {
    async fn access_token(&self) -> Result<String, BQError> {
        match self.token().await {
            Ok(token) => Ok(token.expose_secret().to_owned()),
            // The client's error has no variant for other people's credentials; this one carries the cause through it.
            Err(cause) => Err(BQError::InvalidServiceAccountAuthenticator(std::io::Error::other(cause))),
        }
    }
}
