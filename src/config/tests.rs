//! Tests of the configuration: what is accepted, and what each fault says.

use super::*;
use crate::avro::codec::Codec;
use crate::bigquery::settings::Api;
use crate::config::help;
use crate::config::variables::{
    ALL, About, Default, Group, MYSQL_PASSWORD, Mark, READ_CONNECTIONS, TABLE_CONCURRENCY, Variable, accepts,
};
use crate::mapping::policies::Policies;
use crate::mysql::settings::{Address, Login, MAX_READ_CONNECTIONS, SslMode};
use crate::mysql::snapshot::Snapshots;
use crate::sync::settings::MAX_TABLE_CONCURRENCY;
use crate::telemetry::{self, settings::LogFormat};
use secrecy::ExposeSecret;
use std::collections::BTreeSet;

const COMPLETE: &[(&str, &str)] = &[
    ("MYSQL_HOST", "db.internal"),
    ("MYSQL_USER", "sync"),
    ("MYSQL_PASSWORD", "hunter2 "),
    ("MYSQL_DATABASE", "shop"),
    ("BIGQUERY_PROJECT", "my-project"),
    ("BIGQUERY_DATASET", "shop"),
];

fn read(changes: &[(&str, &str)]) -> Result<Config, Faults> {
    let mut variables: Vec<(String, String)> =
        COMPLETE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (name, value) in changes {
        variables.retain(|(known, _)| known != name);
        variables.push(((*name).to_owned(), (*value).to_owned()));
    }
    Config::read(variables.into_iter().map(|(name, value)| (name.into(), value.into())), &[])
}

fn password(config: &Config) -> &str {
    match &config.mysql.login {
        Login::Password { password, .. } => password.expose_secret(),
        Login::AccessToken => panic!("no password"),
    }
}

#[test]
fn the_six_variables_of_the_script_suffice() {
    let config = read(&[]).unwrap();
    assert_eq!(config.mysql.address, Address::Tcp("db.internal".into(), 3306));
    assert_eq!(password(&config), "hunter2 ");
    assert_eq!(config.mysql.ssl_mode, SslMode::Preferred);
    assert!(config.tables.has_patterns());
    assert_eq!(config.sync.table_concurrency.get(), 1);
    assert_eq!((config.task.index, config.task.count), (0, 1));
    assert!(config.task.execution.starts_with("local-"));
    assert_eq!(config.plan.policies, Policies::default());
}

#[test]
fn only_on_cloud_run_silence_is_waited_for() {
    let config = read(&[]).unwrap();
    assert_eq!((config.mysql.silence, config.bigquery.silence), (None, None));
    let config = read(&[("CLOUD_RUN_JOB", "sync")]).unwrap();
    let minutes = Some(std::time::Duration::from_secs(120));
    assert_eq!((config.mysql.silence, config.bigquery.silence), (minutes, minutes));
}

#[test]
fn kubernetes_says_which_task_it_is() {
    let task = |changes: &[(&str, &str)]| read(&[&[("CLOUD_RUN_TASK_COUNT", "4")], changes].concat()).unwrap().task;
    assert_eq!(task(&[("JOB_COMPLETION_INDEX", "3")]).index, 3);
    assert_eq!(task(&[("JOB_COMPLETION_INDEX", "3"), ("CLOUD_RUN_TASK_INDEX", "1")]).index, 1);
    let text = read(&[("JOB_COMPLETION_INDEX", "1")]).unwrap_err().to_string();
    assert!(text.contains("JOB_COMPLETION_INDEX is 1, and there are 1 tasks"), "{text}");
}

#[test]
fn speed_and_compression() {
    let config = read(&[]).unwrap();
    assert_eq!((config.plan.read_connections.get(), config.sync.snapshots), (1, Snapshots::Shared));
    assert_eq!(config.sync.codec, Codec::Adaptive);
    let config = read(&[
        ("READ_CONNECTIONS", "4"),
        ("SNAPSHOT", "PER_CONNECTION"),
        ("MAX_ROWS_PER_SECOND", "1000"),
        ("MAX_MB_PER_SECOND", "2.5"),
        ("AVRO_CODEC", "snappy"),
    ])
    .unwrap();
    assert_eq!((config.plan.read_connections.get(), config.sync.snapshots), (4, Snapshots::PerConnection));
    assert_eq!(config.sync.limits.max_rows_per_second.unwrap().get(), 1000);
    assert_eq!(config.sync.limits.max_bytes_per_second.unwrap().get(), 2_500_000);
    assert_eq!(config.sync.codec, Codec::Snappy);
}

