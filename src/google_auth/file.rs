//! The file with the credentials: where it is, and what is wrong with it. Nothing from its content is ever quoted.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Map, Value};

use crate::quotation::is_quoted;

/// The variable with the path. Source: "How Application Default Credentials works".
pub const VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The variable with the project that quota is counted for. Source: "Set the quota project".
const QUOTA_PROJECT: &str = "GOOGLE_CLOUD_QUOTA_PROJECT";
/// Where `gcloud auth application-default login` writes its file, below HOME.
const WELL_KNOWN: &str = ".config/gcloud/application_default_credentials.json";

/// A longer value is not printed, even if it looks like a path.
const LONGEST_SHOWN: usize = 300;

/// The types of credentials that can be used, each with the fields that it needs.
const TYPES: [(&str, &[&str]); 4] = [
    ("service_account", &["client_email", "private_key", "private_key_id", "project_id"]),
    ("authorized_user", &["client_id", "client_secret", "refresh_token"]),
    ("external_account", &["audience", "subject_token_type", "token_url", "credential_source"]),
    ("impersonated_service_account", &["service_account_impersonation_url", "source_credentials"]),
];

/// Where the credentials come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The file that `GOOGLE_APPLICATION_CREDENTIALS` names.
    Variable(PathBuf),
    /// The file that `gcloud auth application-default login` wrote.
    WellKnown(PathBuf),
    /// The metadata server of Google Cloud, because there is no file.
    Metadata,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A value that is no path may be the credentials themselves.
            Self::Variable(path) if !is_path(path) => formatter.write_str(VARIABLE),
            Self::Variable(path) => write!(formatter, "{VARIABLE}={}", path.display()),
            Self::WellKnown(path) => write!(formatter, "the credentials in {}", path.display()),
            Self::Metadata => {
                write!(formatter, "{VARIABLE} is not set, so the metadata server was asked")
            }
        }
    }
}

impl Origin {
    /// As the client library finds it.
    pub(super) fn find() -> Self {
        if let Some(path) = std::env::var_os(VARIABLE) {
            return Self::Variable(path.into());
        }
        let well_known = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(WELL_KNOWN));
        well_known.filter(|path| path.exists()).map_or(Self::Metadata, Self::WellKnown)
    }

    /// What the file says. `None` if there is no file.
    pub(super) fn read(&self) -> Result<Option<Content>, Problem> {
        let (Self::Variable(path) | Self::WellKnown(path)) = self else { return Ok(None) };
        if !is_path(path) {
            let text = path.to_string_lossy();
            return Err(match text.trim() {
                "" => Problem::NoPath,
                text if text.starts_with('{') || text.contains("PRIVATE KEY") => Problem::Inline,
                text if is_quoted(text) => Problem::Quoted,
                _ => Problem::NoPath,
            });
        }
        let bytes = std::fs::read(path).map_err(|error| Problem::Unreadable(error.kind()))?;
        Content::parse(&bytes).map(Some)
    }
}

/// Whether the value is certainly meant as a path, and may therefore be printed. It may be a key that lost its first line.
fn is_path(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let looks_like_one =
        ["/", "./", "../", "~/"].iter().any(|start| text.starts_with(start)) || text.ends_with(".json");
    path.exists()
        || (looks_like_one && !is_quoted(&text) && !text.contains(['\n', '\r', '{']) && text.len() <= LONGEST_SHOWN)
}

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// It has the credentials where the path belongs.
    #[error("has the credentials themselves; put them into a file and set the variable to its path")]
    Inline,
    /// The path is in quotation marks.
    #[error("is in quotation marks, which are part of the value; remove them")]
    Quoted,
    /// The value is no path.
    #[error("is not the path of a file; unset it, or set it to one")]
    NoPath,
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(ErrorKind),
    /// It is empty.
    #[error("the file is empty")]
    Empty,
    /// A Windows tool wrote it.
    #[error("the file is not UTF-8 without a byte order mark; save it as UTF-8 without one")]
    Encoding,
    /// It is no JSON.
    #[error("the file is not JSON (line {line}, column {column})")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The type is unknown.
    #[error(
        "the file has no known \"type\"; known are service_account, authorized_user, external_account, impersonated_service_account"
    )]
    UnknownType,
    /// A field is missing, or is not text.
    #[error("the file has no {0:?}, which its type needs")]
    Missing(&'static str),
    /// The private key is spoiled.
    #[error("its \"private_key\" {0}; download the key again, or write the file as it was downloaded")]
    PrivateKey(&'static str),
    /// The library refused it.
    #[error("the file cannot be used: a field has the wrong form")]
    Refused,
}

/// What the program needs to know of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    /// Where an external account's own token comes from: a path, a URL or a command.
    pub(super) token_source: Option<String>,
    /// The project that quota is counted for.
    quota_project: Option<String>,
}

