//! The destination's schema: the source's columns, with what people made of the table that is replaced.

use crate::bigquery::tables::Existing;
use crate::bigquery::types::load::{SchemaUpdateOption, WriteDisposition};
use crate::bigquery::types::patch::{Change, TablePatch};
use crate::bigquery::types::schema::{Field, Mode};
use crate::bigquery::types::table::{EncryptionConfiguration, ForeignKey, PrimaryKey, TableConstraints};
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::{MappedColumn, Mapping, VALUES};
use crate::mysql::catalog::Table;
use crate::plan::comments;
use crate::plan::drift::{Drift, standard_name};

/// BigQuery's limit ("Use primary and foreign keys").
const MOST_KEY_COLUMNS: usize = 16;

/// The schema's part of the load job, what follows it, and what is preserved of the destination's.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) fields: Vec<Field>,
    pub(super) write_disposition: WriteDisposition,
    pub(super) schema_update_options: Vec<SchemaUpdateOption>,
    pub(super) encryption: Option<EncryptionConfiguration>,
    pub(super) post_load_patch: Vec<TablePatch>,
    pub(super) drift: Drift,
    pub(super) preserved: Vec<String>,
}

pub(super) fn of(table: &Table, mapping: &Mapping, existing: Option<&Existing>) -> Result<Target, String> {
    let mut target = Target {
        fields: mapping.fields(),
        write_disposition: WriteDisposition::WriteTruncate,
        schema_update_options: Vec::new(),
        encryption: None,
        post_load_patch: Vec::new(),
        drift: Drift::default(),
        preserved: Vec::new(),
    };
    // Then they follow MySQL's comments.
    let were_ours = existing.is_some_and(|existing| comments::are_ours(&existing.table));
    let mut are_ours = true;
    if let Some(existing) = existing {
        if !matches!(&*existing.table.kind, "" | "TABLE") {
            return Err(format!(
                "the destination is a {} in BigQuery, not a table: give the table another \"destination\" in TABLES",
                existing.table.kind
            ));
        }
        let columns: Vec<(&str, String)> =
            mapping.columns.iter().map(|column| (&*column.field, column.target.field_type.to_string())).collect();
        let columns: Vec<(&str, &str)> = columns.iter().map(|(name, kind)| (*name, &**kind)).collect();
        target.drift = Drift::between(&existing.table, &columns);
        for field in &mut target.fields {
            // A renamed column of the same type is the same column: nobody may lose its policy tags by renaming it.
            let Some(was) = existing.table.field(target.drift.former_name(&field.name)) else { continue };
            preserve(field, was, &mut target.preserved);
            are_ours &= were_ours || !preserve_description(field, was, &mut target.preserved);
        }
        if existing.has_row_policies {
            keep_row_policies(existing, &mut target)?;
        }
        target.encryption = existing.table.encryption_configuration.clone();
        if target.encryption.is_some() {
            target.preserved.push("KMS key".into());
        }
    }
    let by_hand =
        existing.map(|existing| &*existing.table.description).filter(|by_hand| !were_ours && !by_hand.is_empty());
    let description = by_hand.unwrap_or(&table.comment);
    are_ours &= description == table.comment;
    let mut patch = properties(existing, &mut target.preserved);
    patch.table_constraints = constraints(table, mapping, existing, &mut target.preserved);
    if by_hand.is_some_and(|by_hand| by_hand != table.comment) {
        target.preserved.push("the table's description".into());
    }
    if !description.is_empty() {
        patch.description = Change::Set(description.to_owned());
    } else if existing.is_some_and(|existing| !existing.table.description.is_empty()) {
        patch.description = Change::Delete;
    }
    patch.labels = comments::labels(existing.map(|existing| &existing.table), description, &target.fields, are_ours);
    if !patch.settings().is_empty() {
        target.post_load_patch.push(patch);
    }
    Ok(target)
}

