//! Access tokens for BigQuery, from the environment's credentials; an emulator gets a dummy token.

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use crate::bigquery::error::ErrorKind;
use crate::google_auth::Credentials;

/// The scope that dataset, table and job calls need. Source: "BigQuery API, OAuth scopes".
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// Where tokens come from.
#[derive(Clone)]
pub(super) enum Tokens {
    /// The environment's credentials, which cache and refresh tokens.
    Google(Credentials),
    /// An emulator checks no tokens.
    Emulator,
}

impl Tokens {
    /// Finds the environment's credentials. Fails if there is a credentials file and it is broken.
    pub(super) fn from_environment() -> Result<Self, ErrorKind> {
        Ok(Self::Google(Credentials::from_environment(SCOPE)?))
    }

    async fn token(&self) -> Result<SecretString, ErrorKind> {
        match self {
            Self::Emulator => Ok(SecretString::from("emulator")),
            Self::Google(credentials) => Ok(credentials.token().await?),
        }
    }

    /// Adds a token to the request, in a header marked as sensitive.
    pub(super) async fn authorize(&self, request: RequestBuilder) -> Result<RequestBuilder, ErrorKind> {
        Ok(request.bearer_auth(self.token().await?.expose_secret()))
    }
}
