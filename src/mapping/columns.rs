//! Which columns of a table are copied.

use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::error::Error;
use crate::mysql::catalog::Column;

/// `columns` and `types` of a table's options. Both lists of columns empty: every column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnOptions {
    /// Only these columns, when the list is not empty.
    pub include: Vec<String>,
    /// Never these.
    pub exclude: Vec<String>,
    /// Columns, and the types that they are to have instead of their own.
    pub types: Vec<(String, BigQueryType)>,
}

impl ColumnOptions {
    /// True when every column is copied.
    pub fn take_all(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// MySQL ignores the case of column names.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// The columns that are copied, or what the options name and the table does not have.
pub(super) fn chosen<'a>(columns: &'a [Column], options: &ColumnOptions) -> Result<Vec<&'a Column>, Error> {
    let filtered = options.include.iter().chain(&options.exclude).map(|name| ("columns", name));
    let typed = options.types.iter().map(|(name, _)| ("types", name));
    for (option, name) in filtered.chain(typed) {
        if !columns.iter().any(|column| same(&column.name, name)) {
            let columns = columns.iter().map(|column| column.name.clone()).collect();
            return Err(Error::UnknownColumn { option, name: name.clone(), columns });
        }
    }
    let listed = |list: &[String], column: &Column| list.iter().any(|name| same(name, &column.name));
    let chosen: Vec<&Column> = columns
        .iter()
        .filter(|column| options.include.is_empty() || listed(&options.include, column))
        .filter(|column| !listed(&options.exclude, column))
        .collect();
    match options.types.iter().find(|(name, _)| !chosen.iter().any(|column| same(&column.name, name))) {
        Some((name, _)) => Err(Error::LeftOut(name.clone())),
        None => Ok(chosen),
    }
}
