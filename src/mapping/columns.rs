//! Selects the columns of a table that are copied.

use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::error::Error;
use crate::mysql::catalog::Column;

/// The options `columns` and `types` of a table. If `include` and `exclude` are empty, every column is copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnOptions {
    /// Copy only these columns, unless the list is empty.
    pub include: Vec<String>,
    /// Never copy these columns.
    pub exclude: Vec<String>,
    /// Columns, each with the BigQuery type to use instead of the default.
    pub types: Vec<(String, BigQueryType)>,
}

impl ColumnOptions {
    /// Whether every column is copied.
    pub fn take_all(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Whether two column names are the same. MySQL ignores their case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// The columns that are copied. It is an error if an option names a column that the table does not have.
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