#[test]
fn empty_means_unset() {
    let config = read(&[("MYSQL_PORT", ""), ("TABLES", " "), ("BIGQUERY_LOCATION", ""), ("MYSQL_SSL_CA", "")]).unwrap();
    assert_eq!(config.mysql.address, Address::Tcp("db.internal".into(), 3306));
    assert!(config.tables.has_patterns());
    assert_eq!(config.bigquery.location, None);
}

#[test]
fn a_value_may_have_a_byte_order_mark_and_a_line_break() {
    let config = read(&[
        ("MYSQL_HOST", "\u{feff}db.internal\r\n"),
        ("MYSQL_PASSWORD", "\u{feff}hunter2 "),
        ("BIGQUERY_LOCATION", "EU\n"),
        ("TABLES", "\u{feff}[\"users\"]\n"),
    ])
    .unwrap();
    assert_eq!(config.mysql.address, Address::Tcp("db.internal".into(), 3306));
    assert_eq!(password(&config), "hunter2 ");
    assert_eq!(config.bigquery.location.as_deref(), Some("EU"));
    assert_eq!(config.tables.named.len(), 1);
}

#[test]
fn a_ca_alone_is_checked() {
    const PEM: &str = "-----BEGIN CERTIFICATE-----\\nTUlJ\\n-----END CERTIFICATE-----";
    let mode = |changes: &[(&str, &str)]| read(changes).unwrap().mysql.ssl_mode;
    assert_eq!(mode(&[("MYSQL_SSL_CA", PEM)]), SslMode::VerifyCa);
    assert_eq!(mode(&[("MYSQL_SSL_CA", PEM), ("MYSQL_SSL_MODE", "preferred")]), SslMode::Preferred);
    assert_eq!(mode(&[("MYSQL_SSL_CA", PEM), ("MYSQL_HOST", "/cloudsql/p:r:i")]), SslMode::Preferred);
}

#[test]
fn all_faults_are_listed_at_once_each_with_an_example() {
    let faults = Config::read([("MYSQL_PORT".into(), "x".into())], &[]).unwrap_err();
    let text = faults.to_string();
    assert!(text.starts_with("the configuration has 7 faults:"), "{text}");
    for (name, _) in COMPLETE {
        assert!(text.contains(&format!("{name} is not set")), "{name} in {text}");
        assert!(text.contains(&format!("example: {name}=")), "{name} in {text}");
    }
    assert!(text.contains("MYSQL_PORT is \"x\"; expected a port"), "{text}");
}

