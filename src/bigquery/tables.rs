//! The destination table: its metadata before the load, and the properties set on it after the load.

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

/// How long a table that was just loaded may be invisible. A 404 after that means that somebody deleted the table.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);

/// An existing table and its row access policies.
#[derive(Debug, Clone, PartialEq)]
pub struct Existing {
    /// The table.
    pub table: Table,
    /// Whether it has row access policies.
    pub row_policies: RowPolicies,
}

/// Whether a table has row access policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowPolicies {
    /// It has none.
    Absent,
    /// It has at least one.
    Present,
    /// It may have some; they could not be listed, for this reason.
    Unknown(String),
}

impl Client {
    /// The destination table; `None` if it does not exist.
    pub async fn existing(&self, table: &str) -> Result<Option<Existing>, Error> {
        let Some(existing) = self.table(table).await? else { return Ok(None) };
        let row_policies = self.row_policies(table).await?;
        Ok(Some(Existing { table: existing, row_policies }))
    }

    async fn row_policies(&self, table: &str) -> Result<RowPolicies, Error> {
        let call = self.call(Action::ListRowPolicies { table: self.qualified(table) }, Budget::TABLE);
        let listed = found(call.get::<RowAccessPolicies>(self.table_url(&[table, "rowAccessPolicies"])).await);
        match listed {
            Ok(Some(listed)) if !listed.row_access_policies.is_empty() => Ok(RowPolicies::Present),
            Ok(_) => Ok(RowPolicies::Absent),
            Err(error) => match error.kind() {
                // A view has none, and an emulator may not implement the call.
                ErrorKind::Answer(Answer { status: 400 | 501, .. }) => Ok(RowPolicies::Absent),
                // A missing permission, a quota or a VPC Service Controls perimeter.
                ErrorKind::Answer(answer @ Answer { status: 403, .. }) => Ok(RowPolicies::Unknown(answer.to_string())),
                _ => Err(error),
            },
        }
    }

    /// The table's metadata; `None` if it does not exist.
    pub(super) async fn table(&self, table: &str) -> Result<Option<Table>, Error> {
        let call = self.call(Action::GetTable { table: self.qualified(table) }, Budget::TABLE);
        found(call.get(self.table_url(&[table])).await)
    }

    /// Sets properties of a table that was just loaded, and the descriptions of its columns. All other settings of the columns are
    /// read and sent back unchanged. If somebody changes the table in between, the call fails and sets nothing.
    pub async fn patch_table(
        &self,
        table: &str,
        patch: &TablePatch,
        column_descriptions: &BTreeMap<String, String>,
    ) -> Result<(), Error> {
        let mut patch = patch.clone();
        let mut etag = None;
        if !column_descriptions.is_empty() {
            let call = self.call(Action::GetTable { table: self.qualified(table) }, Budget::TABLE);
            let current: Table = call.visible_within("the table", VISIBLE_WITHIN).get(self.table_url(&[table])).await?;
            // The job may have written the descriptions. Send a schema only if something differs: with policy tags in it, the
            // call needs the permission to set them.
            let schema = with_descriptions(current.schema.clone(), column_descriptions);
            if schema != current.schema {
                patch.schema = Some(schema);
                etag = Some(current.etag).filter(|etag| !etag.is_empty());
            }
        }
        if patch.settings().is_empty() {
            return Ok(());
        }
        let action = Action::SetProperties { table: self.qualified(table), settings: patch.settings() };
        let call = self.call(action, Budget::TABLE).visible_within("the table", VISIBLE_WITHIN);
        call.patch::<IgnoredAny>(self.table_url(&[table]), &patch, etag).await.map(drop)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_descriptions_change() {
        let fields = json!({"fields": [
            {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}, "description": "old"},
            {"name": "n", "type": "STRING", "mode": "NULLABLE", "maxLength": "5"},
        ]});
        let schema: TableSchema = serde_json::from_value(fields.clone()).unwrap();
        let schema = with_descriptions(schema, &BTreeMap::from([("id".to_owned(), "new".to_owned())]));
        let mut expected = fields;
        expected["fields"][0]["description"] = json!("new");
        assert_eq!(serde_json::to_value(schema).unwrap(), expected);
    }
}
