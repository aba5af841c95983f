//! The settings of the destination that are set after the load, in parts. If BigQuery refuses one part, the others are still set.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bigquery::types::patch::{Change, TablePatch};
use crate::bigquery::types::schema::Field;
use crate::bigquery::types::table::{Table, TableConstraints};
use crate::plan::comments::Labels;

/// One part: one call to BigQuery.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostLoadPatch {
    /// Properties of the table.
    #[serde(flatten)]
    pub patch: TablePatch,
    /// Column descriptions that the load job does not write.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub column_descriptions: BTreeMap<String, String>,
}

/// The settings that the table should have.
pub(super) struct Wanted<'a> {
    pub(super) description: &'a str,
    /// The labels of the table and of this program.
    pub(super) labels: Labels,
    pub(super) constraints: TableConstraints,
    /// The columns with their descriptions.
    pub(super) fields: &'a [Field],
}

/// After a load that created the table or replaced its columns. The job has written the column descriptions, and BigQuery has
/// dropped the keys. Foreign keys are set last, because BigQuery refuses them while the referenced table has no primary key.
pub(super) fn after_new_columns(wanted: Wanted<'_>, existing: Option<&Table>) -> Vec<PostLoadPatch> {
    let had_description = existing.is_some_and(|table| !table.description.is_empty());
    let settings = TablePatch {
        description: match wanted.description {
            "" if had_description => Change::Delete,
            "" => Change::None,
            description => Change::Set(description.to_owned()),
        },
        labels: wanted.labels,
        expiration_time: existing.and_then(|table| table.expiration_time),
        require_partition_filter: existing.and_then(|table| table.require_partition_filter.then_some(true)),
        ..TablePatch::default()
    };
    let primary_key = TableConstraints { foreign_keys: Vec::new(), ..wanted.constraints.clone() };
    let keys = [primary_key.clone(), wanted.constraints];
    let mut parts = vec![settings, constraints(keys[0].clone())];
    if keys[0] != keys[1] {
        parts.push(constraints(keys[1].clone()));
    }
    parts.into_iter().map(PostLoadPatch::from).filter(|part| !part.settings().is_empty()).collect()
}

/// After a load that preserved the columns, or only added some: sets only what differs. The label that marks the descriptions as
/// MySQL's is set in the same call as the descriptions.
pub(super) fn after_new_rows(wanted: Wanted<'_>, existing: &Table) -> Vec<PostLoadPatch> {
    let description_of = |name: &str| existing.field(name).and_then(|field| field.description.as_deref());
    let changed = wanted.fields.iter().filter_map(|field| {
        let description = field.description.as_deref().unwrap_or_default();
        let current = description_of(&field.name).unwrap_or_default();
        (current != description).then(|| (field.name.clone(), description.to_owned()))
    });
    let patch = TablePatch {
        description: match wanted.description {
            same if same == existing.description => Change::None,
            "" => Change::Delete,
            description => Change::Set(description.to_owned()),
        },
        labels: wanted
            .labels
            .into_iter()
            .filter(|(label, value)| existing.labels.get(label) != value.as_ref())
            .collect(),
        // The job sends the partitioning, which resets this setting.
        require_partition_filter: existing.require_partition_filter.then_some(true),
        ..TablePatch::default()
    };
    let mut parts = vec![PostLoadPatch { patch, column_descriptions: changed.collect() }];
    if wanted.constraints != existing.table_constraints {
        // Both kinds of keys in one call: it is not documented that a patch of one preserves the other.
        parts.push(constraints(wanted.constraints).into());
    }
    parts.retain(|part| !part.settings().is_empty());
    parts
}

fn constraints(constraints: TableConstraints) -> TablePatch {
    let constraints = Some(constraints).filter(|constraints| *constraints != TableConstraints::default());
    TablePatch { table_constraints: constraints, ..TablePatch::default() }
}

impl From<TablePatch> for PostLoadPatch {
    fn from(patch: TablePatch) -> Self {
        Self { patch, column_descriptions: BTreeMap::new() }
    }
}

impl PostLoadPatch {
    /// The names of the settings that it changes, for logs and errors.
    pub fn settings(&self) -> Vec<&'static str> {
        let columns = (!self.column_descriptions.is_empty()).then_some("column descriptions");
        self.patch.settings().into_iter().chain(columns).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn table(value: Value) -> Table {
        serde_json::from_value(value).unwrap()
    }

    fn parts(patches: &[PostLoadPatch]) -> Vec<String> {
        patches.iter().map(|part| part.settings().join(", ")).collect()
    }

    fn keys() -> Value {
        json!({
            "primaryKey": {"columns": ["id"]},
            "foreignKeys": [{"name": "f", "columnReferences": [{"referencingColumn": "a", "referencedColumn": "b"}]}],
        })
    }

    #[test]
    fn keys_are_separate_parts_and_foreign_keys_come_last() {
        let existing =
            table(json!({"expirationTime": "5", "requirePartitionFilter": true, "labels": {"team": "shop"}}));
        let wanted = Wanted {
            description: "d",
            labels: Labels::from([("team".into(), Some("shop".into()))]),
            constraints: serde_json::from_value(keys()).unwrap(),
            fields: &[],
        };
        let patches = after_new_columns(wanted, Some(&existing));
        let settings = "description, labels, expiration, required partition filter";
        assert_eq!(parts(&patches), [settings, "primary key", "primary key, foreign keys"]);
    }

    #[test]
    fn unchanged_settings_are_not_set_again() {
        let existing = table(json!({
            "description": "d", "labels": {"team": "shop"}, "expirationTime": "5", "tableConstraints": keys(),
            "schema": {"fields": [{"name": "ID", "type": "INTEGER", "description": "the key"}, {"name": "n", "type": "STRING"}]},
        }));
        let field = |name: &str, description: &str| Field {
            name: name.into(),
            description: Some(description.into()),
            ..Field::default()
        };
        fn wanted<'a>(description: &'a str, fields: &'a [Field], existing: &Table) -> Wanted<'a> {
            let labels = Labels::from([("team".into(), Some("shop".into()))]);
            Wanted { description, labels, constraints: existing.table_constraints.clone(), fields }
        }
        let same = [field("id", "the key"), field("n", "")];
        assert!(after_new_rows(wanted("d", &same, &existing), &existing).is_empty());
        let other = [field("id", ""), field("n", "new"), field("more", "m")];
        let changed = after_new_rows(wanted("", &other, &existing), &existing);
        let patch = json!([{"description": null, "columnDescriptions": {"id": "", "more": "m", "n": "new"}}]);
        assert_eq!(serde_json::to_value(changed).unwrap(), patch);
        let other_key = Wanted { constraints: TableConstraints::default(), ..wanted("d", &[], &existing) };
        assert!(after_new_rows(other_key, &existing).is_empty(), "a patch cannot remove a key");
    }
}
