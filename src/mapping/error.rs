//! Why the columns of a table cannot be mapped. What to do about it is said in `hints`.

use crate::mapping::bigquery_type::BigQueryType;

/// Why the columns of a table cannot be mapped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An option names a column that the table does not have.
    #[error("{option:?} names {name}, and the table has {}", columns.join(", "))]
    UnknownColumn {
        /// `columns` or `types`.
        option: &'static str,
        /// What it names.
        name: String,
        /// The table's columns.
        columns: Vec<String>,
    },
    /// `types` names a column that `columns` leaves out.
    #[error("\"types\" names {0}, which \"columns\" leaves out")]
    LeftOut(String),
    /// `columns` leaves all of them out.
    #[error("no column is left")]
    NoColumn,
    /// More columns than a table of BigQuery has.
    #[error("{count} columns, BigQuery allows {most}")]
    TooManyColumns {
        /// How many.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two columns would have one name.
    #[error("columns {first} and {second} would both be {field} in BigQuery")]
    SameName {
        /// A column.
        first: String,
        /// Another one.
        second: String,
        /// What both would be called.
        field: String,
    },
    /// BigQuery reserves the name that the column would have.
    #[error("column {column} would be {field} in BigQuery, which reserves names that start with {prefix}")]
    ReservedName {
        /// The column.
        column: String,
        /// What it would be called.
        field: String,
        /// What reserved names start with.
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
    /// `types` asks for a type that the column's own type cannot become.
    #[error("column {column} is of type {column_type}, which cannot become {wanted}: it can become {}", list(possible))]
    ImpossibleType {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
        /// What `types` asks for.
        wanted: BigQueryType,
        /// What it can become.
        possible: Vec<BigQueryType>,
    },
}

fn list(types: &[BigQueryType]) -> String {
    types.iter().map(|kind| kind.sql_name()).collect::<Vec<_>>().join(", ")
}
