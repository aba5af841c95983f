//! Checks the permissions of the credentials without writing anything.

use serde::{Deserialize, Serialize};

use crate::bigquery::action::Action;
use crate::bigquery::client::{Client, found};
use crate::bigquery::error::Error;
use crate::bigquery::types::job::{JobConfiguration, JobReference, JobRequest, QueryConfiguration, Work};
use crate::retry::Budget;

/// The permissions that a sync needs on an existing table. Source: "IAM roles and permissions", BigQuery.
pub const ON_A_TABLE: &[&str] = &["bigquery.tables.get", "bigquery.tables.update", "bigquery.tables.updateData"];

/// A sync also needs this permission if a table's columns change. Fewer roles include it.
pub const LIST_ROW_POLICIES: &str = "bigquery.rowAccessPolicies.list";

/// The name of no real table: a dry run fails if the table exists.
const NO_TABLE: &str = "mysql_bigquery_sync_check_of_permissions";

/// The request and the response of tables.testIamPermissions.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Permissions {
    permissions: Vec<String>,
}

impl Client {
    /// Which of `ON_A_TABLE` and `LIST_ROW_POLICIES` are missing; `None` if the table does not exist.
    pub async fn missing_permissions(&self, table: &str) -> Result<Option<Vec<&'static str>>, Error> {
        let call = self.call(Action::CheckPermissions { table: self.qualified(table) }, Budget::TABLE);
        let url = self.table_url(&[&format!("{table}:testIamPermissions")]);
        let asked = || ON_A_TABLE.iter().copied().chain([LIST_ROW_POLICIES]);
        let wanted = Permissions { permissions: asked().map(str::to_owned).collect() };
        let granted: Permissions = found(call.post(url, &wanted).await)?.unwrap_or_default();
        // For a table that does not exist, the list is empty and there is no error ("tables.testIamPermissions", REST reference).
        if granted.permissions.is_empty() && self.table(table).await?.is_none() {
            return Ok(None);
        }
        let lacks = |wanted: &&str| !granted.permissions.iter().any(|permission| permission == wanted);
        Ok(Some(asked().filter(lacks).collect()))
    }

    /// Fails if the credentials may not start jobs in the project.
    pub async fn may_run_jobs(&self) -> Result<(), Error> {
        self.dry_run(Action::CheckRunJobs { project: self.project.clone() }, "SELECT 1".to_owned()).await
    }

    /// Fails if the credentials may not create tables in the dataset.
    pub async fn may_create_tables(&self) -> Result<(), Error> {
        let statement = format!("CREATE TABLE `{}.{}.{NO_TABLE}` (x INT64)", self.project, self.dataset);
        self.dry_run(Action::CheckCreateTables { dataset: self.dataset.clone() }, statement).await
    }

    /// A dry run checks the statement and the permissions and does nothing else ("Run a query, dry run").
    async fn dry_run(&self, action: Action, query: String) -> Result<(), Error> {
        let (project_id, location) = (self.project.clone(), self.location.clone());
        let work = Work::Query(QueryConfiguration { query, use_legacy_sql: false });
        let request = JobRequest {
            job_reference: JobReference { project_id, job_id: None, location },
            configuration: JobConfiguration { dry_run: true, work },
        };
        self.insert_job(action, &request).await.map(drop)
    }
}
