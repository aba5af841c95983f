//! Remembers foreign keys while they are not set: replacing the columns drops them, and BigQuery may refuse to set them again.
//!
//! The keys are JSON, compressed, in hex, in as many labels of the table as needed. The call that sets the keys removes the labels.

use std::io;

use crate::bigquery::types::table::{ForeignKey, Table};
use crate::plan::comments::Labels;

/// The labels are called this and a number from 0.
pub(super) const PREFIX: &str = "mysql_foreign_keys_";

/// BigQuery's limit on the value of a label, which may have lower-case letters and digits ("Introduction to labels").
const LONGEST_VALUE: usize = 63;
/// The same for the number of a table's labels.
const MOST_LABELS: usize = 64;
/// The keys are short, so the best compression costs nothing.
const LEVEL: i32 = 19;
/// More than the longest JSON that compresses to `MOST_LABELS` labels. The labels may hold anything.
const LONGEST_JSON: usize = 1 << 20;

/// The labels that remember these keys; none for no keys.
pub(super) fn labels(keys: &[ForeignKey]) -> io::Result<Labels> {
    if keys.is_empty() {
        return Ok(Labels::new());
    }
    let text = hex::encode(zstd::bulk::compress(&serde_json::to_vec(keys)?, LEVEL)?);
    let values = (0..text.len()).step_by(LONGEST_VALUE).map(|start| {
        let end = text.len().min(start + LONGEST_VALUE);
        text[start..end].to_owned()
    });
    Ok(values.enumerate().map(|(number, value)| (name(number), Some(value))).collect())
}

/// The keys that the table's labels remember; none if somebody changed the labels.
pub(super) fn foreign_keys(table: &Table) -> Vec<ForeignKey> {
    let values = (0..MOST_LABELS).map_while(|number| table.labels.get(&name(number)));
    let text: String = values.map(String::as_str).collect();
    let packed = hex::decode(text).unwrap_or_default();
    let json = zstd::bulk::decompress(&packed, LONGEST_JSON).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

/// Removes all such labels of the table.
pub(super) fn none(table: &Table) -> Labels {
    table.labels.keys().filter(|label| label.starts_with(PREFIX)).map(|label| (label.clone(), None)).collect()
}

fn name(number: usize) -> String {
    format!("{PREFIX}{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn keys(count: usize) -> Vec<ForeignKey> {
        let key = |number: usize| {
            serde_json::from_value(json!({
                "name": format!("to_{number}"),
                "referencedTable": {"projectId": "my-project", "datasetId": "shop", "tableId": format!("Größe {number}")},
                "columnReferences": [{"referencingColumn": format!("c{number}"), "referencedColumn": "id"}],
            }))
            .unwrap()
        };
        (0..count).map(key).collect()
    }

    fn remembering(labels: &Labels) -> Table {
        let labels = labels.iter().filter_map(|(label, value)| Some((label.clone(), value.clone()?)));
        Table { labels: labels.collect(), ..Table::default() }
    }

    #[test]
    fn labels_remember_keys() {
        for count in [0, 1, 2, 20, 100] {
            let (keys, labels) = (keys(count), labels(&keys(count)).unwrap());
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let fits = |text: &str| text.len() <= LONGEST_VALUE && text.chars().all(allowed);
            assert!(
                labels.iter().all(|(label, value)| fits(label) && value.as_deref().is_some_and(fits)),
                "{labels:?}"
            );
            assert!(labels.len() <= 32, "{count} keys need {} labels", labels.len());
            let table = remembering(&labels);
            assert_eq!(foreign_keys(&table), keys);
            assert_eq!(none(&table).len(), labels.len());
        }
    }

    #[test]
    fn labels_that_somebody_changed_remember_nothing() {
        let mut changed = labels(&keys(2)).unwrap();
        changed.insert(name(0), Some("00".into()));
        assert!(foreign_keys(&remembering(&changed)).is_empty());
        changed.insert(name(0), Some("not hex".into()));
        assert!(foreign_keys(&remembering(&changed)).is_empty());
        assert!(foreign_keys(&Table::default()).is_empty());
    }
}
