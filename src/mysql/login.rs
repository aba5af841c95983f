//! What a connection is opened with: address, TLS, and the user's proof; and whether it came out encrypted.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};

use crate::google_auth::Credentials;
use crate::mysql::settings::{Address, Login, Settings, SslCa, SslMode};
use crate::mysql::{Error, catalog};
use crate::report::events;

/// All that a token which is a password needs. Source: "IAM authentication", Cloud SQL for MySQL.
const SCOPE: &str = "https://www.googleapis.com/auth/sqlservice.login";

/// What a connection is opened with. Asked for anew for each one, as an access token is good for an hour only.
pub(super) async fn options(settings: &Settings) -> Result<MySqlConnectOptions, Error> {
    let options = MySqlConnectOptions::new()
        .username(&settings.user)
        .database(&settings.database)
        .ssl_mode(match settings.ssl_mode {
            SslMode::Disabled => MySqlSslMode::Disabled,
            SslMode::Preferred => MySqlSslMode::Preferred,
            SslMode::Required => MySqlSslMode::Required,
            SslMode::VerifyCa => MySqlSslMode::VerifyCa,
            SslMode::VerifyIdentity => MySqlSslMode::VerifyIdentity,
        })
        // The server's time zone and modes are set for the session here; what the driver would add is not wanted.
        .timezone(Some("+00:00".to_owned()))
        .charset("utf8mb4")
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .disable_statement_logging();
    let options = match &settings.ssl_ca {
        Some(SslCa::Pem(text)) => options.ssl_ca_from_pem(text.clone().into_bytes()),
        Some(SslCa::File(path)) => options.ssl_ca(path),
        None => options,
    };
    let options = match &settings.login {
        Login::Password { password, .. } => options.password(password.expose_secret()),
        // Cloud SQL asks for the token itself; the configuration has made sure that the way there is no open one.
        Login::AccessToken => options.password(token(settings).await?.expose_secret()).enable_cleartext_plugin(true),
    };
    Ok(match &settings.address {
        Address::Tcp(host, port) => options.host(host).port(*port),
        Address::Socket(path) => options.socket(path),
    })
}

async fn token(settings: &Settings) -> Result<SecretString, Error> {
    let token = async { Credentials::from_environment(SCOPE)?.token().await };
    token.await.map_err(|error| Error::no_token(settings, &error))
}

/// Says so when the rows cross a network in the clear. For the first connection of a run: the others are like it.
pub async fn warn_if_unencrypted(connection: &mut MySqlConnection, settings: &Settings) -> Result<(), Error> {
    let Address::Tcp(host, port) = &settings.address else { return Ok(()) };
    if is_encrypted(connection, settings.ssl_mode).await? || is_local(host, *port).await {
        return Ok(());
    }
    let why = match settings.ssl_mode {
        SslMode::Disabled => "MYSQL_SSL_MODE is DISABLED",
        _ => "the server has no TLS",
    };
    events::Unencrypted {}.log(format_args!(
        "the connection to MySQL at {} is not encrypted ({why}): rows can be read on the way; MYSQL_SSL_MODE=VERIFY_CA \
         with MYSQL_SSL_CA makes sure of it",
        settings.address
    ));
    Ok(())
}

/// What the server says of this session.
async fn is_encrypted(connection: &mut MySqlConnection, mode: SslMode) -> Result<bool, Error> {
    if !matches!(mode, SslMode::Disabled | SslMode::Preferred) {
        return Ok(true);
    }
    Ok(catalog::session(connection).await?.cipher.is_some())
}

/// Whether every address of the host is this machine's loopback.
async fn is_local(host: &str, port: u16) -> bool {
    // The name has been resolved a moment ago, to connect; should it fail now, nothing is known and hence told.
    tokio::net::lookup_host((host, port)).await.is_ok_and(|addresses| all_loopback(addresses.map(|a| a.ip())))
}

fn all_loopback(mut addresses: impl Iterator<Item = IpAddr>) -> bool {
    // ::ffff:127.0.0.1 is 127.0.0.1.
    addresses.all(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_local() {
        let cases: &[(&[&str], bool)] = &[
            (&["127.0.0.1"], true),
            (&["127.9.9.9", "::1"], true),
            (&["::ffff:127.0.0.1"], true),
            (&["10.20.0.3"], false),
            (&["127.0.0.1", "10.20.0.3"], false),
            (&["::ffff:10.20.0.3"], false),
            (&["fe80::1"], false),
            (&["0.0.0.0"], false),
        ];
        for (addresses, expected) in cases {
            assert_eq!(all_loopback(addresses.iter().map(|text| text.parse().unwrap())), *expected, "{addresses:?}");
        }
    }
}
