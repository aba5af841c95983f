//! The destination's new columns: the source's columns, with the settings that are preserved; and the write disposition.

use crate::bigquery::tables::{Existing, RowPolicies};
use crate::bigquery::types::load::{SchemaUpdateOption, WriteDisposition};
use crate::bigquery::types::schema::{Field, Mode};
use crate::bigquery::types::table::{EncryptionConfiguration, Table as ExistingTable, TableConstraints};
use crate::hints;
use crate::mapping::{Mapping, VALUES};
use crate::mysql::catalog::Table;
use crate::plan::drift::{Drift, standard_name};
use crate::plan::post_load::{PostLoadPatch, Wanted, after_new_columns, after_new_rows};
use crate::plan::{comments, keys};

/// The schema part of the load job, the patches after it, and the preserved settings.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) fields: Vec<Field>,
    pub(super) write_disposition: WriteDisposition,
    pub(super) schema_update_options: Vec<SchemaUpdateOption>,
    pub(super) encryption: Option<EncryptionConfiguration>,
    pub(super) post_load_patch: Vec<PostLoadPatch>,
    pub(super) drift: Drift,
    pub(super) preserved: Vec<String>,
}

pub(super) fn of(table: &Table, mapping: &Mapping, existing: Option<&Existing>) -> Result<Target, String> {
    match existing {
        Some(existing) => replaced(table, mapping, existing),
        None => Ok(new(table, mapping)),
    }
}

fn new(table: &Table, mapping: &Mapping) -> Target {
    let fields = mapping.fields();
    let wanted = Wanted {
        description: &table.comment,
        labels: comments::labels(None, &table.comment, &fields, true),
        constraints: keys::of(table, mapping, &TableConstraints::default()),
        fields: &fields,
    };
    Target {
        post_load_patch: after_new_columns(wanted, None),
        fields,
        write_disposition: WriteDisposition::WriteTruncate,
        schema_update_options: Vec::new(),
        encryption: None,
        drift: Drift::default(),
        preserved: Vec::new(),
    }
}

fn replaced(table: &Table, mapping: &Mapping, existing: &Existing) -> Result<Target, String> {
    let Existing { table: was, row_policies } = existing;
    if !matches!(&*was.kind, "" | "TABLE") {
        return Err(format!(
            "the destination is a {} in BigQuery, not a table: {}",
            was.kind,
            hints::tables::ANOTHER_DESTINATION
        ));
    }
    let columns: Vec<(&str, String)> =
        mapping.columns.iter().map(|column| (&*column.field, column.target.field_type.to_string())).collect();
    let columns: Vec<(&str, &str)> = columns.iter().map(|(name, kind)| (*name, &**kind)).collect();
    let drift = Drift::between(was, &columns);
    let preserves_columns = drift.only_adds() && !was.fields().is_empty();
    let mut preserved = Vec::new();
    match row_policies {
        RowPolicies::Absent => {}
        _ if !preserves_columns => return Err(lost_policies(row_policies, &drift)),
        RowPolicies::Present => preserved.push("row access policies".to_owned()),
        RowPolicies::Unknown(_) => preserved.push("row access policies, if there are any".to_owned()),
    }

    let mut fields = mapping.fields();
    // If nobody changed a description by hand, all descriptions follow MySQL's comments.
    let were_ours = comments::are_ours(was);
    let mut are_ours = true;
    for field in &mut fields {
        // A renamed column with the same type is the same column: it must not lose its policy tags.
        let Some(was) = was.field(drift.former_name(&field.name)) else { continue };
        preserve(field, was, &mut preserved);
        are_ours &= were_ours || !preserve_description(field, was, &mut preserved);
    }
    let by_hand = Some(&*was.description).filter(|by_hand| !were_ours && !by_hand.is_empty());
    let description = by_hand.unwrap_or(&table.comment);
    are_ours &= description == table.comment;
    let constraints = keys::of(table, mapping, &was.table_constraints);
    preserved.extend(preserved_of_table(was, &constraints).map(str::to_owned));
    if by_hand.is_some_and(|by_hand| by_hand != table.comment) {
        preserved.push("the table's description".into());
    }

    let labels = comments::labels(Some(was), description, &fields, are_ours);
    let wanted = Wanted { description, labels, constraints, fields: &fields };
    let mut target = Target {
        post_load_patch: if preserves_columns {
            after_new_rows(wanted, was)
        } else {
            after_new_columns(wanted, Some(was))
        },
        write_disposition: WriteDisposition::WriteTruncate,
        schema_update_options: Vec::new(),
        encryption: was.encryption_configuration.clone(),
        fields,
        drift,
        preserved,
    };
    if preserves_columns {
        preserve_columns(was, &mut target);
    }
    Ok(target)
}

