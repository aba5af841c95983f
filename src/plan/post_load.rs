//! The settings of the destination that are set before and after the load, in parts. If BigQuery refuses one part after the load, the
//! others are still set.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::bigquery::types::patch::{Change, TablePatch};
use crate::bigquery::types::schema::Field;
use crate::bigquery::types::table::{Table, TableConstraints};
use crate::plan::comments::Labels;
use crate::plan::remembered;

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
    /// The labels that remember the foreign keys while they are not set.
    pub(super) remembered: Labels,
    /// The columns with their descriptions.
    pub(super) fields: &'a [Field],
}

/// Before a load that replaces the columns: remembers the foreign keys, which the load drops. If the program is killed right after the
/// load, the next attempt or run finds them.
pub(super) fn before_new_columns(wanted: &Wanted<'_>, existing: &Table) -> Option<TablePatch> {
    let changes = |(label, value): &(&String, &Option<String>)| existing.labels.get(*label) != value.as_ref();
    let labels: Labels = wanted.remembered.iter().filter(changes).map(|(l, v)| (l.clone(), v.clone())).collect();
    (!labels.is_empty()).then(|| TablePatch { labels, ..TablePatch::default() })
}

/// After a load that created the table or replaced its columns. The job was sent the column descriptions, and BigQuery has
/// dropped the keys. Foreign keys are set last, because BigQuery refuses them while the referenced table has no primary key.
pub(super) fn after_new_columns(wanted: Wanted<'_>, existing: Option<&Table>) -> Vec<PostLoadPatch> {
    let mut labels = wanted.labels;
    labels.extend(existing.map(remembered::none).unwrap_or_default());
    labels.extend(wanted.remembered.clone());
    let had_description = existing.is_some_and(|table| !table.description.is_empty());
    let settings = TablePatch {
        description: match wanted.description {
            "" if had_description => Change::Delete,
            "" => Change::None,
            description => Change::Set(description.to_owned()),
        },
        labels,
        expiration_time: existing.and_then(|table| table.expiration_time),
        require_partition_filter: existing.and_then(|table| table.require_partition_filter.then_some(true)),
        ..TablePatch::default()
    };
    let primary_key = TableConstraints { foreign_keys: Vec::new(), ..wanted.constraints.clone() };
    let mut parts = vec![settings, constraints(primary_key.clone())];
    if primary_key != wanted.constraints {
        let labels = wanted.remembered.into_keys().map(|label| (label, None)).collect();
        parts.push(TablePatch { labels, ..constraints(wanted.constraints) });
    }
    parts.into_iter().map(PostLoadPatch::from).filter(|part| *part != PostLoadPatch::default()).collect()
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
    let current = &existing.table_constraints;
    let TableConstraints { primary_key, foreign_keys } = &wanted.constraints;
    // A patch cannot remove a key.
    let sets_primary_key = primary_key.is_some() && *primary_key != current.primary_key;
    let sets_foreign_keys = !foreign_keys.is_empty() && *foreign_keys != current.foreign_keys;
    let mut settings = TablePatch {
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
    if !sets_foreign_keys {
        settings.labels.extend(remembered::none(existing));
    }
    let mut parts = vec![PostLoadPatch { patch: settings, column_descriptions: changed.collect() }];
    // Each call has both kinds of keys: it is not documented that a patch of one preserves the other.
    if sets_primary_key {
        let foreign_keys = current.foreign_keys.clone();
        parts.push(constraints(TableConstraints { foreign_keys, ..wanted.constraints.clone() }).into());
    }
    if sets_foreign_keys {
        parts.push(TablePatch { labels: remembered::none(existing), ..constraints(wanted.constraints) }.into());
    }
    parts.retain(|part| *part != PostLoadPatch::default());
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
        // The labels that remember foreign keys are a part of setting the keys.
        let labels = self.patch.labels.keys().any(|label| !label.starts_with(remembered::PREFIX));
        self.patch.settings().into_iter().filter(|setting| *setting != "labels" || labels).chain(columns).collect()
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

    fn label(name: &str, value: Option<&str>) -> Labels {
        Labels::from([(name.to_owned(), value.map(str::to_owned))])
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
            remembered: label("mysql_foreign_keys_0", Some("00")),
            fields: &[],
        };
        let first = before_new_columns(&wanted, &existing).unwrap();
        assert_eq!(serde_json::to_value(first).unwrap(), json!({"labels": {"mysql_foreign_keys_0": "00"}}));
        let patches = after_new_columns(wanted, Some(&existing));
        let settings = "description, labels, expiration, required partition filter";
        assert_eq!(parts(&patches), [settings, "primary key", "primary key, foreign keys"]);
        let labels: Vec<_> = patches.iter().map(|part| part.patch.labels.get("mysql_foreign_keys_0")).collect();
        assert_eq!(labels, [Some(&Some("00".to_owned())), None, Some(&None)], "forgotten when they are set");
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
            let constraints = existing.table_constraints.clone();
            Wanted { description, labels, constraints, remembered: Labels::new(), fields }
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

    #[test]
    fn remembered_foreign_keys_are_forgotten_when_they_are_set() {
        let constraints: TableConstraints = serde_json::from_value(keys()).unwrap();
        let only_primary = TableConstraints { foreign_keys: Vec::new(), ..constraints.clone() };
        let after = |table_constraints: &TableConstraints| {
            let labels = [("mysql_foreign_keys_0".to_owned(), "00".to_owned())].into();
            let existing = Table { labels, table_constraints: table_constraints.clone(), ..Table::default() };
            let (remembered, labels) = (Labels::new(), label("mysql_foreign_keys_0", Some("00")));
            let wanted = Wanted { description: "", labels, constraints: constraints.clone(), remembered, fields: &[] };
            serde_json::to_value(after_new_rows(wanted, &existing)).unwrap()
        };
        let forget = json!({"mysql_foreign_keys_0": null});
        assert_eq!(after(&constraints), json!([{"labels": forget}]), "nothing else is left to do");
        assert_eq!(after(&only_primary), json!([{"labels": forget, "tableConstraints": keys()}]));
        let none = TableConstraints::default();
        let primary_key = json!({"tableConstraints": {"primaryKey": {"columns": ["id"]}}});
        assert_eq!(after(&none), json!([primary_key, {"labels": forget, "tableConstraints": keys()}]));
    }
}
