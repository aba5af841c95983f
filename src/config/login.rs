//! How the user logs in, exactly one of: a password, a file with the password, an empty password, an access token.

use std::io::ErrorKind;
use std::path::Path;

use secrecy::SecretString;

use crate::config::byte_order_mark::without_mark;
use crate::config::reader::Reader;
use crate::config::variables::{
    About, MYSQL_IAM_AUTH, MYSQL_PASSWORD, MYSQL_PASSWORD_EMPTY, MYSQL_PASSWORD_FILE, MYSQL_SSL_MODE,
};
use crate::mysql::settings::{Address, Login, SslMode};

/// The hint for a password that is empty on purpose.
const EMPTY: &str = "set MYSQL_PASSWORD_EMPTY=true if the password is empty";

pub(super) fn read(reader: &mut Reader) -> Option<Login> {
    let password = reader.text(&MYSQL_PASSWORD).map(SecretString::from);
    let file = reader.value(&MYSQL_PASSWORD_FILE);
    // A flag with a fault counts as unset, so that a missing password is still reported.
    let (empty, token) = (reader.value(&MYSQL_PASSWORD_EMPTY), reader.value(&MYSQL_IAM_AUTH));
    let (empty, token) = (empty.unwrap_or(false), token.unwrap_or(false));
    let ways: [(bool, &'static About); 4] = [
        (password.is_some(), &MYSQL_PASSWORD.about),
        (file.is_some(), &MYSQL_PASSWORD_FILE.about),
        (empty, &MYSQL_PASSWORD_EMPTY.about),
        (token, &MYSQL_IAM_AUTH.about),
    ];
    let mut set = ways.into_iter().filter(|(is_set, _)| *is_set).map(|(_, about)| about);
    if let (Some(first), Some(second)) = (set.next(), set.next()) {
        reader.both_set(first, second);
        return None;
    }
    let login = |password, about: &'static About| Some(Login::Password { password, variable: about.name });
    match (password, file) {
        (Some(password), _) => login(password, &MYSQL_PASSWORD.about),
        (None, Some(path)) => login(from_file(reader, &path)?, &MYSQL_PASSWORD_FILE.about),
        (None, None) if empty => login(SecretString::from(""), &MYSQL_PASSWORD_EMPTY.about),
        (None, None) if token => Some(Login::AccessToken),
        (None, None) => {
            let problem = format!("is not set{} ({EMPTY})", reader.typo_of(MYSQL_PASSWORD.about.name));
            reader.fault(&MYSQL_PASSWORD.about, problem);
            None
        }
    }
}

fn from_file(reader: &mut Reader, path: &Path) -> Option<SecretString> {
    let name = path.display();
    let problem = match std::fs::read_to_string(path) {
        Ok(text) => {
            // Editors and echo add a line break, and no password ends with one.
            let text = without_mark(&text);
            let password = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
            if !password.is_empty() {
                return Some(SecretString::from(password));
            }
            format!("names {name}, which is empty ({EMPTY})")
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => format!("names {name}, which is not valid UTF-8"),
        Err(error) => format!("names {name}, which cannot be read ({error})"),
    };
    reader.fault(&MYSQL_PASSWORD_FILE.about, problem);
    None
}

/// MySQL sends an access token in plain text. Anyone who reads it gets all permissions of the account.
pub(super) fn no_token_in_the_clear(
    reader: &mut Reader,
    login: Option<&Login>,
    address: Option<&Address>,
    mode: SslMode,
) {
    let encrypted = matches!(mode, SslMode::Required | SslMode::VerifyCa | SslMode::VerifyIdentity);
    if let (Some(Login::AccessToken), Some(Address::Tcp(..)), false) = (login, address, encrypted) {
        let problem = "allows an unencrypted connection, and MYSQL_IAM_AUTH=true sends an access token over it; expected \
                       REQUIRED, VERIFY_CA or VERIFY_IDENTITY, or a Unix socket in MYSQL_HOST";
        reader.fault(&MYSQL_SSL_MODE.about, problem);
    }
}