#[test]
fn each_fault_says_what_is_wrong() {
    let cases: &[(&str, &str, &str)] = &[
        ("MYSQL_HOST", "db:3307", "with MYSQL_PORT=3307"),
        ("MYSQL_HOST", "db:port", "with the port in MYSQL_PORT"),
        ("MYSQL_HOST", "mysql://db", "is a URL"),
        ("MYSQL_HOST", "\"db\"", "is in quotation marks, which are part of the value"),
        ("MYSQL_HOST", "\\\"db\\\"", "is not a host name"),
        ("MYSQL_HOST", "[::1]:3307", "with MYSQL_PORT=3307"),
        ("MYSQL_HOST", "p:europe-west1:shop", "/cloudsql/p:europe-west1:shop"),
        ("MYSQL_HOST", "example.com:p:europe-west1:shop", "/cloudsql/example.com:p:europe-west1:shop"),
        ("MYSQL_HOST", "cloudsql/p:europe-west1:shop", "without the slash at its start"),
        ("MYSQL_HOST", "db,other", "is not a host name"),
        ("MYSQL_HOST", "db\nother", "is not a host name"),
        ("MYSQL_DATABASE", "shop\nother", "has more than one line"),
        ("MYSQL_DATABASE", "'shop'", "in quotation marks"),
        ("MYSQL_PORT", "'3306'", "in quotation marks"),
        ("TABLES", "'[\"users\"]'", "in quotation marks"),
        ("TABLES", "\"users,orders\"", "in quotation marks"),
        (
            "MYSQL_SSL_CA",
            "-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----",
            "a private key and no certificate",
        ),
        ("MYSQL_PORT", "70000", "port between 1 and 65535"),
        ("MYSQL_PORT", "0", "port between 1 and 65535"),
        ("MYSQL_PASSWORD", "", "MYSQL_PASSWORD_EMPTY=true"),
        ("MYSQL_PASSWORD_EMPTY", "true", "is set as well"),
        ("MYSQL_PASSWORD_EMPTY", "yes", "true or false"),
        ("MYSQL_SSL_MODE", "ON", "VERIFY_IDENTITY"),
        ("MYSQL_SSL_CA", "/nonexistent/ca.pem", "neither PEM text nor a file"),
        ("BIGQUERY_PROJECT", "My Project", "expected a project id"),
        ("BIGQUERY_DATASET", "project.dataset", "without the project"),
        ("BIGQUERY_EMULATOR_HOST", "http://", "expected host:port"),
        ("BIGQUERY_ENDPOINT", "http://bigquery-x.p.googleapis.com", "an https URL without a path"),
        ("BIGQUERY_ENDPOINT", "https://bigquery-x.p.googleapis.com/bigquery/v2", "an https URL without a path"),
        ("BIGQUERY_ENDPOINT", "user:word@host", "an https URL without a path"),
        ("TABLES", "[{\"nam\":1}]", "known keys"),
        ("READ_CONNECTIONS", "0", "from 1 to 64"),
        ("READ_CONNECTIONS", "65", "from 1 to 64"),
        ("SNAPSHOT", "both", "shared or per_connection"),
        ("MAX_ROWS_PER_SECOND", "0", "a whole number from 1"),
        ("MAX_MB_PER_SECOND", "-1", "a number above 0"),
        ("AVRO_CODEC", "gzip", "zstd, zstd:LEVEL"),
        ("TABLE_CONCURRENCY", "0", "whole number from 1"),
        ("ZERO_DATES", "keep", "null or error"),
        ("INVALID_VALUES", "keep", "error or null"),
        ("MAX_SHRINK_PERCENT", "101", "from 0 to 100"),
        ("CLOUD_RUN_TASK_COUNT", "0", "from 1"),
        ("CLOUD_RUN_TASK_INDEX", "-1", "whole number"),
        ("CLOUD_RUN_TASK_INDEX", "3", "there are 1 tasks"),
    ];
    for (name, value, expected) in cases {
        let text = read(&[(name, value)]).unwrap_err().to_string();
        assert!(
            text.contains("has 1 fault:") && text.contains(name) && text.contains(expected),
            "{name}={value}: {text}"
        );
    }
}

#[test]
fn a_mistyped_name_is_pointed_out() {
    let faults = read(&[("MYSQL_PASSWORD", ""), ("MYSQL_PASWORD", "secret-value")]).unwrap_err().to_string();
    assert!(faults.contains("MYSQL_PASSWORD is not set, but MYSQL_PASWORD is"), "{faults}");
    assert!(!faults.contains("secret-value"));
}

#[test]
fn forms_of_the_address() {
    let address = |host| read(&[("MYSQL_HOST", host)]).unwrap().mysql.address;
    assert_eq!(address("/cloudsql/p:r:i"), Address::Socket("/cloudsql/p:r:i".into()));
    assert_eq!(address("[::1]"), Address::Tcp("::1".into(), 3306));
    assert_eq!(address("fd00::1"), Address::Tcp("fd00::1".into(), 3306));
    let emulator = |host| read(&[("BIGQUERY_EMULATOR_HOST", host)]).unwrap().bigquery.api;
    assert_eq!(emulator("127.0.0.1:9050"), Api::Emulator("http://127.0.0.1:9050".into()));
    assert_eq!(emulator("https://bq.local/"), Api::Emulator("https://bq.local".into()));
    let endpoint = |host| read(&[("BIGQUERY_ENDPOINT", host)]).unwrap().bigquery.api;
    let private = Api::Endpoint("https://bigquery-x.p.googleapis.com".into());
    assert_eq!(endpoint("bigquery-x.p.googleapis.com"), private);
    assert_eq!(endpoint("https://bigquery-x.p.googleapis.com/"), private);
    assert_eq!(endpoint("10.0.0.1:8443"), Api::Endpoint("https://10.0.0.1:8443".into()));
    assert_eq!(endpoint(""), Api::Google);
    let both = read(&[("BIGQUERY_ENDPOINT", "x"), ("BIGQUERY_EMULATOR_HOST", "y")]).unwrap_err().to_string();
    assert!(both.contains("BIGQUERY_ENDPOINT is set, and BIGQUERY_EMULATOR_HOST is set as well"), "{both}");
}

