//! SIGTERM and Ctrl-C stop a command.

use std::future::Future;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::report::events;

/// Cloud Run kills the process 10 s after SIGTERM; exit well before that, even if something hangs.
const STOP_TIMEOUT: Duration = Duration::from_secs(4);

/// Runs the work to its end. A signal cancels `stop`; the work then has a few seconds to clean up. False if the work failed or
/// was stopped.
pub async fn run_until_stopped(work: impl Future<Output = bool>, stop: CancellationToken) -> bool {
    tokio::select! {
        // Install the signal handlers first: a signal right at the start must not end the run without a log line.
        biased;
        () = cancel_on_signal(&stop) => {
            events::SyncFailed { error: "stopped by a signal" }
                .log(format_args!("stopped by a signal; not waiting any longer"));
            false
        }
        succeeded = work => succeeded && !stop.is_cancelled(),
    }
}

/// Returns when the time to clean up is over. A Cloud Run task is process 1: without a handler, SIGTERM does nothing.
async fn cancel_on_signal(stop: &CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        events::NoSignals {}.log(format_args!("cannot handle signals here: SIGTERM will not stop the sync cleanly"));
        return std::future::pending().await;
    };
    let name = tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    };
    events::Stopping { signal: name }
        .log(format_args!("{name}: stopping; tables that are not loaded yet stay as they were"));
    stop.cancel();
    tokio::time::sleep(STOP_TIMEOUT).await;
}
