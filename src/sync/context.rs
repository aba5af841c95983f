//! The context that all tables of a run share.

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
    /// The task's tables as they were at the start of the run.
    pub(super) listing: Listing,
    /// Decides which table is read next.
    pub(super) places: Arc<Places>,
    /// Connections that are reused from table to table.
    pub(super) readers: Arc<Readers>,
    /// Buffers that are reused from table to table.
    pub(super) pool: Arc<Pool>,
    /// The locks of all tables; one connection holds them.
    pub(super) locks: Locks,
    /// The speed limits of all tables together.
    pub(super) pace: Arc<Pace>,
    /// Counts the tables that wait for their load jobs.
    pub(super) waiting: Arc<Waiting>,
    /// Canceled by SIGTERM or Ctrl-C.
    pub(super) stop: CancellationToken,
    pub(super) bars: Option<MultiProgress>,
}

impl Context {
    pub(super) fn publisher(&self) -> Publisher<'_> {
        Publisher { client: &self.planner.endpoints.bigquery, execution: &self.task.execution }
    }

    /// The result of the work, or `Failure::Stopped` if a signal ends the run first.
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
