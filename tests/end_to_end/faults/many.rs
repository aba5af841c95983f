//! Faults while many tables are in flight: afterwards every table is the new one, loaded once per execution.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::Rng as _;

use super::renewed_tables;
use super::signals::PROMISED;
use super::waiting::CONNECTIONS;
use crate::support::bigquery_proxy::{Action, Proxy};
use crate::support::mysql_proxy::{Fault, MySqlProxy, Plan};
use crate::support::statements::until;
use crate::support::{Finished, Place, Run, apply, on_both_servers, seed};

/// Tables in flight.
const TABLES: usize = 20;
/// Rows of a KiB each.
const ROWS: u64 = 20;
/// A table is restarted at most twice.
const CUTS: u32 = 2;
/// Executions that are killed.
const KILLS: u32 = 4;
/// Attempts that may find a table still locked: the server needs a moment to notice that its client was killed.
const LAST_ATTEMPTS: u32 = 5;

/// Last chunks that arrived at a proxy, and whether they may go on.
#[derive(Default)]
struct Held {
    arrived: AtomicUsize,
    may_pass: AtomicBool,
}

/// A proxy that holds all last chunks after the first `passing`.
fn holding(passing: usize) -> (Proxy, Arc<Held>) {
    let held = Arc::<Held>::default();
    let shared = Arc::clone(&held);
    let proxy = Proxy::start(move |request| {
        if request.is_last_chunk() && shared.arrived.fetch_add(1, Ordering::Relaxed) >= passing {
            until(|| shared.may_pass.load(Ordering::Relaxed));
        }
        Action::Pass
    });
    (proxy, held)
}

fn sync(place: &Place) -> Run {
    place.sync().tables("t*").with("CLOUD_RUN_EXECUTION", &place.name)
}

/// Every table arrived, each by one load job.
fn assert_all_are_new(place: &Place, tables: &[String], log: &str) {
    assert_eq!(place.loads(&place.name), tables.len(), "successful load jobs: {log}");
    place.assert_equal(&tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[apply(on_both_servers)]
fn tables_that_wait_for_bigquery_keep_no_other_from_being_read(place: Place) {
    let tables = renewed_tables(&place, TABLES, ROWS, 1);
    let (proxy, held) = holding(0);
    let running = proxy.run(sync(&place)).start();
    // One table is read at a time, and none is loaded before all are read.
    until(|| held.arrived.load(Ordering::Relaxed) == TABLES);
    // One connection holds all locks, and none is left of those that read.
    until(|| place.sql(CONNECTIONS).lines().count() == 1);
    let second = place.sync().tables("t3,t7").run().failed(1);
    let taken = second.events("table_failed");
    let message = |line: &serde_json::Value| line["message"].as_str().unwrap().to_owned();
    assert_eq!(taken.len(), 2, "{}", second.log);
    assert!(taken.iter().all(|line| message(line).contains("another execution is copying this table right now")));
    assert_eq!(place.loads(&place.name), 0);
    held.may_pass.store(true, Ordering::Relaxed);
    let done = running.finish().succeeded();
    assert_eq!(done.events("table_synced").len(), TABLES);
    assert_all_are_new(&place, &tables, &done.log);
    assert_eq!(place.sql(CONNECTIONS), "");
}

#[apply(on_both_servers)]
fn a_signal_stops_all_of_them_and_the_next_attempt_loads_each_once(place: Place) {
    let tables = renewed_tables(&place, TABLES, ROWS, 1);
    let (proxy, held) = holding(TABLES / 4);
    let running = proxy.run(sync(&place)).start();
    until(|| held.arrived.load(Ordering::Relaxed) == TABLES);
    running.signal("TERM");
    let sent = Instant::now();
    let done = running.finish().failed(1);
    assert!(sent.elapsed() < PROMISED, "took {:?}", sent.elapsed());
    assert!(done.log.contains("stopped by a signal while sending its last bytes"), "{}", done.log);
    assert_eq!(done.events("sync_finished").len(), 1);
    assert_eq!(place.sql(CONNECTIONS), "");
    // What was on its way arrives while the next attempt is running.
    held.may_pass.store(true, Ordering::Relaxed);
    let done = finish(&sync(&place), 1);
    assert_all_are_new(&place, &tables, &done.log);
}

#[apply(on_both_servers)]
fn connections_that_are_cut_restart_what_is_not_sent_yet(place: Place) {
    let (seed, mut random) = seed();
    let tables = renewed_tables(&place, TABLES, ROWS, 1);
    // Both connections reach this many bytes: the one that reads, and the one that holds the locks.
    for from in [random.random_range(200..2000), random.random_range(30_000..300_000)] {
        let proxy = MySqlProxy::start(&place.port(), Plan { fault: Fault::Cut, from, times: CUTS });
        let run = sync(&place).with("MYSQL_PORT", &proxy.port).with("MYSQL_SSL_MODE", "DISABLED");
        let execution = format!("{}-{from}", place.name);
        let done = run.with("CLOUD_RUN_EXECUTION", &execution).run().succeeded();
        assert!(proxy.struck() > 0, "{from} bytes, FAULT_SEED={seed}");
        assert_eq!(done.events("table_synced").len(), TABLES, "{from} bytes, FAULT_SEED={seed}: {}", done.log);
        assert_eq!(place.loads(&execution), TABLES, "{from} bytes, FAULT_SEED={seed}: {}", done.log);
    }
    place.assert_equal(&tables.iter().map(String::as_str).collect::<Vec<_>>());
}

#[apply(on_both_servers)]
fn a_server_that_ends_all_connections_costs_a_restart_and_no_table(place: Place) {
    let (seed, mut random) = seed();
    let tables = renewed_tables(&place, TABLES, ROWS, 1);
    let proxy = Proxy::start(|_| Action::Delay);
    let running = proxy.run(sync(&place)).start_until("sync_started");
    for _ in 0..CUTS {
        sleep(Duration::from_secs(1) + Duration::from_secs(2).mul_f64(random.random()));
        for id in place.sql(CONNECTIONS).lines() {
            // Some are gone already.
            place.sql_anyway(&format!("KILL {id}"));
        }
    }
    let done = running.finish();
    assert_eq!(done.code, Some(0), "FAULT_SEED={seed}: {}", done.log);
    assert_all_are_new(&place, &tables, &done.log);
}

#[apply(on_both_servers)]
fn executions_that_are_killed_load_each_table_once(place: Place) {
    let (seed, mut random) = seed();
    let tables = renewed_tables(&place, TABLES, ROWS, 1);
    let proxy = Proxy::start(|_| Action::Delay);
    for attempt in 0..KILLS {
        let run = proxy.run(sync(&place)).with("CLOUD_RUN_TASK_ATTEMPT", attempt.to_string());
        let running = run.start();
        sleep(Duration::from_secs(1) + Duration::from_secs(5).mul_f64(random.random()));
        running.kill();
    }
    let done = finish(&sync(&place), KILLS);
    assert_eq!(done.code, Some(0), "FAULT_SEED={seed}: {}", done.log);
    assert_all_are_new(&place, &tables, &done.log);
}

/// Runs attempts until one succeeds.
fn finish(run: &Run, first: u32) -> Finished {
    let attempts = first..first + LAST_ATTEMPTS;
    let mut runs = attempts.map(|attempt| run.clone().with("CLOUD_RUN_TASK_ATTEMPT", attempt.to_string()).run());
    let last = runs.next().unwrap();
    if last.code == Some(0) { last } else { runs.find(|done| done.code == Some(0)).unwrap_or(last) }
}
