//! After the load: sets the properties that the load job cannot set, and checks that the job set what it was sent.
//!
//! BigQuery's documentation does not agree with itself on whether a load of Avro files applies the descriptions and policy tags of the
//! job's schema ("Specifying a schema" and "Using schema auto-detection").

use std::collections::BTreeMap;

use crate::bigquery::Client;
use crate::bigquery::types::patch::TablePatch;
use crate::bigquery::types::schema::{Field, TableSchema};
use crate::bigquery::types::table::Table;
use crate::hints::bigquery::explain;
use crate::plan::TablePlan;
use crate::plan::post_load::PostLoadPatch;
use crate::report::events;

/// Sets each part. A failure is logged and skipped: the rows are loaded, and the other parts can still be set.
pub(super) async fn settle(client: &Client, plan: &TablePlan) {
    let sent = &plan.load.schema.fields;
    let parts = with_sent_descriptions(plan.post_load_patch.clone(), sent);
    let is_protected = sent.iter().any(|field| !field.rest.is_empty());
    let mut current = None;
    if is_protected || parts.iter().any(|part| !part.column_descriptions.is_empty()) {
        match client.loaded_table(&plan.destination).await {
            Ok(table) => current = Some(restored(client, plan, table).await),
            Err(problem) => {
                let problem = explain(&problem);
                if is_protected {
                    protections_missing(
                        plan,
                        format_args!("it is unknown whether the protections are there: {problem}"),
                    );
                }
                not_set(plan, "column descriptions", &problem);
            }
        }
    }
    for part in parts {
        // Without the table's columns, their descriptions cannot be set, and the label that marks them must not be.
        let Some((patch, etag)) = against(&part, current.as_ref()) else { continue };
        if patch == TablePatch::default() {
            continue;
        }
        let settings = PostLoadPatch::from(patch.clone()).settings().join(", ");
        if let Err(problem) = client.patch_table(&plan.destination, &patch, etag).await {
            not_set(plan, &settings, &explain(&problem));
        }
    }
}

fn not_set(plan: &TablePlan, settings: &str, problem: &str) {
    let table = &plan.table.name;
    events::PropertiesNotSet { table }.log(format_args!(
        "{table}: the rows are loaded, but {settings} could not be set; the next run tries again: {problem}"
    ));
}

fn protections_missing(plan: &TablePlan, what: std::fmt::Arguments<'_>) {
    let (table, destination) = (&plan.table.name, &plan.destination);
    events::ProtectionsMissing { table, destination }
        .log(format_args!("{table}: the rows are loaded into {destination}, but {what}"));
}

/// Adds a part with the descriptions that the job was sent, unless a part has them anyway. It comes first, because every patch changes
/// the version of the table.
fn with_sent_descriptions(mut parts: Vec<PostLoadPatch>, sent: &[Field]) -> Vec<PostLoadPatch> {
    let described = sent.iter().filter_map(|field| Some((field.name.clone(), field.description.clone()?)));
    let column_descriptions: BTreeMap<String, String> = described.collect();
    if !column_descriptions.is_empty() && parts.iter().all(|part| part.column_descriptions.is_empty()) {
        parts.insert(0, PostLoadPatch { column_descriptions, ..PostLoadPatch::default() });
    }
    parts
}

/// The patch, and the version of the table that it may change. All other settings of the columns are sent back unchanged. `None` if
/// the part has descriptions and the columns are unknown.
fn against(part: &PostLoadPatch, current: Option<&Table>) -> Option<(TablePatch, Option<String>)> {
    let mut patch = part.patch.clone();
    if part.column_descriptions.is_empty() {
        return Some((patch, None));
    }
    let current = current?;
    // Send a schema only if something differs: with policy tags in it, the call needs the permission to set them.
    let schema = with_descriptions(current.schema.clone(), &part.column_descriptions);
    if schema == current.schema {
        return Some((patch, None));
    }
    patch.schema = Some(schema);
    Some((patch, Some(current.etag.clone())))
}

fn with_descriptions(mut schema: TableSchema, descriptions: &BTreeMap<String, String>) -> TableSchema {
    for field in &mut schema.fields {
        let description = descriptions.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
        if let Some((_, description)) = description {
            field.description = match &field.description {
                None if description.is_empty() => None,
                _ => Some(description.clone()),
            };
        }
    }
    schema
}

