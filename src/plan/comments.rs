//! Which of the destination's descriptions are ours: a label of the table says what the last sync wrote there.
//!
//! Without it, a description that differs from MySQL's comment could be one that somebody wrote by hand, or MySQL's comment of
//! yesterday.

use std::collections::BTreeMap;

use crate::bigquery::types::schema::Field;
use crate::bigquery::types::table::Table;

/// The label. Its value is a checksum of all descriptions, when all of them were MySQL's.
pub(super) const LABEL: &str = "mysql_comments";

/// Labels of a patch: `None` ends one.
pub(super) type Labels = BTreeMap<String, Option<String>>;

/// Whether nobody changed a description since the last sync wrote all of them.
pub(super) fn are_ours(existing: &Table) -> bool {
    let is = checksum(&existing.description, existing.fields());
    is.is_some() && existing.labels.get(LABEL) == is.as_ref()
}

/// The labels that the table is to have: its own, and ours where all descriptions are MySQL's.
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

/// `None` where nothing is described. Names are told apart as BigQuery does, and their order is nobody's comment.
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
    // Of texts alone: writing them as JSON cannot fail.
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
        assert!(!are_ours(&existing("", "", &Labels::new())), "an empty table has nothing of ours");
    }

    #[test]
    fn the_checksum_of_tables_that_are_there_stays_the_same() {
        let written = labels(None, "All \"of\" them", &[field("Id", "the key"), field("n", "größe")], true);
        assert_eq!(written[LABEL].as_deref(), Some("19e9c04c"));
    }

    #[test]
    fn labels_of_others_stay() {
        let others = Labels::from([("team".to_owned(), Some("shop".to_owned()))]);
        assert_eq!(labels(Some(&existing("x", "", &others)), "x", &[], false), others);
        let both = labels(Some(&existing("x", "", &others)), "x", &[], true);
        assert_eq!((both.len(), both["team"].as_deref()), (2, Some("shop")));
        let given_up = labels(Some(&existing("x", "", &both)), "x", &[], false);
        assert_eq!(given_up[LABEL], None);
        assert_eq!(labels(None, "", &[], true), Labels::new());
    }
}
