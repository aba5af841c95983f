//! Faults of MySQL, injected by a proxy and by the server. Afterwards the table is the new one or the old one.

use rand::Rng as _;

use super::{Then, renewed_tables};
use crate::support::mysql_proxy::{Fault, MySqlProxy, Plan};
use crate::support::{Place, Server, apply, free_port, on_both_servers, on_mysql, seed};

/// Rows of a KiB each.
const ROWS: u64 = 700;
/// A byte among the rows, well after everything that a session sends before them.
const AMONG_ROWS: usize = 400_000;
/// More connections than any run opens.
const ALWAYS: u32 = 99;

/// A fault, when it strikes, and the expected outcome.
const FAULTS: &[(&str, Plan, Then)] = &[
    ("cut in the greeting", Plan { fault: Fault::Cut, from: 20, times: 1 }, Then::New { restarts: 0 }),
    ("reset in the greeting", Plan { fault: Fault::Reset, from: 20, times: 1 }, Then::New { restarts: 0 }),
    ("cut among the rows", Plan { fault: Fault::Cut, from: AMONG_ROWS, times: 1 }, Then::New { restarts: 1 }),
    (
        "cut between two rows",
        Plan { fault: Fault::CutBetweenPackets, from: AMONG_ROWS, times: 1 },
        Then::New { restarts: 1 },
    ),
    (
        "cut after the last row",
        Plan { fault: Fault::CutBeforeEnd, from: AMONG_ROWS, times: 1 },
        Then::New { restarts: 1 },
    ),
    ("reset among the rows", Plan { fault: Fault::Reset, from: AMONG_ROWS, times: 1 }, Then::New { restarts: 1 }),
    ("silent among the rows", Plan { fault: Fault::Stall, from: AMONG_ROWS, times: 1 }, Then::New { restarts: 1 }),
    ("a trickle", Plan { fault: Fault::Trickle, from: AMONG_ROWS, times: ALWAYS }, Then::New { restarts: 0 }),
    (
        "cut between two rows every time",
        Plan { fault: Fault::CutBetweenPackets, from: AMONG_ROWS, times: ALWAYS },
        Then::Old("the server closed the connection (after 2 restarts)"),
    ),
    (
        "silent every time",
        Plan { fault: Fault::Stall, from: AMONG_ROWS, times: ALWAYS },
        Then::Old("the server has sent nothing for 2 s"),
    ),
];

/// Faults at random bytes.
const RANDOM: usize = 6;

#[apply(on_both_servers)]
fn after_every_fault_the_table_is_new_or_old(place: Place) {
    let (seed, mut random) = seed();
    let mut faults: Vec<(String, Plan, Then)> =
        FAULTS.iter().map(|(name, plan, then)| ((*name).to_owned(), *plan, *then)).collect();
    for _ in 0..RANDOM {
        let any = [Fault::Cut, Fault::CutBetweenPackets, Fault::Reset, Fault::Trickle, Fault::Stall];
        let fault = any[random.random_range(0..any.len())];
        // Half of them strike before the rows: login, session, catalog, lock.
        let most = if random.random() { 700_000 } else { 8_000 };
        let plan = Plan { fault, from: random.random_range(0..most), times: 1 };
        faults.push((format!("{plan:?}, FAULT_SEED={seed}"), plan, Then::NewSomehow));
    }
    let tables = renewed_tables(&place, faults.len(), ROWS, 1);

    std::thread::scope(|scope| {
        for (table, (name, plan, then)) in tables.iter().zip(&faults) {
            let place = &place;
            // Each run mostly waits for its next retry.
            scope.spawn(move || strike(place, table, name, *plan, *then));
        }
    });
    let changed = tables.iter().zip(&faults).filter(|(_, (_, _, then))| !matches!(then, Then::Old(_)));
    place.assert_equal(&changed.map(|(table, _)| table.as_str()).collect::<Vec<_>>());
}

