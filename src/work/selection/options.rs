//! Declares the options of a table in `TABLES`, for docs/configuration.md and the error that lists them.

/// An option, or a part of one.
#[derive(Debug)]
pub struct TableOption {
    /// Its key in JSON.
    pub name: &'static str,
    /// The keys inside it, if it is an object.
    pub parts: &'static [TableOption],
    /// Examples of values, as JSON.
    pub examples: &'static [&'static str],
    /// Its description.
    pub meaning: &'static str,
}

const fn part(name: &'static str) -> TableOption {
    TableOption { name, parts: &[], examples: &[], meaning: "" }
}

/// All options, in the order of the documentation.
#[rustfmt::skip]
pub const OPTIONS: &[TableOption] = &[
    TableOption {
        name: "name", parts: &[], examples: &[r#""orders""#],
        meaning: "name in MySQL; required",
    },
    TableOption {
        name: "destination", parts: &[], examples: &[r#""sales""#],
        meaning: "name in BigQuery, if it differs",
    },
    TableOption {
        name: "columns", parts: &[part("include"), part("exclude")],
        examples: &[r#"{"exclude": ["card"]}"#, r#"{"include": ["id", "total"]}"#],
        meaning: "columns to exclude, or the only columns to copy",
    },
    TableOption {
        name: "types", parts: &[], examples: &[r#"{"duration": "STRING", "is_paid": "BOOL"}"#],
        meaning: "a different BigQuery type for a column: [possible types](mapping.md#another-type-for-a-column)",
    },
    TableOption {
        name: "where", parts: &[], examples: &[r#""created_at >= '2020-01-01'""#],
        meaning: "SQL condition; only rows that satisfy it are copied",
    },
    TableOption {
        name: "read_connections", parts: &[], examples: &["4"],
        meaning: "overrides `READ_CONNECTIONS` for this table",
    },
    TableOption {
        name: "max_shrink_percent", parts: &[], examples: &["20"],
        meaning: "overrides `MAX_SHRINK_PERCENT` for this table",
    },
    TableOption {
        name: "partition_by",
        parts: &[
            part("column"), part("granularity"),
            TableOption { name: "range", parts: &[part("start"), part("end"), part("interval")], examples: &[], meaning: "" },
        ],
        examples: &[
            r#"{"column": "created_at", "granularity": "MONTH"}"#,
            r#"{"column": "id", "range": {"start": 0, "end": 1000000, "interval": 1000}}"#,
        ],
        meaning: "partitioning of a new table: by a DATE, DATETIME or TIMESTAMP column per HOUR (not for DATE), DAY (the default), MONTH or YEAR; \
                  or by ranges of an INT64 column",
    },
    TableOption {
        name: "cluster_by", parts: &[], examples: &[r#"["country", "plan"]"#],
        meaning: "clustering of a new table, by up to four columns",
    },
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
