//! Global settings of a server that would change what a session reads, or end it.

use super::server::OwnServer;
use crate::support::{Place, apply, on_both_servers};

/// Each of them makes a plain session lose rows or fail: a row limit, a limit on rows that are looked at, a connection that
/// ends with its transaction, a transaction that nobody asked for.
const GLOBALS: &str = "SET GLOBAL sql_select_limit = 1, GLOBAL max_join_size = 1, GLOBAL sql_big_selects = 0, \
                       GLOBAL completion_type = 'RELEASE', GLOBAL autocommit = 0, \
                       GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,NO_ZERO_DATE,NO_ZERO_IN_DATE'";

#[apply(on_both_servers)]
fn globals_do_not_reach_the_session(place: Place) {
    let server = OwnServer::start(place.server, "globals", &[]);
    server
        .sql(&format!(
            "CREATE DATABASE d; USE d; CREATE TABLE whole (id INT PRIMARY KEY); \
             INSERT INTO whole VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9); \
             CREATE TABLE divided (id VARCHAR(20) PRIMARY KEY) AS SELECT CONCAT('k', a.id, b.id, c.id, d.id, e.id) AS id \
             FROM whole a, whole b, whole c, whole d, whole e; ANALYZE TABLE divided; {GLOBALS}"
        ))
        .unwrap();
    let tables = r#"[{"name": "whole"}, {"name": "divided", "read_connections": 2}]"#;
    let sync = place.sync().with("MYSQL_PORT", server.port.to_string()).with("MYSQL_DATABASE", "d");
    let done = sync.tables(tables).run().succeeded();
    assert!(done.events("table_synced").iter().any(|table| table["connections"] == 2), "{}", done.log);
    assert_eq!(place.count("whole"), 10);
    assert_eq!(place.count("divided"), 100_000);
}
