//! The stream of a table's rows: one statement, binary protocol, in one consistent snapshot.

use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, Either, Executor as _};

use crate::mysql::error::{Error, Kind};
use crate::mysql::sql::{Connection, Row};

/// Rows, and at the end a summary.
pub type Rows<'a> = BoxStream<'a, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>;

/// All rows of the statement, as the server sends them: memory for one row at a time, and the server waits when we do.
pub fn stream(connection: &mut Connection, statement: String) -> Rows<'_> {
    // Prepared, hence binary: cheaper for the server than text, exact for FLOAT, and complete for values beyond 16 MiB.
    // `fetch` would do no more than leave the summary out, and cost each row another stream.
    connection.fetch_many(sqlx::query(AssertSqlSafe(statement)).persistent(false))
}

/// Why a row did not come.
#[derive(Debug)]
pub enum NoRow {
    /// The driver's error.
    Failed(sqlx::Error),
    /// A server that is silent for so long is gone: a cut VPC connection says nothing.
    Silent(Duration),
}

impl NoRow {
    /// The error, `rows` of the table having been read before it.
    pub fn reading(self, table: &str, rows: u64) -> Error {
        let error: Error = match self {
            Self::Failed(error) => error.into(),
            Self::Silent(limit) => Kind::Stalled(limit).into(),
        };
        error.doing(format!("reading table {table}, after {rows} rows"))
    }
}

/// What the driver sends, and the stream's end.
type Item = Result<Option<Either<MySqlQueryResult, MySqlRow>>, sqlx::Error>;

/// The row, or the end; `None` is the summary, which says nothing.
#[inline]
fn row(item: Item) -> Option<Result<Option<Row>, NoRow>> {
    match item {
        Ok(Some(Either::Right(row))) => Some(Ok(Some(Row(row)))),
        Ok(Some(Either::Left(_))) => None,
        Ok(None) => Some(Ok(None)),
        Err(error) => Some(Err(NoRow::Failed(error))),
    }
}

/// The next row if it is here already: `Some(Ok(None))` is the end, `None` says to wait.
#[inline]
pub fn ready(stream: &mut Rows<'_>) -> Option<Result<Option<Row>, NoRow>> {
    loop {
        if let Some(row) = row(stream.try_next().now_or_never()?) {
            return Some(row);
        }
    }
}

/// The next row, waited for; `None` after the last.
pub async fn wait(stream: &mut Rows<'_>, stall: Duration) -> Result<Option<Row>, NoRow> {
    loop {
        let item = tokio::time::timeout(stall, stream.try_next()).await.map_err(|_| NoRow::Silent(stall))?;
        if let Some(row) = row(item) {
            return row;
        }
    }
}
