//! The connection that holds locks, in a task of its own: it asks one question after another, each to its end, whoever stops waiting
//! for the answer, and keeps the connection from being cut.

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

/// A VPC cuts connections that idle for ten minutes ("Direct VPC egress", Cloud Run), and with the connection the locks
/// would be gone.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Whoever does not answer by then is gone.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// To release what is left and say goodbye at the end of a run.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The way to the connection. It is closed when the last of these is dropped.
#[derive(Clone)]
pub(super) struct Keeper {
    questions: mpsc::UnboundedSender<Question>,
    lost: CancellationToken,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// A statement with one row, whose first column is a number or NULL.
struct Question {
    statement: String,
    answer: oneshot::Sender<Result<Option<u64>, Error>>,
}

/// Opens a connection that holds no lock yet.
pub(super) async fn start(settings: &Settings) -> Result<Keeper, Error> {
    let connection = reconnect(settings).await?;
    // No more questions wait than there are tables in flight.
    let (questions, waiting) = mpsc::unbounded_channel();
    let lost = CancellationToken::new();
    let task = tokio::spawn(keep(connection, waiting, lost.clone(), settings.stall));
    Ok(Keeper { questions, lost, task: Arc::new(Mutex::new(Some(task))) })
}

impl Keeper {
    /// Takes the lock unless somebody else holds it. Names are ours: no quotes in them.
    pub(super) async fn take(&self, name: &str) -> Result<bool, Error> {
        self.ask(format!("SELECT CAST(GET_LOCK('{name}', 0) AS CHAR)")).await
    }

    /// Whether the connection holds the lock.
    pub(super) async fn holds(&self, name: &str) -> Result<bool, Error> {
        self.ask(format!("SELECT CAST(IS_USED_LOCK('{name}') = CONNECTION_ID() AS CHAR)")).await
    }

    /// Releases the lock soon.
    pub(super) fn release(&self, name: &str) {
        let (answer, _) = oneshot::channel();
        // A connection that is gone holds no lock.
        let _ = self.questions.send(Question { statement: format!("SELECT RELEASE_LOCK('{name}')"), answer });
    }

    /// Whether a connection still holds its first lock when it has taken a second one, on this server.
    pub(super) async fn holds_several(&self) -> Result<bool, Error> {
        let [first, second] = [(); 2].map(|()| format!("mysql-bigquery-sync/{}", Uuid::new_v4()));
        // The columns are computed from left to right.
        let statement = format!(
            "SELECT CAST(GET_LOCK('{first}', 0) + GET_LOCK('{second}', 0) = 2 AND IS_USED_LOCK('{first}') = CONNECTION_ID() AS CHAR), \
             RELEASE_LOCK('{first}'), RELEASE_LOCK('{second}')"
        );
        self.ask(statement).await.while_doing(|| "asking whether a connection can hold several locks")
    }

    /// True once the connection broke.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Waits until the connection breaks.
    pub(super) async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Closes the connection once all others have let go of it.
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

/// Asks until nobody has a question any more, or the connection breaks.
async fn keep(
    mut connection: Connection,
    mut questions: mpsc::UnboundedReceiver<Question>,
    lost: CancellationToken,
    stall: Duration,
) {
    // However this ends, whoever waits for a loss learns of it.
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
