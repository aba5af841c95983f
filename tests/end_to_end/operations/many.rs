//! Many tables: how often the server is asked, and in which order tables are read.

use super::server::OwnServer;
use crate::support::{Place, apply, on_both_servers};

const TABLES: usize = 40;
/// Per table. A small table takes about half of this.
const MOST_QUERIES: u64 = 20;
/// For the start, the locks, and reading.
const MOST_CONNECTIONS: u64 = 6;

#[apply(on_both_servers)]
fn a_small_table_takes_few_queries_and_no_connection_of_its_own(place: Place) {
    // The counters are the server's, so no other test may use it.
    let server = OwnServer::start(place.server, "queries", &[]);
    let create = |table: usize| {
        format!(
            "CREATE TABLE t{table} (id INT PRIMARY KEY, name TEXT, doc JSON); INSERT INTO t{table} VALUES (1, 'a', '[]'), (2, 'b', NULL);"
        )
    };
    let tables: String = (0..TABLES).map(create).collect();
    server.sql(&format!("CREATE DATABASE d; USE d; {tables}")).unwrap();
    let counters = || -> [u64; 2] {
        let status = server.sql("SHOW GLOBAL STATUS WHERE Variable_name IN ('Connections', 'Questions')").unwrap();
        let values: Vec<u64> = status.lines().map(|line| line.split_once('\t').unwrap().1.parse().unwrap()).collect();
        values.try_into().unwrap()
    };
    let before = counters();
    let sync = place.sync().with("MYSQL_PORT", server.port.to_string()).with("MYSQL_DATABASE", "d");
    let done = sync.run().succeeded();
    let after = counters();
    assert_eq!(done.events("table_synced").len(), TABLES);
    let [connections, queries] = [0, 1].map(|counter| after[counter] - before[counter]);
    assert!(queries <= MOST_QUERIES * TABLES as u64, "{queries} queries for {TABLES} tables");
    assert!(connections <= MOST_CONNECTIONS, "{connections} connections");
}

#[apply(on_both_servers)]
fn large_tables_are_read_first_and_equals_in_the_order_of_the_list(place: Place) {
    let sizes = [("small_b", 1), ("medium", 400), ("small_a", 1), ("large", 4000), ("small_c", 1)];
    for (table, rows) in sizes {
        place.create(table, "id INT PRIMARY KEY, text VARCHAR(1000)", "n, REPEAT('x', 1000)", rows);
    }
    let done = place.sync().tables("small_b,medium,small_a,large,small_c").run().succeeded();
    let started = done.events("table_started");
    let order: Vec<&str> = started.iter().map(|line| line["table"].as_str().unwrap()).collect();
    assert_eq!(order, ["large", "medium", "small_b", "small_a", "small_c"]);
}
