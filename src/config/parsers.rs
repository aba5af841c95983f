//! Parses the text of a variable.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

use crate::mysql::settings::{MAX_READ_CONNECTIONS, SslCa};
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

pub(super) fn any_text(text: &str) -> Result<String, Invalid> {
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

/// A bare host name, an address, or the path of a socket.
pub(super) fn host(text: &str) -> Result<String, Invalid> {
    if text.starts_with('/') {
        return Ok(text.to_owned());
    }
    let problem = if text.contains("://") {
        "is a URL; expected the bare host name, address or socket path"
    } else if text.matches(':').count() == 1 {
        "contains a colon; expected the bare host, with the port in MYSQL_PORT"
    } else if text.contains(char::is_whitespace) || text.contains('@') {
        "is not a host name; expected the bare host name, address or socket path"
    } else {
        return Ok(text.trim_start_matches('[').trim_end_matches(']').to_owned());
    };
    Err(Invalid::Because(problem.to_owned()))
}

/// PEM text, or the path of a file with it.
pub(super) fn ssl_ca(text: &str) -> Result<SslCa, Invalid> {
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
    if text.contains(CERTIFICATE) {
        return Ok(SslCa::Pem(text.to_owned()));
    }
    let path = PathBuf::from(text);
    let problem = match std::fs::read_to_string(&path) {
        Ok(content) if content.contains(CERTIFICATE) => return Ok(SslCa::File(path)),
        Ok(_) => format!("names {}, which contains no PEM certificate", path.display()),
        Err(error) => format!("is neither PEM text nor a file that can be read ({error})"),
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
