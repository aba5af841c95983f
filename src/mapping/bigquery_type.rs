//! The BigQuery types that destination tables use, with all of their names.

use std::fmt;
use std::str::FromStr;

/// A BigQuery type that destination tables use.
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

/// All types, in the order in which an error lists them.
const ALL: [BigQueryType; 13] = [
    BigQueryType::Int64,
    BigQueryType::Float64,
    BigQueryType::Bool,
    BigQueryType::Numeric,
    BigQueryType::BigNumeric,
    BigQueryType::String,
    BigQueryType::Bytes,
    BigQueryType::Date,
    BigQueryType::Time,
    BigQueryType::DateTime,
    BigQueryType::Timestamp,
    BigQueryType::Json,
    BigQueryType::Geography,
];

impl BigQueryType {
    /// The name in SQL. Source: "Data types", GoogleSQL reference.
    pub fn sql_name(self) -> &'static str {
        match self {
            Self::Int64 => "INT64",
            Self::Float64 => "FLOAT64",
            Self::Bool => "BOOL",
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

    /// The name in a schema of the API. Source: "TableFieldSchema", REST reference.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Int64 => "INTEGER",
            Self::Float64 => "FLOAT",
            Self::Bool => "BOOLEAN",
            other => other.sql_name(),
        }
    }

    /// An SQL alias other than the name in the API.
    fn alias(self) -> Option<&'static str> {
        match self {
            Self::Int64 => Some("INT"),
            Self::Numeric => Some("DECIMAL"),
            Self::BigNumeric => Some("BIGDECIMAL"),
            _ => None,
        }
    }
}

impl fmt::Display for BigQueryType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.sql_name())
    }
}

impl FromStr for BigQueryType {
    type Err = String;

    /// Parses any name of a type, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        let is = |name: &str| name.eq_ignore_ascii_case(text.trim());
        let named = |kind: &Self| is(kind.sql_name()) || is(kind.api_name()) || kind.alias().is_some_and(is);
        ALL.into_iter().find(named).ok_or_else(|| {
            let known = ALL.map(Self::sql_name).join(", ");
            format!("{text:?} is not a BigQuery type; the types are {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_can_be_written_with_each_of_its_names() {
        for kind in ALL {
            for name in [Some(kind.sql_name()), Some(kind.api_name()), kind.alias()].into_iter().flatten() {
                assert_eq!(name.to_lowercase().parse(), Ok(kind), "{name}");
            }
        }
        assert!("INT32".parse::<BigQueryType>().unwrap_err().ends_with("JSON, GEOGRAPHY"));
    }
}
