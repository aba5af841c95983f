//! SQL: names in quotation marks, statements, and the rows that come back. The driver's own row is known here only.

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
        // The driver counts zero dates as NULL; the bytes tell them apart.
        <&[u8] as Decode<'_, MySql>>::decode(self.0.try_get_raw(index).ok()?).ok()
    }

    /// Catalog columns are of whatever text type the server's version likes: their bytes are UTF-8 in all of them.
    pub(super) fn text(&self, index: usize) -> Option<String> {
        debug_assert!(index < self.0.len());
        self.value(index).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// A whole number that was cast to text.
    pub(super) fn number(&self, index: usize) -> Option<u64> {
        self.text(index)?.parse().ok()
    }
}

/// The identifier in backticks.
pub fn quoted(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

/// The statement that reads a table. `filter` is the operator's own SQL.
pub fn select(select_list: &str, table: &str, filter: Option<&str>) -> String {
    let condition = filter.map(|filter| format!(" WHERE ({filter}\n)")).unwrap_or_default();
    format!("SELECT {select_list} FROM {}{condition}", quoted(table))
}

/// Runs a statement that is ours from the first to the last letter, or quoted.
pub(super) async fn execute(connection: &mut Connection, statement: &str) -> Result<(), Error> {
    Ok(connection.execute(AssertSqlSafe(statement.to_owned())).await.map(drop)?)
}

/// The rows of a statement with these texts in the place of its question marks.
pub(super) async fn query(
    connection: &mut Connection,
    statement: &str,
    parameters: &[&str],
) -> Result<Vec<Row>, Error> {
    // Kept prepared: it is asked again for the next table, and closing it would delay the next statement. (The server
    // does not answer that, and the driver leaves Nagle's algorithm on: 40 ms each time.)
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

/// What is asked of the server, not waited for longer than it may be silent.
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
        // A comment at the filter's end does not swallow the parenthesis.
        assert_eq!(select("`a`", "t", Some("id > 5 -- new")), "SELECT `a` FROM `t` WHERE (id > 5 -- new\n)");
    }
}
