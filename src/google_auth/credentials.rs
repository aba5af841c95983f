//! Application Default Credentials, and the tokens they give.

use std::time::Duration;

use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use secrecy::SecretString;

use crate::google_auth::cause;
use crate::google_auth::file::{self, Origin, Problem};

/// Requests to the metadata server and the OAuth server have no timeout of their own.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Application Default Credentials for one scope.
#[derive(Clone)]
pub struct Credentials {
    provider: AccessTokenCredentials,
    origin: Origin,
    token_source: Option<String>,
    quota_project: Option<String>,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The credentials cannot be used.
    #[error("{origin}: {problem}")]
    Broken {
        /// Where they come from.
        origin: Origin,
        /// What is wrong with them.
        problem: Problem,
    },
    /// No server gave a token for them.
    #[error("{origin}: {cause}")]
    Refused {
        /// Where they come from.
        origin: Origin,
        /// Why, in words that contain no secret.
        cause: String,
        /// Whether a retry may succeed.
        transient: bool,
    },
    /// The server did not answer within this time.
    #[error("{origin}: no answer within {} s", .limit.as_secs())]
    NoAnswer {
        /// Where the credentials come from.
        origin: Origin,
        /// How long it was waited for.
        limit: Duration,
    },
}

impl Error {
    /// Whether a retry may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Broken { .. } => false,
            Self::Refused { transient, .. } => *transient,
            Self::NoAnswer { .. } => true,
        }
    }

    /// Where the credentials come from.
    pub fn origin(&self) -> &Origin {
        match self {
            Self::Broken { origin, .. } | Self::Refused { origin, .. } | Self::NoAnswer { origin, .. } => origin,
        }
    }
}

impl Credentials {
    /// Finds the credentials. Fails if there is a credentials file and it is broken.
    pub fn from_environment(scope: &str) -> Result<Self, Error> {
        let origin = Origin::find();
        let broken = |problem| Error::Broken { origin: origin.clone(), problem };
        let content = origin.read().map_err(broken)?;
        // The library's error may quote the file.
        let provider = Builder::default()
            .with_scopes([scope])
            .build_access_token_credentials()
            .map_err(|_| broken(Problem::Refused))?;
        let quota_project = file::quota_project(content.as_ref());
        Ok(Self { provider, origin, token_source: content.and_then(|content| content.token_source), quota_project })
    }

    /// A valid token. It is cached and renewed before it expires.
    pub async fn token(&self) -> Result<SecretString, Error> {
        match tokio::time::timeout(TOKEN_TIMEOUT, self.provider.access_token()).await {
            Ok(Ok(token)) => Ok(SecretString::from(token.token)),
            Ok(Err(error)) => {
                let cause = cause::describe(&error).unwrap_or_else(|| "they gave no access token".to_owned());
                let source =
                    self.token_source.as_ref().map_or_else(String::new, |source| format!("the token of {source}: "));
                Err(Error::Refused {
                    origin: self.origin.clone(),
                    cause: format!("{source}{cause}"),
                    transient: error.is_transient(),
                })
            }
            Err(_) => Err(Error::NoAnswer { origin: self.origin.clone(), limit: TOKEN_TIMEOUT }),
        }
    }

    /// The project that quota is counted for, if the credentials name one.
    pub fn quota_project(&self) -> Option<&str> {
        self.quota_project.as_deref()
    }
}
