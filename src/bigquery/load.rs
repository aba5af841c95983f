//! Checks that a load job loaded every row.

use crate::bigquery::action::Action;
use crate::bigquery::client::Client;
use crate::bigquery::error::{Error, ErrorKind};
use crate::bigquery::types::job::Job;

impl Client {
    /// Waits until the job ends and checks that it loaded exactly `rows` rows.
    pub async fn wait_for_load(&self, id: &str, job: Job, rows: u64) -> Result<(), Error> {
        let job = self.wait_for_job(id, job).await?;
        check_rows(&job, rows).map_err(|kind| Error::once(Action::WaitForJob { job: id.to_owned() }, kind))
    }
}

fn check_rows(job: &Job, sent: u64) -> Result<(), ErrorKind> {
    match job.statistics.load.output_rows {
        Some(loaded) if loaded == sent => Ok(()),
        // BigQuery may omit a statistic that is zero.
        None if sent == 0 => Ok(()),
        loaded => Err(ErrorKind::RowCount { sent, loaded }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn checked(statistics: Value, sent: u64) -> Result<(), String> {
        let job = json!({"jobReference": {"projectId": "p", "jobId": "j"}, "statistics": statistics});
        check_rows(&serde_json::from_value(job).unwrap(), sent).map_err(|kind| kind.to_string())
    }

    #[test]
    fn the_job_must_load_exactly_the_rows_sent() {
        let rows = |rows| json!({"load": {"outputRows": rows}});
        assert!(checked(rows("5"), 5).is_ok());
        assert!(checked(rows("4"), 5).unwrap_err().contains("5 rows were sent, but BigQuery loaded 4"));
        assert!(checked(json!({}), 5).unwrap_err().contains("does not say"));
        assert!(checked(json!({}), 0).is_ok());
    }
}
