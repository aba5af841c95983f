//! The environment variables, each declared once: `--help`, docs/configuration.md, the README's short table and the
//! contract with the Terraform module come from here.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use secrecy::SecretString;

use crate::avro::codec::Codec;
use crate::config::parsers::{
    Invalid, boolean, concurrency, connections, dataset, emulator, endpoint, from_str, host, level, line, masks,
    megabytes, percent, port, project, secret, selection,
};
use crate::config::pem_parsers::{certificate, private_key, ssl_ca};
use crate::mapping::masking::Pattern;
use crate::mapping::new_columns::NewColumns;
use crate::mapping::policies::Policy;
use crate::mysql::settings::SslMode;
use crate::mysql::snapshot::Snapshots;
use crate::telemetry::settings::LogFormat;
use crate::work::selection::Selection;

/// A variable and the parser of its value.
pub struct Variable<T: 'static> {
    /// Its declaration, without the type.
    pub about: About,
    /// Parses the trimmed text.
    pub(super) parse: fn(&str) -> Result<T, Invalid>,
}

/// The declaration of a variable.
#[derive(Debug)]
pub struct About {
    /// Its name in the environment.
    pub name: &'static str,
    /// Its group in the documentation.
    pub group: Group,
    /// Its value if it is unset or empty.
    pub default: Default,
    /// A valid value.
    pub example: &'static str,
    /// The valid values, for the error about an invalid one. Empty if the parser describes them.
    pub expected: &'static str,
    /// Its description.
    pub meaning: &'static str,
    /// Its marks.
    pub marks: &'static [Mark],
}

/// What sets some variables apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// One of the most important ones: it is in the README's short table.
    Common,
    /// No error shows its value, and the Terraform module takes it from a secret.
    Secret,
    /// For local use: the Terraform module does not set it.
    Local,
}

/// The value of a variable that is unset or empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It must be set.
    Required,
    /// This text, parsed like any other.
    Value(&'static str),
    /// No value. The text says what happens instead.
    Unset(&'static str),
}

/// How the variables are grouped in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The MySQL server.
    Source,
    /// The BigQuery dataset.
    Destination,
    /// Which tables are copied.
    Selection,
    /// How they are read, and how fast.
    Reading,
    /// Values that do not fit, and the upload.
    Values,
    /// What must not leave MySQL.
    Privacy,
    /// When a table is not replaced.
    Guards,
    /// Logs.
    Logs,
    /// Variables that Cloud Run sets.
    Platform,
}

impl Group {
    /// All groups, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Source,
        Self::Destination,
        Self::Selection,
        Self::Reading,
        Self::Values,
        Self::Privacy,
        Self::Guards,
        Self::Logs,
        Self::Platform,
    ];

    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Source => "MySQL",
            Self::Destination => "BigQuery",
            Self::Selection => "Table selection",
            Self::Reading => "Reading",
            Self::Values => "Values and the upload",
            Self::Privacy => "Privacy",
            Self::Guards => "Guards",
            Self::Logs => "Logs",
            Self::Platform => "Set by Cloud Run or Kubernetes",
        }
    }
}

impl About {
    /// Whether the variable has this mark.
    pub fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }

    /// The default, as the documentation shows it.
    pub fn default_text(&self) -> &'static str {
        match self.default {
            Default::Required => "required",
            Default::Value(text) | Default::Unset(text) => text,
        }
    }
}

/// An unset variable has no effect.
const NONE: Default = Default::Unset("–");

macro_rules! variables {
    ($( $group:ident { $( $name:ident $(($($mark:ident),+))?: $type:ty = $parse:expr, $default:expr, $example:literal, $expected:literal, $meaning:literal; )* } )*) => {
        $($(
            #[doc = $meaning]
            pub const $name: Variable<$type> = Variable {
                about: About {
                    name: stringify!($name),
                    group: Group::$group,
                    default: $default,
                    example: $example,
                    expected: $expected,
                    meaning: $meaning,
                    marks: &[$($(Mark::$mark),+)?],
                },
                parse: $parse,
            };
        )*)*

        /// All variables, in the order of the documentation.
        pub const ALL: &[&About] = &[$($( &$name.about, )*)*];

        /// Whether a variable takes a value; `None` for an unknown name.
        #[cfg(test)]
        pub(super) fn accepts(name: &str, text: &str) -> Option<bool> {
            match name {
                $($( stringify!($name) => Some(($name.parse)(text).is_ok()), )*)*
                _ => None,
            }
        }
    };
}

