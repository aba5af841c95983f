//! What a connection is opened with: address, TLS, and the user's proof.

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;

use crate::google_auth::Credentials;
use crate::mysql::error::{Error, Kind};
use crate::mysql::settings::{Address, Login, Settings};
use crate::mysql::tls;

/// All that a token which is a password needs. Source: "IAM authentication", Cloud SQL for MySQL.
const SCOPE: &str = "https://www.googleapis.com/auth/sqlservice.login";

/// What a connection is opened with. Asked for anew for each one, as an access token is good for an hour only.
pub(super) async fn options(settings: &Settings) -> Result<MySqlConnectOptions, Error> {
    let options = MySqlConnectOptions::new()
        .username(&settings.user)
        .database(&settings.database)
        // The server's time zone and modes are set for the session here; what the driver would add is not wanted.
        .timezone(Some("+00:00".to_owned()))
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    let options = tls::options(options, settings);
    let options = match &settings.login {
        // The driver would answer with the hash of an empty text, which is not an empty answer.
        Login::Password { password, .. } if password.expose_secret().is_empty() => options,
        Login::Password { password, .. } => options.password(password.expose_secret()),
        // Cloud SQL asks for the token itself; the configuration has made sure that the way there is no open one.
        Login::AccessToken => options.password(token().await?.expose_secret()).enable_cleartext_plugin(true),
    };
    Ok(match &settings.address {
        Address::Tcp(host, port) => options.host(host).port(*port),
        Address::Socket(path) => options.socket(path),
    })
}

async fn token() -> Result<SecretString, Error> {
    let token = async { Credentials::from_environment(SCOPE)?.token().await };
    token.await.map_err(|error| Error::from(Kind::Token(error)).while_connecting())
}
