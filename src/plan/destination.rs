//! The destination's schema: the source's columns, with what people made of the table that is replaced.

use gcp_bigquery_client::model::field_type::FieldType;
use serde_json::{Map, Value, json};

use super::Drift;
use super::comments;
use super::drift::standard_name;
use crate::bigquery::tables::Existing;
use crate::mapping::types::BigQueryType;
use crate::mapping::{MappedColumn, Mapping, VALUES};
use crate::mysql::catalog::Table;

/// What of a column is sent again as it stands: `WRITE_TRUNCATE` drops what the job's schema does not carry.
/// Source: "TableFieldSchema", REST reference.
const KEPT_OF_COLUMNS: &[&str] = &["policyTags", "dataPolicies", "defaultValueExpression", "collation", "roundingMode"];
/// Those that stand on the column's type.
const KEPT_OF_A_TYPE: &[&str] = &["defaultValueExpression", "collation", "roundingMode"];

/// BigQuery's limit ("Use primary and foreign keys").
const MOST_KEY_COLUMNS: usize = 16;

/// The schema's part of the load job, what follows it, and what stays of the destination's.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) load: Map<String, Value>,
    pub(super) afterwards: Option<Value>,
    pub(super) drift: Drift,
    pub(super) kept: Vec<String>,
}

pub(super) fn of(table: &Table, mapping: &Mapping, existing: Option<&Existing>) -> Result<Target, String> {
    let schema = serde_json::to_value(mapping.bigquery_schema()).map_err(|error| error.to_string())?;
    let fields = schema.get("fields").and_then(Value::as_array);
    let mut fields = fields.cloned().unwrap_or_default();
    let mut target = Target::default();
    // Then they follow MySQL's comments.
    let were_ours = existing.is_some_and(comments::are_ours);
    let mut are_ours = true;
    if let Some(existing) = existing {
        if !matches!(&*existing.kind, "" | "TABLE") {
            return Err(format!(
                "the destination is a {} in BigQuery, not a table: give the table another \"destination\" in TABLES",
                existing.kind
            ));
        }
        let columns: Vec<(String, String)> =
            mapping.columns.iter().map(|column| (column.field.clone(), standard_type(column))).collect();
        let columns: Vec<(&str, &str)> = columns.iter().map(|(name, kind)| (&**name, &**kind)).collect();
        target.drift = Drift::between(existing, &columns);
        for field in &mut fields {
            keep(field, existing, &target.drift, &mut target.kept);
            are_ours &= were_ours || !keep_description(field, existing, &target.drift, &mut target.kept);
        }
        if existing.has_row_policies {
            keep_row_policies(&mut fields, existing, &mut target)?;
        }
        if let Some(key) = &existing.encryption_configuration {
            target.load.insert("destinationEncryptionConfiguration".into(), key.clone());
            target.kept.push("KMS key".into());
        }
    }
    target.load.entry("writeDisposition").or_insert_with(|| json!("WRITE_TRUNCATE"));
    let by_hand = existing.map(|existing| &*existing.description).filter(|by_hand| !were_ours && !by_hand.is_empty());
    let description = by_hand.unwrap_or(&table.comment);
    are_ours &= description == table.comment;
    let mut properties = afterwards(table, mapping, existing, &mut target.kept);
    if by_hand.is_some_and(|by_hand| by_hand != table.comment) {
        target.kept.push("the table's description".into());
    }
    if !description.is_empty() {
        properties.insert("description".into(), description.into());
    } else if existing.is_some_and(|existing| !existing.description.is_empty()) {
        properties.insert("description".into(), Value::Null);
    }
    if let Some(labels) = comments::labels(existing, description, &fields, are_ours) {
        properties.insert("labels".into(), labels.into());
    }
    target.load.insert("schema".into(), json!({"fields": fields}));
    target.afterwards = (!properties.is_empty()).then_some(Value::Object(properties));
    Ok(target)
}

/// What was set on the column by hand.
fn keep(field: &mut Value, existing: &Existing, drift: &Drift, kept: &mut Vec<String>) {
    let name = field["name"].as_str().unwrap_or_default().to_owned();
    // A renamed column of the same type is the same column: nobody may lose its policy tags by renaming it.
    let Some(was) = existing.field(drift.former_name(&name)) else { return };
    let kind = field["type"].as_str().unwrap_or_default();
    let same_type = was.mode != "REPEATED" && standard_name(&was.kind) == standard_name(kind);
    for key in KEPT_OF_COLUMNS {
        let Some(value) = was.rest.get(*key) else { continue };
        if KEPT_OF_A_TYPE.contains(key) && !same_type {
            continue;
        }
        field[*key] = value.clone();
        kept.push(format!("{key} of {name}"));
    }
}

/// True where somebody described the column by hand; that stays.
fn keep_description(field: &mut Value, existing: &Existing, drift: &Drift, kept: &mut Vec<String>) -> bool {
    let name = field["name"].as_str().unwrap_or_default().to_owned();
    let Some(was) = existing.field(drift.former_name(&name)) else { return false };
    let ours = field["description"].as_str().unwrap_or_default();
    let comment = comment_of(&was.description);
    let by_hand = !comment.is_empty() && comment != comment_of(ours);
    if by_hand {
        field["description"] = was.description.clone().into();
        kept.push(format!("description of {name}"));
    }
    by_hand
}