// name (marks): type = parser, default, example, what is expected, meaning
#[rustfmt::skip]
variables! {
    Source {
        MYSQL_HOST (Common): String = host, Default::Required, "10.20.0.3", "",
            "host name, address, or path of a Unix socket (such as /cloudsql/…)";
        MYSQL_PORT: u16 = port, Default::Value("3306"), "3307", "a port between 1 and 65535",
            "TCP port";
        MYSQL_USER (Common): String = line, Default::Required, "bigquery_sync", "",
            "user name; it needs only SELECT on the tables";
        MYSQL_PASSWORD (Common, Secret): String = secret, Default::Required, "the-password", "",
            "password (or another way to log in)";
        MYSQL_PASSWORD_FILE (Local): PathBuf = from_str, NONE, "/secrets/mysql-password", "",
            "path of a file with the password, instead of `MYSQL_PASSWORD`; one line break at its end is ignored";
        MYSQL_PASSWORD_EMPTY (Local): bool = boolean, Default::Value("false"), "true", "true or false",
            "set to true if the password is empty";
        MYSQL_IAM_AUTH: bool = boolean, Default::Value("false"), "true", "true or false",
            "set to true to log in to Cloud SQL with an access token instead of a password";
        MYSQL_DATABASE (Common): String = line, Default::Required, "shop", "",
            "database to copy from";
        MYSQL_SSL_MODE (Common): SslMode = from_str, Default::Unset("PREFERRED, or VERIFY_CA with MYSQL_SSL_CA"), "VERIFY_CA", "one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY",
            "`DISABLED`, `PREFERRED`, `REQUIRED`, `VERIFY_CA` or `VERIFY_IDENTITY`, as in MySQL's own client";
        MYSQL_SSL_CA: String = ssl_ca, NONE, "/secrets/server-ca.pem", "",
            "CA certificate of the server: PEM text, or the path of a PEM file";
        MYSQL_SSL_CERT: String = certificate, NONE, "/secrets/client-cert.pem", "",
            "client certificate, for a user with REQUIRE X509 and the like: PEM text, or the path of a PEM file";
        MYSQL_SSL_KEY (Secret): SecretString = private_key, NONE, "/secrets/client-key.pem", "",
            "private key of `MYSQL_SSL_CERT`: PEM text without a passphrase, or the path of a PEM file";
        MYSQL_STALL_SECONDS: NonZeroU32 = from_str, Default::Value("600"), "1800", "a whole number of seconds from 1",
            "how long the server may send nothing before the table is restarted";
    }
    Destination {
        BIGQUERY_PROJECT (Common): String = project, Default::Required, "my-project", "",
            "project of the dataset and of the load jobs";
        BIGQUERY_DATASET (Common): String = dataset, Default::Required, "shop", "",
            "dataset to copy into; it must exist";
        BIGQUERY_LOCATION: String = line, Default::Unset("the dataset's"), "EU", "",
            "location of the load jobs, such as EU";
        BIGQUERY_ENDPOINT (Local): String = endpoint, NONE, "bigquery-myendpoint.p.googleapis.com", "",
            "host name or https URL of BigQuery's API, for a private or regional endpoint or another universe; the credentials are the same";
        BIGQUERY_EMULATOR_HOST (Local): String = emulator, NONE, "127.0.0.1:9050", "",
            "host:port or URL of an emulator; turns authentication off";
    }
    Selection {
        TABLES (Common): Selection = selection, Default::Value("*"), "users,orders", "",
            "tables to copy: names, patterns (`*`, `?`, `!`), or a JSON array with options per table";
    }
    Reading {
        TABLE_CONCURRENCY: NonZeroUsize = concurrency, Default::Value("1"), "2", "a whole number from 1 to 64",
            "how many tables one task reads at the same time, at most 64";
        READ_CONNECTIONS: NonZeroUsize = connections, Default::Value("1"), "4", "a whole number from 1 to 64",
            "how many connections read one table, in ranges of its primary key";
        SNAPSHOT: Snapshots = from_str, Default::Value("shared"), "shared", "shared or per_connection",
            "with several connections: `shared` (one snapshot for all of them) or `per_connection`";
        MAX_ROWS_PER_SECOND: NonZeroU64 = from_str, NONE, "50000", "a whole number from 1",
            "how many rows a task may read per second";
        MAX_MB_PER_SECOND: NonZeroU64 = megabytes, NONE, "20", "a number above 0",
            "how many megabytes (1,000,000 bytes) of values a task may read per second";
    }
    Values {
        ZERO_DATES: Policy = from_str, Default::Value("null"), "null", "null or error",
            "0000-00-00 and other dates with a zero part: `null` replaces them with NULL, `error` fails the table";
        INVALID_VALUES (Common): Policy = from_str, Default::Value("error"), "error", "error or null",
            "values that do not fit their BigQuery type: `error` fails the table, `null` replaces them with NULL";
        AVRO_CODEC: Codec = from_str, Default::Value("zstd"), "zstd:3", "zstd, zstd:LEVEL with a level from -7 to 19 but 0, snappy, deflate, deflate:LEVEL with a level from 1 to 9, or null",
            "compression of the upload: zstd (adapts to the time available), zstd:LEVEL (-7 to 19), snappy, deflate, deflate:LEVEL (1 to 9) or null";
    }
    Privacy {
        MASK: Vec<Pattern> = masks, NONE, r#"{"*.password*":"drop","*.email":"hmac"}"#, "",
            "masks for columns of all tables: a JSON object of patterns TABLE.COLUMN and `hmac`, `last4`, `null`, `drop` or `year`";
        MASK_KEY (Secret): String = secret, NONE, "the-key-of-16-bytes-or-more", "",
            "key of the mask `hmac`, at least 16 bytes; another key makes other values";
        MASK_KEY_FILE (Local): PathBuf = from_str, NONE, "/secrets/mask-key", "",
            "path of a file with the key, instead of `MASK_KEY`; one line break at its end is ignored";
        NEW_COLUMNS: NewColumns = from_str, Default::Value("copy"), "hold", "copy or hold",
            "columns that an existing table in BigQuery does not have: `copy` adds them, `hold` leaves them out until an option of the table names them";
    }
    Guards {
        MAX_SHRINK_PERCENT (Common): u8 = percent, NONE, "50", "a whole number from 0 to 100",
            "do not replace a table if it would lose more than this percentage of its rows, 0 to 100";
    }
    Logs {
        LOG_FORMAT: LogFormat = from_str, Default::Unset("json; text on a terminal"), "json", "json or text",
            "json or text";
        LOG_LEVEL: tracing::Level = level, Default::Value("info"), "info", "one of error, warn, info, debug, trace",
            "error, warn, info, debug or trace";
    }
    Platform {
        CLOUD_RUN_JOB: String = line, NONE, "mysql-bigquery-sync", "",
            "name of the job";
        CLOUD_RUN_EXECUTION: String = line, Default::Unset("a new id"), "mysql-bigquery-sync-x7k2p", "",
            "id of the execution; job ids are derived from it";
        CLOUD_RUN_TASK_INDEX: usize = from_str, Default::Value("0"), "0", "a whole number from 0",
            "which task this is, from 0";
        JOB_COMPLETION_INDEX: usize = from_str, NONE, "0", "a whole number from 0",
            "the same on Kubernetes, which sets it in an Indexed Job; used if `CLOUD_RUN_TASK_INDEX` is unset";
        CLOUD_RUN_TASK_COUNT: NonZeroUsize = from_str, Default::Value("1"), "4", "a whole number from 1",
            "how many tasks the execution has";
        CLOUD_RUN_TASK_ATTEMPT: usize = from_str, Default::Value("0"), "0", "a whole number from 0",
            "which attempt of the task this is, from 0";
    }
}
