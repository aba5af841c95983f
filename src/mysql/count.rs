//! Counts the rows of a table.

use crate::mysql::error::{Error, Kind, WhileDoing as _};
use crate::mysql::sql::{Connection, query, select};

/// The number of rows that a copy of the table would have now. `filter` is SQL that the operator wrote.
pub async fn rows(connection: &mut Connection, table: &str, filter: Option<&str>) -> Result<u64, Error> {
    let statement = select("CAST(COUNT(*) AS CHAR)", table, filter);
    let doing = || format!("counting the rows of table {table}");
    let rows = query(connection, &statement, &[]).await.while_doing(doing)?;
    let count = rows.first().and_then(|row| row.number(0));
    count.ok_or_else(|| Error::from(Kind::Protocol("a count that is not a number".into()))).while_doing(doing)
}
