//! The context that all tables of a run share.

use std::sync::Arc;

use indicatif::MultiProgress;
use tokio_util::sync::CancellationToken;

use crate::plan::Planner;
use crate::publish::publisher::Publisher;
use crate::sync::failure::Failure;
use crate::sync::pace::Pace;
use crate::sync::pool::Pool;
use crate::sync::settings::Settings;
use crate::work::task::Task;

pub(super) struct Context {
    pub(super) planner: Planner,
    pub(super) task: Task,
    pub(super) settings: Settings,
    /// Buffers that are reused from table to table.
    pub(super) pool: Arc<Pool>,
    /// The speed limits of all tables together.
    pub(super) pace: Arc<Pace>,
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
