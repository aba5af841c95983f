//! Reading single variables: each is parsed once, here, and every fault is collected on the way.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Environment, Fault, PLATFORM_VARIABLES, VARIABLES};
use crate::mapping::policies::Policy;
use crate::mysql::settings::{Address, Login, MAX_READ_CONNECTIONS, SslCa, SslMode};
use crate::mysql::snapshots::Snapshots;

/// A name further away than this is no slip of the pen.
const LARGEST_TYPO: usize = 3;

pub(super) fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

pub(super) fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

pub(super) fn percent(text: &str) -> Option<u8> {
    text.trim_end_matches('%').parse().ok().filter(|percent| *percent <= 100)
}

pub(super) fn connections(text: &str) -> Option<NonZeroUsize> {
    text.parse().ok().filter(|number: &NonZeroUsize| number.get() <= MAX_READ_CONNECTIONS)
}

pub(super) fn snapshots(text: &str) -> Option<Snapshots> {
    match text.to_ascii_lowercase().as_str() {
        "shared" => Some(Snapshots::Shared),
        "per_connection" => Some(Snapshots::PerConnection),
        _ => None,
    }
}

/// Megabytes, maybe with a fraction, in bytes.
pub(super) fn megabytes(text: &str) -> Option<NonZeroU64> {
    let bytes = text.parse::<f64>().ok()? * 1e6;
    // Whatever is larger than this is no limit.
    NonZeroU64::new(if (1.0..1e15).contains(&bytes) { bytes as u64 } else { 0 })
}

pub(super) fn policy(text: &str) -> Option<Policy> {
    match text.to_ascii_lowercase().as_str() {
        "null" => Some(Policy::Null),
        "error" => Some(Policy::Error),
        _ => None,
    }
}

pub(super) fn ssl_mode(text: &str) -> Option<SslMode> {
    match text.to_ascii_uppercase().replace('-', "_").as_str() {
        "DISABLED" => Some(SslMode::Disabled),
        "PREFERRED" => Some(SslMode::Preferred),
        "REQUIRED" => Some(SslMode::Required),
        "VERIFY_CA" => Some(SslMode::VerifyCa),
        "VERIFY_IDENTITY" => Some(SslMode::VerifyIdentity),
        _ => None,
    }
}

/// Collects the faults while the variables are read.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<Fault>,
    /// Names in the environment that look like ours and are not: the likely typos.
    strangers: Vec<String>,
}

