//! Faults: of BigQuery, of MySQL, of the network and of the process. A table is afterwards the new one or the old one.

mod bigquery;
mod kills;
mod mysql;
mod signals;
mod waiting;