/// What was set on the column by hand: `WRITE_TRUNCATE` drops what the job's schema does not carry. What is not known here is sent
/// again as it stands, as it may be a protection; where BigQuery does not take it back, the table stays as it was.
fn preserve(field: &mut Field, was: &Field, preserved: &mut Vec<String>) {
    for (key, value) in &was.rest {
        field.rest.insert(key.clone(), value.clone());
        preserved.push(format!("{key} of {}", field.name));
    }
    let same_type = was.mode != Mode::Repeated && standard_name(&was.kind) == standard_name(&field.kind);
    if !same_type {
        return;
    }
    field.default_value_expression = was.default_value_expression.clone();
    field.collation = was.collation.clone();
    field.rounding_mode = was.rounding_mode.clone();
    for (setting, value) in [
        ("defaultValueExpression", &field.default_value_expression),
        ("collation", &field.collation),
        ("roundingMode", &field.rounding_mode),
    ] {
        if value.is_some() {
            preserved.push(format!("{setting} of {}", field.name));
        }
    }
}

/// True where somebody described the column by hand; that is preserved.
fn preserve_description(field: &mut Field, was: &Field, preserved: &mut Vec<String>) -> bool {
    let comment = comment_of(was);
    let by_hand = !comment.is_empty() && comment != comment_of(field);
    if by_hand {
        field.description = was.description.clone();
        preserved.push(format!("description of {}", field.name));
    }
    by_hand
}

/// A description without the list of an ENUM's values, which is ours and may change.
fn comment_of(field: &Field) -> &str {
    let description = field.description.as_deref().unwrap_or_default();
    description.split_once(VALUES).map_or(description, |(comment, _)| comment).trim_end()
}

/// Only `WRITE_TRUNCATE_DATA` lets row access policies live; it changes no column, but may add and relax some.
/// Source: "JobConfigurationLoad", `writeDisposition` and `schemaUpdateOptions`.
fn keep_row_policies(existing: &Existing, target: &mut Target) -> Result<(), String> {
    if !target.drift.only_adds() {
        return Err(format!(
            "the table in BigQuery has row access policies, which stay only as long as its columns do, and the columns \
             differ: {}. Nothing was written. Change the table in BigQuery (ALTER TABLE … DROP COLUMN, RENAME COLUMN, SET \
             DATA TYPE), or drop its row access policies, run again, and create them anew",
            target.drift
        ));
    }
    let (mut adds, mut relaxes) = (false, false);
    for field in &mut target.fields {
        match existing.table.field(&field.name).map(|was| was.mode == Mode::Required) {
            Some(true) => relaxes |= field.mode != Mode::Required,
            Some(false) => field.mode = Mode::Nullable,
            None => {
                field.mode = Mode::Nullable;
                adds = true;
            }
        }
    }
    target.write_disposition = WriteDisposition::WriteTruncateData;
    let options = [(adds, SchemaUpdateOption::AllowFieldAddition), (relaxes, SchemaUpdateOption::AllowFieldRelaxation)];
    target.schema_update_options = options.into_iter().filter(|(is, _)| *is).map(|(_, option)| option).collect();
    target.preserved.push("row access policies".into());
    Ok(())
}

/// What a load job does not carry; descriptions, labels and keys are not among it.
fn properties(existing: Option<&Existing>, preserved: &mut Vec<String>) -> TablePatch {
    let mut patch = TablePatch::default();
    let Some(Existing { table, .. }) = existing else { return patch };
    if table.labels.keys().any(|label| label != comments::LABEL) {
        preserved.push("labels".into());
    }
    patch.expiration_time = table.expiration_time;
    if patch.expiration_time.is_some() {
        preserved.push("expiration".into());
    }
    if table.require_partition_filter {
        patch.require_partition_filter = Some(true);
        preserved.push("the partition filter that queries need".into());
    }
    patch
}

