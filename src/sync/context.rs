//! What every table's sync needs.

use std::sync::Arc;

use indicatif::MultiProgress;
use tokio_util::sync::CancellationToken;

use crate::mysql::catalog::Listing;
use crate::mysql::locks::Locks;
use crate::plan::Planner;
use crate::publish::publisher::Publisher;
use crate::sync::failure::Failure;
use crate::sync::pace::Pace;
use crate::sync::places::Places;
use crate::sync::pool::Pool;
use crate::sync::readers::Readers;
use crate::sync::settings::Settings;
use crate::telemetry::progress::Waiting;
use crate::work::task::Task;

pub(super) struct Context {
    pub(super) planner: Planner,
    pub(super) task: Task,
    pub(super) settings: Settings,
    /// Of the task's tables, as they were at the start of the run.
    pub(super) listing: Listing,
    /// Whose turn it is.
    pub(super) places: Arc<Places>,
    /// Used again from table to table.
    pub(super) readers: Arc<Readers>,
    pub(super) pool: Arc<Pool>,
    /// One connection holds all of them.
    pub(super) locks: Locks,
    /// Kept by all tables together.
    pub(super) pace: Arc<Pace>,
    /// Counts the tables that wait for their load jobs.
    pub(super) waiting: Arc<Waiting>,
    /// Ends the run early: SIGTERM or Ctrl-C.
    pub(super) stop: CancellationToken,
    pub(super) bars: Option<MultiProgress>,
}

impl Context {
    pub(super) fn publisher(&self) -> Publisher<'_> {
        Publisher { client: &self.planner.endpoints.bigquery, execution: &self.task.execution }
    }

    /// The work, or the end of it when the run is stopped.
    pub(super) async fn unless_stopped<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
        stopped_while: &'static str,
    ) -> Result<T, Failure> {
        tokio::select! {
            result = work => result.map_err(Into::into),
            () = self.stop.cancelled() => Err(Failure::Stopped(stopped_while)),
        }
    }
}
