//! Parses the text of a variable.

use std::net::Ipv6Addr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr;

use crate::mapping::masking::Pattern;
use crate::mysql::settings::MAX_READ_CONNECTIONS;
use crate::sync::settings::MAX_TABLE_CONCURRENCY;
use crate::work::selection::Selection;

/// A higher rate is not a limit in practice.
const MOST_BYTES_PER_SECOND: f64 = 1e15;

/// Why a value is refused.
#[derive(Debug)]
pub(super) enum Invalid {
    /// The value is not what the declaration of the variable expects.
    Unexpected,
    /// A specific reason. Never contains the value of a secret.
    Because(String),
}

/// For types with a parser of their own.
pub(super) fn from_str<T: FromStr>(text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| Invalid::Unexpected)
}

/// One line of text.
pub(super) fn line(text: &str) -> Result<String, Invalid> {
    if text.contains(['\n', '\r']) {
        return Err(Invalid::Because("has more than one line".to_owned()));
    }
    Ok(text.to_owned())
}

/// A secret is never looked at.
pub(super) fn secret(text: &str) -> Result<String, Invalid> {
    Ok(text.to_owned())
}

pub(super) fn boolean(text: &str) -> Result<bool, Invalid> {
    from_str(&text.to_ascii_lowercase())
}

pub(super) fn port(text: &str) -> Result<u16, Invalid> {
    from_str(text).and_then(|port| if port == 0 { Err(Invalid::Unexpected) } else { Ok(port) })
}

pub(super) fn percent(text: &str) -> Result<u8, Invalid> {
    let percent = from_str(text.trim_end_matches('%'))?;
    if percent <= 100 { Ok(percent) } else { Err(Invalid::Unexpected) }
}

fn up_to(text: &str, most: usize) -> Result<NonZeroUsize, Invalid> {
    let number: NonZeroUsize = from_str(text)?;
    if number.get() <= most { Ok(number) } else { Err(Invalid::Unexpected) }
}

pub(super) fn connections(text: &str) -> Result<NonZeroUsize, Invalid> {
    up_to(text, MAX_READ_CONNECTIONS)
}

pub(super) fn concurrency(text: &str) -> Result<NonZeroUsize, Invalid> {
    up_to(text, MAX_TABLE_CONCURRENCY)
}

/// Megabytes, with or without a fraction, converted to bytes.
pub(super) fn megabytes(text: &str) -> Result<NonZeroU64, Invalid> {
    let bytes = from_str::<f64>(text)? * 1e6;
    let bytes = if (1.0..MOST_BYTES_PER_SECOND).contains(&bytes) { bytes as u64 } else { 0 };
    NonZeroU64::new(bytes).ok_or(Invalid::Unexpected)
}

pub(super) fn level(text: &str) -> Result<tracing::Level, Invalid> {
    if text.eq_ignore_ascii_case("warning") { Ok(tracing::Level::WARN) } else { from_str(text) }
}

pub(super) fn selection(text: &str) -> Result<Selection, Invalid> {
    Selection::parse(text).map_err(Invalid::Because)
}

pub(super) fn masks(text: &str) -> Result<Vec<Pattern>, Invalid> {
    Pattern::parse_all(text).map_err(Invalid::Because)
}

/// A bare host name, an address, or the path of a socket.
///
/// Refuses what other tools take as a host, and says where its parts belong.
pub(super) fn host(text: &str) -> Result<String, Invalid> {
    if text.starts_with('/') {
        return line(text);
    }
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    // An address may have a zone: fe80::1%eth0.
    let is_address = |text: &str| text.split('%').next().is_some_and(|text| text.parse::<Ipv6Addr>().is_ok());
    let allowed = |c: char| c.is_alphanumeric() || "-._".contains(c);
    if is_address(bare) || text.chars().all(allowed) {
        return Ok(bare.to_owned());
    }
    let parts: Vec<&str> = text.rsplitn(2, ':').collect();
    let problem = match parts[..] {
        _ if text.contains("://") => "is a URL; expected the bare host name, address or socket path".to_owned(),
        [port, host] if port.parse::<u16>().is_ok() && (host.chars().all(allowed) || host.ends_with(']')) => {
            format!("contains a port; expected the bare host, with MYSQL_PORT={port}")
        }
        _ if text.contains("cloudsql/") => {
            "is a socket path without the slash at its start; expected /cloudsql/PROJECT:REGION:INSTANCE".to_owned()
        }
        // project:region:instance; the project may be in a domain: example.com:project:region:instance.
        _ if matches!(text.matches(':').count(), 2 | 3) && text.chars().all(|c| allowed(c) || c == ':') => format!(
            "is the connection name of a Cloud SQL instance; expected the path of its socket, /cloudsql/{text}, or the \
             instance's IP address"
        ),
        _ if text.contains(':') => "contains a colon; expected the bare host, with the port in MYSQL_PORT".to_owned(),
        _ => "is not a host name; expected the bare host name, address or socket path".to_owned(),
    };
    Err(Invalid::Because(problem))
}

pub(super) fn project(text: &str) -> Result<String, Invalid> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    if text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    let problem = format!("is {text:?}; expected a project id: lower-case letters, digits and hyphens");
    Err(Invalid::Because(problem))
}

pub(super) fn dataset(text: &str) -> Result<String, Invalid> {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(text.to_owned());
    }
    let problem = format!(
        "is {text:?}; expected the bare name of the dataset: letters, digits and underscores, without the project"
    );
    Err(Invalid::Because(problem))
}

/// The base URL of the API, without a path. Access tokens are sent there, so it must be encrypted.
pub(super) fn endpoint(text: &str) -> Result<String, Invalid> {
    let url = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = reqwest::Url::parse(&url).ok().filter(|url| {
        let is_base = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        url.scheme() == "https" && url.has_host() && url.username().is_empty() && url.password().is_none() && is_base
    });
    match url {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => {
            Err(Invalid::Because("is not an address; expected a host name, or an https URL without a path".to_owned()))
        }
    }
}

/// The base URL of an emulator, without a slash at its end.
pub(super) fn emulator(text: &str) -> Result<String, Invalid> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    match reqwest::Url::parse(&url) {
        Ok(parsed) if parsed.has_host() && matches!(parsed.scheme(), "http" | "https") => {
            Ok(url.trim_end_matches('/').to_owned())
        }
        _ => Err(Invalid::Because(format!("is {text:?}; expected host:port or an http URL"))),
    }
}
