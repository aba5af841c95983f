//! The BigQuery types that destination tables use, with all of their names.

/// The BigQuery types that destination tables use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum BigQueryType {
    Int64,
    Float64,
    Bool,
    Numeric,
    BigNumeric,
    String,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Json,
    Geography,
}

impl BigQueryType {
    /// The name in a schema of the API. Source: "TableFieldSchema", REST reference.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Int64 => "INTEGER",
            Self::Float64 => "FLOAT",
            Self::Bool => "BOOLEAN",
            Self::Numeric => "NUMERIC",
            Self::BigNumeric => "BIGNUMERIC",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::DateTime => "DATETIME",
            Self::Timestamp => "TIMESTAMP",
            Self::Json => "JSON",
            Self::Geography => "GEOGRAPHY",
        }
    }
}

/// The SQL name of each type, followed by its aliases.
const NAMES: &[(BigQueryType, &[&str])] = &[
    (BigQueryType::Int64, &["INT64", "INTEGER", "INT"]),
    (BigQueryType::Float64, &["FLOAT64", "FLOAT"]),
    (BigQueryType::Bool, &["BOOL", "BOOLEAN"]),
    (BigQueryType::Numeric, &["NUMERIC", "DECIMAL"]),
    (BigQueryType::BigNumeric, &["BIGNUMERIC", "BIGDECIMAL"]),
    (BigQueryType::String, &["STRING"]),
    (BigQueryType::Bytes, &["BYTES"]),
    (BigQueryType::Date, &["DATE"]),
    (BigQueryType::Time, &["TIME"]),
    (BigQueryType::DateTime, &["DATETIME"]),
    (BigQueryType::Timestamp, &["TIMESTAMP"]),
    (BigQueryType::Json, &["JSON"]),
    (BigQueryType::Geography, &["GEOGRAPHY"]),
];

impl std::fmt::Display for BigQueryType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = NAMES.iter().find(|(kind, _)| kind == self).and_then(|(_, names)| names.first());
        formatter.write_str(names.unwrap_or(&"?"))
    }
}

impl std::str::FromStr for BigQueryType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let means = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(text.trim()));
        NAMES.iter().find(|(_, names)| means(names)).map(|(kind, _)| *kind).ok_or_else(|| {
            let known: Vec<String> = NAMES.iter().map(|(kind, _)| kind.to_string()).collect();
            format!("{text:?} is not a BigQuery type; the types are {}", known.join(", "))
        })
    }
}
