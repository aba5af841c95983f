//! This process's place in the execution.

/// This process's place in a Cloud Run execution; outside Cloud Run: task 0 of 1.
/// Source: "Container runtime contract" of Cloud Run, section on jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// `CLOUD_RUN_JOB`, if it is set.
    pub job: Option<String>,
    /// `CLOUD_RUN_EXECUTION`, or a generated id.
    pub execution: String,
    /// `CLOUD_RUN_TASK_INDEX`, or `JOB_COMPLETION_INDEX` of Kubernetes, from 0.
    pub index: usize,
    /// `CLOUD_RUN_TASK_COUNT`, at least 1.
    pub count: usize,
    /// `CLOUD_RUN_TASK_ATTEMPT`, from 0.
    pub attempt: usize,
}
