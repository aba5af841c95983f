//! What the credentials may do, found out by asking: nothing is written.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::bigquery::Client;
use crate::bigquery::error::Error;

/// What a sync needs of a table that exists. Source: "IAM roles and permissions", BigQuery.
pub const ON_A_TABLE: &[&str] = &["bigquery.tables.get", "bigquery.tables.update", "bigquery.tables.updateData"];

/// A name that no table has: a dry run would refuse one that exists.
const NO_TABLE: &str = "mysql_bigquery_sync_check_of_permissions";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Granted {
    permissions: Vec<String>,
}

impl Client {
    /// The location of the dataset, and hence of its jobs.
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// Which of `ON_A_TABLE` are missing; `None` when there is no such table.
    pub async fn missing_permissions(&self, table: &str) -> Result<Option<Vec<&'static str>>, Error> {
        let doing = format!("asking for the permissions on {}.{table}", self.dataset);
        let path = ["datasets", &self.dataset, "tables", &format!("{table}:testIamPermissions")];
        let body = json!({"permissions": ON_A_TABLE});
        let granted: Granted = self.ask(&doing, Method::POST, &path, Some(&body)).await?.unwrap_or_default();
        // Of a table that does not exist nothing is granted, and that is no error ("tables.testIamPermissions", REST
        // reference).
        let path = ["datasets", &self.dataset, "tables", table];
        if granted.permissions.is_empty() && self.ask::<Value>(&doing, Method::GET, &path, None).await?.is_none() {
            return Ok(None);
        }
        let lacks = |wanted: &&str| !granted.permissions.iter().any(|is| is == wanted);
        Ok(Some(ON_A_TABLE.iter().copied().filter(lacks).collect()))
    }

    /// Fails when no job may be started in the project.
    pub async fn may_run_jobs(&self) -> Result<(), Error> {
        self.dry_run("asking whether jobs may be started (bigquery.jobs.create)", "SELECT 1").await
    }

    /// Fails when no table may be created in the dataset.
    pub async fn may_create_tables(&self) -> Result<(), Error> {
        let statement = format!("CREATE TABLE `{}.{}.{NO_TABLE}` (x INT64)", self.project, self.dataset);
        self.dry_run("asking whether tables may be created (bigquery.tables.create)", &statement).await
    }

    /// A dry run checks statement and permissions, and does nothing else ("Run a query, dry run").
    async fn dry_run(&self, doing: &str, statement: &str) -> Result<(), Error> {
        let query = json!({"query": statement, "useLegacySql": false});
        let body = json!({
            "configuration": {"dryRun": true, "query": query},
            "jobReference": {"projectId": self.project, "location": self.location},
        });
        self.ask::<Value>(doing, Method::POST, &["jobs"], Some(&body)).await.map(drop)
    }
}
