//! The destination table: its metadata before the load, and the properties set on it after the load.

use std::time::Duration;

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::{Answer, Error, ErrorKind};
use crate::bigquery::types::patch::TablePatch;
use crate::bigquery::types::policies::RowAccessPolicies;
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
        // Only tables have row access policies. Source: "Introduction to BigQuery row-level security", limitations.
        let row_policies = if existing.is_table() { self.row_policies(table).await? } else { RowPolicies::Absent };
        Ok(Some(Existing { table: existing, row_policies }))
    }

    async fn row_policies(&self, table: &str) -> Result<RowPolicies, Error> {
        let call = self.call(Action::ListRowPolicies { table: self.qualified(table) }, Budget::TABLE);
        match call.get::<RowAccessPolicies>(self.table_url(&[table, "rowAccessPolicies"])).await {
            Ok(listed) if listed.row_access_policies.is_empty() => Ok(RowPolicies::Absent),
            Ok(_) => Ok(RowPolicies::Present),
            Err(error) => match error.kind() {
                // A missing permission, a quota, a VPC Service Controls perimeter, or an address that lacks the call.
                ErrorKind::Answer(answer @ Answer { status: 400 | 403 | 404 | 501, .. }) => {
                    Ok(RowPolicies::Unknown(answer.to_string()))
                }
                _ => Err(error),
            },
        }
    }

    /// The table's metadata; `None` if it does not exist.
    pub(super) async fn table(&self, table: &str) -> Result<Option<Table>, Error> {
        let call = self.call(Action::GetTable { table: self.qualified(table) }, Budget::TABLE);
        found(call.get(self.table_url(&[table])).await)
    }

    /// The metadata of a table that was just loaded.
    pub async fn loaded_table(&self, table: &str) -> Result<Table, Error> {
        let call = self.call(Action::GetTable { table: self.qualified(table) }, Budget::TABLE);
        call.visible_within("the table", VISIBLE_WITHIN).get(self.table_url(&[table])).await
    }

    /// Sets properties of a table, and returns the table. With an `etag`, the call fails and sets nothing if somebody has changed the
    /// table since.
    pub async fn patch_table(&self, table: &str, patch: &TablePatch, etag: Option<String>) -> Result<Table, Error> {
        let action = Action::SetProperties { table: self.qualified(table), settings: patch.settings() };
        let call = self.call(action, Budget::TABLE).visible_within("the table", VISIBLE_WITHIN);
        call.patch(self.table_url(&[table]), patch, etag.filter(|etag| !etag.is_empty())).await
    }
}
