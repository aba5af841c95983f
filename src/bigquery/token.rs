//! Access tokens for BigQuery: of the environment's credentials, or none for an emulator.

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use crate::bigquery::error::ErrorKind;
use crate::google_auth::Credentials;

/// All that dataset, table and job calls need. Source: "BigQuery API, OAuth scopes".
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";

/// The header with that project. Without it, the API refuses the credentials of a person whose login names one.
/// Source: "System parameters", Google Cloud APIs.
const QUOTA_PROJECT: &str = "x-goog-user-project";

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
    pub(super) fn from_environment() -> Result<Self, ErrorKind> {
        Ok(Self::Google(Credentials::from_environment(SCOPE)?))
    }

    async fn token(&self) -> Result<SecretString, ErrorKind> {
        match self {
            Self::Emulator => Ok(SecretString::from("emulator")),
            Self::Google(credentials) => Ok(credentials.token().await?),
        }
    }

    /// The request with a token, in a header that is marked as a secret, and with the project that quota is counted for.
    pub(super) async fn authorize(&self, request: RequestBuilder) -> Result<RequestBuilder, ErrorKind> {
        let request = request.bearer_auth(self.token().await?.expose_secret());
        Ok(match self {
            Self::Google(credentials) => match credentials.quota_project() {
                Some(project) => request.header(QUOTA_PROJECT, project),
                None => request,
            },
            Self::Emulator => request,
        })
    }
}
