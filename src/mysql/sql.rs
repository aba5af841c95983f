//! SQL: quoted names, statements, and their rows. Only this file knows the driver's row type.

use std::time::Duration;

use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Decode, Executor as _, MySql, Row as _};

use crate::mysql::error::{Error, Kind};

/// A connection to the source server.
pub type Connection = sqlx::mysql::MySqlConnection;

/// One row of a result.
pub struct Row(pub(super) MySqlRow);

impl Row {
    /// The bytes of a value as the server sent them; `None` is NULL.
    #[inline]
    pub fn value(&self, index: usize) -> Option<&[u8]> {
        // The driver reports zero dates as NULL. The bytes tell them apart.
        <&[u8] as Decode<'_, MySql>>::decode(self.0.try_get_raw(index).ok()?).ok()
    }

    /// The text of a catalog column. Its text type depends on the server's version, but the bytes are always UTF-8.
    pub(super) fn text(&self, index: usize) -> Option<String> {
        debug_assert!(index < self.0.len());
        self.value(index).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// An unsigned integer that the statement cast to text.
    pub(super) fn number(&self, index: usize) -> Option<u64> {
        self.text(index)?.parse().ok()
    }
}

/// The identifier in backticks.
pub fn quoted(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

/// The statement that reads a table. `filter` is SQL that the operator wrote.
pub fn select(select_list: &str, table: &str, filter: Option<&str>) -> String {
    let condition = filter.map(|filter| format!(" WHERE ({filter}\n)")).unwrap_or_default();
    format!("SELECT {select_list} FROM {}{condition}", quoted(table))
}

/// Runs a statement. Everything in it must be a literal of this program or quoted.
pub(super) async fn execute(connection: &mut Connection, statement: &str) -> Result<(), Error> {
    Ok(connection.execute(AssertSqlSafe(statement.to_owned())).await.map(drop)?)
}

/// The rows of a statement with these texts as its parameters.
pub(super) async fn query(
    connection: &mut Connection,
    statement: &str,
    parameters: &[&str],
) -> Result<Vec<Row>, Error> {
    // The statement stays prepared for the next table. Closing it would also delay the next statement by 40 ms, because
    // the server does not answer a close and the driver leaves Nagle's algorithm on.
    let mut query = sqlx::query(AssertSqlSafe(statement.to_owned()));
    for parameter in parameters {
        query = query.bind(*parameter);
    }
    Ok(query.fetch_all(connection).await?.into_iter().map(Row).collect())
}

/// The one row of a statement that cannot be prepared.
pub(super) async fn query_text(connection: &mut Connection, statement: String) -> Result<Row, Error> {
    Ok(Row(sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(connection).await?))
}

/// Waits for the server's answer, at most for as long as the server may be silent.
pub async fn in_time<T>(limit: Duration, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(limit, asking).await.unwrap_or_else(|_| Err(Kind::Stalled(limit).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_quoted() {
        assert_eq!(select("`a`", "t", None), "SELECT `a` FROM `t`");
        assert_eq!(select("`a`", "t`; DROP", None), "SELECT `a` FROM `t``; DROP`");
        // A comment at the end of the filter does not hide the parenthesis.
        assert_eq!(select("`a`", "t", Some("id > 5 -- new")), "SELECT `a` FROM `t` WHERE (id > 5 -- new\n)");
    }
}