/// The error if `WRITE_TRUNCATE` would delete row access policies. Source: "Introduction to BigQuery row-level
/// security", implicit deletion.
fn lost_policies(policies: &RowPolicies, drift: &Drift) -> String {
    match policies {
        RowPolicies::Unknown(why) => format!(
            "replacing the columns of the table in BigQuery ({drift}) would delete its row access policies, and it is \
             unknown whether it has any ({why}). Nothing was written: {}",
            hints::bigquery::list_row_policies()
        ),
        _ => format!(
            "the table in BigQuery has row access policies, and replacing its columns ({drift}) would delete them. Nothing \
             was written. Revoke access to the table, drop its row access policies, run again, create the policies \
             again, and grant access again"
        ),
    }
}

/// Uses `WRITE_TRUNCATE_DATA`, which replaces the rows and preserves the columns with their protections, keys and row access
/// policies. It can add columns and make some nullable. Settings that the job's schema omits are preserved.
/// Source: "JobConfigurationLoad", `writeDisposition` and `schemaUpdateOptions`.
fn preserve_columns(existing: &ExistingTable, target: &mut Target) {
    let (mut adds, mut relaxes) = (false, false);
    for field in &mut target.fields {
        let was = existing.field(&field.name);
        let mode = match was.map(|was| was.mode) {
            Some(Mode::Required) => field.mode,
            _ => Mode::Nullable,
        };
        adds |= was.is_none();
        relaxes |= was.is_some_and(|was| was.mode != mode);
        let description = if was.is_none() { field.description.take() } else { None };
        *field = Field { name: field.name.clone(), kind: field.kind.clone(), mode, description, ..Field::default() };
    }
    target.write_disposition = WriteDisposition::WriteTruncateData;
    let options = [(adds, SchemaUpdateOption::AllowFieldAddition), (relaxes, SchemaUpdateOption::AllowFieldRelaxation)];
    target.schema_update_options =
        options.into_iter().filter(|(applies, _)| *applies).map(|(_, option)| option).collect();
}

/// Copies the column's settings, because `WRITE_TRUNCATE` drops settings that the job's schema omits. Unknown settings are copied
/// unchanged, because they may be protections; if BigQuery refuses one, the load fails and the table is unchanged.
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

/// Preserves a description that somebody wrote by hand. Returns whether there is one.
fn preserve_description(field: &mut Field, was: &Field, preserved: &mut Vec<String>) -> bool {
    let comment = comment_of(was);
    let by_hand = !comment.is_empty() && comment != comment_of(field);
    if by_hand {
        field.description = was.description.clone();
        preserved.push(format!("description of {}", field.name));
    }
    by_hand
}

/// The description without the list of an ENUM's values, which the program generates.
fn comment_of(field: &Field) -> &str {
    let description = field.description.as_deref().unwrap_or_default();
    description.split_once(VALUES).map_or(description, |(comment, _)| comment).trim_end()
}

