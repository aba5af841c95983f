//! MySQL identifiers as BigQuery column and table names: the same name always becomes the same name.

use std::fmt::Write as _;

/// BigQuery's limit for column names ("Specifying a schema", column names).
const LONGEST_COLUMN: usize = 300;
/// BigQuery's limit for table names, in bytes of UTF-8 ("Create and use tables", table naming).
const LONGEST_TABLE: usize = 1024;

/// No column's name may start with one of these, in whatever case ("Specifying a schema", column names).
const RESERVED_PREFIXES: &[&str] = &[
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

/// The column's name in BigQuery and in the Avro file, whose names are `[A-Za-z_][A-Za-z0-9_]*`.
///
/// ASCII that is not allowed becomes `_`, anything else its code point (`é` → `_u00e9_`), so that names of other
/// scripts stay different from each other.
pub fn column(name: &str) -> Result<String, String> {
    let mut field = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => field.push(character),
            ascii if ascii.is_ascii() => field.push('_'),
            other => {
                // Writing to a String cannot fail.
                let _ = write!(field, "_u{:04x}_", u32::from(other));
            }
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
        Some(prefix) => Err(format!("column {name}: BigQuery reserves names that start with {prefix}")),
        None => Ok(field),
    }
}

/// The table's name in BigQuery: letters, digits, `_`, `-` and spaces stay, anything else becomes `_`.
pub fn table(name: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
    let table: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if table.len() > LONGEST_TABLE {
        return Err(format!("the name is {} bytes long, BigQuery allows {LONGEST_TABLE}", table.len()));
    }
    Ok(table)
}

/// Two columns whose names BigQuery cannot tell apart: it ignores case.
pub fn collision<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<(&'a str, &'a str, &'a str)> {
    let mut seen = std::collections::HashMap::new();
    names.into_iter().find_map(|(source, field)| {
        seen.insert(field.to_ascii_lowercase(), source).map(|earlier| (earlier, source, field))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns() {
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
            assert_eq!(column(name).as_deref(), Ok(expected));
        }
        assert!(column(&"名".repeat(64)).unwrap().len() <= LONGEST_COLUMN);
        assert!(column("_partitiontime").unwrap_err().contains("_PARTITION"));
    }

    #[test]
    fn tables() {
        assert_eq!(table("orders").as_deref(), Ok("orders"));
        assert_eq!(table("a.b$20240101`").as_deref(), Ok("a_b_20240101_"));
        assert_eq!(table("größe-2").as_deref(), Ok("größe-2"));
    }

    #[test]
    fn names_that_differ_only_in_case_collide() {
        assert_eq!(collision([("a", "a"), ("b", "b")]), None);
        assert_eq!(collision([("a b", "a_b"), ("A.B", "A_B")]), Some(("a b", "A.B", "A_B")));
    }
}
