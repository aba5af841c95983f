//! Selects the columns of a table that are copied.

use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::error::Error;
use crate::mapping::mask::Mask;
use crate::mysql::catalog::Column;

/// The options `columns`, `types` and `mask` of a table. If `include` and `exclude` are empty, every column is copied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnOptions {
    /// Copy only these columns, unless the list is empty.
    pub include: Vec<String>,
    /// Never copy these columns.
    pub exclude: Vec<String>,
    /// Copy these columns also if they are new and `NEW_COLUMNS` is `hold`.
    pub approve: Vec<String>,
    /// Columns, each with the BigQuery type to use instead of the default.
    pub types: Vec<(String, BigQueryType)>,
    /// Columns, each with its mask.
    pub masks: Vec<(String, Mask)>,
}

impl ColumnOptions {
    /// The type that `types` gives a column.
    pub(super) fn type_of(&self, column: &str) -> Option<BigQueryType> {
        self.types.iter().find(|(name, _)| same(name, column)).map(|(_, kind)| *kind)
    }

    /// Whether `include` and `exclude` select a column.
    pub(super) fn selects(&self, column: &str) -> bool {
        (self.include.is_empty() || listed(&self.include, column)) && !listed(&self.exclude, column)
    }

    /// Whether an option says that the column is copied, and perhaps how.
    pub(super) fn names(&self, column: &str) -> bool {
        listed(&self.include, column)
            || listed(&self.approve, column)
            || self.type_of(column).is_some()
            || self.masks.iter().any(|(name, _)| same(name, column))
    }

    /// Whether every column is copied.
    pub fn take_all(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }
}

/// Whether two column names are the same. MySQL ignores their case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn listed(names: &[String], column: &str) -> bool {
    names.iter().any(|name| same(name, column))
}

/// The columns that `columns` selects. It is an error if an option names a column that the table does not have.
pub(super) fn chosen<'a>(columns: &'a [Column], options: &ColumnOptions) -> Result<Vec<&'a Column>, Error> {
    let filtered = options.include.iter().chain(&options.exclude).chain(&options.approve).map(|name| ("columns", name));
    let typed = options.types.iter().map(|(name, _)| ("types", name));
    let masked = options.masks.iter().map(|(name, _)| ("mask", name));
    for (option, name) in filtered.chain(typed).chain(masked) {
        if !columns.iter().any(|column| same(&column.name, name)) {
            let columns = columns.iter().map(|column| column.name.clone()).collect();
            return Err(Error::UnknownColumn { option, name: name.clone(), columns });
        }
    }
    let chosen: Vec<&Column> = columns.iter().filter(|column| options.selects(&column.name)).collect();
    match options.types.iter().find(|(name, _)| !chosen.iter().any(|column| same(&column.name, name))) {
        Some((name, _)) => Err(Error::LeftOut(name.clone())),
        None => Ok(chosen),
    }
}
