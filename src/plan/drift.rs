//! Schema drift: how the destination's columns differ from the source's.

use std::fmt;

use serde::Serialize;

use crate::bigquery::types::schema::{Field, Mode};
use crate::bigquery::types::table::Table;

/// The differences, by column name in BigQuery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// Columns that the destination lacks.
    pub added: Vec<String>,
    /// Columns that the source no longer has.
    pub dropped: Vec<String>,
    /// Columns whose type changes.
    pub retyped: Vec<Retyped>,
    /// Columns with the same type and position but another name.
    pub renamed: Vec<Renamed>,
}

/// A column whose type changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retyped {
    /// Its name.
    pub column: String,
    /// The current type.
    pub from: String,
    /// The new type.
    pub to: String,
}

/// A column whose name changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// The current name.
    pub from: String,
    /// The new name.
    pub to: String,
}

impl Drift {
    /// Compares the destination with the new columns, given as names and BigQuery types.
    pub(super) fn between(existing: &Table, columns: &[(&str, &str)]) -> Self {
        let mut drift = Self::default();
        let has_name = |field: &Field, name: &str| field.name.eq_ignore_ascii_case(name);
        let known = |name: &str| existing.field(name).is_some();
        let survives = |field: &Field| columns.iter().any(|(name, _)| has_name(field, name));
        // A column counts as renamed if it follows the same column as before and has the same type.
        let mut renamed_from: Vec<&str> = Vec::new();
        let mut before: Option<&str> = None;
        for (name, kind) in columns {
            if let Some(field) = existing.field(name) {
                if standard_type(field) != *kind {
                    let (from, to) = (standard_type(field), (*kind).to_owned());
                    drift.retyped.push(Retyped { column: field.name.clone(), from, to });
                }
                before = Some(&field.name);
                continue;
            }
            // BigQuery has columns that were added later at its end, so skip columns that still exist.
            let after = before.and_then(|before| existing.fields().iter().position(|field| field.name == before));
            let behind = existing.fields().iter().skip(after.map_or(0, |at| at + 1));
            let there = behind.into_iter().find(|field| !survives(field) && !renamed_from.contains(&&*field.name));
            match there.filter(|field| standard_type(field) == *kind) {
                Some(field) => {
                    drift.renamed.push(Renamed { from: field.name.clone(), to: (*name).to_owned() });
                    renamed_from.push(&field.name);
                    before = Some(&field.name);
                }
                None => drift.added.push((*name).to_owned()),
            }
            debug_assert!(!known(name));
        }
        let dropped =
            existing.fields().iter().filter(|field| !survives(field) && !renamed_from.contains(&&*field.name));
        drift.dropped = dropped.map(|field| field.name.clone()).collect();
        drift
    }

    /// Whether the columns are the same.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the only differences are new columns.
    pub(super) fn only_adds(&self) -> bool {
        Self { added: Vec::new(), ..self.clone() }.is_empty()
    }

    /// The destination's current name of the column that will be `name`.
    pub(super) fn former_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.renamed.iter().find(|renamed| renamed.to == name).map_or(name, |renamed| &renamed.from)
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retyped = self.retyped.iter().map(|c| format!("{} ({} to {})", c.column, c.from, c.to)).collect();
        let renamed = self.renamed.iter().map(|c| format!("{} to {}", c.from, c.to)).collect();
        let kinds: [(&str, Vec<String>); 4] = [
            ("added", self.added.clone()),
            ("dropped", self.dropped.clone()),
            ("retyped", retyped),
            ("renamed", renamed),
        ];
        let parts: Vec<String> = kinds
            .into_iter()
            .filter(|(_, columns)| !columns.is_empty())
            .map(|(kind, columns)| format!("{kind} {}", columns.join(", ")))
            .collect();
        formatter.write_str(&parts.join("; "))
    }
}

/// The column's type in standard SQL. A length or precision is part of the type, because it limits the values.
fn standard_type(field: &Field) -> String {
    let declared = [field.max_length, field.precision, field.scale].into_iter().flatten();
    let declared: Vec<String> = declared.map(|number| number.to_string()).collect();
    let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
    let kind = standard_name(&field.kind).to_owned() + &declared;
    if field.mode == Mode::Repeated { format!("ARRAY<{kind}>") } else { kind }
}

/// The standard SQL name of a type; the API has an older name for some. Source: "TableFieldSchema", REST reference.
pub(super) fn standard_name(kind: &str) -> &str {
    match kind {
        "INTEGER" => "INT64",
        "FLOAT" => "FLOAT64",
        "BOOLEAN" => "BOOL",
        "RECORD" => "STRUCT",
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigquery::types::schema::TableSchema;

    fn table(fields: Vec<Field>) -> Table {
        Table { schema: TableSchema { fields }, ..Table::default() }
    }

    fn field(name: &str, kind: &str) -> Field {
        Field { name: name.into(), kind: kind.into(), ..Field::default() }
    }

    fn drift(existing: &[(&str, &str)], columns: &[(&str, &str)]) -> String {
        let existing = table(existing.iter().map(|(name, kind)| field(name, kind)).collect());
        Drift::between(&existing, columns).to_string()
    }

    #[test]
    fn a_length_or_precision_is_part_of_the_type() {
        let existing = table(vec![
            Field { max_length: Some(10), ..field("s", "STRING") },
            Field { precision: Some(10), scale: Some(2), ..field("n", "NUMERIC") },
        ]);
        let drift = Drift::between(&existing, &[("s", "STRING"), ("n", "NUMERIC")]);
        assert_eq!(drift.to_string(), "retyped s (STRING(10) to STRING), n (NUMERIC(10, 2) to NUMERIC)");
    }

    #[test]
    fn differences() {
        let old = [("id", "INTEGER"), ("Name", "STRING"), ("at", "TIMESTAMP")];
        assert_eq!(drift(&old, &[("id", "INT64"), ("name", "STRING"), ("at", "TIMESTAMP")]), "");
        assert_eq!(drift(&old, &[("at", "TIMESTAMP"), ("id", "INT64"), ("name", "STRING")]), "");
        assert_eq!(drift(&old, &[("id", "INT64"), ("at", "TIMESTAMP")]), "dropped Name");
        assert_eq!(
            drift(&old, &[("id", "NUMERIC"), ("name", "STRING"), ("n", "INT64"), ("at", "TIMESTAMP")]),
            "added n; retyped id (INT64 to NUMERIC)"
        );
        assert_eq!(
            drift(&old, &[("id", "INT64"), ("full_name", "STRING"), ("at", "TIMESTAMP")]),
            "renamed Name to full_name"
        );
        assert_eq!(
            drift(&old, &[("key", "INT64"), ("full_name", "STRING"), ("at", "TIMESTAMP"), ("x", "BYTES")]),
            "added x; renamed id to key, Name to full_name"
        );
        assert_eq!(drift(&old, &[("id", "INT64"), ("n", "INT64"), ("at", "TIMESTAMP")]), "added n; dropped Name");
        // The source has the column in the middle, and the destination at its end.
        assert_eq!(drift(&old, &[("id", "INT64"), ("time", "TIMESTAMP"), ("name", "STRING")]), "renamed at to time");
    }
}
