//! The connection that holds locks. A task of its own sends one statement after another and always reads the whole answer, even
//! if nobody waits for it any more, and it pings the idle connection.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection as _;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::mysql::connection::{close, reconnect};
use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::settings::Settings;
use crate::mysql::sql::{Connection, in_time, query_text};
use crate::report::events;

/// How often to ping. A VPC cuts connections that idle for ten minutes ("Direct VPC egress", Cloud Run), and the locks are
/// lost with the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A server that does not answer a ping within this time is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait at the end of a run until the locks are released and the connection is closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A handle to the connection, which is closed when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Keeper {
    questions: mpsc::UnboundedSender<Question>,
    lost: CancellationToken,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// A statement whose answer is one row with a number or NULL in its first column.
struct Question {
    statement: String,
    answer: oneshot::Sender<Result<Option<u64>, Error>>,
}

/// Opens the connection, without any lock.
pub(super) async fn start(settings: &Settings) -> Result<Keeper, Error> {
    let connection = reconnect(settings).await?;
    // The tables in flight limit how many questions wait.
    let (questions, waiting) = mpsc::unbounded_channel();
    let lost = CancellationToken::new();
    let task = tokio::spawn(keep(connection, waiting, lost.clone(), settings.stall));
    Ok(Keeper { questions, lost, task: Arc::new(Mutex::new(Some(task))) })
}

impl Keeper {
    /// Takes the lock if it is free. The caller made the name, so it contains no quotes.
    pub(super) async fn take(&self, name: &str) -> Result<bool, Error> {
        self.ask(format!("SELECT CAST(GET_LOCK('{name}', 0) AS CHAR)")).await
    }

    /// Whether this connection holds the lock.
    pub(super) async fn holds(&self, name: &str) -> Result<bool, Error> {
        self.ask(format!("SELECT CAST(IS_USED_LOCK('{name}') = CONNECTION_ID() AS CHAR)")).await
    }

    /// Releases the lock after all statements that were sent before. Does not wait.
    pub(super) fn release(&self, name: &str) {
        let (answer, _) = oneshot::channel();
        // If the connection is gone, the lock is, too.
        let _ = self.questions.send(Question { statement: format!("SELECT RELEASE_LOCK('{name}')"), answer });
    }

    /// Whether a connection to this server can hold several locks.
    pub(super) async fn holds_several(&self) -> Result<bool, Error> {
        let [first, second] = [(); 2].map(|()| format!("mysql-bigquery-sync/{}", Uuid::new_v4()));
        // The server computes the columns from left to right.
        let statement = format!(
            "SELECT CAST(GET_LOCK('{first}', 0) + GET_LOCK('{second}', 0) = 2 AND IS_USED_LOCK('{first}') = CONNECTION_ID() AS CHAR), \
             RELEASE_LOCK('{first}'), RELEASE_LOCK('{second}')"
        );
        self.ask(statement).await.while_doing(|| "finding out whether a connection can hold several locks")
    }

    /// Whether the connection broke.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits until the connection breaks.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Closes the connection after all other handles were dropped.
    pub(super) async fn close(self) {
        let task = self.task.lock().await.take();
        drop(self);
        if let Some(task) = task {
            let _ = tokio::time::timeout(CLOSE_TIMEOUT, task).await;
        }
    }

    async fn ask(&self, statement: String) -> Result<bool, Error> {
        let (answer, answered) = oneshot::channel();
        let _ = self.questions.send(Question { statement, answer });
        match answered.await {
            Ok(answer) => Ok(answer? == Some(1)),
            Err(_) => Err(Kind::Closed.into()),
        }
    }
}

/// Sends the questions until all handles are dropped or the connection breaks.
async fn keep(
    mut connection: Connection,
    mut questions: mpsc::UnboundedReceiver<Question>,
    lost: CancellationToken,
    stall: Duration,
) {
    // However this function ends, those who wait for the loss learn about it.
    let _lost = lost.drop_guard();
    loop {
        tokio::select! {
            question = questions.recv() => {
                let Some(Question { statement, answer }) = question else { return close(connection).await };
                let asking = async { Ok(query_text(&mut connection, statement).await?.number(0)) };
                let result = in_time(stall, asking).await;
                let problem = result.as_ref().err().filter(|error| !error.is_answer()).map(ToString::to_string);
                let _ = answer.send(result);
                if let Some(problem) = problem {
                    return report(&problem);
                }
            }
            () = tokio::time::sleep(KEEP_ALIVE) => {
                match tokio::time::timeout(PING_TIMEOUT, connection.ping()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return report(&error.to_string()),
                    Err(_) => return report(&format!("no answer within {} s", PING_TIMEOUT.as_secs())),
                }
            }
        }
    }
}

fn report(problem: &str) {
    events::LockLost {}.log(format_args!("the connection to MySQL that holds the tables' locks broke: {problem}"));
}
