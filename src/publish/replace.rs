//! Mode `full`: one load job replaces the destination; patches then restore the settings that the job drops.

use crate::bigquery::jobs::{JobName, JobOutcome, Step};
use crate::bigquery::types::job::{Job, Work};
use crate::bigquery::upload::Upload;
use crate::bigquery::{Client, Error};
use crate::hints::bigquery::explain;
use crate::plan::TablePlan;
use crate::publish::publisher::{Earlier, Publisher};
use crate::report::events;

/// Looks up the job of each generation until one succeeded or does not exist. `is_taken` says that BigQuery answered 409 for the
/// id of the first generation that has not failed.
pub(super) async fn earlier(publisher: Publisher<'_>, destination: &str, is_taken: bool) -> Result<Earlier, Error> {
    let mut generation = 0;
    loop {
        let job_id = job_id(publisher, destination, generation);
        match publisher.client.job_outcome(&job_id, is_taken).await? {
            JobOutcome::Succeeded(job) => {
                let rows = job.statistics.load.output_rows.unwrap_or(0);
                return Ok(Earlier::Published { job_id, rows });
            }
            JobOutcome::Failed => generation += 1,
            JobOutcome::Unknown => return Ok(Earlier::Nothing { generation }),
        }
    }
}

pub(super) async fn begin<'a>(
    publisher: Publisher<'a>,
    plan: &TablePlan,
    generation: u32,
) -> Result<(String, Upload<'a>), Error> {
    let Publisher { client, .. } = publisher;
    let job_id = job_id(publisher, &plan.destination, generation);
    let job = client.job(&job_id, Work::Load(Box::new(plan.load.clone())));
    let upload = client.begin_upload(&plan.destination, job_id.clone(), &job).await?;
    Ok((job_id, upload))
}

pub(super) async fn complete(client: &Client, job_id: &str, job: Job, rows: u64) -> Result<(), Error> {
    client.wait_for_load(job_id, job, rows).await
}

/// Sets each part. A failure is logged and skipped: the rows are loaded, and the other parts can still be set.
pub(super) async fn settle(client: &Client, plan: &TablePlan) {
    let table = &plan.table.name;
    for part in &plan.post_load_patch {
        if let Err(problem) = client.patch_table(&plan.destination, &part.patch, &part.column_descriptions).await {
            let (settings, problem) = (part.settings().join(", "), explain(&problem));
            events::PropertiesNotSet { table }.log(format_args!(
                "{table}: the rows are loaded, but {settings} could not be set; the next run tries again: {problem}"
            ));
        }
    }
}

fn job_id(publisher: Publisher<'_>, table: &str, generation: u32) -> String {
    let Publisher { client, execution } = publisher;
    client.job_id(JobName { execution, table, step: Step::Load, generation })
}
