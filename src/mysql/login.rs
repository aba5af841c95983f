//! The connect options: address, TLS and credentials.

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;

use crate::google_auth::Credentials;
use crate::mysql::error::{Error, Kind};
use crate::mysql::settings::{Address, Login, Settings};
use crate::mysql::tls;

/// The only scope that a token needs to serve as a password. Source: "IAM authentication", Cloud SQL for MySQL.
const SCOPE: &str = "https://www.googleapis.com/auth/sqlservice.login";

/// The connect options. Build them for each connection: an access token is valid for only an hour.
pub(super) async fn options(settings: &Settings) -> Result<MySqlConnectOptions, Error> {
    let options = MySqlConnectOptions::new()
        .username(&settings.user)
        .database(&settings.database)
        // Sets the time zone of the session and turns off the modes that the driver would add.
        .timezone(Some("+00:00".to_owned()))
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    let options = tls::options(options, settings);
    let options = match &settings.login {
        // For an empty password the driver would send the hash of an empty text instead of an empty answer.
        Login::Password { password, .. } if password.expose_secret().is_empty() => options,
        Login::Password { password, .. } => options.password(password.expose_secret()),
        // Cloud SQL asks for the token in clear text. The configuration allows this only on an encrypted connection or
        // a local socket.
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