fn strike(place: &Place, table: &str, name: &str, plan: Plan, then: Then) {
    let proxy = MySqlProxy::start(&place.port(), plan);
    let execution = format!("{}-{table}", place.name);
    let done = place
        .sync()
        .tables(table)
        .with("MYSQL_PORT", &proxy.port)
        // The proxy must see where packets end.
        .with("MYSQL_SSL_MODE", "DISABLED")
        .with("MYSQL_STALL_SECONDS", "2")
        .with("CLOUD_RUN_EXECUTION", &execution)
        .run();
    let jobs = place.loads(&execution);
    match then {
        Then::New { .. } | Then::NewSomehow => {
            assert_eq!(done.code, Some(0), "{name}: {}", done.log);
            assert_eq!(done.event("table_synced")["rows"], ROWS, "{name}");
            assert_eq!((place.count(table), jobs), (ROWS, 1), "{name}: rows, successful load jobs");
        }
        Then::Old(sentence) => {
            assert_eq!(done.code, Some(1), "{name}: {}", done.log);
            let message = done.message("table_failed");
            assert!(message.contains(sentence), "{name}: {message}");
            assert_eq!(place.query(&format!("SELECT id FROM {table}")), [[Some("0".to_owned())]], "{name}");
            assert_eq!(jobs, 0, "{name}");
        }
    }
    if let Then::New { restarts } = then {
        assert_eq!(done.events("table_restarted").len(), restarts, "{name}: {}", done.log);
    }
    assert!(matches!(then, Then::NewSomehow) || proxy.struck() > 0, "{name} never struck");
}

/// 100 rows in the source, and another one in BigQuery.
fn table_of_100(place: &Place) {
    place.create("t", "id INT PRIMARY KEY", "1000", 1);
    place.sync().run().succeeded();
    place.sql("DELETE FROM t");
    place.insert("t", "n", 100);
}

#[apply(on_both_servers)]
fn a_query_that_the_server_ends_leaves_the_old_table(place: Place) {
    table_of_100(&place);
    let slow = place.slow_sync("t", 0.05);
    let running = slow.start_until("table_started");
    place.sql(&format!("KILL QUERY {}", place.slow_statement()));
    let done = running.finish();
    let message = done.failed(1).message("table_failed");
    assert!(message.contains("killed the query"), "{message}");
    assert_eq!(place.query("SELECT id FROM t"), [[Some("1000".to_owned())]]);
    if place.server == Server::MariaDb {
        // The limit is set for the user. MySQL has only a limit for the whole server, which would affect other tests.
        let user = place.user(&[("SELECT", "*")]);
        place.sql(&format!("ALTER USER '{user}'@'%' WITH MAX_STATEMENT_TIME 1"));
        let message = slow.with("MYSQL_USER", &user).run().failed(1).message("table_failed");
        assert!(message.contains("max_statement_time"), "{message}");
        assert_eq!(place.query("SELECT id FROM t"), [[Some("1000".to_owned())]]);
    }
}

#[apply(on_both_servers)]
fn a_table_altered_before_a_restart_is_read_with_its_new_schema(place: Place) {
    table_of_100(&place);
    let running = place.slow_sync("t", 0.05).start_until("table_started");
    place.sql(&format!(
        "KILL CONNECTION {}; ALTER TABLE t ADD COLUMN first_one INT DEFAULT 7 FIRST",
        place.slow_statement()
    ));
    let done = running.finish().succeeded();
    assert_eq!(done.events("table_restarted").len(), 1);
    // A column that is added is BigQuery's last.
    assert_eq!(place.schema("t"), ["id INTEGER", "first_one INTEGER"]);
    let rows = "SELECT COUNT(*), COUNT(DISTINCT id), SUM(id), MIN(first_one), MAX(first_one) FROM t";
    assert_eq!(place.row(rows).join("\t"), place.sql(rows));
}

/// Without an answer each try takes 8 s: the second one is the last, except where silence is waited for.
#[apply(on_mysql)]
fn on_cloud_run_a_silent_network_is_waited_for_and_a_refusal_is_not(place: Place) {
    place.sql("CREATE TABLE t (id INT PRIMARY KEY)");
    let silent = Plan { fault: Fault::Stall, from: 0, times: 2 };
    let (here, there) = (MySqlProxy::start(&place.port(), silent), MySqlProxy::start(&place.port(), silent));
    let started = std::time::Instant::now();
    let waiting = place.sync().with("MYSQL_PORT", &here.port).with("CLOUD_RUN_JOB", "sync").start();
    let elsewhere = place.sync().with("MYSQL_PORT", &there.port).start();
    let closed = free_port().to_string();
    let refused = place.sync().with("MYSQL_PORT", closed).with("CLOUD_RUN_JOB", "sync").run().failed(1);
    assert!(started.elapsed().as_secs() < 16, "{:?}: {}", started.elapsed(), refused.log);
    assert!(refused.message("sync_failed").contains("Connection refused"), "{}", refused.log);
    let message = elsewhere.finish().failed(1).message("sync_failed");
    assert!(message.contains("no answer within 8 s") && message.contains("after 2 tries"), "{message}");
    let done = waiting.finish().succeeded();
    assert_eq!(done.event("retried")["tries"], 3, "{}", done.log);
    assert_eq!((here.struck(), there.struck()), (2, 2));
}
