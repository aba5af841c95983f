//! Faults of BigQuery's side, made by a proxy: the table is afterwards either the new one or the old one, never a third.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::proxy::{Action, Proxy, Request};
use crate::support::{Kind, Place};

/// What has to hold after a fault.
enum Then {
    /// The new table is there, by one load job.
    New,
    /// The old table is there, and the failure has this in its sentence.
    Old(&'static str),
}

type Rule = fn(&Request, u32) -> Option<Action>;

/// A job that failed for no fault of the file's.
const FAILED_JOB: &str = r#"{"status":{"state":"DONE","errorResult":{"reason":"backendError","message":"oops"}}}"#;

/// A fault, the requests it strikes (with how often it has struck before), and what then holds.
const FAULTS: &[(&str, Rule, Then)] = &[
    (
        "the session's start answers 503 in HTML, twice",
        |r, n| (n < 2 && r.line.starts_with("POST")).then_some(Action::Answer(503, "<html>busy</html>")),
        Then::New,
    ),
    (
        "the session's start is cut",
        |r, n| (n < 1 && r.line.starts_with("POST")).then_some(Action::CutBefore),
        Then::New,
    ),
    (
        "a chunk answers 500 in JSON",
        |r, n| {
            let body =
                r#"{"error":{"code":500,"message":"oops","errors":[{"reason":"backendError","message":"oops"}]}}"#;
            (n < 1 && r.is_put()).then_some(Action::Answer(500, body))
        },
        Then::New,
    ),
    ("a chunk answers 429 with nothing", |r, n| (n < 2 && r.is_put()).then_some(Action::Answer(429, "")), Then::New),
    ("a chunk is cut before it arrives", |r, n| (n < 1 && r.is_put()).then_some(Action::CutBefore), Then::New),
    ("a part of each chunk arrives", |r, n| (n < 4 && r.is_put()).then_some(Action::Partly(3 << 18)), Then::New),
    (
        "the answer to the last chunk is lost",
        |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::CutAfter),
        Then::New,
    ),
    (
        "the job's first questions answer 503",
        |r, n| (n < 2 && r.line.contains("/jobs/")).then_some(Action::Answer(503, "<html></html>")),
        Then::New,
    ),
    ("the session is lost once", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(410, "")), Then::New),
    (
        "the session is lost",
        |r, n| (n < 9 && r.is_put()).then_some(Action::Answer(404, "")),
        Then::Old("lost the upload session (after 2 restarts)"),
    ),
    ("a token has expired", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(401, "")), Then::New),
    (
        "every token is refused",
        |r, n| (n < 9 && r.is_put()).then_some(Action::Answer(401, "")),
        Then::Old("401: an empty answer (after 2 tries"),
    ),
    ("a chunk is cut inside", |r, n| (n < 1 && r.is_put()).then_some(Action::CutInside), Then::New),
    ("every answer trickles", |_, _| Some(Action::Trickle), Then::New),
    ("the last answer is cut inside", |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::CutAnswer), Then::New),
    ("a chunk answers 502 in HTML", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(502, "<html>")), Then::New),
    ("a chunk is late", |r, n| (n < 1 && r.is_put()).then_some(Action::Delay), Then::New),
    (
        "BigQuery could not finish the job",
        |r, n| {
            // The first generation's job; a name or a hash within the id may have a 0 as well.
            let job = r.line.split_once("/jobs/").and_then(|(_, rest)| rest.split(['?', ' ']).next());
            let first = job.is_some_and(|job| job.ends_with("_0"));
            ((n < 1 && r.is_last_chunk()) || first).then_some(Action::Answer(200, FAILED_JOB))
        },
        Then::New,
    ),
    (
        "a chunk is refused",
        |r, n| {
            let body = r#"{"error":{"code":403,"message":"no","errors":[{"reason":"accessDenied","message":"no"}]}}"#;
            (n < 9 && r.is_put()).then_some(Action::Answer(403, body))
        },
        Then::Old("403 accessDenied: no"),
    ),
];

#[test]
fn after_every_fault_the_table_is_the_new_one_or_the_old_one() {
    if !Kind::MariaDb.is_here() || !crate::support::emulator_is_here() {
        return;
    }
    // Most of each is waiting for the next try.
    std::thread::scope(|scope| {
        for (fault, rule, then) in FAULTS {
            scope.spawn(|| strike(fault, *rule, then));
        }
    });
}

fn strike(fault: &str, rule: Rule, then: &Then) {
    let place = Place::new(Kind::MariaDb);
    place.sql("CREATE TABLE t (id INT PRIMARY KEY, noise BLOB); INSERT INTO t VALUES (0, 'old')");
    place.sync().run().succeeded();
    // Some 3 MB that do not compress, so that a chunk can arrive in parts.
    place.sql("DELETE FROM t; INSERT INTO t SELECT seq, RANDOM_BYTES(3000) FROM seq_1_to_1000");

    let struck = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&struck);
    let proxy = Proxy::start(std::env::var("TEST_EMULATOR_HOST").unwrap(), move |request| {
        match rule(request, count.load(Ordering::Relaxed)) {
            Some(action) => {
                count.fetch_add(1, Ordering::Relaxed);
                action
            }
            None => Action::Pass,
        }
    });
    let done = place.sync().with("BIGQUERY_EMULATOR_HOST", &proxy.address).run();
    match then {
        Then::New => {
            assert_eq!(done.code, Some(0), "{fault}: {}", done.log);
            assert_eq!(place.count("t"), 1000, "{fault}");
            place.assert_equal(&["t"]);
        }
        Then::Old(sentence) => {
            let message = done.failed(1).message("table_failed");
            assert!(message.contains(sentence), "{fault}: {message}");
            assert_eq!(place.count("t"), 1, "{fault}");
        }
    }
    // Asking for the job is not always needed; every other fault has to have struck.
    assert!(struck.load(Ordering::Relaxed) > 0 || fault.starts_with("the job"), "{fault} never struck");
}