/// The source's primary key, or the destination's where that has none, and the destination's foreign keys, as far as their columns
/// are there.
fn constraints(
    table: &Table,
    mapping: &Mapping,
    existing: Option<&Existing>,
    preserved: &mut Vec<String>,
) -> Option<TableConstraints> {
    let copied = |name: &str| mapping.columns.iter().any(|column| column.field == name);
    let was = existing.map(|existing| existing.table.table_constraints.clone()).unwrap_or_default();
    let own_key = was.primary_key.filter(|key| key.columns.iter().all(|name| copied(name)));
    let source_key = primary_key(table, mapping).map(|columns| PrimaryKey { columns, ..PrimaryKey::default() });
    let all_copied = |key: &ForeignKey| key.column_references.iter().all(|column| copied(&column.referencing_column));
    let constraints = TableConstraints {
        primary_key: source_key.or(own_key),
        foreign_keys: was.foreign_keys.into_iter().filter(all_copied).collect(),
    };
    if !constraints.foreign_keys.is_empty() {
        preserved.push("foreign keys".into());
    }
    (constraints != TableConstraints::default()).then_some(constraints)
}

/// The source's primary key, where BigQuery can have it: all of it copied, never NULL, of types that a key may have.
/// Source: "Use primary and foreign keys".
fn primary_key(table: &Table, mapping: &Mapping) -> Option<Vec<String>> {
    let in_source = table.columns.iter().filter(|column| column.in_primary_key).count();
    let columns: Vec<&MappedColumn> = mapping.columns.iter().filter(|column| column.in_primary_key).collect();
    let can_be = |column: &&MappedColumn| {
        use BigQueryType as T;
        column.required && !matches!(column.target.field_type, T::Float64 | T::Time | T::Json | T::Geography)
    };
    let complete = !columns.is_empty() && columns.len() == in_source && columns.len() <= MOST_KEY_COLUMNS;
    (complete && columns.iter().all(can_be)).then(|| columns.iter().map(|column| column.field.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn field(value: Value) -> Field {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_was_set_on_a_column_is_preserved_as_long_as_its_type_can_have_it() {
        let set = json!({"policyTags": {"names": ["p"]}, "collation": "und:ci", "defaultValueExpression": "'x'"});
        let preserved_of = |mut was: Value, is: &str| {
            was.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
            let (mut column, mut preserved) = (field(json!({"name": "c", "type": is})), Vec::new());
            preserve(&mut column, &field(was), &mut preserved);
            assert_eq!(column.rest["policyTags"]["names"][0], "p");
            preserved.join(", ")
        };
        let all = "policyTags of c, defaultValueExpression of c, collation of c";
        assert_eq!(preserved_of(json!({"name": "C", "type": "STRING"}), "STRING"), all);
        assert_eq!(preserved_of(json!({"name": "c", "type": "STRING", "maxLength": "5"}), "STRING"), all);
        assert_eq!(preserved_of(json!({"name": "c", "type": "STRING"}), "INTEGER"), "policyTags of c");
        let repeated = json!({"name": "c", "type": "STRING", "mode": "REPEATED"});
        assert_eq!(preserved_of(repeated, "STRING"), "policyTags of c");
    }

    #[test]
    fn a_protection_that_is_not_known_here_is_preserved() {
        let was = json!({"name": "c", "type": "NUMERIC", "precision": "5", "scale": "2", "mode": "REQUIRED", "description": "d",
            "dataPolicyList": [{"dataPolicyName": "p"}], "dataGovernanceTagsInfo": {"t": "v"}, "protectionOfTomorrow": true});
        for kind in ["NUMERIC", "STRING"] {
            let (mut column, mut preserved) = (field(json!({"name": "c", "type": kind})), Vec::new());
            preserve(&mut column, &field(was.clone()), &mut preserved);
            let sent = json!({"name": "c", "type": kind, "mode": "NULLABLE", "dataPolicyList": [{"dataPolicyName": "p"}],
                "dataGovernanceTagsInfo": {"t": "v"}, "protectionOfTomorrow": true});
            assert_eq!(serde_json::to_value(column).unwrap(), sent, "what belongs to the type is the new type's");
            assert_eq!(preserved.len(), 3, "{preserved:?}");
        }
    }
}
