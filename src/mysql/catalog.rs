//! The catalog: tables and their columns, from `information_schema`.

use crate::mysql::error::{Error, WhileDoing as _, is_table_access_denied};
use crate::mysql::sql::{Connection, Row, execute, query, query_text, quoted};
use crate::report::events;

/// The SQL dialect of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// MySQL and compatible servers.
    MySql,
    /// MariaDB.
    MariaDb,
}

/// A table or view as `information_schema` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it is a view. Patterns never match views.
    pub is_view: bool,
}

/// An existing table, with its name as the server spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Whether it is a view.
    pub is_view: bool,
    /// The number of rows, as the storage engine estimates.
    pub estimated_rows: Option<u64>,
    /// The stored size of the rows; also an estimate.
    pub estimated_bytes: Option<u64>,
    /// `TABLE_COMMENT`; empty for a view.
    pub comment: String,
}

/// A table and its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Whether it is a view. A view is read like a table, but the catalog is not trusted about NULLs in its columns.
    pub is_view: bool,
    /// The number of rows, as the storage engine estimates. It is good enough for a progress bar.
    pub estimated_rows: Option<u64>,
    /// The stored size of the rows; also an estimate.
    pub estimated_bytes: Option<u64>,
    /// `TABLE_COMMENT`; empty for a view.
    pub comment: String,
    /// All columns in ordinal order, including invisible and generated ones.
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
    /// Whether the column type says `unsigned`.
    pub unsigned: bool,
    /// `NUMERIC_PRECISION`: the number of digits, or of bits for BIT.
    pub precision: Option<u32>,
    /// `NUMERIC_SCALE`.
    pub scale: Option<u32>,
    /// Whether it holds JSON: MySQL's JSON type, or MariaDB's LONGTEXT with a `json_valid` check.
    pub json: bool,
    /// `COLUMN_COMMENT`.
    pub comment: String,
    /// Whether it is part of the primary key.
    pub in_primary_key: bool,
    /// `CHARACTER_SET_NAME`; `None` if the column is not text.
    pub charset: Option<String>,
    /// Whether the user has SELECT on it.
    pub readable: bool,
}

/// Asks the server for its dialect.
pub async fn flavor(connection: &mut Connection) -> Result<Flavor, Error> {
    let rows = query(connection, "SELECT VERSION()", &[]).await.while_doing(|| "asking for the server's version")?;
    let version = rows.first().and_then(|row| row.text(0)).unwrap_or_default();
    Ok(if version.contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql })
}

/// All tables and views in the connection's database that the user can see, sorted by name.
pub async fn list(connection: &mut Connection) -> Result<Vec<Listed>, Error> {
    let rows = query(
        connection,
        "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE <> 'SEQUENCE' ORDER BY TABLE_NAME",
        &[],
    )
    .await
    .while_doing(|| "listing the tables")?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(Listed { name: row.text(0)?, is_view: row.text(1)?.contains("VIEW") }))
        .collect())
}

/// The table with this name, or the names of all tables if there is none.
pub async fn find(connection: &mut Connection, name: &str) -> Result<Result<Found, Vec<String>>, Error> {
    let found = query(
        connection,
        "SELECT TABLE_NAME, TABLE_TYPE, CAST(TABLE_ROWS AS CHAR), CAST(@@lower_case_table_names AS CHAR), \
         CAST(DATA_LENGTH AS CHAR), TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?",
        &[name],
    )
    .await
    .while_doing(|| format!("looking {name} up in the catalog"))?;
    // With lower_case_table_names = 0, table names are case-sensitive, but on some servers the comparison above is not.
    let exact = |row: &&Row| row.text(0).as_deref() == Some(name);
    let ignores_case = |row: &&Row| row.number(3) != Some(0);
    let Some(row) = found.iter().find(exact).or_else(|| found.first().filter(ignores_case)) else {
        return Ok(Err(list(connection).await?.into_iter().map(|listed| listed.name).collect()));
    };
    let is_view = row.text(1).unwrap_or_default().contains("VIEW");
    Ok(Ok(Found {
        name: row.text(0).unwrap_or_default(),
        is_view,
        estimated_rows: row.number(2),
        estimated_bytes: row.number(4),
        // The comment of a view is only "VIEW".
        comment: row.text(5).filter(|_| !is_view).unwrap_or_default(),
    }))
}

