//! Converts one MySQL row to one Avro record and appends it to a block.

use std::sync::Arc;

use crate::avro::block::LARGEST_ROW_BYTES;
use crate::avro::datum::{NULL, PRESENT};
use crate::mapping::convert::Encoding;
use crate::mapping::policies::Policy;
use crate::mapping::unrepresentable::Unrepresentable;
use crate::mapping::{KeyColumn, MappedColumn, Mapping};
use crate::mysql::sql::Row;

/// Why a row fails the table. The error names the column, the primary key of the row, the value, and the setting that would
/// avoid the failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}{row}: {problem}")]
pub struct RowError {
    column: String,
    row: String,
    problem: String,
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
                    let problem = "cannot be converted to UTF-8 by the server: it is longer than max_allowed_packet";
                    return Err(refused(&self.mapping, row, column, problem.into()));
                }
                if column.required {
                    return Err(refused(&self.mapping, row, column, "is NULL, but the catalog says NOT NULL".into()));
                }
                out.push(NULL);
                continue;
            };
            read += value.len() as u64;
            let before = out.len();
            if !column.required {
                out.push(PRESENT);
            }
            let appended = match converted {
                true => column.target.encoding.append(value, out),
                false => Err(Unrepresentable::NotUnicode),
            };
            if let Err(problem) = appended {
                let policy = match problem {
                    Unrepresentable::ZeroDate => self.mapping.policies.zero_dates,
                    Unrepresentable::OutOfRange(_)
                    | Unrepresentable::InvalidText
                    | Unrepresentable::NotUnicode
                    | Unrepresentable::InvalidJson => self.mapping.policies.invalid_values,
                    Unrepresentable::Malformed(_) => Policy::Error,
                };
                if policy == Policy::Error || column.required {
                    let problem = explain(problem, column, value);
                    return Err(refused(&self.mapping, row, column, problem));
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
    match column.target.encoding {
        Encoding::Text(charset) | Encoding::JsonText(charset) => charset.name(),
        _ => "UTF-8",
    }
}

fn explain(problem: Unrepresentable, column: &MappedColumn, value: &[u8]) -> String {
    let shown = column.target.encoding.show(value);
    let (what, policy) = match problem {
        Unrepresentable::ZeroDate => (format!("{shown} is not a date"), "ZERO_DATES"),
        Unrepresentable::OutOfRange(range) => (format!("{shown} is out of range, {range}"), "INVALID_VALUES"),
        Unrepresentable::InvalidText => (format!("{shown} is not valid {}", charset(column)), "INVALID_VALUES"),
        Unrepresentable::NotUnicode => (
            format!("{shown} is the server's conversion of text with bytes that are not Unicode characters"),
            "INVALID_VALUES",
        ),
        Unrepresentable::InvalidJson => (format!("{shown} is not a JSON document"), "INVALID_VALUES"),
        Unrepresentable::Malformed(what) => {
            return format!("MySQL sent {what}: {shown} (was the table altered during the read?)");
        }
    };
    let kept = column.holds_all.map_or_else(String::new, |kind| {
        format!(", \"types\": {{{:?}: \"{kind}\"}} in TABLES would keep the value", column.source)
    });
    format!("{what} ({policy}=null would write NULL{kept})")
}

fn refused(mapping: &Mapping, row: &Row, column: &MappedColumn, problem: String) -> RowError {
    RowError { column: column.source.clone(), row: primary_key(mapping, row), problem }
}

/// The error for a row that is too large. It names the column with the largest value.
fn too_large(mapping: &Mapping, row: &Row, bytes: usize) -> RowError {
    let size = |index: usize| row.value(index).map_or(0, <[u8]>::len);
    let largest = mapping.columns.iter().enumerate().max_by_key(|(index, _)| size(*index));
    let (column, value_bytes) =
        largest.map_or((String::new(), 0), |(index, column)| (column.source.clone(), size(index)));
    RowError {
        problem: format!(
            "its value of {value_bytes} bytes makes a row of {bytes} bytes, but BigQuery loads rows of at most \
             {LARGEST_ROW_BYTES} bytes (\"columns\" or \"where\" in TABLES can leave it out)"
        ),
        row: primary_key(mapping, row),
        column,
    }
}

/// Such as " of the row with id 5"; empty if the table has no primary key.
fn primary_key(mapping: &Mapping, row: &Row) -> String {
    let keys: Vec<String> = mapping
        .keys
        .iter()
        .map(|KeyColumn { source, target, index }| {
            let value = row.value(*index).map_or("NULL".to_owned(), |value| target.encoding.show(value));
            format!("{source} {value}")
        })
        .collect();
    if keys.is_empty() { String::new() } else { format!(" of the row with {}", keys.join(", ")) }
}
