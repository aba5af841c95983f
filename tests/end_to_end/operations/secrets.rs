//! Secrets that are spoiled in many ways: no output quotes them, in any form.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::Run;

/// A part of a private key. Not a key of anybody's.
const SECRET: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";

/// The shortest part of the secret that must not appear.
const PART: usize = 12;

/// How private keys arrive when something went wrong on their way.
fn spoiled() -> Vec<(&'static str, String)> {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n");
    vec![
        ("\\n for line breaks", pem.replace('\n', "\\n")),
        ("spaces for line breaks", pem.replace('\n', " ")),
        ("no line breaks", pem.replace('\n', "")),
        ("no first line", pem.replace("-----BEGIN PRIVATE KEY-----\n", "")),
        ("no last line", pem.replace("-----END PRIVATE KEY-----\n", "")),
        ("a wrong character", pem.replace(SECRET, &format!("{SECRET}!"))),
        ("cut", pem[..pem.len() / 2].to_owned()),
        ("in quotation marks", format!("\"{pem}\"")),
        ("a byte order mark", format!("\u{feff}{pem}")),
        ("in base64 once more", STANDARD.encode(&pem)),
        ("another label", pem.replace("PRIVATE KEY", "CERTIFICATE")),
        ("as it should be, but no key", pem),
    ]
}

/// The forms in which a text could be in an output.
fn forms(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let joined =
        |format: fn(&u8) -> String, separator: &str| bytes.iter().map(format).collect::<Vec<_>>().join(separator);
    vec![
        text.to_owned(),
        joined(|byte| byte.to_string(), ", "),
        joined(|byte| byte.to_string(), ","),
        joined(|byte| format!("{byte:02x}"), ""),
        joined(|byte| format!("{byte:02X}"), ""),
        joined(|byte| format!("{byte:02x}"), " "),
        STANDARD.encode(text),
    ]
}

#[test]
fn no_output_quotes_a_spoiled_secret() {
    let folder = tempfile::tempdir().unwrap();
    let base = Run::default()
        .with("MYSQL_HOST", "/nonexistent.sock")
        .with("MYSQL_USER", "sync")
        .with("MYSQL_PASSWORD", "a password")
        .with("MYSQL_DATABASE", "d")
        .with("BIGQUERY_PROJECT", "p")
        .with("BIGQUERY_DATASET", "d")
        .argument("check");
    let mut runs = Vec::new();
    for (at, (name, key)) in spoiled().into_iter().enumerate() {
        let account = serde_json::json!({
            "type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": key,
            "client_email": "sync@p.iam.gserviceaccount.com", "token_uri": "http://127.0.0.1:9/token",
        })
        .to_string();
        let user = serde_json::json!({
            "type": "authorized_user", "client_id": "a", "client_secret": key, "refresh_token": key,
            "token_uri": "http://127.0.0.1:9/token",
        })
        .to_string();
        let file = |what: &str, content: &str| {
            let path = folder.path().join(format!("{what}-{at}"));
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let certificate = format!("-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n{key}");
        let variables = [
            ("GOOGLE_APPLICATION_CREDENTIALS", file("account", &account)),
            ("GOOGLE_APPLICATION_CREDENTIALS", file("user", &user)),
            ("GOOGLE_APPLICATION_CREDENTIALS", file("key", &key)),
            ("GOOGLE_APPLICATION_CREDENTIALS", account),
            ("GOOGLE_APPLICATION_CREDENTIALS", key.clone()),
            ("MYSQL_SSL_CA", key.clone()),
            ("MYSQL_SSL_CA", certificate.clone()),
            ("MYSQL_SSL_CA", file("ca", &certificate)),
            ("MYSQL_SSL_KEY", key.clone()),
            ("MYSQL_SSL_CERT", certificate),
            ("MYSQL_PASSWORD", key.clone()),
            ("MASK_KEY", key),
        ];
        for (variable, value) in variables {
            runs.push((format!("{variable}: {name}"), base.clone().with(variable, value)));
        }
    }
    let parts: Vec<String> = (0..=SECRET.len() - PART).map(|at| SECRET[at..at + PART].to_owned()).collect();
    // Not all at once: each process takes memory.
    for some in runs.chunks(24) {
        let started: Vec<_> = some.iter().map(|(name, run)| (name, run.start())).collect();
        for (name, child) in started {
            let log = child.finish().log;
            for form in parts.iter().flat_map(|part| forms(part)) {
                assert!(!log.contains(&form), "{name}: {form} in {log}");
            }
        }
    }
}
