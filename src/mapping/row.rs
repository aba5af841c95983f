//! Converts one MySQL row to one Avro record and appends it to a block.

use std::sync::Arc;

use crate::avro::block::LARGEST_ROW_BYTES;
use crate::avro::datum::{NULL, PRESENT};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::convert::{Encoding, MASKED};
use crate::mapping::mask::ColumnMask;
use crate::mapping::policies::Policy;
use crate::mapping::table::{KeyColumn, MappedColumn, Mapping};
use crate::mapping::unrepresentable::Unrepresentable;
use crate::mysql::sql::Row;

/// Why a row fails the table. The error names the column, the primary key of the row, and the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}{row}: {problem}")]
pub struct RowError {
    /// The column in MySQL.
    pub column: String,
    /// Such as " of the row with id 5"; empty if the table has no primary key.
    pub row: String,
    /// What is wrong with it.
    pub problem: RowProblem,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowProblem {
    /// A value does not fit, and its policy is to fail.
    #[error("{what}")]
    DoesNotFit {
        /// Why it does not fit. The policy depends on this.
        why: Unrepresentable,
        /// The value, and why it does not fit.
        what: String,
        /// A type that holds every value of the column.
        fitting: Option<BigQueryType>,
    },
    /// The server sent bytes that the column's type cannot have.
    #[error("MySQL sent {what}: {shown}")]
    Malformed {
        /// What the server sent.
        what: &'static str,
        /// The value.
        shown: String,
    },
    /// The server could not convert a text to UTF-8.
    #[error("the server cannot convert the text to UTF-8: it is longer than max_allowed_packet")]
    NotConverted,
    /// NULL in a column that is NOT NULL.
    #[error("the value is NULL, but the catalog says NOT NULL")]
    UnexpectedNull,
    /// The row is too large for BigQuery.
    #[error(
        "its value of {value_bytes} bytes makes a row of {row_bytes} bytes, but BigQuery loads rows of at most \
         {LARGEST_ROW_BYTES} bytes"
    )]
    TooLarge {
        /// The size of the largest value.
        value_bytes: usize,
        /// The size of the row.
        row_bytes: usize,
    },
}

/// Converts rows and counts nulled values.
#[derive(Debug)]
pub struct RowEncoder {
    mapping: Arc<Mapping>,
    /// The number of nulled values per column.
    nulled: Vec<u64>,
}

impl RowEncoder {
    /// An encoder for rows of `mapping.select_list()`.
    pub fn new(mapping: Arc<Mapping>) -> Self {
        let nulled = vec![0; mapping.columns.len()];
        Self { mapping, nulled }
    }

    /// Appends the datum of the row. Returns the size of the row's values in bytes.
    #[inline]
    pub fn append(&mut self, row: &Row, out: &mut Vec<u8>) -> Result<u64, RowError> {
        let start = out.len();
        let mut read = 0;
        for (index, (column, nulled)) in self.mapping.columns.iter().zip(&mut self.nulled).enumerate() {
            let converted = column.check.is_none_or(|check| !is_true(row, check));
            let Some(value) = row.value(index) else {
                if !converted {
                    return Err(refused(&self.mapping, row, column, RowProblem::NotConverted));
                }
                if column.required {
                    return Err(refused(&self.mapping, row, column, RowProblem::UnexpectedNull));
                }
                out.push(NULL);
                continue;
            };
            read += value.len() as u64;
            let before = out.len();
            if !column.required {
                out.push(PRESENT);
            }
            let appended = match (converted, &column.mask) {
                (true, None) => column.target.encoding.append(value, out),
                (true, Some(mask)) => mask.append(value, out),
                (false, _) => Err(Unrepresentable::NotUnicode),
            };
            if let Err(why) = appended {
                let policy = match why {
                    Unrepresentable::ZeroDate => self.mapping.policies.zero_dates,
                    Unrepresentable::OutOfRange(_)
                    | Unrepresentable::InvalidText
                    | Unrepresentable::NotUnicode
                    | Unrepresentable::InvalidJson
                    | Unrepresentable::InvalidGeometry
                    | Unrepresentable::ChangedJson => self.mapping.policies.invalid_values,
                    Unrepresentable::Malformed(_) => Policy::Error,
                };
                if policy == Policy::Error || column.required {
                    return Err(refused(&self.mapping, row, column, does_not_fit(why, column, value)));
                }
                out.truncate(before);
                out.push(NULL);
                *nulled += 1;
            }
        }
        if out.len() - start > LARGEST_ROW_BYTES {
            return Err(too_large(&self.mapping, row, out.len() - start));
        }
        Ok(read)
    }

