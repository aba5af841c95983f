//! The destination as it is before it is replaced, and what is set on it after the load.

use std::time::Duration;

use serde::de::IgnoredAny;

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::{Answer, Error, ErrorKind};
use crate::bigquery::types::patch::TablePatch;
use crate::bigquery::types::policies::RowAccessPolicies;
use crate::bigquery::types::table::Table;
use crate::retry::Budget;

/// A table that has just been loaded exists: a 404 that outlasts this means that somebody deleted it.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// A table that is there, and what stands on it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Existing {
    /// The table.
    pub table: Table,
    /// Whether row access policies stand on it.
    pub has_row_policies: bool,
}

impl Client {
    /// The destination as it is; `None` when there is no such table.
    pub async fn existing(&self, table: &str) -> Result<Option<Existing>, Error> {
        let Some(existing) = self.table(table).await? else { return Ok(None) };
        let listing = self.call(Action::ListRowPolicies { table: self.shown(table) }, Budget::TABLE);
        let policies = listing.get::<RowAccessPolicies>(self.table_url(&[table, "rowAccessPolicies"])).await;
        let has_row_policies = match found(policies) {
            Ok(policies) => policies.is_some_and(|found| !found.row_access_policies.is_empty()),
            // Who may not list policies may not delete them either, and BigQuery refuses to replace such a table.
            Err(error) if matches!(error.kind(), ErrorKind::Answer(Answer { status: 400 | 403 | 501, .. })) => false,
            Err(error) => return Err(error),
        };
        Ok(Some(Existing { table: existing, has_row_policies }))
    }

    /// The table itself.
    pub(super) async fn table(&self, table: &str) -> Result<Option<Table>, Error> {
        let call = self.call(Action::LookAtTable { table: self.shown(table) }, Budget::TABLE);
        found(call.get(self.table_url(&[table])).await)
    }

    /// Sets properties of a table that has just been loaded.
    pub async fn patch_table(&self, table: &str, patch: &TablePatch) -> Result<(), Error> {
        let action = Action::SetProperties { table: self.shown(table), settings: patch.settings() };
        let call = self.call(action, Budget::TABLE).known_within("the table", KNOWN_WITHIN);
        call.patch::<IgnoredAny>(self.table_url(&[table]), patch).await.map(drop)
    }
}
