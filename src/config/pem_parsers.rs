//! Parses variables that are PEM text, or the path of a file with it.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::byte_order_mark::without_mark;
use crate::config::parsers::Invalid;
use crate::config::pem::{certificate_problem, is_pem, with_line_breaks};

/// The longest path that Linux takes (PATH_MAX, limits.h). Longer text is something else, perhaps a key without its first line.
const LONGEST_PATH: usize = 4096;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The end of the first line of a private key of any kind, such as PKCS#8 or PKCS#1.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The same with a passphrase, which nobody could type here: in PKCS#8, and in older files of OpenSSL.
const PASSPHRASE: [&str; 2] = ["ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

/// PEM text, or the path of a file with it. The text may have lost its line breaks.
pub(super) fn ssl_ca(text: &str) -> Result<String, Invalid> {
    if is_pem(text) {
        let pem = with_line_breaks(text);
        return match certificate_problem(&pem) {
            None => Ok(pem),
            Some(problem) => Err(Invalid::Because(format!("is PEM text, but {problem}"))),
        };
    }
    if text.contains(['\n', '\r']) || text.len() > LONGEST_PATH {
        return Err(Invalid::Because("is neither PEM text nor the path of a file".to_owned()));
    }
    let path = PathBuf::from(text);
    let problem = match std::fs::read_to_string(&path) {
        Ok(content) => {
            let pem = with_line_breaks(without_mark(&content));
            match certificate_problem(&pem) {
                None => return Ok(pem),
                Some(problem) => format!("names {}, but {problem}", path.display()),
            }
        }
        Err(error) => format!("is neither PEM text nor a file that can be read ({error})"),
    };
    Err(Invalid::Because(problem))
}

pub(super) fn certificate(text: &str) -> Result<String, Invalid> {
    pem(text, CERTIFICATE, "PEM certificate")
}

pub(super) fn private_key(text: &str) -> Result<SecretString, Invalid> {
    let key = pem(text, PRIVATE_KEY, "PEM private key")?;
    if PASSPHRASE.iter().any(|mark| key.contains(mark)) {
        let problem = "has a passphrase; expected a private key without one (`openssl pkey -in key.pem` removes it)";
        return Err(Invalid::Because(problem.to_owned()));
    }
    Ok(SecretString::from(key))
}

/// No problem shows the text: what is not PEM may still be a part of a key.
fn pem(text: &str, mark: &str, what: &str) -> Result<String, Invalid> {
    if is_pem(text) && text.contains(mark) {
        return Ok(with_line_breaks(text));
    }
    let problem = match std::fs::read_to_string(text) {
        Ok(content) if content.contains(mark) => return Ok(with_line_breaks(without_mark(&content))),
        Ok(_) => format!("names a file that contains no {what}"),
        Err(error) => format!("is neither PEM text nor a file that can be read ({error})"),
    };
    Err(Invalid::Because(problem))
}
