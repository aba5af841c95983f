//! Actions: what the program asks of BigQuery, as logs and errors word it.

use std::fmt;

/// One action. It may take several requests. Table names include the dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "`Display` below describes each")]
pub enum Action {
    FindDataset { project: String, dataset: String },
    GetTable { table: String },
    ListRowPolicies { table: String },
    SetProperties { table: String, settings: Vec<&'static str> },
    StartUpload { table: String },
    UploadBytes { table: String, start: u64, end: u64 },
    StartJob { job: String },
    FindJob { job: String },
    WaitForJob { job: String },
    CheckPermissions { table: String },
    CheckRunJobs { project: String },
    CheckCreateTables { dataset: String },
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FindDataset { project, dataset } => {
                write!(formatter, "looking up dataset {project}:{dataset} in BigQuery")
            }
            Self::GetTable { table } => write!(formatter, "looking up table {table} in BigQuery"),
            Self::ListRowPolicies { table } => write!(formatter, "listing the row access policies of {table}"),
            Self::SetProperties { table, settings } => write!(formatter, "setting {} on {table}", settings.join(", ")),
            Self::StartUpload { table } => write!(formatter, "starting the upload into {table}"),
            Self::UploadBytes { table, start, end } => {
                write!(formatter, "uploading bytes {start} to {end} into {table}")
            }
            Self::StartJob { job } => write!(formatter, "starting job {job}"),
            Self::FindJob { job } => write!(formatter, "looking up job {job}"),
            Self::WaitForJob { job } => write!(formatter, "waiting for job {job}"),
            Self::CheckPermissions { table } => write!(formatter, "checking the permissions on {table}"),
            Self::CheckRunJobs { .. } => {
                formatter.write_str("checking the permission to start jobs (bigquery.jobs.create)")
            }
            Self::CheckCreateTables { .. } => {
                formatter.write_str("checking the permission to create tables (bigquery.tables.create)")
            }
        }
    }
}
