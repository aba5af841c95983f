//! Hints for errors of BigQuery: which variable or role to check, and which command to run.

use crate::bigquery::Error;
use crate::bigquery::action::Action;
use crate::bigquery::error::{Answer, ErrorKind};
use crate::bigquery::permissions::LIST_ROW_POLICIES;

/// The role with all permissions on tables that a sync needs.
const TABLES_ROLE: &str = "roles/bigquery.dataEditor";
/// The role with the permission to start jobs.
const JOBS_ROLE: &str = "roles/bigquery.jobUser";

/// The error, and what to do about it.
pub fn explain(error: &Error) -> String {
    hint(error).map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"))
}

/// What to do about the error, if BigQuery's own message does not say it.
pub fn hint(error: &Error) -> Option<String> {
    let hint = match (error.action(), error.kind()) {
        (_, ErrorKind::Token(_)) => "on a laptop run `gcloud auth application-default login`; on Cloud Run check the \
                                     job's service account"
            .to_owned(),
        (_, ErrorKind::Answer(Answer { status: 401, .. })) => {
            "BigQuery does not accept the credentials: check the service account, and \
             GOOGLE_APPLICATION_CREDENTIALS if it is set"
                .to_owned()
        }
        (Action::FindDataset { project, dataset }, kind) => return no_dataset(project, dataset, kind),
        (Action::CheckRunJobs { project }, ErrorKind::Answer(Answer { status: 403, .. })) => {
            format!("{JOBS_ROLE} on project {project} is missing")
        }
        (Action::CheckCreateTables { dataset }, ErrorKind::Answer(Answer { status: 403, .. })) => {
            format!("{TABLES_ROLE} on dataset {dataset} is missing")
        }
        _ => return None,
    };
    Some(hint)
}

fn no_dataset(project: &str, dataset: &str, kind: &ErrorKind) -> Option<String> {
    let hint = match kind {
        ErrorKind::Answer(Answer { status: 404, .. }) => format!(
            "the dataset does not exist: create it (the Terraform module does, or `bq mk --dataset \
             {project}:{dataset}`), or check BIGQUERY_PROJECT and BIGQUERY_DATASET"
        ),
        ErrorKind::Answer(Answer { status: 403, .. }) => format!(
            "access denied: the service account needs {TABLES_ROLE} on the dataset and {JOBS_ROLE} on the project; check \
             BIGQUERY_PROJECT and BIGQUERY_DATASET too"
        ),
        ErrorKind::Transport { .. } | ErrorKind::Address { .. } => {
            "check the network, and BIGQUERY_EMULATOR_HOST if you use an emulator".to_owned()
        }
        ErrorKind::Unreadable { .. } => "BigQuery has an outage, or something else answers in its place \
                                         (check BIGQUERY_EMULATOR_HOST and proxies)"
            .to_owned(),
        ErrorKind::WrongLocation { .. } => "BIGQUERY_LOCATION says otherwise: unset it, or correct it".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// The missing permissions, and the role that has them.
pub fn missing_permissions(missing: &[&str], dataset: &str) -> String {
    format!("{} missing: {TABLES_ROLE} on dataset {dataset} has them", missing.join(", "))
}

/// How to let the program find out whether a table has row access policies.
pub fn list_row_policies() -> String {
    format!(
        "give the service account {LIST_ROW_POLICIES} on the dataset, which {TABLES_ROLE} lacks (the Terraform module does)"
    )
}
