//! `NEW_COLUMNS`: whether a column that the destination does not have is copied.

use std::str::FromStr;

use crate::mapping::columns::ColumnOptions;
use crate::mapping::names;
use crate::mysql::catalog::Column;

/// What happens to a column that an existing destination does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewColumns {
    /// It is copied.
    Copy,
    /// It is left out until an option of the table names it.
    Hold,
}

impl FromStr for NewColumns {
    type Err = ();

    /// Parses `copy` or `hold`, in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "copy" => Ok(Self::Copy),
            "hold" => Ok(Self::Hold),
            _ => Err(()),
        }
    }
}

/// The columns that are left out because they are new: `exists` does not know their names in BigQuery, and no option names them.
pub fn held(columns: &[Column], options: &ColumnOptions, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let is_new = |column: &&Column| !names::column(&column.name).is_ok_and(|field| exists(&field));
    let new = columns.iter().filter(|column| options.selects(&column.name) && !options.names(&column.name));
    new.filter(is_new).map(|column| column.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::mask::Mask;
    use crate::mapping::tests::column;

    #[test]
    fn a_column_is_held_unless_the_destination_has_it_or_an_option_names_it() {
        let columns =
            ["id", "Born on", "_FILE_x", "seen", "approved", "masked", "left_out"].map(|name| column(name, "int"));
        let exists = |field: &str| ["id", "born_on"].contains(&field.to_lowercase().as_str());
        let options = ColumnOptions {
            exclude: vec!["LEFT_OUT".into()],
            approve: vec!["Approved".into()],
            masks: vec![("MASKED".into(), Mask::Hmac)],
            ..ColumnOptions::default()
        };
        assert_eq!(held(&columns, &options, exists), ["_FILE_x", "seen"]);
        let include = ColumnOptions { include: vec!["id".into(), "seen".into()], ..ColumnOptions::default() };
        assert!(held(&columns, &include, exists).is_empty());
    }
}