impl Reader {
    pub(super) fn fault(&mut self, variable: &'static str, problem: impl Into<String>, example: &'static str) {
        self.faults.push(Fault { variable, problem: problem.into(), example });
    }

    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Environment {
        let mut filled = Vec::new();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            let known = VARIABLES.iter().map(|v| v.name).chain(PLATFORM_VARIABLES.iter().copied());
            let Some(known) = known.into_iter().find(|known| *known == name) else {
                if ["MYSQL_", "BIGQUERY_", "TABLE"].iter().any(|prefix| name.starts_with(prefix)) {
                    self.strangers.push(name);
                }
                continue;
            };
            match value.into_string() {
                Ok(value) if value.trim().is_empty() && known != "MYSQL_PASSWORD" => {}
                Ok(value) if value.is_empty() => {}
                Ok(value) => filled.push((name, value)),
                Err(_) => self.fault(known, "is not valid UTF-8", "text"),
            }
        }
        // Every field is an optional text, so envy has nothing to refuse.
        envy::from_iter(filled).unwrap_or_default()
    }

    pub(super) fn required(
        &mut self,
        variable: &'static str,
        value: Option<String>,
        example: &'static str,
    ) -> Option<String> {
        if value.is_none() && !self.faults.iter().any(|fault| fault.variable == variable) {
            let problem = format!("is not set{}", self.typo_of(variable));
            self.fault(variable, problem, example);
        }
        value.map(|value| value.trim().to_owned())
    }

    /// ", but MYSQL_PASWORD is" where an unknown variable of nearly the same name is set.
    fn typo_of(&self, variable: &str) -> String {
        let distance = |name: &&String| strsim::damerau_levenshtein(name, variable);
        match self.strangers.iter().min_by_key(distance).filter(|name| distance(name) <= LARGEST_TYPO) {
            Some(name) => format!(", but {name} is"),
            None => String::new(),
        }
    }

    pub(super) fn parsed<T>(
        &mut self,
        variable: &'static str,
        value: Option<String>,
        example: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = value?;
        let parsed = parse(value.trim());
        if parsed.is_none() {
            self.fault(variable, format!("is {:?}; expected {expected}", value.trim()), example);
        }
        parsed
    }

    /// Exactly one of a password, a file with it, the word that it is empty, and an access token.
    pub(super) fn login(
        &mut self,
        password: Option<String>,
        file: Option<String>,
        said_empty: bool,
        iam: bool,
    ) -> Option<Login> {
        let ways = [
            (password.is_some(), "MYSQL_PASSWORD"),
            (file.is_some(), "MYSQL_PASSWORD_FILE"),
            (said_empty, "MYSQL_PASSWORD_EMPTY"),
            (iam, "MYSQL_IAM_AUTH"),
        ];
        let mut set = ways.into_iter().filter(|(is_set, _)| *is_set).map(|(_, variable)| variable);
        if let (Some(first), Some(second)) = (set.next(), set.next()) {
            self.fault(second, format!("is set, and {first} is set as well: unset one of them"), "");
            return None;
        }
        match (password, file) {
            (Some(password), _) => {
                Some(Login::Password { password: SecretString::from(password), variable: "MYSQL_PASSWORD" })
            }
            (None, Some(path)) => self.password_file(Path::new(path.trim())),
            (None, None) if said_empty => {
                Some(Login::Password { password: SecretString::from(""), variable: "MYSQL_PASSWORD_EMPTY" })
            }
            (None, None) if iam => Some(Login::AccessToken),
            (None, None) => {
                let problem = format!(
                    "is not set{} (an empty password has to be said with MYSQL_PASSWORD_EMPTY=true)",
                    self.typo_of("MYSQL_PASSWORD")
                );
                self.fault("MYSQL_PASSWORD", problem, "the-password");
                None
            }
        }
    }

    fn password_file(&mut self, path: &Path) -> Option<Login> {
        const VARIABLE: &str = "MYSQL_PASSWORD_FILE";
        let problem = match std::fs::read_to_string(path) {
            Ok(text) => {
                // Editors and echo end a file with a line break, which no password does.
                let password = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
                if !password.is_empty() {
                    return Some(Login::Password { password: SecretString::from(password), variable: VARIABLE });
                }
                let hint = "an empty password has to be said with MYSQL_PASSWORD_EMPTY=true";
                format!("names {}, which is empty ({hint})", path.display())
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                format!("names {}, which is not valid UTF-8", path.display())
            }
            Err(error) => format!("names {}, which cannot be read ({error})", path.display()),
        };
        self.fault(VARIABLE, problem, "/secrets/mysql-password");
        None
    }

    /// An access token is sent as it is: whoever could read it would have all that the account may do.
    pub(super) fn no_token_in_the_clear(&mut self, login: Option<&Login>, address: Option<&Address>, mode: SslMode) {
        let encrypted = matches!(mode, SslMode::Required | SslMode::VerifyCa | SslMode::VerifyIdentity);
        if let (Some(Login::AccessToken), Some(Address::Tcp(..)), false) = (login, address, encrypted) {
            let problem = "lets the connection be plain, and MYSQL_IAM_AUTH=true sends an access token over it; expected \
                           REQUIRED, VERIFY_CA or VERIFY_IDENTITY, or a unix socket in MYSQL_HOST";
            self.fault("MYSQL_SSL_MODE", problem, "VERIFY_CA");
        }
    }

    pub(super) fn address(&mut self, host: String, port: u16) -> Option<Address> {
        if host.starts_with('/') {
            return Some(Address::Socket(PathBuf::from(host)));
        }
        let problem = if host.contains("://") {
            "is a URL; expected the bare host name, address or socket path"
        } else if host.matches(':').count() == 1 {
            "holds a colon; expected the bare host, with the port in MYSQL_PORT"
        } else if host.contains(char::is_whitespace) || host.contains('@') {
            "is no host name; expected the bare host name, address or socket path"
        } else {
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            return Some(Address::Tcp(bare.to_owned(), port));
        };
        self.fault("MYSQL_HOST", problem, "10.20.0.3");
        None
    }

    pub(super) fn ssl_ca(&mut self, text: String) -> Option<SslCa> {
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return Some(SslCa::Pem(text));
        }
        let path = PathBuf::from(text.trim());
        let problem = match std::fs::read_to_string(&path) {
            Ok(content) if content.contains("-----BEGIN CERTIFICATE-----") => return Some(SslCa::File(path)),
            Ok(_) => format!("names {}, which holds no PEM certificate", path.display()),
            Err(error) => format!("is neither PEM text nor a file that can be read ({error})"),
        };
        self.fault("MYSQL_SSL_CA", problem, "/secrets/server-ca.pem");
        None
    }

    pub(super) fn project(&mut self, name: String) -> Option<String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
        if name.chars().all(allowed) {
            return Some(name);
        }
        let problem = format!("is {name:?}; expected a project id: lower-case letters, digits and hyphens");
        self.fault("BIGQUERY_PROJECT", problem, "my-project");
        None
    }

    pub(super) fn dataset(&mut self, name: String) -> Option<String> {
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Some(name);
        }
        let problem = format!(
            "is {name:?}; expected the dataset's bare name: letters, digits and underscores, without the project"
        );
        self.fault("BIGQUERY_DATASET", problem, "shop");
        None
    }

    pub(super) fn emulator(&mut self, text: &str) -> Option<String> {
        let text = text.trim();
        let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        match reqwest::Url::parse(&url) {
            Ok(parsed) if parsed.has_host() && matches!(parsed.scheme(), "http" | "https") => {
                Some(url.trim_end_matches('/').to_owned())
            }
            _ => {
                let problem = format!("is {text:?}; expected host:port or an http URL");
                self.fault("BIGQUERY_EMULATOR_HOST", problem, "127.0.0.1:9050");
                None
            }
        }
    }
}
