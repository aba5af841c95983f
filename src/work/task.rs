//! Which task of which execution this is.

/// This process's place in a Cloud Run execution; outside Cloud Run: task 0 of 1.
/// Source: "Container runtime contract" of Cloud Run, section on jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// `CLOUD_RUN_JOB`, when there is one.
    pub job: Option<String>,
    /// `CLOUD_RUN_EXECUTION`, or an id made up for this run.
    pub execution: String,
    /// `CLOUD_RUN_TASK_INDEX`, from 0.
    pub index: usize,
    /// `CLOUD_RUN_TASK_COUNT`, at least 1.
    pub count: usize,
    /// `CLOUD_RUN_TASK_ATTEMPT`, 0 at the first.
    pub attempt: usize,
}
