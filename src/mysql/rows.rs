//! The stream of a table's rows: one statement, binary protocol, in one consistent snapshot.

use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, TryStreamExt as _};
use sqlx::mysql::{MySqlConnection, MySqlQueryResult, MySqlRow};
use sqlx::{AssertSqlSafe, Decode, Either, Executor as _, MySql, Row};

use crate::mysql::Error;
use crate::mysql::connection::{execute, in_time, lock_wait};

/// Opens a snapshot of the database, read-only, and takes the table's metadata lock in it: until the snapshot ends nobody
/// alters the table, so what the catalog says from here on is true of every row.
pub async fn begin_snapshot(connection: &mut MySqlConnection, table: &str, stall: Duration) -> Result<(), Error> {
    let doing = format!("opening table {table}");
    let pinning = format!("SELECT 1 FROM {} LIMIT 0", quoted(table));
    in_time(stall + lock_wait(stall), &doing, async {
        execute(connection, "opening a snapshot", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
        execute(connection, &doing, &pinning).await
    })
    .await
}

/// Makes sure that the user may read every column: the catalog shows only those that it may, and a table would silently
/// lose the others. A column whose type the driver does not know must not be in the answer.
pub async fn check_all_columns(
    connection: &mut MySqlConnection,
    table: &str,
    unknown_types: bool,
) -> Result<(), Error> {
    let all = format!("SELECT * FROM {} LIMIT 0", quoted(table));
    let statement = if unknown_types { format!("SELECT 1 FROM ({all}) AS all_columns") } else { all };
    execute(connection, &format!("making sure that all columns of {table} may be read"), &statement).await
}

/// The same for invisible columns, which are in no `*`: MySQL shows a table's definition to those who may select all of it,
/// and MariaDB refuses the `*`.
pub async fn check_invisible_columns(connection: &mut MySqlConnection, table: &str) -> Result<(), Error> {
    let statement = format!("SHOW CREATE TABLE {}", quoted(table));
    execute(connection, &format!("making sure that invisible columns of {table} may be read"), &statement).await
}

/// Ends the snapshot; a long one would keep InnoDB from cleaning up.
pub async fn end_snapshot(connection: &mut MySqlConnection, stall: Duration) -> Result<(), Error> {
    let doing = "ending the snapshot";
    in_time(stall, doing, execute(connection, doing, "COMMIT")).await
}

/// The statement that reads the table. `filter` is the operator's own SQL.
pub fn statement(select_list: &str, table: &str, filter: Option<&str>) -> String {
    let condition = filter.map(|filter| format!(" WHERE ({filter}\n)")).unwrap_or_default();
    format!("SELECT {select_list} FROM {}{condition}", quoted(table))
}

/// Rows, and at the end a summary.
pub type Rows<'a> = BoxStream<'a, Result<Either<MySqlQueryResult, MySqlRow>, sqlx::Error>>;

/// All rows of the statement, as the server sends them: memory for one row at a time, and the server waits when we do.
pub fn stream(connection: &mut MySqlConnection, statement: String) -> Rows<'_> {
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
        let doing = format!("reading table {table}, after {rows} rows");
        match self {
            Self::Failed(error) => Error::query(doing, &error),
            Self::Silent(limit) => Error::stalled(doing, limit),
        }
    }
}

/// What the driver sends, and the stream's end.
type Item = Result<Option<Either<MySqlQueryResult, MySqlRow>>, sqlx::Error>;

/// The row, or the end; `None` is the summary, which says nothing.
#[inline]
fn row(item: Item) -> Option<Result<Option<MySqlRow>, NoRow>> {
    match item {
        Ok(Some(Either::Right(row))) => Some(Ok(Some(row))),
        Ok(Some(Either::Left(_))) => None,
        Ok(None) => Some(Ok(None)),
        Err(error) => Some(Err(NoRow::Failed(error))),
    }
}

/// The next row if it is here already: `Some(Ok(None))` is the end, `None` says to wait.
#[inline]
pub fn ready(stream: &mut Rows<'_>) -> Option<Result<Option<MySqlRow>, NoRow>> {
    loop {
        if let Some(row) = row(stream.try_next().now_or_never()?) {
            return Some(row);
        }
    }
}

/// The next row, waited for; `None` after the last.
pub async fn wait(stream: &mut Rows<'_>, stall: Duration) -> Result<Option<MySqlRow>, NoRow> {
    loop {
        let item = tokio::time::timeout(stall, stream.try_next()).await.map_err(|_| NoRow::Silent(stall))?;
        if let Some(row) = row(item) {
            return row;
        }
    }
}

/// The bytes of a value as the server sent them; `None` is NULL.
#[inline]
pub fn value(row: &MySqlRow, index: usize) -> Option<&[u8]> {
    // The driver counts zero dates as NULL; the bytes tell them apart.
    <&[u8] as Decode<'_, MySql>>::decode(row.try_get_raw(index).ok()?).ok()
}

/// The identifier in backticks, for MySQL.
pub fn quoted(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_quoted() {
        assert_eq!(statement("`a`", "t", None), "SELECT `a` FROM `t`");
        assert_eq!(statement("`a`", "t`; DROP", None), "SELECT `a` FROM `t``; DROP`");
        // A comment at the filter's end does not swallow the parenthesis.
        assert_eq!(statement("`a`", "t", Some("id > 5 -- new")), "SELECT `a` FROM `t` WHERE (id > 5 -- new\n)");
    }
}
