//! What to do about a table that cannot be planned or replaced as it is: variables, options and grants.

use crate::mysql::sql::quoted;

/// For a destination that is something else.
pub const ANOTHER_DESTINATION: &str = "give the table another \"destination\" in TABLES";

/// For tables of one destination.
pub const ONE_DESTINATION_EACH: &str = "give all but one another \"destination\" in TABLES";

/// A table that was asked for and is not there, or cannot be seen; `nearest` says which name may have been meant.
pub fn missing(database: &str, user: &str, table: &str, nearest: &str) -> String {
    format!(
        "no such table in database {database} (or user {user} may not read it: GRANT SELECT ON {}.{} TO {user}){nearest}: \
         check TABLES and MYSQL_DATABASE",
        quoted(database),
        quoted(table)
    )
}

/// A table that has lost more rows than is allowed.
pub fn shrunk(rows: u64, previous_rows: u64, max_percent: u8) -> String {
    format!(
        "it has {rows} rows now, BigQuery has {previous_rows}, and MAX_SHRINK_PERCENT allows a loss of {max_percent}%: \
         the destination is unchanged (if the loss is intended, run once with MAX_SHRINK_PERCENT=100)"
    )
}