/// A description without the list of an ENUM's values, which is ours and may change.
fn comment_of(description: &str) -> &str {
    description.split_once(VALUES).map_or(description, |(comment, _)| comment).trim_end()
}

/// Only `WRITE_TRUNCATE_DATA` lets row access policies live; it changes no column, but may add and relax some.
/// Source: "JobConfigurationLoad", `writeDisposition` and `schemaUpdateOptions`.
fn keep_row_policies(fields: &mut [Value], existing: &Existing, target: &mut Target) -> Result<(), String> {
    if !target.drift.only_adds() {
        return Err(format!(
            "the table in BigQuery has row access policies, which stay only as long as its columns do, and the columns \
             differ: {}. Nothing was written. Change the table in BigQuery (ALTER TABLE … DROP COLUMN, RENAME COLUMN, SET \
             DATA TYPE), or drop its row access policies, run again, and create them anew",
            target.drift
        ));
    }
    let mut options = Vec::new();
    for field in fields {
        let required = field["mode"] == "REQUIRED";
        let name = field["name"].as_str().unwrap_or_default();
        match existing.field(name).map(|was| was.mode == "REQUIRED") {
            Some(true) if !required && !options.contains(&"ALLOW_FIELD_RELAXATION") => {
                options.push("ALLOW_FIELD_RELAXATION");
            }
            Some(false) => field["mode"] = "NULLABLE".into(),
            Some(true) => {}
            None => {
                field["mode"] = "NULLABLE".into();
                if !options.contains(&"ALLOW_FIELD_ADDITION") {
                    options.push("ALLOW_FIELD_ADDITION");
                }
            }
        }
    }
    target.load.insert("writeDisposition".into(), json!("WRITE_TRUNCATE_DATA"));
    if !options.is_empty() {
        target.load.insert("schemaUpdateOptions".into(), json!(options));
    }
    target.kept.push("row access policies".into());
    Ok(())
}

/// Properties of the table for `tables.patch` after the load; descriptions and labels are not among them.
fn afterwards(
    table: &Table,
    mapping: &Mapping,
    existing: Option<&Existing>,
    kept: &mut Vec<String>,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut constraints = Map::new();
    let copied = |value: &Value, list: &str| {
        let columns = value[list].as_array().cloned().unwrap_or_default();
        let mut names = columns.iter().map(|column| column.as_str().or(column["referencingColumn"].as_str()));
        names.all(|name| mapping.columns.iter().any(|column| Some(&*column.field) == name))
    };
    if let Some(existing) = existing {
        if existing.labels.keys().any(|label| label != comments::LABEL) {
            kept.push("labels".into());
        }
        if let Some(expiration) = &existing.expiration_time {
            properties.insert("expirationTime".into(), expiration.clone().into());
            kept.push("expiration".into());
        }
        if existing.require_partition_filter {
            properties.insert("requirePartitionFilter".into(), true.into());
            kept.push("the partition filter that queries need".into());
        }
        if let Some(key) = existing.table_constraints.get("primaryKey").filter(|key| copied(key, "columns")) {
            constraints.insert("primaryKey".into(), key.clone());
        }
        let foreign = existing.table_constraints.get("foreignKeys").and_then(Value::as_array);
        let foreign: Vec<Value> =
            foreign.into_iter().flatten().filter(|key| copied(key, "columnReferences")).cloned().collect();
        if !foreign.is_empty() {
            constraints.insert("foreignKeys".into(), foreign.into());
            kept.push("foreign keys".into());
        }
    }
    if let Some(columns) = primary_key(table, mapping) {
        constraints.insert("primaryKey".into(), json!({"columns": columns}));
    }
    if !constraints.is_empty() {
        properties.insert("tableConstraints".into(), constraints.into());
    }
    properties
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

/// The column's BigQuery type by its standard name.
pub fn standard_type(column: &MappedColumn) -> String {
    let kind = serde_json::to_value(FieldType::from(column.target.field_type)).unwrap_or_default();
    standard_name(kind.as_str().unwrap_or_default()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_on_a_column_stays_as_long_as_its_type_can_have_it() {
        let set = json!({"policyTags": {"names": ["p"]}, "collation": "und:ci", "defaultValueExpression": "'x'"});
        let kept_of = |was: Value, is: &str| {
            let mut was = was;
            was.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
            let existing: Existing = serde_json::from_value(json!({"schema": {"fields": [was]}})).unwrap();
            let (mut field, mut kept) = (json!({"name": "c", "type": is}), Vec::new());
            keep(&mut field, &existing, &Drift::default(), &mut kept);
            kept.join(", ")
        };
        let all = "policyTags of c, defaultValueExpression of c, collation of c";
        assert_eq!(kept_of(json!({"name": "C", "type": "STRING"}), "STRING"), all);
        assert_eq!(kept_of(json!({"name": "c", "type": "STRING", "maxLength": "5"}), "STRING"), all);
        assert_eq!(kept_of(json!({"name": "c", "type": "STRING"}), "INTEGER"), "policyTags of c");
        assert_eq!(kept_of(json!({"name": "c", "type": "STRING", "mode": "REPEATED"}), "STRING"), "policyTags of c");
        assert_eq!(kept_of(json!({"name": "d", "type": "STRING"}), "STRING"), "");
    }
}
