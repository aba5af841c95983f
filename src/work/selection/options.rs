//! Declares the options of a table in `TABLES`, for docs/configuration.md, the Terraform contract and the error that lists
//! them.

/// An option, or a part of one.
#[derive(Debug)]
pub struct TableOption {
    /// Its key in JSON.
    pub name: &'static str,
    /// Its type in JSON.
    pub kind: Kind,
    /// The keys inside it, if it is an object.
    pub parts: &'static [TableOption],
    /// Examples of values, as JSON.
    pub examples: &'static [&'static str],
    /// Its description.
    pub meaning: &'static str,
}

/// The type of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An integer.
    Integer,
    /// An array of strings.
    List,
    /// An object whose keys are the columns of the table.
    Columns,
    /// An object whose keys are the option's parts.
    Object,
}

impl Kind {
    /// Its name in the documentation.
    pub fn title(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::List => "array of strings",
            Self::Columns => "object of strings",
            Self::Object => "object",
        }
    }
}

/// An option without parts.
const fn option(
    name: &'static str,
    kind: Kind,
    examples: &'static [&'static str],
    meaning: &'static str,
) -> TableOption {
    TableOption { name, kind, parts: &[], examples, meaning }
}

/// All options, in the order of the documentation.
#[rustfmt::skip]
pub const OPTIONS: &[TableOption] = &[
    option("name", Kind::Text, &[r#""orders""#], "name in MySQL; required"),
    option("destination", Kind::Text, &[r#""sales""#], "name in BigQuery, if it differs"),
    TableOption {
        parts: COLUMNS,
        ..option(
            "columns", Kind::Object, &[r#"{"exclude": ["card"]}"#, r#"{"include": ["id", "total"]}"#],
            "columns to exclude, the only columns to copy, or new columns to approve",
        )
    },
    option(
        "types", Kind::Columns, &[r#"{"duration": "STRING", "is_paid": "BOOL"}"#],
        "a different BigQuery type for a column: [possible types](mapping.md#another-type-for-a-column)",
    ),
    option(
        "mask", Kind::Columns, &[r#"{"email": "hmac", "phone": "last4", "card": "drop"}"#],
        "masks of columns: `hmac`, `last4`, `null`, `drop` or `year`; see [Masks](#masks)",
    ),
    option("where", Kind::Text, &[r#""created_at >= '2020-01-01'""#], "SQL condition; only rows that satisfy it are copied"),
    option("read_connections", Kind::Integer, &["4"], "overrides `READ_CONNECTIONS` for this table"),
    option("max_shrink_percent", Kind::Integer, &["20"], "overrides `MAX_SHRINK_PERCENT` for this table"),
    TableOption {
        parts: PARTITION_BY,
        ..option(
            "partition_by", Kind::Object,
            &[
                r#"{"column": "created_at", "granularity": "MONTH"}"#,
                r#"{"column": "id", "range": {"start": 0, "end": 1000000, "interval": 1000}}"#,
            ],
            "partitioning of a new table",
        )
    },
    option("cluster_by", Kind::List, &[r#"["country", "plan"]"#], "clustering of a new table, by up to four columns"),
];

const COLUMNS: &[TableOption] = &[
    option("include", Kind::List, &[r#"["id", "total"]"#], "the only columns to copy"),
    option("exclude", Kind::List, &[r#"["card"]"#], "columns to leave out"),
    option(
        "approve",
        Kind::List,
        &[r#"["discount"]"#],
        "columns to copy although they are new and `NEW_COLUMNS` is `hold`",
    ),
];

#[rustfmt::skip]
const PARTITION_BY: &[TableOption] = &[
    option("column", Kind::Text, &[r#""created_at""#], "a column that is DATE, DATETIME, TIMESTAMP or INT64 in BigQuery; required"),
    option("granularity", Kind::Text, &[r#""MONTH""#], "HOUR (not for DATE), DAY (the default), MONTH or YEAR; not for INT64"),
    TableOption {
        parts: RANGE,
        ..option(
            "range", Kind::Object, &[r#"{"start": 0, "end": 1000000, "interval": 1000}"#],
            "required for INT64: partitions of equal size",
        )
    },
];

const RANGE: &[TableOption] = &[
    option("start", Kind::Integer, &["0"], "smallest value of the first partition; required"),
    option("end", Kind::Integer, &["1000000"], "first value after the last partition; required"),
    option("interval", Kind::Integer, &["1000"], "how many values a partition has; required"),
];

/// All keys on one line, for the error about an unknown key.
pub(super) fn known_keys() -> String {
    keys(OPTIONS)
}

fn keys(options: &[TableOption]) -> String {
    let key = |option: &TableOption| match option.parts {
        [] => option.name.to_owned(),
        parts => format!("{} ({})", option.name, keys(parts)),
    };
    options.iter().map(key).collect::<Vec<_>>().join(", ")
}
