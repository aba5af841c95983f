//! What BigQuery is asked for: the words that logs and errors have for it.

use std::fmt;

/// One thing that BigQuery is asked for, over as many requests as it takes. Tables are named with their dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the sentences below say what they are")]
pub enum Action {
    FindDataset { project: String, dataset: String },
    LookAtTable { table: String },
    ListRowPolicies { table: String },
    SetProperties { table: String, settings: Vec<&'static str> },
    StartUpload { table: String },
    UploadBytes { table: String, start: u64, end: u64 },
    StartJob { job: String },
    FindJob { job: String },
    WaitForJob { job: String },
    AskForPermissions { table: String },
    AskToRunJobs { project: String },
    AskToCreateTables { dataset: String },
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FindDataset { project, dataset } => {
                write!(formatter, "asking BigQuery for dataset {project}:{dataset}")
            }
            Self::LookAtTable { table } => write!(formatter, "looking at BigQuery's table {table}"),
            Self::ListRowPolicies { table } => write!(formatter, "listing the row access policies of {table}"),
            Self::SetProperties { table, settings } => write!(formatter, "setting {} of {table}", settings.join(", ")),
            Self::StartUpload { table } => write!(formatter, "starting the upload into {table}"),
            Self::UploadBytes { table, start, end } => {
                write!(formatter, "uploading bytes {start} to {end} into {table}")
            }
            Self::StartJob { job } => write!(formatter, "starting job {job}"),
            Self::FindJob { job } => write!(formatter, "asking for job {job}"),
            Self::WaitForJob { job } => write!(formatter, "waiting for job {job}"),
            Self::AskForPermissions { table } => write!(formatter, "asking for the permissions on {table}"),
            Self::AskToRunJobs { .. } => {
                formatter.write_str("asking whether jobs may be started (bigquery.jobs.create)")
            }
            Self::AskToCreateTables { .. } => {
                formatter.write_str("asking whether tables may be created (bigquery.tables.create)")
            }
        }
    }
}
