//! Which of the destination's descriptions are ours: a label of the table says what the last sync wrote there.
//!
//! Without it, a description that differs from MySQL's comment could be one that somebody wrote by hand, or MySQL's comment of
//! yesterday.

use serde_json::{Map, Value, json};

use crate::bigquery::tables::Existing;

/// The label. Its value is a checksum of all descriptions, when all of them were MySQL's.
pub(super) const LABEL: &str = "mysql_comments";

/// Whether nobody changed a description since the last sync wrote all of them.
pub(super) fn are_ours(existing: &Existing) -> bool {
    let columns = existing.fields().iter().map(|field| (&*field.name, &*field.description));
    let is = checksum(&existing.description, columns);
    is.is_some() && existing.labels.get(LABEL).and_then(Value::as_str) == is.as_deref()
}

/// The labels that the table is to have: its own, and ours where all descriptions are MySQL's. `None` where none is to be set.
pub(super) fn labels(
    existing: Option<&Existing>,
    table: &str,
    fields: &[Value],
    all_ours: bool,
) -> Option<Map<String, Value>> {
    let mut labels = existing.map(|existing| existing.labels.clone()).unwrap_or_default();
    let text = |field: &Value, key: &str| field[key].as_str().unwrap_or_default().to_owned();
    let columns: Vec<(String, String)> =
        fields.iter().map(|field| (text(field, "name"), text(field, "description"))).collect();
    let columns = columns.iter().map(|(name, description)| (&**name, &**description));
    match checksum(table, columns).filter(|_| all_ours) {
        Some(checksum) => labels.insert(LABEL.into(), checksum.into()),
        // To a patch, null is an end.
        None if labels.contains_key(LABEL) => labels.insert(LABEL.into(), json!(null)),
        None => None,
    };
    (!labels.is_empty()).then_some(labels)
}

/// `None` where nothing is described. Names are told apart as BigQuery does, and their order is nobody's comment.
fn checksum<'a>(table: &str, columns: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let described = columns.filter(|(_, description)| !description.is_empty());
    let mut columns: Vec<(String, &str)> =
        described.map(|(name, description)| (name.to_ascii_lowercase(), description)).collect();
    columns.sort_unstable();
    let text = json!([table, columns]).to_string();
    (!table.is_empty() || !columns.is_empty()).then(|| format!("{:08x}", crc32fast::hash(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn existing(description: &str, of_column: &str, labels: &Map<String, Value>) -> Existing {
        let fields =
            json!([{"name": "Id", "type": "INTEGER", "description": of_column}, {"name": "n", "type": "STRING"}]);
        serde_json::from_value(json!({"description": description, "labels": labels, "schema": {"fields": fields}}))
            .unwrap()
    }

    #[test]
    fn descriptions_are_ours_until_somebody_changes_one() {
        let fields = [json!({"name": "n"}), json!({"name": "id", "description": "the key"})];
        let written = labels(None, "ours", &fields, true).unwrap();
        assert!(are_ours(&existing("ours", "the key", &written)));
        assert!(!are_ours(&existing("by hand", "the key", &written)));
        assert!(!are_ours(&existing("ours", "", &written)));
        assert!(!are_ours(&existing("ours", "the key", &Map::new())));
        assert!(!are_ours(&existing("", "", &Map::new())), "an empty table has nothing of ours");
    }

    #[test]
    fn labels_of_others_stay() {
        let others = Map::from_iter([("team".to_owned(), json!("shop"))]);
        assert_eq!(labels(Some(&existing("x", "", &others)), "x", &[], false), Some(others.clone()));
        let both = labels(Some(&existing("x", "", &others)), "x", &[], true).unwrap();
        assert_eq!((both.len(), &both["team"]), (2, &json!("shop")));
        let given_up = labels(Some(&existing("x", "", &both)), "x", &[], false).unwrap();
        assert_eq!(given_up[LABEL], Value::Null);
        assert_eq!(labels(None, "", &[], true), None);
    }
}
