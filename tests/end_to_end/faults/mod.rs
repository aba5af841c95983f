//! Faults of BigQuery, MySQL, the network and the process. Afterwards a table is the new one or the old one.

mod bigquery;
mod kills;
mod many;
mod mysql;
mod signals;
mod waiting;

use crate::support::Place;
use crate::support::rows::noise;

/// The expected outcome of a fault.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The new table is published after this many restarts.
    New { restarts: usize },
    /// The new table is published.
    NewSomehow,
    /// The old table is still there, and the error contains this.
    Old(&'static str),
}

/// Tables that have one old row in BigQuery, and `rows` new rows of incompressible data in the source.
fn renewed_tables(place: &Place, count: usize, rows: u64, kib: usize) -> Vec<String> {
    place.create("source", "id INT PRIMARY KEY, noise LONGBLOB", &format!("n, {}", noise(kib)), rows);
    let tables: Vec<String> = (0..count).map(|at| format!("t{at}")).collect();
    let old = tables.iter().map(|t| format!("CREATE TABLE {t} LIKE source; INSERT INTO {t} VALUES (0, 'old');"));
    place.sql(&old.collect::<String>());
    place.sync().tables("t*").run().succeeded();
    // The comment, so that there is something to set after the load.
    let new = tables
        .iter()
        .map(|t| format!("DELETE FROM {t}; INSERT INTO {t} SELECT * FROM source; ALTER TABLE {t} COMMENT 'noise';"));
    place.sql(&new.collect::<String>());
    tables
}
