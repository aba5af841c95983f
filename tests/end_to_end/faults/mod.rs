//! Faults: of BigQuery, of MySQL, of the network and of the process. A table is afterwards the new one or the old one.

mod bigquery;
mod kills;
mod mysql;
mod signals;
mod waiting;

use crate::support::Place;
use crate::support::rows::noise;

/// What has to hold after a fault.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// The new table is there, after so many restarts.
    New { restarts: usize },
    /// The new table is there.
    NewSomehow,
    /// The old table is there, and the failure has this in its sentence.
    Old(&'static str),
}

/// Tables with one old row in BigQuery, and with `rows` new ones in the source, each with so many KiB that do not compress.
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
