//! Tables with a given number of rows.

use super::{Place, Server};

impl Place {
    /// Creates a table and inserts rows of `values`, an SQL expression of `n` from 1 to `rows`.
    pub fn create(&self, table: &str, columns: &str, values: &str, rows: u64) {
        self.sql(&format!("CREATE TABLE {table} ({columns})"));
        self.insert(table, values, rows);
    }

    /// Inserts such rows and updates the server's statistics.
    pub fn insert(&self, table: &str, values: &str, rows: u64) {
        let (more, numbers) = match self.server {
            Server::MariaDb => (String::new(), format!("SELECT CAST(seq AS SIGNED) AS n FROM seq_1_to_{rows}")),
            Server::MySql => (
                format!("SET SESSION cte_max_recursion_depth = {rows};"),
                format!(
                    "WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s"
                ),
            ),
        };
        self.sql(&format!(
            "SET SESSION sql_mode = ''; {more} INSERT INTO {table} SELECT {values} FROM ({numbers}) s; ANALYZE TABLE {table}"
        ));
    }
}

/// An SQL expression of random bytes, which do not compress.
pub fn noise(kib: usize) -> String {
    format!("CONCAT({})", vec!["RANDOM_BYTES(1024)"; kib].join(", "))
}