/// The names of the table's preserved settings.
fn preserved_of_table<'a>(table: &ExistingTable, constraints: &TableConstraints) -> impl Iterator<Item = &'a str> {
    let settings = [
        ("KMS key", table.encryption_configuration.is_some()),
        ("labels", table.labels.keys().any(|label| label != comments::LABEL)),
        ("expiration", table.expiration_time.is_some()),
        ("required partition filter", table.require_partition_filter),
        ("foreign keys", !constraints.foreign_keys.is_empty()),
    ];
    settings.into_iter().filter(|(_, is_set)| *is_set).map(|(setting, _)| setting)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn field(value: Value) -> Field {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn settings_of_a_column_are_preserved_if_its_type_supports_them() {
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
    fn an_unknown_protection_is_preserved() {
        let was = json!({"name": "c", "type": "NUMERIC", "precision": "5", "scale": "2", "mode": "REQUIRED", "description": "d",
            "dataPolicyList": [{"dataPolicyName": "p"}], "dataGovernanceTagsInfo": {"t": "v"}, "protectionOfTomorrow": true});
        for kind in ["NUMERIC", "STRING"] {
            let (mut column, mut preserved) = (field(json!({"name": "c", "type": kind})), Vec::new());
            preserve(&mut column, &field(was.clone()), &mut preserved);
            let sent = json!({"name": "c", "type": kind, "mode": "NULLABLE", "dataPolicyList": [{"dataPolicyName": "p"}],
                "dataGovernanceTagsInfo": {"t": "v"}, "protectionOfTomorrow": true});
            assert_eq!(serde_json::to_value(column).unwrap(), sent, "settings of the old type are dropped");
            assert_eq!(preserved.len(), 3, "{preserved:?}");
        }
    }

    /// The target for a source with these columns.
    fn target(mapped: Vec<Field>, existing: &ExistingTable) -> Target {
        let mut target = Target {
            fields: mapped,
            write_disposition: WriteDisposition::WriteTruncate,
            schema_update_options: Vec::new(),
            encryption: None,
            post_load_patch: Vec::new(),
            drift: Drift::default(),
            preserved: Vec::new(),
        };
        preserve_columns(existing, &mut target);
        target
    }

    #[test]
    fn preserved_columns_are_sent_without_their_settings() {
        let existing: ExistingTable = serde_json::from_value(json!({"schema": {"fields": [
            {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}},
            {"name": "n", "type": "INTEGER"},
            {"name": "must", "type": "INTEGER", "mode": "REQUIRED"},
        ]}}))
        .unwrap();
        let column = |name: &str, mode: &str| {
            field(
                json!({"name": name, "type": "INTEGER", "mode": mode, "description": "d", "policyTags": {"names": ["p"]}}),
            )
        };
        let same = [column("id", "REQUIRED"), column("n", "REQUIRED")];
        let sent = target(same.to_vec(), &existing);
        assert_eq!(sent.write_disposition, WriteDisposition::WriteTruncateData);
        assert!(sent.schema_update_options.is_empty(), "a nullable column stays nullable");
        let fields = json!([
            {"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "n", "type": "INTEGER", "mode": "NULLABLE"},
        ]);
        assert_eq!(serde_json::to_value(&sent.fields).unwrap(), fields);

        let more = [&same[..], &[column("must", "NULLABLE"), column("more", "REQUIRED")]].concat();
        let sent = target(more, &existing);
        let options = [SchemaUpdateOption::AllowFieldAddition, SchemaUpdateOption::AllowFieldRelaxation];
        assert_eq!(sent.schema_update_options, options);
        assert_eq!(sent.fields[3].mode, Mode::Nullable, "a new column is nullable");
        assert_eq!(sent.fields[3].description.as_deref(), Some("d"));
    }

    #[test]
    fn unknown_policies_are_treated_as_policies() {
        let drift = Drift { dropped: vec!["a".into()], ..Drift::default() };
        let unknown = lost_policies(&RowPolicies::Unknown("BigQuery answered 403".into()), &drift);
        assert!(unknown.contains("bigquery.rowAccessPolicies.list") && unknown.contains("dropped a"), "{unknown}");
        let present = lost_policies(&RowPolicies::Present, &drift);
        assert!(!present.contains("DROP COLUMN") && present.contains("drop its row access policies"), "{present}");
    }
}
