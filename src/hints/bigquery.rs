//! What to do about an error of BigQuery: variables, roles and commands.

use crate::bigquery::Error;
use crate::bigquery::action::Action;
use crate::bigquery::error::{Answer, ErrorKind};
use crate::bigquery::permissions::LIST_ROW_POLICIES;

/// The role that has every permission on tables that a sync needs.
const TABLES_ROLE: &str = "roles/bigquery.dataEditor";
/// The role that may start jobs.
const JOBS_ROLE: &str = "roles/bigquery.jobUser";

/// The error, and what to do about it.
pub fn explain(error: &Error) -> String {
    hint(error).map_or_else(|| error.to_string(), |hint| format!("{error}: {hint}"))
}

/// What to do about the error, where it is not in BigQuery's own words.
pub fn hint(error: &Error) -> Option<String> {
    let hint = match (error.action(), error.kind()) {
        (_, ErrorKind::Token(_)) => {
            "on a laptop run `gcloud auth application-default login`; on Cloud Run look at the \
                                     job's service account"
                .to_owned()
        }
        (_, ErrorKind::Answer(Answer { status: 401, .. })) => {
            "BigQuery does not accept the credentials: look at the service account, and at \
             GOOGLE_APPLICATION_CREDENTIALS if it is set"
                .to_owned()
        }
        (Action::FindDataset { project, dataset }, kind) => return no_dataset(project, dataset, kind),
        (Action::AskToRunJobs { project }, ErrorKind::Answer(Answer { status: 403, .. })) => {
            format!("{JOBS_ROLE} on project {project} is missing")
        }
        (Action::AskToCreateTables { dataset }, ErrorKind::Answer(Answer { status: 403, .. })) => {
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
             {project}:{dataset}`), or look at BIGQUERY_PROJECT and BIGQUERY_DATASET"
        ),
        ErrorKind::Answer(Answer { status: 403, .. }) => format!(
            "access denied: the service account needs {TABLES_ROLE} on the dataset and {JOBS_ROLE} on the project; look \
             at BIGQUERY_PROJECT and BIGQUERY_DATASET too"
        ),
        ErrorKind::Transport { .. } | ErrorKind::Address { .. } => {
            "look at the network, and at BIGQUERY_EMULATOR_HOST if an emulator is meant".to_owned()
        }
        ErrorKind::Unreadable { .. } => "BigQuery is out of order just now, or something else answers in its place \
                                         (look at BIGQUERY_EMULATOR_HOST and at proxies)"
            .to_owned(),
        ErrorKind::OtherLocation { .. } => "BIGQUERY_LOCATION says otherwise: unset it, or correct it".to_owned(),
        _ => return None,
    };
    Some(hint)
}

/// Which role has the permissions on the dataset's tables that are missing.
pub fn missing_permissions(missing: &[&str], dataset: &str) -> String {
    format!("{} missing: {TABLES_ROLE} on dataset {dataset} has them", missing.join(", "))
}

/// What lets the program find out whether row access policies stand on a table.
pub fn list_row_policies() -> String {
    format!(
        "give the service account {LIST_ROW_POLICIES} on the dataset, which {TABLES_ROLE} lacks (the Terraform module does)"
    )
}