/// Sets the protections again that the job was sent and the table lacks. Returns the table as it is then.
async fn restored(client: &Client, plan: &TablePlan, table: Table) -> Table {
    let (schema, missing) = with_protections(table.schema.clone(), &plan.load.schema.fields);
    if missing.is_empty() {
        return table;
    }
    let missing = missing.join(", ");
    let patch = TablePatch { schema: Some(schema), ..TablePatch::default() };
    match client.patch_table(&plan.destination, &patch, Some(table.etag.clone())).await {
        Ok(table) => {
            protections_missing(plan, format_args!("the load job did not set {missing}. They are set again now"));
            table
        }
        Err(problem) => {
            let problem = explain(&problem);
            protections_missing(
                plan,
                format_args!("the load job did not set {missing}, and they could not be set again: {problem}"),
            );
            table
        }
    }
}

/// The columns with the protections of the sent columns, and the names of those that were missing.
fn with_protections(mut schema: TableSchema, sent: &[Field]) -> (TableSchema, Vec<String>) {
    let mut missing = Vec::new();
    for field in &mut schema.fields {
        let Some(sent) = sent.iter().find(|sent| sent.name.eq_ignore_ascii_case(&field.name)) else { continue };
        for (key, value) in &sent.rest {
            if field.rest.get(key) != Some(value) {
                field.rest.insert(key.clone(), value.clone());
                // The log is the only place that has them now.
                missing.push(format!("{key} of {} ({value})", field.name));
            }
        }
    }
    (schema, missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns() -> serde_json::Value {
        json!({"fields": [
            {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}, "description": "old"},
            {"name": "n", "type": "STRING", "mode": "NULLABLE", "maxLength": "5"},
        ]})
    }

    fn schema(value: serde_json::Value) -> TableSchema {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_descriptions_change() {
        let schema = with_descriptions(schema(columns()), &BTreeMap::from([("id".to_owned(), "new".to_owned())]));
        let mut expected = columns();
        expected["fields"][0]["description"] = json!("new");
        assert_eq!(serde_json::to_value(schema).unwrap(), expected);
    }

    #[test]
    fn only_missing_protections_are_added() {
        let sent = schema(json!({"fields": [
            {"name": "id", "type": "INTEGER", "policyTags": {"names": ["p"]}},
            {"name": "N", "type": "STRING", "policyTags": {"names": ["q"]}, "dataPolicies": [{"name": "d"}]},
        ]}));
        let (restored, missing) = with_protections(schema(columns()), &sent.fields);
        assert_eq!(missing, [r#"dataPolicies of n ([{"name":"d"}])"#, r#"policyTags of n ({"names":["q"]})"#]);
        let mut expected = columns();
        expected["fields"][1]["policyTags"] = json!({"names": ["q"]});
        expected["fields"][1]["dataPolicies"] = json!([{"name": "d"}]);
        assert_eq!(serde_json::to_value(&restored).unwrap(), expected);
        assert!(with_protections(restored, &sent.fields).1.is_empty());
    }

    #[test]
    fn descriptions_are_compared_once_and_sent_only_if_they_differ() {
        let sent = schema(json!({"fields": [{"name": "id", "type": "INTEGER", "description": "old"}]})).fields;
        let parts = with_sent_descriptions(Vec::new(), &sent);
        let table = Table { schema: schema(columns()), etag: "e".into(), ..Table::default() };
        assert_eq!(against(&parts[0], Some(&table)), Some((TablePatch::default(), None)));
        assert_eq!(against(&parts[0], None), None);
        let sent = [Field { description: Some("new".into()), ..sent[0].clone() }];
        let label = TablePatch { labels: [("l".to_owned(), None)].into(), ..TablePatch::default() };
        let parts = with_sent_descriptions(vec![label.clone().into()], &sent);
        let (patch, etag) = against(&parts[0], Some(&table)).unwrap();
        assert_eq!((patch.settings(), etag.as_deref()), (vec!["column settings"], Some("e")));
        assert_eq!(against(&parts[1], None), Some((label, None)));
        assert_eq!(with_sent_descriptions(parts.clone(), &sent), parts, "once is enough");
    }
}
