//! What the server says of a connection, and whether rows cross a network unencrypted.

use std::net::IpAddr;

use crate::mysql::error::{Error, WhileDoing as _};
use crate::mysql::settings::{Address, Settings, SslMode};
use crate::mysql::sql::{Connection, query};

const DOING: &str = "asking the server about the connection";

/// What the server says of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The server's product and version.
    pub version: String,
    /// `CURRENT_USER()`: the account that the server took the user for.
    pub user: String,
    /// TLS version and cipher; `None` when the connection is plain.
    pub cipher: Option<String>,
}

/// Asks the server about this connection.
pub async fn session(connection: &mut Connection) -> Result<Session, Error> {
    let says = query(connection, "SELECT CONCAT(@@version_comment, ' ', VERSION()), CURRENT_USER()", &[]);
    let says = says.await.while_doing(|| DOING)?;
    let say = |index| says.first().and_then(|row| row.text(index)).unwrap_or_default();
    let (version, user) = (say(0), say(1));
    let status = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')";
    let mut rows = query(connection, status, &[]).await.while_doing(|| DOING)?;
    // Ssl_version after Ssl_cipher, as the server lists them; shown the other way round.
    rows.reverse();
    let values: Vec<String> = rows.iter().filter_map(|row| row.text(1)).filter(|value| !value.is_empty()).collect();
    Ok(Session { version, user, cipher: Some(values.join(" ")).filter(|cipher| !cipher.is_empty()) })
}

/// Whether the rows cross a network in the clear. Asked over the first connection of a run: the others are like it.
pub async fn is_exposed(connection: &mut Connection, settings: &Settings) -> Result<bool, Error> {
    let Address::Tcp(host, port) = &settings.address else { return Ok(false) };
    Ok(!is_encrypted(connection, settings.ssl_mode).await? && !is_local(host, *port).await)
}

/// What the server says of this session.
async fn is_encrypted(connection: &mut Connection, mode: SslMode) -> Result<bool, Error> {
    if !matches!(mode, SslMode::Disabled | SslMode::Preferred) {
        return Ok(true);
    }
    Ok(session(connection).await?.cipher.is_some())
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
