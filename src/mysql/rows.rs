//! Streams the rows of a table: one statement over the binary protocol, in one snapshot.

use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::mysql::{MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, Either, Executor as _};

use crate::mysql::error::{Error, Kind};
use crate::mysql::sql::{Connection, Row};

/// Rows, followed by a summary.
pub type Rows<'a> = BoxStream<'a, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>;

/// Streams all rows of the statement. Only one row is in memory at a time. If the reader is slow, the server waits.
pub fn stream(connection: &mut Connection, statement: String) -> Rows<'_> {
    // A prepared statement uses the binary protocol: cheaper for the server than text, exact for FLOAT, and complete for
    // values above 16 MiB. `fetch` would only drop the summary, at the cost of another stream around each row.
    connection.fetch_many(sqlx::query(AssertSqlSafe(statement)).persistent(false))
}

/// Why there is no next row.
#[derive(Debug)]
pub enum NoRow {
    /// The driver's error.
    Failed(sqlx::Error),
    /// The server was silent for this long, so it counts as gone. A VPC cuts connections without notice.
    Silent(Duration),
}

impl NoRow {
    /// The error, with the number of rows that were read before it.
    pub fn reading(self, table: &str, rows: u64) -> Error {
        let error: Error = match self {
            Self::Failed(error) => error.into(),
            Self::Silent(limit) => Kind::Stalled(limit).into(),
        };
        error.doing(format!("reading table {table}, after {rows} rows"))
    }
}

/// What the driver sends; `None` is the end of the stream.
type Item = Result<Option<Either<MySqlQueryResult, MySqlRow>>, sqlx::Error>;

/// The row or the end. `None` is the summary, which is not needed.
#[inline]
fn row(item: Item) -> Option<Result<Option<Row>, NoRow>> {
    match item {
        Ok(Some(Either::Right(row))) => Some(Ok(Some(Row(row)))),
        Ok(Some(Either::Left(_))) => None,
        Ok(None) => Some(Ok(None)),
        Err(error) => Some(Err(NoRow::Failed(error))),
    }
}

/// The next row if it has already arrived. `Some(Ok(None))` is the end; `None` means that the caller must wait.
#[inline]
pub fn ready(stream: &mut Rows<'_>) -> Option<Result<Option<Row>, NoRow>> {
    loop {
        if let Some(row) = row(stream.try_next().now_or_never()?) {
            return Some(row);
        }
    }
}

/// Waits for the next row; `None` after the last one.
pub async fn wait(stream: &mut Rows<'_>, stall: Duration) -> Result<Option<Row>, NoRow> {
    loop {
        let item = tokio::time::timeout(stall, stream.try_next()).await.map_err(|_| NoRow::Silent(stall))?;
        if let Some(row) = row(item) {
            return row;
        }
    }
}
