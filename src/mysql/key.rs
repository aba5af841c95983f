//! The primary key of a table, as far as SQL literals can express its values exactly. Ranges of rows are built from it.

use crate::mysql::error::{Error, WhileDoing as _};
use crate::mysql::sql::{Connection, Row, query, quoted};

/// The leading columns of a primary key that can be compared with literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    columns: Vec<KeyColumn>,
    /// Whether the key has all columns of the primary key.
    whole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct KeyColumn {
    name: String,
    literal: Literal,
}

/// How to write a value so that the server compares it exactly like the column's own values.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Literal {
    /// Such as `-5` or `1.50`.
    Number { integer: bool },
    /// The exact bytes, in the column's character set and collation.
    Text { charset: String, collation: String },
    /// The exact bytes.
    Bytes,
    /// Such as `'2024-01-01'`.
    Quoted,
}

/// Values of a key as literals, in the order of the key's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boundary(Vec<String>);

/// The primary key of the table. `None` if there is none, or if a literal cannot express its first column: FLOAT, DOUBLE,
/// BIT, a prefix of a text, and ENUM and SET, which are not sorted by their text.
pub async fn primary(connection: &mut Connection, table: &str) -> Result<Option<Key>, Error> {
    let rows = query(
        connection,
        "SELECT c.COLUMN_NAME, c.DATA_TYPE, c.CHARACTER_SET_NAME, c.COLLATION_NAME, CAST(s.SUB_PART AS CHAR) \
         FROM information_schema.STATISTICS s LEFT JOIN information_schema.COLUMNS c ON c.TABLE_SCHEMA = s.TABLE_SCHEMA \
         AND c.TABLE_NAME = s.TABLE_NAME AND c.COLUMN_NAME = s.COLUMN_NAME \
         WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_NAME = ? AND s.INDEX_NAME = 'PRIMARY' ORDER BY s.SEQ_IN_INDEX",
        &[table],
    )
    .await
    .while_doing(|| format!("reading the primary key of {table} from the catalog"))?;
    let columns: Vec<KeyColumn> = rows.iter().map_while(key_column).collect();
    let whole = columns.len() == rows.len();
    Ok((!columns.is_empty()).then_some(Key { columns, whole }))
}

/// `None` if a literal cannot express the column, or if the user may not read it.
fn key_column(row: &Row) -> Option<KeyColumn> {
    if row.text(4).is_some() {
        return None;
    }
    let literal = match &*row.text(1)?.to_lowercase() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Literal::Number { integer: true },
        "decimal" => Literal::Number { integer: false },
        "char" | "varchar" => Literal::Text { charset: row.text(2)?, collation: row.text(3)? },
        "binary" | "varbinary" => Literal::Bytes,
        "date" | "datetime" | "timestamp" | "time" | "uuid" | "inet4" | "inet6" => Literal::Quoted,
        _ => return None,
    };
    Some(KeyColumn { name: row.text(0)?, literal })
}

impl Key {
    /// The names of the columns, for messages.
    pub fn names(&self) -> String {
        self.columns.iter().map(|column| &*column.name).collect::<Vec<_>>().join(", ")
    }

    /// The column of a key that is a single integer. Such a key can be split anywhere.
    pub fn integer(&self) -> Option<&str> {
        match &*self.columns {
            [KeyColumn { name, literal: Literal::Number { integer: true } }] if self.whole => Some(name),
            _ => None,
        }
    }

    /// The select list that `boundary` reads.
    pub(super) fn select_list(&self) -> String {
        let expression = |column: &KeyColumn| match column.literal {
            Literal::Text { .. } | Literal::Bytes => format!("HEX({})", quoted(&column.name)),
            Literal::Number { .. } | Literal::Quoted => format!("CAST({} AS CHAR)", quoted(&column.name)),
        };
        self.columns.iter().map(expression).collect::<Vec<_>>().join(", ")
    }

    /// The order of the index.
    pub(super) fn order(&self) -> String {
        self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }

    /// The boundary in a row of `select_list`; `None` if the server sends anything unexpected.
    pub(super) fn boundary(&self, row: &Row) -> Option<Boundary> {
        let values = self.columns.iter().enumerate().map(|(index, column)| {
            let value = row.value(index).and_then(|value| std::str::from_utf8(value).ok())?;
            let hex = || value.bytes().all(|byte| byte.is_ascii_hexdigit());
            let plain = || value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+.: ".contains(&byte));
            match &column.literal {
                Literal::Text { charset, collation } if hex() => {
                    Some(format!("_{charset} X'{value}' COLLATE {collation}"))
                }
                Literal::Bytes if hex() => Some(format!("X'{value}'")),
                Literal::Number { .. } if plain() => Some(value.to_owned()),
                Literal::Quoted if plain() => Some(format!("'{value}'")),
                _ => None,
            }
        });
        values.collect::<Option<Vec<_>>>().map(Boundary)
    }

    /// The condition for the rows after the boundary.
    pub(super) fn after(&self, boundary: &Boundary) -> String {
        self.compare(boundary, ">", ">")
    }

    /// The condition for all other rows: those up to the boundary, including it.
    pub(super) fn up_to(&self, boundary: &Boundary) -> String {
        self.compare(boundary, "<", "<=")
    }

    /// Writes `a > 1 OR (a = 1 AND (b > 2))`. The servers use the index for this form, but not for `(a, b) > (1, 2)`.
    fn compare(&self, Boundary(values): &Boundary, operator: &str, last: &str) -> String {
        let mut parts = self.columns.iter().map(|column| quoted(&column.name)).zip(values).rev();
        let Some((name, value)) = parts.next() else { return "TRUE".to_owned() };
        parts.fold(format!("{name} {last} {value}"), |inner, (name, value)| {
            format!("{name} {operator} {value} OR ({name} = {value} AND ({inner}))")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(names: &[&str]) -> Key {
        let column = |name: &&str| KeyColumn { name: (*name).into(), literal: Literal::Number { integer: true } };
        Key { columns: names.iter().map(column).collect(), whole: true }
    }

    #[test]
    fn conditions_complement_each_other() {
        let boundary = Boundary(vec!["1".into(), "2".into(), "3".into()]);
        let key = key(&["a", "b", "c"]);
        assert_eq!(key.after(&boundary), "`a` > 1 OR (`a` = 1 AND (`b` > 2 OR (`b` = 2 AND (`c` > 3))))");
        assert_eq!(key.up_to(&boundary), "`a` < 1 OR (`a` = 1 AND (`b` < 2 OR (`b` = 2 AND (`c` <= 3))))");
    }

    #[test]
    fn only_a_single_integer_can_be_split_anywhere() {
        assert_eq!(key(&["id"]).integer(), Some("id"));
        assert_eq!(key(&["a", "b"]).integer(), None);
        assert_eq!(Key { whole: false, ..key(&["a"]) }.integer(), None);
    }
}
