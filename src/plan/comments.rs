//! Tells descriptions that a sync wrote from descriptions that somebody wrote by hand: a label of the table holds a checksum of all
//! descriptions that the last sync wrote.
//!
//! Without the label, a description that differs from MySQL's comment could be a manual change or an old comment.

use std::collections::BTreeMap;

use crate::bigquery::types::schema::Field;
use crate::bigquery::types::table::Table;

/// The label. Its value is a checksum of all descriptions; it is set only if all of them are MySQL's comments.
pub(super) const LABEL: &str = "mysql_comments";

/// Labels of a patch: `None` removes one.
pub(super) type Labels = BTreeMap<String, Option<String>>;

/// Whether all descriptions are still as the last sync wrote them.
pub(super) fn are_ours(existing: &Table) -> bool {
    let current = checksum(&existing.description, existing.fields());
    current.is_some() && existing.labels.get(LABEL) == current.as_ref()
}

/// The labels that the table should have: its current ones, and `LABEL` if all descriptions are MySQL's comments.
pub(super) fn labels(existing: Option<&Table>, table: &str, fields: &[Field], all_ours: bool) -> Labels {
    let own = existing.into_iter().flat_map(|existing| &existing.labels);
    let mut labels: Labels = own.map(|(label, value)| (label.clone(), Some(value.clone()))).collect();
    match checksum(table, fields).filter(|_| all_ours) {
        Some(checksum) => labels.insert(LABEL.into(), Some(checksum)),
        None if labels.contains_key(LABEL) => labels.insert(LABEL.into(), None),
        None => None,
    };
    labels
}

/// `None` without any description. Ignores the case of names, as BigQuery does, and the order of the columns.
fn checksum(table: &str, fields: &[Field]) -> Option<String> {
    let described = fields.iter().filter_map(|field| {
        let description = field.description.as_deref().filter(|description| !description.is_empty())?;
        Some((field.name.to_ascii_lowercase(), description))
    });
    let mut columns: Vec<(String, &str)> = described.collect();
    columns.sort_unstable();
    if table.is_empty() && columns.is_empty() {
        return None;
    }
    // Strings always serialize to JSON.
    let text = serde_json::to_string(&(table, columns)).unwrap_or_default();
    Some(format!("{:08x}", crc32fast::hash(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigquery::types::schema::TableSchema;

    fn field(name: &str, description: &str) -> Field {
        let description = Some(description.to_owned()).filter(|description| !description.is_empty());
        Field { name: name.into(), description, ..Field::default() }
    }

    fn existing(description: &str, of_column: &str, labels: &Labels) -> Table {
        let labels = labels.iter().filter_map(|(label, value)| Some((label.clone(), value.clone()?)));
        Table {
            description: description.into(),
            labels: labels.collect(),
            schema: TableSchema { fields: vec![field("Id", of_column), field("n", "")] },
            ..Table::default()
        }
    }

    #[test]
    fn descriptions_are_ours_until_somebody_changes_one() {
        let fields = [field("n", ""), field("id", "the key")];
        let written = labels(None, "ours", &fields, true);
        assert!(are_ours(&existing("ours", "the key", &written)));
        assert!(!are_ours(&existing("by hand", "the key", &written)));
        assert!(!are_ours(&existing("ours", "", &written)));
        assert!(!are_ours(&existing("ours", "the key", &Labels::new())));
        assert!(!are_ours(&existing("", "", &Labels::new())), "without descriptions, none are ours");
    }

    #[test]
    fn the_checksum_is_stable_across_versions() {
        let written = labels(None, "All \"of\" them", &[field("Id", "the key"), field("n", "größe")], true);
        assert_eq!(written[LABEL].as_deref(), Some("19e9c04c"));
    }

    #[test]
    fn other_labels_are_preserved() {
        let others = Labels::from([("team".to_owned(), Some("shop".to_owned()))]);
        assert_eq!(labels(Some(&existing("x", "", &others)), "x", &[], false), others);
        let both = labels(Some(&existing("x", "", &others)), "x", &[], true);
        assert_eq!((both.len(), both["team"].as_deref()), (2, Some("shop")));
        let removed = labels(Some(&existing("x", "", &both)), "x", &[], false);
        assert_eq!(removed[LABEL], None);
        assert_eq!(labels(None, "", &[], true), Labels::new());
    }
}
