//! The catalog: which tables exist and what their columns are, from `information_schema`.

use sqlx::mysql::{MySqlConnection, MySqlRow};
use sqlx::{AssertSqlSafe, Row};

use crate::mysql::connection::execute;
use crate::mysql::error::is_table_access_denied;
use crate::mysql::{Error, rows};
use crate::report::events;

/// Whose dialect the server speaks, where the two differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// MySQL, and what is compatible with it.
    MySql,
    /// MariaDB.
    MariaDb,
}

/// A table or view as `information_schema` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Patterns never match views.
    pub is_view: bool,
}

/// A table that exists, as the server spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Whether it is a view.
    pub is_view: bool,
    /// The storage engine's guess.
    pub estimated_rows: Option<u64>,
    /// Bytes of the rows as they are stored; also a guess.
    pub estimated_bytes: Option<u64>,
    /// `TABLE_COMMENT`; empty for a view.
    pub comment: String,
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// A view is read like a table, but what the catalog says of its columns' NULLs is not relied on.
    pub is_view: bool,
    /// The storage engine's guess; good for a progress bar.
    pub estimated_rows: Option<u64>,
    /// Bytes of the rows as they are stored; also a guess.
    pub estimated_bytes: Option<u64>,
    /// `TABLE_COMMENT`; empty for a view.
    pub comment: String,
    /// In ordinal order, invisible and generated ones included.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// `DATA_TYPE`, such as `bigint`.
    pub data_type: String,
    /// `COLUMN_TYPE`, such as `bigint(20) unsigned` or `enum('a','B')`.
    pub column_type: String,
    /// `IS_NULLABLE`.
    pub nullable: bool,
    /// Read off the column type.
    pub unsigned: bool,
    /// `NUMERIC_PRECISION`: digits, for BIT bits.
    pub precision: Option<u32>,
    /// `NUMERIC_SCALE`.
    pub scale: Option<u32>,
    /// MySQL's JSON, or MariaDB's text with a `json_valid` check.
    pub json: bool,
    /// `COLUMN_COMMENT`.
    pub comment: String,
    /// Whether it is part of the primary key.
    pub in_primary_key: bool,
    /// `CHARACTER_SET_NAME`; `None` where the column is no text.
    pub charset: Option<String>,
    /// Whether the user may select it.
    pub readable: bool,
}

/// What the server says of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The server's product and version.
    pub version: String,
    /// `CURRENT_USER()`: the account that the server took the user for.
    pub user: String,
    /// TLS version and cipher; `None` when the connection is plain.
    pub cipher: Option<String>,
}

/// Asks the server about this connection.
pub async fn session(connection: &mut MySqlConnection) -> Result<Session, Error> {
    let doing = "asking the server about the connection";
    let says =
        query(connection, doing, "SELECT CONCAT(@@version_comment, ' ', VERSION()), CURRENT_USER()", &[]).await?;
    let say = |index| says.first().and_then(|row| text(row, index)).unwrap_or_default();
    let (version, user) = (say(0), say(1));
    let status = "SHOW SESSION STATUS WHERE Variable_name IN ('Ssl_version', 'Ssl_cipher')";
    let mut rows = query(connection, doing, status, &[]).await?;
    // Ssl_version after Ssl_cipher, as the server lists them; shown the other way round.
    rows.reverse();
    let values: Vec<String> = rows.iter().filter_map(|row| text(row, 1)).filter(|value| !value.is_empty()).collect();
    Ok(Session { version, user, cipher: Some(values.join(" ")).filter(|cipher| !cipher.is_empty()) })
}

/// Asks the server whose dialect it speaks.
pub async fn flavor(connection: &mut MySqlConnection) -> Result<Flavor, Error> {
    let rows = query(connection, "asking for the server's version", "SELECT VERSION()", &[]).await?;
    let version = rows.first().and_then(|row| text(row, 0)).unwrap_or_default();
    Ok(if version.contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql })
}

/// All tables and views of the connection's database that its user may see, by name.
pub async fn list(connection: &mut MySqlConnection) -> Result<Vec<Listed>, Error> {
    let rows = query(
        connection,
        "listing the tables",
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'SEQUENCE' ORDER BY TABLE_NAME",
        &[],
    )
    .await?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(Listed { name: text(row, 0)?, is_view: text(row, 1)?.contains("VIEW") }))
        .collect())
}

/// The table of this name, or the names that exist when there is none.
pub async fn find(connection: &mut MySqlConnection, name: &str) -> Result<Result<Found, Vec<String>>, Error> {
    let found = query(
        connection,
        &format!("looking {name} up in the catalog"),
        "SELECT TABLE_NAME, TABLE_TYPE, CAST(TABLE_ROWS AS CHAR), CAST(@@lower_case_table_names AS CHAR), \
         CAST(DATA_LENGTH AS CHAR), TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
        &[name],
    )
    .await?;
    // The comparison above ignores case on some servers that do not themselves (lower_case_table_names = 0).
    let exact = |row: &&MySqlRow| text(row, 0).as_deref() == Some(name);
    let ignores_case = |row: &&MySqlRow| number(row, 3) != Some(0);
    let Some(row) = found.iter().find(exact).or_else(|| found.first().filter(ignores_case)) else {
        return Ok(Err(list(connection).await?.into_iter().map(|listed| listed.name).collect()));
    };
    let is_view = text(row, 1).unwrap_or_default().contains("VIEW");
    Ok(Ok(Found {
        name: text(row, 0).unwrap_or_default(),
        is_view,
        estimated_rows: number(row, 2),
        estimated_bytes: number(row, 4),
        // A view's says no more than "VIEW".
        comment: text(row, 5).filter(|_| !is_view).unwrap_or_default(),
    }))
}