    /// The number of nulled values for each column of the mapping.
    pub fn into_nulled(self) -> Vec<u64> {
        self.nulled
    }
}

/// Whether a condition in the select list is true.
fn is_true(row: &Row, index: usize) -> bool {
    row.value(index).is_some_and(|number| number.iter().any(|byte| *byte != 0))
}

/// The name of the character set that the value should be valid in.
fn charset(column: &MappedColumn) -> &'static str {
    match column.mask.as_ref().map_or(column.target.encoding, ColumnMask::source) {
        Encoding::Text(charset) | Encoding::JsonText(charset) => charset.name(),
        _ => "UTF-8",
    }
}

fn does_not_fit(why: Unrepresentable, column: &MappedColumn, value: &[u8]) -> RowProblem {
    let shown = column.target.encoding.show(value);
    let what = match why {
        Unrepresentable::ZeroDate => format!("{shown} is not a date"),
        Unrepresentable::OutOfRange(range) => format!("{shown} is out of range, {range}"),
        Unrepresentable::InvalidText => format!("{shown} is not valid {}", charset(column)),
        Unrepresentable::NotUnicode => {
            format!("{shown} is the server's conversion of text with bytes that are not Unicode characters")
        }
        Unrepresentable::InvalidGeometry => "the server cannot read the spatial value, which may be empty".to_owned(),
        Unrepresentable::InvalidJson => format!("{shown} is not a JSON document"),
        Unrepresentable::ChangedJson => {
            format!("{shown} {}", column.target.encoding.json_change(value).unwrap_or_default())
        }
        Unrepresentable::Malformed(what) => return RowProblem::Malformed { what, shown },
    };
    // Every column that becomes JSON can become STRING.
    let fitting = match why {
        Unrepresentable::ChangedJson => Some(BigQueryType::String),
        Unrepresentable::InvalidGeometry => None,
        _ => column.holds_all,
    };
    RowProblem::DoesNotFit { why, what, fitting }
}

fn refused(mapping: &Mapping, row: &Row, column: &MappedColumn, problem: RowProblem) -> RowError {
    RowError { column: column.source.clone(), row: primary_key(mapping, row), problem }
}

/// The error for a row that is too large. It names the column with the largest value.
fn too_large(mapping: &Mapping, row: &Row, row_bytes: usize) -> RowError {
    let size = |index: usize| row.value(index).map_or(0, <[u8]>::len);
    let largest = mapping.columns.iter().enumerate().max_by_key(|(index, _)| size(*index));
    let (column, value_bytes) =
        largest.map_or((String::new(), 0), |(index, column)| (column.source.clone(), size(index)));
    RowError { column, row: primary_key(mapping, row), problem: RowProblem::TooLarge { value_bytes, row_bytes } }
}

/// Such as " of the row with id 5"; empty if the table has no primary key.
fn primary_key(mapping: &Mapping, row: &Row) -> String {
    let keys: Vec<String> = mapping
        .keys
        .iter()
        .map(|KeyColumn { source, target, index }| {
            let value = match index {
                Some(index) => row.value(*index).map_or("NULL".to_owned(), |value| target.encoding.show(value)),
                None => MASKED.to_owned(),
            };
            format!("{source} {value}")
        })
        .collect();
    if keys.is_empty() { String::new() } else { format!(" of the row with {}", keys.join(", ")) }
}