#[test]
fn no_debug_shows_the_password() {
    let config = read(&[("MYSQL_PASSWORD", "s3cret-value")]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret-value"));
    let config = read(&[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_EMPTY", "true")]).unwrap();
    assert_eq!(password(&config), "");
}

/// A file with these bytes; it goes away with the value.
fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

#[test]
fn a_password_may_be_in_a_file() {
    for (content, expected) in
        [("Pa55 word", "Pa55 word"), ("Pa55\n", "Pa55"), ("Pa55\r\n", "Pa55"), ("Pa55\n\n", "Pa55\n"), ("\tł ", "\tł ")]
    {
        let file = file(content.as_bytes());
        let config = read(&[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_FILE", file.path().to_str().unwrap())]).unwrap();
        assert_eq!(password(&config), expected);
        assert!(!format!("{config:?}").contains("Pa55"));
    }
}

#[test]
fn exactly_one_way_to_log_in() {
    let secret = file(b"from-the-file\n");
    let (empty, binary) = (file(b"\n"), file(b"\xFFsecret"));
    let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("MYSQL_PASSWORD_FILE", &path(&secret))], "MYSQL_PASSWORD_FILE is set, and MYSQL_PASSWORD is set as well"),
        (
            &[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_FILE", "/nonexistent")],
            "names /nonexistent, which cannot be read (No",
        ),
        (&[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_FILE", &path(&empty))], "which is empty"),
        (&[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_FILE", &path(&binary))], "not valid UTF-8"),
        (
            &[("MYSQL_PASSWORD", ""), ("MYSQL_PASSWORD_FILE", &path(&secret)), ("MYSQL_PASSWORD_EMPTY", "true")],
            "MYSQL_PASSWORD_EMPTY is set, and MYSQL_PASSWORD_FILE is set as well",
        ),
        (
            &[("MYSQL_IAM_AUTH", "true"), ("MYSQL_SSL_MODE", "REQUIRED")],
            "MYSQL_IAM_AUTH is set, and MYSQL_PASSWORD is set as well",
        ),
        (
            &[("MYSQL_PASSWORD", ""), ("MYSQL_IAM_AUTH", "true"), ("MYSQL_PASSWORD_EMPTY", "true")],
            "MYSQL_IAM_AUTH is set, and MYSQL_PASSWORD_EMPTY",
        ),
        (&[("MYSQL_IAM_AUTH", "on")], "MYSQL_IAM_AUTH is \"on\"; expected true or false"),
        (&[("MYSQL_PASSWORD", ""), ("MYSQL_IAM_AUTH", "true")], "MYSQL_SSL_MODE allows an unencrypted connection"),
        (
            &[("MYSQL_PASSWORD", ""), ("MYSQL_IAM_AUTH", "true"), ("MYSQL_SSL_MODE", "DISABLED")],
            "MYSQL_SSL_MODE allows an unencrypted connection",
        ),
    ];
    for (changes, expected) in cases {
        let text = read(changes).unwrap_err().to_string();
        assert!(text.contains("has 1 fault:") && text.contains(expected), "{changes:?}: {text}");
        assert!(!text.contains("hunter2") && !text.contains("from-the-file"), "{text}");
    }
}

#[test]
fn an_access_token_needs_tls_or_a_socket() {
    let base = [("MYSQL_PASSWORD", ""), ("MYSQL_IAM_AUTH", "TRUE")];
    for more in
        [("MYSQL_SSL_MODE", "REQUIRED"), ("MYSQL_SSL_MODE", "VERIFY_IDENTITY"), ("MYSQL_HOST", "/cloudsql/p:r:i")]
    {
        let config = read(&[base[0], base[1], more]).unwrap();
        assert!(matches!(config.mysql.login, Login::AccessToken), "{more:?}");
    }
}

/// A certificate and its private key, in PEM.
fn pair() -> (String, String) {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["sync".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

#[test]
fn a_client_certificate_is_text_or_a_file() {
    let (certificate, key) = pair();
    let (certificate_file, key_file) = (file(certificate.as_bytes()), file(key.as_bytes()));
    let path = |file: &tempfile::NamedTempFile| file.path().to_str().unwrap().to_owned();
    for (cert, private) in [(certificate.clone(), key.clone()), (path(&certificate_file), path(&key_file))] {
        let config = read(&[("MYSQL_SSL_CERT", &cert), ("MYSQL_SSL_KEY", &private)]).unwrap();
        assert!(!format!("{config:?}").contains("PRIVATE KEY"));
        let client = config.mysql.client_certificate.unwrap();
        assert_eq!(client.certificate.trim(), certificate.trim());
        assert_eq!(client.key.expose_secret().trim(), key.trim());
    }
    assert!(read(&[]).unwrap().mysql.client_certificate.is_none());
}

#[test]
fn each_fault_of_a_client_certificate_is_told_apart_and_shows_no_key() {
    let ((certificate, key), (_, other)) = (pair(), pair());
    let secret = key.lines().nth(1).unwrap();
    let (no_pem, passphrase) = (file(secret.as_bytes()), key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    let (cut, broken) = (key.replace("-----END", "----"), certificate.replace("M", "N"));
    let cases: &[(&str, &str, &str)] = &[
        (&certificate, "", "MYSQL_SSL_KEY is not set, and MYSQL_SSL_CERT is"),
        ("", &key, "MYSQL_SSL_CERT is not set, and MYSQL_SSL_KEY is"),
        (&certificate, &other, "MYSQL_SSL_KEY is not the private key of MYSQL_SSL_CERT"),
        (&certificate, &passphrase, "MYSQL_SSL_KEY has a passphrase"),
        (&certificate, secret, "MYSQL_SSL_KEY is neither PEM text nor a file"),
        (&certificate, no_pem.path().to_str().unwrap(), "MYSQL_SSL_KEY names a file that contains no PEM private key"),
        (&certificate, &cut, "MYSQL_SSL_KEY cannot be read"),
        (&broken, &key, "MYSQL_SSL_CERT cannot be read"),
        ("/nonexistent/cert.pem", &key, "MYSQL_SSL_CERT is neither PEM text nor a file"),
    ];
    for (certificate, key, expected) in cases {
        let text = read(&[("MYSQL_SSL_CERT", certificate), ("MYSQL_SSL_KEY", key)]).unwrap_err().to_string();
        assert!(text.contains("has 1 fault:") && text.contains(expected), "{expected}: {text}");
        assert!(!text.contains(secret), "{text}");
    }
    let text = read(&[("MYSQL_SSL_CERT", &certificate), ("MYSQL_SSL_KEY", &key), ("MYSQL_SSL_MODE", "DISABLED")]);
    assert!(text.unwrap_err().to_string().contains("MYSQL_SSL_MODE is DISABLED, and MYSQL_SSL_CERT"));
}

#[test]
fn log_settings_have_defaults_and_faults() {
    let settings = |format, level| telemetry::Settings { format, level };
    let read = |variables: &[(&str, &str)], terminal| {
        log_settings(variables.iter().map(|(name, value)| (name.into(), value.into())), terminal)
    };
    let expected = (settings(LogFormat::Json, tracing::Level::INFO), vec![]);
    assert_eq!(read(&[("LOG_LEVEL", "")], false), expected);
    let expected = (settings(LogFormat::Text, tracing::Level::WARN), vec![]);
    assert_eq!(read(&[("LOG_LEVEL", "WARNING")], true), expected);
    assert_eq!(read(&[("LOG_FORMAT", "JSON"), ("LOG_LEVEL", "debug")], true).0.format, LogFormat::Json);
    let (_, faults) = read(&[("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud"), ("MYSQL_PORT", "x")], false);
    assert_eq!(faults.len(), 2);
    assert!(faults[0].problem.contains("json or text"));
}

/// The Terraform module sets these; the file is made from the module (`scripts/check_infra.py contract`).
#[test]
fn the_terraform_module_sets_every_variable_and_no_other() {
    let contract: serde_json::Value =
        serde_json::from_str(include_str!("../../terraform/tests/contract.json")).unwrap();
    let set = |list: &str| -> BTreeSet<String> { serde_json::from_value(contract[list].clone()).unwrap() };
    let declared = |wanted: fn(&About) -> bool| -> BTreeSet<String> {
        let ours = ALL.iter().filter(|about| about.group != Group::Platform && wanted(about));
        ours.map(|about| about.name.to_owned()).collect()
    };
    let (local, secret) = (declared(|about| about.has(Mark::Local)), declared(|about| about.has(Mark::Secret)));
    assert_eq!(set("local_only"), local);
    assert_eq!(set("secret_environment"), secret);
    assert_eq!(set("environment"), declared(|about| !about.has(Mark::Local) && !about.has(Mark::Secret)));
}

/// A number that is a constant here and a validation there.
#[test]
fn the_terraform_module_has_the_same_limits() {
    let inputs = include_str!("../../terraform/variables.tf");
    for (input, about, most) in [
        ("table_concurrency", &TABLE_CONCURRENCY.about, MAX_TABLE_CONCURRENCY),
        ("read_connections", &READ_CONNECTIONS.about, MAX_READ_CONNECTIONS),
    ] {
        let (_, input) = inputs.split_once(&format!("variable \"{input}\"")).unwrap();
        let (input, _) = input.split_once("\n}").unwrap();
        assert!(input.contains(&format!(" <= {most} ")), "{} in terraform/variables.tf", about.name);
        assert_eq!(about.expected, format!("a whole number from 1 to {most}"), "{}", about.name);
        assert_eq!(accepts(about.name, &most.to_string()), Some(true), "{}", about.name);
        assert_eq!(accepts(about.name, &(most + 1).to_string()), Some(false), "{}", about.name);
    }
}

#[test]
fn every_declared_variable_is_read() {
    let readers =
        [include_str!("assemble.rs"), include_str!("client_certificate.rs"), include_str!("login.rs")].concat();
    let words: BTreeSet<&str> =
        readers.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    for about in ALL {
        assert!(words.contains(about.name), "{} is declared, and nothing reads it", about.name);
    }
}

#[test]
fn no_fault_shows_a_secret() {
    static PIN: Variable<u16> = Variable { about: About { ..MYSQL_PASSWORD.about }, parse: parsers::port };
    let environment = [("MYSQL_PASSWORD".into(), "s3cret-value".into())];
    let mut reader = reader::Reader::new(environment);
    assert_eq!(reader.value(&PIN), None);
    assert_eq!(reader.faults.len(), 1);
    assert!(!format!("{:?}", reader.faults).contains("s3cret-value"), "{:?}", reader.faults);
}

#[test]
fn help_names_every_variable_and_its_default() {
    for about in ALL {
        let help = help::variables();
        let line = help.lines().find(|line| line.trim_start().starts_with(&format!("{} ", about.name)));
        assert!(line.unwrap().ends_with(&format!("[{}]", about.default_text())), "{}", about.name);
    }
}

#[test]
fn what_is_declared_can_be_read() {
    for about in ALL {
        // Their examples are files, which are not here.
        if !["MYSQL_SSL_CA", "MYSQL_SSL_CERT", "MYSQL_SSL_KEY"].contains(&about.name) {
            assert_eq!(accepts(about.name, about.example), Some(true), "the example of {}", about.name);
        }
        if let Default::Value(text) = about.default {
            assert_eq!(accepts(about.name, text), Some(true), "the default of {}", about.name);
        }
        assert!(!about.meaning.is_empty() && !about.example.is_empty(), "{}", about.name);
    }
}

#[test]
fn a_mask_key_is_long_enough_and_the_same_from_the_variable_and_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let hmac = ("MASK", r#"{"*.email": "hmac"}"#);
    let problem = |changes: &[(&str, &str)]| read(changes).unwrap_err().to_string();
    assert!(problem(&[hmac]).contains("MASK_KEY is not set, and a column has the mask hmac"));
    assert!(problem(&[("TABLES", r#"[{"name": "t", "mask": {"a": "HMAC"}}]"#)]).contains("MASK_KEY is not set"));
    assert!(read(&[("MASK", r#"{"*.email": "drop"}"#)]).is_ok());
    let short = problem(&[hmac, ("MASK_KEY", "short-key\n")]);
    assert!(short.contains("MASK_KEY has 9 bytes; a key needs at least 16"), "{short}");
    assert!(!short.contains("short-key") && !short.contains("not set"), "{short}");
    std::fs::write(path, b"\xff\xfe").unwrap();
    assert!(problem(&[hmac, ("MASK_KEY_FILE", path)]).contains("which has 2 bytes"));
    std::fs::write(path, b"a binary key \xff\xfe of some bytes\r\n").unwrap();
    let config = read(&[hmac, ("MASK_KEY_FILE", path)]).unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("MaskKey([REDACTED])") && !shown.contains("binary key"), "{shown}");
    let both = problem(&[hmac, ("MASK_KEY_FILE", path), ("MASK_KEY", "0123456789abcdef")]);
    assert!(both.contains("MASK_KEY_FILE is set, and MASK_KEY is set as well"), "{both}");
    assert!(problem(&[hmac, ("MASK_KEY_FILE", "/no/such")]).contains("/no/such, which cannot be read"));
}