/// The table's columns, in ordinal order.
pub async fn columns(connection: &mut MySqlConnection, flavor: Flavor, found: Found) -> Result<Table, Error> {
    let Found { name, is_view, estimated_rows, estimated_bytes, comment } = found;
    let doing = format!("reading the columns of {name} from the catalog");
    let definition = match flavor {
        Flavor::MariaDb if !is_view => definition(connection, &doing, &name).await?,
        _ => None,
    };
    let columns = query(
        connection,
        &doing,
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CAST(NUMERIC_PRECISION AS CHAR), \
         CAST(NUMERIC_SCALE AS CHAR), COLUMN_COMMENT, COLUMN_KEY, CHARACTER_SET_NAME, PRIVILEGES \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
        &[&name],
    )
    .await?
    .iter()
    .map(|row| column(row, definition.as_deref()))
    .collect();
    Ok(Table { name, is_view, estimated_rows, estimated_bytes, comment, columns })
}

fn column(row: &MySqlRow, definition: Option<&str>) -> Column {
    let charset = text(row, 8).map(|name| name.to_lowercase());
    let text = |index| text(row, index).unwrap_or_default();
    let (name, data_type, column_type) = (text(0), text(1).to_lowercase(), text(2));
    Column {
        json: data_type == "json"
            || (data_type == "longtext" && definition.is_some_and(|definition| has_json_check(definition, &name))),
        unsigned: column_type.to_lowercase().contains("unsigned"),
        nullable: text(3) == "YES",
        precision: number(row, 4).and_then(|number| u32::try_from(number).ok()),
        scale: number(row, 5).and_then(|number| u32::try_from(number).ok()),
        comment: text(6),
        in_primary_key: text(7) == "PRI",
        charset,
        readable: text(9).split(',').any(|privilege| privilege == "select"),
        name,
        data_type,
        column_type,
    }
}

/// MariaDB's JSON is LONGTEXT with the check `json_valid(column)`, which the catalog shows only to users who may do more
/// than read the table. Its definition is shown to those as well; `None` to a user who may read some columns only.
async fn definition(connection: &mut MySqlConnection, doing: &str, table: &str) -> Result<Option<String>, Error> {
    // A server may be set to leave the quotes out.
    execute(connection, doing, "SET SESSION sql_quote_show_create = 1").await?;
    let statement = format!("SHOW CREATE TABLE {}", rows::quoted(table));
    match sqlx::raw_sql(AssertSqlSafe(statement)).fetch_one(connection).await {
        Ok(row) => Ok(text(&row, 1)),
        Err(error) if is_table_access_denied(&error) => {
            events::JsonUnknown { table }.log(format_args!(
                "table {table}: without SELECT on the whole table MariaDB does not tell which columns are JSON: they become STRING"
            ));
            Ok(None)
        }
        Err(error) => Err(Error::query(doing, &error)),
    }
}

/// Whether the definition of a table has the check of MariaDB's JSON for a column, at the end of the column's line.
fn has_json_check(definition: &str, column: &str) -> bool {
    let column = rows::quoted(column);
    let rest = definition.split_once(&format!("\n  {column} longtext ")).map(|(_, rest)| rest);
    // The next column or the end. Line breaks within comments are escaped, within names not.
    let own = rest.and_then(|rest| rest.split(",\n  ").next()).and_then(|rest| rest.split("\n)").next());
    own.is_some_and(|own| own.ends_with(&format!(" CHECK (json_valid({column}))")))
}

pub(super) async fn query(
    connection: &mut MySqlConnection,
    doing: &str,
    statement: &str,
    parameters: &[&str],
) -> Result<Vec<MySqlRow>, Error> {
    // Kept prepared: it is asked again for the next table, and closing it would delay the next statement. (The server
    // does not answer that, and the driver leaves Nagle's algorithm on: 40 ms each time.)
    let mut query = sqlx::query(AssertSqlSafe(statement.to_owned()));
    for parameter in parameters {
        query = query.bind(*parameter);
    }
    query.fetch_all(connection).await.map_err(|error| Error::query(doing, &error))
}

/// Catalog columns are of whatever text type the server's version likes: their bytes are UTF-8 in all of them.
pub(super) fn text(row: &MySqlRow, index: usize) -> Option<String> {
    debug_assert!(index < row.len());
    rows::value(row, index).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// A whole number that was cast to text.
pub(super) fn number(row: &MySqlRow, index: usize) -> Option<u64> {
    text(row, index)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_the_columns_own_check() {
        let definition = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `a` longtext DEFAULT NULL COMMENT 'x' CHECK (json_valid(`a`)),\n  \
                          `b` longtext DEFAULT NULL COMMENT ' CHECK (json_valid(`b`))',\n  `c` longtext DEFAULT NULL CHECK (json_valid(`a`)),\n  \
                          `d` longtext DEFAULT NULL CHECK (json_valid(`d`) and 1),\n  \
                          `e``\nf` longtext NOT NULL CHECK (json_valid(`e``\nf`))\n) ENGINE=InnoDB";
        for (column, expected) in [("a", true), ("b", false), ("c", false), ("d", false), ("e`\nf", true), ("z", false)]
        {
            assert_eq!(has_json_check(definition, column), expected, "{column}");
        }
    }
}
