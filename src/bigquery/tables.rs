//! The destination as it is before it is replaced, and what is set on it after the load.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::IgnoredAny;

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::{Answer, Error, ErrorKind};
use crate::bigquery::types::patch::TablePatch;
use crate::bigquery::types::policies::RowAccessPolicies;
use crate::bigquery::types::schema::TableSchema;
use crate::bigquery::types::table::Table;
use crate::retry::Budget;

/// A table that has just been loaded exists: a 404 that outlasts this means that somebody deleted it.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// A table that is there, and what stands on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Existing {
    /// The table.
    pub table: Table,
    /// Who may see which of its rows.
    pub row_policies: RowPolicies,
}

/// Whether row access policies stand on a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowPolicies {
    /// None.
    Absent,
    /// At least one.
    Present,
    /// Nobody knows, for this reason: there may be some.
    Unknown(String),
}

impl Client {
    /// The destination as it is; `None` when there is no such table.
    pub async fn existing(&self, table: &str) -> Result<Option<Existing>, Error> {
        let Some(existing) = self.table(table).await? else { return Ok(None) };
        let row_policies = self.row_policies(table).await?;
        Ok(Some(Existing { table: existing, row_policies }))
    }

    async fn row_policies(&self, table: &str) -> Result<RowPolicies, Error> {
        let call = self.call(Action::ListRowPolicies { table: self.shown(table) }, Budget::TABLE);
        let listed = found(call.get::<RowAccessPolicies>(self.table_url(&[table, "rowAccessPolicies"])).await);
        match listed {
            Ok(Some(listed)) if !listed.row_access_policies.is_empty() => Ok(RowPolicies::Present),
            Ok(_) => Ok(RowPolicies::Absent),
            Err(error) => match error.kind() {
                // What is no table has none; an emulator may not know the question.
                ErrorKind::Answer(Answer { status: 400 | 501, .. }) => Ok(RowPolicies::Absent),
                // For want of a permission, because of a quota, or outside of a perimeter.
                ErrorKind::Answer(answer @ Answer { status: 403, .. }) => Ok(RowPolicies::Unknown(answer.to_string())),
                _ => Err(error),
            },
        }
    }

    /// The table itself.
    pub(super) async fn table(&self, table: &str) -> Result<Option<Table>, Error> {
        let call = self.call(Action::LookAtTable { table: self.shown(table) }, Budget::TABLE);
        found(call.get(self.table_url(&[table])).await)
    }

    /// Sets properties of a table that has just been loaded, and descriptions of its columns. Everything else of the columns goes
    /// back as it is at this moment; somebody else's change in between is theirs, and nothing is set.
    pub async fn patch_table(
        &self,
        table: &str,
        patch: &TablePatch,
        column_descriptions: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut patch = patch.clone();
        let mut etag = None;
        if !column_descriptions.is_empty() {
            let call = self.call(Action::LookAtTable { table: self.shown(table) }, Budget::TABLE);
            let current: Table = call.known_within("the table", KNOWN_WITHIN).get(self.table_url(&[table])).await?;
            // The job may have written them, and a schema is sent for nothing but a difference: with policy tags in it, it
            // takes the permission to set them.
            let schema = described(current.schema.clone(), column_descriptions);
            if schema != current.schema {
                patch.schema = Some(schema);
                etag = Some(current.etag).filter(|etag| !etag.is_empty());
            }
        }
        if patch.settings().is_empty() {
            return Ok(());
        }
        let action = Action::SetProperties { table: self.shown(table), settings: patch.settings() };
        let call = self.call(action, Budget::TABLE).known_within("the table", KNOWN_WITHIN);
        call.patch::<IgnoredAny>(self.table_url(&[table]), &patch, etag).await.map(drop)
    }
}

fn described(mut schema: TableSchema, descriptions: &BTreeMap<String, String>) -> TableSchema {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_description_is_all_that_changes() {
        let fields = json!({"fields": [
            {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}, "description": "old"},
            {"name": "n", "type": "STRING", "mode": "NULLABLE", "maxLength": "5"},
        ]});
        let schema: TableSchema = serde_json::from_value(fields.clone()).unwrap();
        let schema = described(schema, &BTreeMap::from([("id".to_owned(), "new".to_owned())]));
        let mut expected = fields;
        expected["fields"][0]["description"] = json!("new");
        assert_eq!(serde_json::to_value(schema).unwrap(), expected);
    }
}
