//! Why the columns of a table cannot be mapped. The module `hints` says what to do about it.

use crate::mapping::bigquery_type::BigQueryType;

/// Why the columns of a table cannot be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option names a column that the table does not have.
    #[error("{option:?} names {name}, but the table has only {}", columns.join(", "))]
    UnknownColumn {
        /// `columns` or `types`.
        option: &'static str,
        /// The column that it names.
        name: String,
        /// The table's columns.
        columns: Vec<String>,
    },
    /// `types` names a column that `columns` leaves out.
    #[error("\"types\" names {0}, which \"columns\" leaves out")]
    LeftOut(String),
    /// `columns` leaves out all columns.
    #[error("no column is left")]
    NoColumn,
    /// The table has more columns than BigQuery allows.
    #[error("the table has {count} columns, but BigQuery allows at most {most}")]
    TooManyColumns {
        /// The number of columns.
        count: usize,
        /// BigQuery's limit.
        most: usize,
    },
    /// Two columns would have the same name in BigQuery.
    #[error("columns {first} and {second} would both be {field} in BigQuery")]
    SameName {
        /// One column.
        first: String,
        /// The other column.
        second: String,
        /// The name of both in BigQuery.
        field: String,
    },
    /// BigQuery reserves the name that the column would have.
    #[error("column {column} would be {field} in BigQuery, which reserves names that start with {prefix}")]
    ReservedName {
        /// The column.
        column: String,
        /// Its name in BigQuery.
        field: String,
        /// The reserved prefix.
        prefix: &'static str,
    },
    /// The column's type has no mapping.
    #[error("column {column} is of type {column_type}, which has no mapping")]
    UnknownType {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
    },
    /// `types` asks for a type that the column's type cannot become.
    #[error("column {column} is of type {column_type}, which cannot become {wanted}: it can become {}", list(possible))]
    ImpossibleType {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
        /// The type that `types` asks for.
        wanted: BigQueryType,
        /// The types that it can become.
        possible: Vec<BigQueryType>,
    },
}

fn list(types: &[BigQueryType]) -> String {
    types.iter().map(|kind| kind.sql_name()).collect::<Vec<_>>().join(", ")
}
