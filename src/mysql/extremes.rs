//! The smallest and the largest value of a date column, as far as an index has them ready.

use crate::mysql::error::{Error, WhileDoing as _};
use crate::mysql::sql::{Connection, query, quoted};

/// How many units, such as `DAY`, lie between the smallest and the largest value. `None` if no index starts with the column, because
/// the server would read every row, or if the table has no values but zero dates.
pub async fn span(connection: &mut Connection, table: &str, column: &str, unit: &str) -> Result<Option<u64>, Error> {
    let doing = || format!("reading the smallest and the largest {column} of table {table}");
    let indexes = query(
        connection,
        "SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? \
         AND COLUMN_NAME = ? AND SEQ_IN_INDEX = 1 AND INDEX_TYPE = 'BTREE'",
        &[table, column],
    )
    .await
    .while_doing(doing)?;
    if indexes.is_empty() {
        return Ok(None);
    }
    let (table, column) = (quoted(table), quoted(column));
    let statement = format!(
        "SELECT CAST(TIMESTAMPDIFF({unit}, MIN({column}), MAX({column})) AS CHAR) FROM {table} WHERE {column} >= '0001-01-01'"
    );
    let rows = query(connection, &statement, &[]).await.while_doing(doing)?;
    Ok(rows.first().and_then(|row| row.number(0)))
}
