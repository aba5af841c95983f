//! The catalog: which tables exist and what their columns are, from `information_schema`.

use std::collections::HashMap;

use crate::mysql::error::{Error, WhileDoing as _, is_table_access_denied};
use crate::mysql::sql::{Connection, Row, execute, query, query_text, quoted};
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

/// What the catalog says about many tables, by name.
#[derive(Debug, Default)]
pub struct Listing {
    found: HashMap<String, Found>,
    /// By name in lower case, on a server that ignores case.
    ignoring_case: HashMap<String, String>,
}

impl Listing {
    /// Of these tables.
    pub fn new(found: impl IntoIterator<Item = Found>, ignores_case: bool) -> Self {
        let found: HashMap<String, Found> = found.into_iter().map(|found| (found.name.clone(), found)).collect();
        let names = found.keys().filter(|_| ignores_case).map(|name| (name.to_lowercase(), name.clone()));
        Self { ignoring_case: names.collect(), found }
    }

    /// The table that is asked for by this name.
    pub fn find(&self, name: &str) -> Option<&Found> {
        self.found.get(name).or_else(|| self.found.get(self.ignoring_case.get(&name.to_lowercase())?))
    }
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

/// Asks the server whose dialect it speaks.
pub async fn flavor(connection: &mut Connection) -> Result<Flavor, Error> {
    let rows = query(connection, "SELECT VERSION()", &[]).await.while_doing(|| "asking for the server's version")?;
    let version = rows.first().and_then(|row| row.text(0)).unwrap_or_default();
    Ok(if version.contains("MariaDB") { Flavor::MariaDb } else { Flavor::MySql })
}

/// All tables and views of the connection's database that its user may see, by name.
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

/// The table of this name, or the names that exist when there is none.
pub async fn find(connection: &mut Connection, name: &str) -> Result<Result<Found, Vec<String>>, Error> {
    let rows = query(connection, &format!("{FIND}= ?"), &[name]).await;
    let rows = rows.while_doing(|| format!("looking {name} up in the catalog"))?;
    // The comparison above ignores case on some servers that do not themselves (lower_case_table_names = 0).
    let exact = |row: &&Row| row.text(0).as_deref() == Some(name);
    match rows.iter().find(exact).or_else(|| rows.first().filter(|row| ignores_case(row))) {
        Some(row) => Ok(Ok(found(row))),
        None => Ok(Err(list(connection).await?.into_iter().map(|listed| listed.name).collect())),
    }
}

/// What the catalog says about those of these tables that exist.
pub async fn listing(connection: &mut Connection, names: &[&str]) -> Result<Listing, Error> {
    let mut rows = Vec::new();
    for names in names.chunks(NAMES_AT_ONCE) {
        let statement = format!("{FIND}IN (?{})", ", ?".repeat(names.len() - 1));
        rows.extend(query(connection, &statement, names).await.while_doing(|| "looking the tables up in the catalog")?);
    }
    Ok(Listing::new(rows.iter().map(found), rows.first().is_some_and(ignores_case)))
}

/// Looks tables up, up to the condition on their names.
const FIND: &str = "SELECT TABLE_NAME, TABLE_TYPE, CAST(TABLE_ROWS AS CHAR), CAST(@@lower_case_table_names AS CHAR), \
                    CAST(DATA_LENGTH AS CHAR), TABLE_COMMENT FROM information_schema.TABLES \
                    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME ";

/// The servers open a table to say how large it is, which takes about a millisecond.
const NAMES_AT_ONCE: usize = 1000;

fn ignores_case(row: &Row) -> bool {
    row.number(3) != Some(0)
}

fn found(row: &Row) -> Found {
    let is_view = row.text(1).unwrap_or_default().contains("VIEW");
    Found {
        name: row.text(0).unwrap_or_default(),
        is_view,
        estimated_rows: row.number(2),
        estimated_bytes: row.number(4),
        // A view's says no more than "VIEW".
        comment: row.text(5).filter(|_| !is_view).unwrap_or_default(),
    }
}

/// The table's columns, in ordinal order.
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

/// Makes sure that the user may read every column: the catalog shows only those that it may, and a table would silently
/// lose the others. A column whose type the driver does not know must not be in the answer.
pub async fn check_all_columns(connection: &mut Connection, table: &str, unknown_types: bool) -> Result<(), Error> {
    let all = format!("SELECT * FROM {} LIMIT 0", quoted(table));
    let statement = if unknown_types { format!("SELECT 1 FROM ({all}) AS all_columns") } else { all };
    let doing = || format!("making sure that all columns of {table} may be read");
    execute(connection, &statement).await.while_doing(doing)
}

/// The same for invisible columns, which are in no `*`: MySQL shows a table's definition to those who may select all of it,
/// and MariaDB refuses the `*`.
pub async fn check_invisible_columns(connection: &mut Connection, table: &str) -> Result<(), Error> {
    let doing = || format!("making sure that invisible columns of {table} may be read");
    execute(connection, &format!("SHOW CREATE TABLE {}", quoted(table))).await.while_doing(doing)
}

/// MariaDB's JSON is LONGTEXT with the check `json_valid(column)`, which the catalog shows only to users who may do more
/// than read the table. Its definition is shown to those as well; `None` to a user who may read some columns only.
async fn definition(connection: &mut Connection, table: &str) -> Result<Option<String>, Error> {
    let statement = format!("SHOW CREATE TABLE {}", quoted(table));
    match query_text(connection, statement).await {
        Ok(row) => Ok(row.text(1)),
        Err(error) if is_table_access_denied(&error) => {
            events::JsonUnknown { table }.log(format_args!(
                "table {table}: without SELECT on the whole table MariaDB does not tell which columns are JSON: they become STRING"
            ));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the definition of a table has the check of MariaDB's JSON for a column, at the end of the column's line.
fn has_json_check(definition: &str, column: &str) -> bool {
    let column = quoted(column);
    let rest = definition.split_once(&format!("\n  {column} longtext ")).map(|(_, rest)| rest);
    // The next column or the end. Line breaks within comments are escaped, within names not.
    let own = rest.and_then(|rest| rest.split(",\n  ").next()).and_then(|rest| rest.split("\n)").next());
    own.is_some_and(|own| own.ends_with(&format!(" CHECK (json_valid({column}))")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_finds_names_as_the_server_does() {
        let table = |name: &str| Found {
            name: name.into(),
            is_view: false,
            estimated_rows: None,
            estimated_bytes: None,
            comment: String::new(),
        };
        let name = |listing: &Listing, name: &str| listing.find(name).map(|found| found.name.clone());
        let exact = Listing::new([table("a"), table("A"), table("b")], false);
        assert_eq!(["a", "A", "B"].map(|asked| name(&exact, asked)), [Some("a".into()), Some("A".into()), None]);
        let ignoring = Listing::new([table("Orders")], true);
        assert_eq!(name(&ignoring, "ORDERS"), Some("Orders".into()));
        assert_eq!(name(&ignoring, "other"), None);
    }

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
