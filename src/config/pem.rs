//! Parses variables that are PEM text, or the path of a file with it.

use secrecy::SecretString;

use crate::config::parsers::Invalid;

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The end of the first line of a private key of any kind, such as PKCS#8 or PKCS#1.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// The same with a passphrase, which nobody could type here: in PKCS#8, and in older files of OpenSSL.
const PASSPHRASE: [&str; 2] = ["ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];

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
    if text.contains(mark) {
        return Ok(text.to_owned());
    }
    let problem = match std::fs::read_to_string(text) {
        Ok(content) if content.contains(mark) => return Ok(content),
        Ok(_) => format!("names a file that contains no {what}"),
        Err(error) => format!("is neither PEM text nor a file that can be read ({error})"),
    };
    Err(Invalid::Because(problem))
}
