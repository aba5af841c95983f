//! Converts MySQL identifiers to BigQuery column and table names. The result depends on nothing but the name.

use std::fmt::Write as _;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use crate::mapping::error::Error;

/// BigQuery's limit for column names ("Specifying a schema", column names).
pub(super) const LONGEST_COLUMN: usize = 300;
/// BigQuery's limit for table names, in bytes of UTF-8 ("Create and use tables", table naming).
pub(super) const LONGEST_TABLE: usize = 1024;

/// A column name must not start with any of these, in any case ("Specifying a schema", column names).
pub(super) const RESERVED_PREFIXES: &[&str] = &[
    "_TABLE_",
    "_FILE_",
    "_PARTITION",
    "_ROW_TIMESTAMP",
    "__ROOT__",
    "_COLIDENTIFIER",
    "_CHANGE_SEQUENCE_NUMBER",
    "_CHANGE_TYPE",
    "_CHANGE_TIMESTAMP",
];

/// The name of a column in BigQuery and in the Avro file, where names match `[A-Za-z_][A-Za-z0-9_]*`.
///
/// Other ASCII characters become `_`. All other characters become their code points (`é` → `_u00e9_`), so that names in
/// other scripts remain distinct.
pub fn column(name: &str) -> Result<String, Error> {
    let mut field = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => field.push(character),
            ascii if ascii.is_ascii() => field.push('_'),
            other => escape(&mut field, other),
        }
    }
    if field.starts_with(|first: char| first.is_ascii_digit()) {
        field.insert(0, '_');
    }
    if field.len() > LONGEST_COLUMN {
        let rest = crc32fast::hash(field.as_bytes());
        field.truncate(LONGEST_COLUMN - 9);
        let _ = write!(field, "_{rest:08x}");
    }
    let upper = field.to_ascii_uppercase();
    match RESERVED_PREFIXES.iter().find(|prefix| upper.starts_with(*prefix)) {
        Some(prefix) => Err(Error::ReservedName { column: name.to_owned(), field, prefix }),
        None => Ok(field),
    }
}

/// The name of a table in BigQuery. Characters that BigQuery allows are unchanged, other ASCII characters become `_`, and
/// all others become their code points, as in column names.
pub fn table(name: &str) -> Result<String, String> {
    let mut table = String::with_capacity(name.len());
    let inner = name.trim();
    let before = name.len() - name.trim_start().len();
    for (at, character) in name.char_indices() {
        let at_an_end = at < before || at >= before + inner.len();
        match character {
            allowed if in_table_names(allowed) && !at_an_end => table.push(allowed),
            ascii if ascii.is_ascii() => table.push('_'),
            other => escape(&mut table, other),
        }
    }
    if table.len() > LONGEST_TABLE {
        return Err(format!("the name is {} bytes long, but BigQuery allows at most {LONGEST_TABLE}", table.len()));
    }
    Ok(table)
}

/// Unicode's categories L, M, N, Pc, Pd and Zs ("Create and use tables", table naming).
fn in_table_names(character: char) -> bool {
    const ALLOWED: GeneralCategoryGroup = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Mark)
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::ConnectorPunctuation)
        .union(GeneralCategoryGroup::DashPunctuation)
        .union(GeneralCategoryGroup::SpaceSeparator);
    ALLOWED.contains(CodePointMapData::<GeneralCategory>::new().get(character))
}

fn escape(name: &mut String, character: char) {
    // Writing to a String cannot fail.
    let _ = write!(name, "_u{:04x}_", u32::from(character));
}

/// Finds two columns with the same name in BigQuery, which ignores case.
pub fn collision<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<(&'a str, &'a str, &'a str)> {
    let mut seen = std::collections::HashMap::new();
    names.into_iter().find_map(|(source, field)| {
        seen.insert(field.to_ascii_lowercase(), source).map(|earlier| (earlier, source, field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn column_names() {
        let cases = [
            ("id", "id"),
            ("Order ID", "Order_ID"),
            ("a.b$c`d", "a_b_c_d"),
            ("1st", "_1st"),
            ("größe", "gr_u00f6__u00df_e"),
            ("名前", "_u540d__u524d_"),
            ("select", "select"),
        ];
        for (name, expected) in cases {
            assert_eq!(column(name), Ok(expected.to_owned()));
        }
        assert!(column(&"名".repeat(64)).unwrap().len() <= LONGEST_COLUMN);
        assert!(matches!(column("_partitiontime"), Err(Error::ReservedName { prefix: "_PARTITION", .. })));
    }

    #[test]
    fn table_names() {
        assert_eq!(table("orders").as_deref(), Ok("orders"));
        assert_eq!(table("a.b$20240101`").as_deref(), Ok("a_b_20240101_"));
        assert_eq!(table("größe-2").as_deref(), Ok("größe-2"));
        assert_eq!(table("ग्राहक 1").as_deref(), Ok("ग्राहक 1"));
        assert_eq!(table("☃Ⓐ").as_deref(), Ok("_u2603__u24b6_"));
        assert_eq!(table(" a b ").as_deref(), Ok("_a b_"));
    }

    #[test]
    fn names_that_differ_only_in_case_collide() {
        assert_eq!(collision([("a", "a"), ("b", "b")]), None);
        assert_eq!(collision([("a b", "a_b"), ("A.B", "A_B")]), Some(("a b", "A.B", "A_B")));
    }

    /// Any identifier that MySQL accepts: 1 to 64 characters of the basic multilingual plane, without NUL.
    fn identifier() -> impl Strategy<Value = String> {
        let any = any::<char>().prop_filter("not allowed in an identifier", |c| *c != '\0' && u32::from(*c) <= 0xffff);
        let odd = proptest::sample::select(vec!['_', ' ', '.', '$', '`', '"', '0', 'a', 'Z', '/', '%', '-', 'é', '☃']);
        proptest::collection::vec(prop_oneof![any, odd], 1..=64).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn every_column_gets_a_valid_name(name in identifier()) {
            match column(&name) {
                Ok(field) => {
                    prop_assert!(field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'));
                    prop_assert!(field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                    prop_assert!(field.len() <= LONGEST_COLUMN);
                    // A valid name does not change.
                    prop_assert_eq!(column(&field), Ok(field));
                }
                Err(error) => prop_assert!(error.to_string().contains("reserves")),
            }
        }

        #[test]
        fn every_table_gets_a_valid_name(name in identifier()) {
            let destination = table(&name).unwrap();
            prop_assert!(!destination.is_empty() && destination.len() <= LONGEST_TABLE);
            prop_assert!(destination.chars().all(in_table_names));
            prop_assert_eq!(table(&destination), Ok(destination.clone()));
        }
    }
}