/// Reads the columns of the table, in ordinal order.
pub async fn columns(connection: &mut Connection, flavor: Flavor, found: Found) -> Result<Table, Error> {
    let Found { name, is_view, estimated_rows, estimated_bytes, comment } = found;
    let doing = || format!("reading the columns of {name} from the catalog");
    let definition = match flavor {
        Flavor::MariaDb if !is_view => definition(connection, &name).await.while_doing(doing)?,
        _ => None,
    };
    let columns = query(
        connection,
        "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CAST(NUMERIC_PRECISION AS CHAR), \
         CAST(NUMERIC_SCALE AS CHAR), COLUMN_COMMENT, COLUMN_KEY, CHARACTER_SET_NAME, PRIVILEGES \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
        &[&name],
    )
    .await
    .while_doing(doing)?
    .iter()
    .map(|row| column(row, definition.as_deref()))
    .collect();
    Ok(Table { name, is_view, estimated_rows, estimated_bytes, comment, columns })
}

fn column(row: &Row, definition: Option<&str>) -> Column {
    let charset = row.text(8).map(|name| name.to_lowercase());
    let text = |index| row.text(index).unwrap_or_default();
    let (name, data_type, column_type) = (text(0), text(1).to_lowercase(), text(2));
    Column {
        json: data_type == "json"
            || (data_type == "longtext" && definition.is_some_and(|definition| has_json_check(definition, &name))),
        unsigned: column_type.to_lowercase().contains("unsigned"),
        nullable: text(3) == "YES",
        precision: row.number(4).and_then(|number| u32::try_from(number).ok()),
        scale: row.number(5).and_then(|number| u32::try_from(number).ok()),
        comment: text(6),
        in_primary_key: text(7) == "PRI",
        charset,
        readable: text(9).split(',').any(|privilege| privilege == "select"),
        name,
        data_type,
        column_type,
    }
}

/// Checks that the user may read every column. The catalog shows only the columns that the user may read, so the others
/// would be lost silently. Set `unknown_types` if the driver does not know the type of a column: it cannot read such a
/// column in a result.
pub async fn check_all_columns(connection: &mut Connection, table: &str, unknown_types: bool) -> Result<(), Error> {
    let all = format!("SELECT * FROM {} LIMIT 0", quoted(table));
    let statement = if unknown_types { format!("SELECT 1 FROM ({all}) AS all_columns") } else { all };
    let doing = || format!("checking that all columns of {table} may be read");
    execute(connection, &statement).await.while_doing(doing)
}

/// Checks the same for invisible columns, which `*` leaves out. MySQL shows the definition of a table only to users who may
/// select all of it. MariaDB already refuses the `*`.
pub async fn check_invisible_columns(connection: &mut Connection, table: &str) -> Result<(), Error> {
    let doing = || format!("checking that invisible columns of {table} may be read");
    execute(connection, &format!("SHOW CREATE TABLE {}", quoted(table))).await.while_doing(doing)
}

/// The definition of a MariaDB table, which says which columns are JSON; `None` if the user may read only some columns.
///
/// MariaDB's JSON is LONGTEXT with the check `json_valid(column)`. The catalog shows checks only to users who may do more
/// than read the table. SHOW CREATE TABLE shows them to readers, too.
async fn definition(connection: &mut Connection, table: &str) -> Result<Option<String>, Error> {
    // The server's default may be to leave out the backticks.
    execute(connection, "SET SESSION sql_quote_show_create = 1").await?;
    let statement = format!("SHOW CREATE TABLE {}", quoted(table));
    match query_text(connection, statement).await {
        Ok(row) => Ok(row.text(1)),
        Err(error) if is_table_access_denied(&error) => {
            events::JsonUnknown { table }.log(format_args!(
                "table {table}: JSON columns become STRING, because MariaDB shows which columns are JSON only to a user with SELECT on the whole table"
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the table definition has MariaDB's JSON check at the end of the column's line.
fn has_json_check(definition: &str, column: &str) -> bool {
    let column = quoted(column);
    let rest = definition.split_once(&format!("\n  {column} longtext ")).map(|(_, rest)| rest);
    // The line ends at the next column or at the end of the list. Line breaks are escaped in comments, but not in names.
    let own = rest.and_then(|rest| rest.split(",\n  ").next()).and_then(|rest| rest.split("\n)").next());
    own.is_some_and(|own| own.ends_with(&format!(" CHECK (json_valid({column}))")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_check_of_the_column_itself_makes_it_json() {
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