impl Content {
    fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(bytes).map_err(|_| Problem::Encoding)?;
        if text.starts_with('\u{feff}') {
            return Err(Problem::Encoding);
        }
        if text.trim().is_empty() {
            return Err(Problem::Empty);
        }
        let json: Value = serde_json::from_str(text)
            .map_err(|error| Problem::NotJson { line: error.line(), column: error.column() })?;
        let object = json.as_object().ok_or(Problem::UnknownType)?;
        let kind = object.get("type").and_then(Value::as_str);
        let (kind, fields) = TYPES.iter().find(|(name, _)| kind == Some(name)).ok_or(Problem::UnknownType)?;
        for field in *fields {
            if object.get(*field).is_none_or(|value| !(value.is_string() || value.is_object())) {
                return Err(Problem::Missing(field));
            }
        }
        if *kind == "service_account" {
            private_key(object.get("private_key").and_then(Value::as_str).unwrap_or_default())?;
        }
        let quota_project = object.get("quota_project_id").and_then(Value::as_str).map(ToOwned::to_owned);
        Ok(Self { token_source: token_source(object), quota_project })
    }
}

/// The project that quota is counted for, if it is not the one of the request.
pub(super) fn quota_project(content: Option<&Content>) -> Option<String> {
    let variable = std::env::var(QUOTA_PROJECT).ok().filter(|project| !project.trim().is_empty());
    variable.or_else(|| content?.quota_project.clone())
}

/// The file, the URL or the kind of program that gives an external account its token.
fn token_source(object: &Map<String, Value>) -> Option<String> {
    let source = object.get("credential_source")?;
    let text = |key: &str| source.get(key).and_then(Value::as_str);
    if let Some(file) = text("file") {
        return Some(format!("the file {file}"));
    }
    // A query may have a secret.
    let url = text("url").map(|url| format!("the address {}", url.split('?').next().unwrap_or(url)));
    url.or_else(|| source.get("executable").map(|_| "the program of its \"executable\"".to_owned()))
}

fn private_key(text: &str) -> Result<(), Problem> {
    let problem = if text.contains("\\n") {
        "has \\n in place of its line breaks"
    } else if !text.contains("-----BEGIN") {
        "is not PEM text"
    } else if !text.contains("-----END") {
        "has no end: its last lines are missing"
    } else if text.trim().lines().count() < 3 {
        "has no line breaks"
    } else if PrivateKeyDer::from_pem_slice(text.as_bytes()).is_err() {
        "is damaged: a line is missing, or a character is not base64"
    } else {
        return Ok(());
    };
    Err(Problem::PrivateKey(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "TUlJRXZRSUJBREFO";

    fn account(private_key: &str) -> String {
        let key = serde_json::json!({
            "type": "service_account", "project_id": "p", "private_key_id": "1", "client_email": "a@b",
            "private_key": private_key,
        });
        key.to_string()
    }

    #[test]
    fn a_good_file_is_read() {
        let key = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
        assert_eq!(Content::parse(account(&key).as_bytes()), Ok(Content::default()));
        let user = br#"{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c","quota_project_id":"q"}"#;
        assert_eq!(Content::parse(user).unwrap().quota_project.as_deref(), Some("q"));
        let external = br#"{"type":"external_account","audience":"x","subject_token_type":"y","token_url":"z","credential_source":{"file":"/nowhere/token"}}"#;
        assert_eq!(Content::parse(external).unwrap().token_source.as_deref(), Some("the file /nowhere/token"));
    }

    #[test]
    fn each_problem_is_named_and_no_secret_is_quoted() {
        let cases = [
            (String::new(), "is empty"),
            ("{\"type\": \"service_acc".to_owned(), "not JSON (line 1"),
            (format!("\u{feff}{}", account("x")), "byte order mark"),
            ("[]".to_owned(), "no known \"type\""),
            (format!("{{\"type\":\"{SECRET}\"}}"), "no known \"type\""),
            (format!("{SECRET} is the key"), "not JSON (line 1"),
            ("{\"type\":\"authorized_user\",\"client_id\":\"a\"}".to_owned(), "no \"client_secret\""),
            (account(SECRET), "is not PEM text"),
            (
                account(&format!("-----BEGIN PRIVATE KEY-----\\n{SECRET}\\n-----END PRIVATE KEY-----\\n")),
                "in place of its line",
            ),
            (account(&format!("-----BEGIN PRIVATE KEY----- {SECRET} -----END PRIVATE KEY-----")), "has no line breaks"),
            (account(&format!("-----BEGIN PRIVATE KEY-----\n{SECRET}!\n-----END PRIVATE KEY-----\n")), "is damaged"),
            (account(&format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n")), "has no end"),
        ];
        for (text, expected) in cases {
            let problem = Content::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(problem.contains(expected) && !problem.contains(SECRET), "{text}: {problem}");
        }
    }

    #[test]
    fn a_value_that_is_no_path_is_not_printed() {
        for text in
            [account(SECRET), format!("\"{SECRET}\""), format!("-----BEGIN PRIVATE KEY-----{SECRET}"), String::new()]
        {
            let origin = Origin::Variable(text.clone().into());
            let problem = origin.read().unwrap_err();
            let sentence = format!("{origin} {problem}");
            assert!(sentence.starts_with(VARIABLE) && !sentence.contains(SECRET), "{text}: {sentence}");
        }
    }
}
