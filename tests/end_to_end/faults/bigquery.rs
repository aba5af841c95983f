//! Faults of BigQuery, injected by a proxy. Afterwards the table is the new one or the old one.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Then, renewed_tables};
use crate::support::bigquery_proxy::{Action, Proxy, Request};
use crate::support::{Finished, Place, apply, on_mariadb, seed};

type Rule = fn(&Request, u32) -> Option<Action>;

const HTML: &str = "<html>busy</html>";
const BACKEND_ERROR: &str =
    r#"{"error":{"code":500,"message":"oops","errors":[{"reason":"backendError","message":"oops"}]}}"#;
const DENIED: &str = r#"{"error":{"code":403,"message":"no","errors":[{"reason":"accessDenied","message":"no"}]}}"#;
const DUPLICATE: &str =
    r#"{"error":{"code":409,"message":"Already Exists","errors":[{"reason":"duplicate","message":"Already Exists"}]}}"#;
/// What jobs.insert says, and not the session.
const NOT_FOUND: &str = r#"{"error":{"code":404,"message":"Not found: Dataset local:gone","errors":[{"reason":"notFound",
    "message":"Not found: Dataset local:gone"}]}}"#;
/// A job that failed for BigQuery's own reasons.
const FAILED_JOB: &str = r#"{"jobReference":{"projectId":"local","jobId":"j"},
    "status":{"state":"DONE","errorResult":{"reason":"backendError","message":"oops"}}}"#;
const RUNNING_JOB: &str = r#"{"jobReference":{"projectId":"local","jobId":"j"},"status":{"state":"RUNNING"}}"#;

const NEW: Then = Then::New { restarts: 0 };
const NEW_AGAIN: Then = Then::New { restarts: 1 };

/// A fault, the requests it strikes (given how often it has struck before), and the expected outcome.
const FAULTS: &[(&str, Rule, Then)] = &[
    ("start: 503 in HTML, twice", |r, n| (n < 2 && is_start(r)).then_some(Action::Answer(503, HTML)), NEW),
    ("start: cut before", |r, n| (n < 1 && is_start(r)).then_some(Action::CutBefore), NEW),
    ("start: answer lost", |r, n| (n < 1 && is_start(r)).then_some(Action::CutAfter), NEW),
    ("start: no Location", |r, n| (n < 1 && is_start(r)).then_some(Action::Answer(200, "")), NEW),
    ("start: duplicate", |r, n| (n < 1 && is_start(r)).then_some(Action::Answer(409, DUPLICATE)), NEW_AGAIN),
    ("chunk: 500 in JSON", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(500, BACKEND_ERROR)), NEW),
    ("chunk: 429 with nothing, twice", |r, n| (n < 2 && r.is_put()).then_some(Action::Answer(429, "")), NEW),
    (
        "chunk: 429 with Retry-After",
        |r, n| (n < 1 && r.is_put()).then_some(Action::AnswerWith(429, "Retry-After: 1", "")),
        NEW,
    ),
    ("chunk: 502 in HTML", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(502, HTML)), NEW),
    ("chunk: 503 and questions answered", |r, n| (n < 3 && r.is_chunk()).then_some(Action::Answer(503, "")), NEW),
    ("chunk: 200 with nothing", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(200, "")), NEW),
    ("chunk: 200 in HTML", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(200, HTML)), NEW),
    ("chunk: 200 with no job", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(200, "{}")), NEW),
    ("chunk: cut before", |r, n| (n < 1 && r.is_put()).then_some(Action::CutBefore), NEW),
    ("chunk: cut inside", |r, n| (n < 1 && r.is_put()).then_some(Action::CutInside), NEW),
    ("chunk: late", |r, n| (n < 1 && r.is_put()).then_some(Action::Delay), NEW),
    (
        "chunk: arrives in parts",
        |r, n| (n < 3 && r.is_chunk() && r.length() > 1 << 18).then_some(Action::Partly(1 << 18)),
        NEW,
    ),
    ("chunk: 308 with nonsense", |r, n| (n < 1 && r.is_put()).then_some(Action::AnswerWith(308, "Range: x", "")), NEW),
    (
        "chunk: more than was sent",
        |r, n| (n < 1 && r.is_put()).then_some(Action::AnswerWith(308, "Range: bytes=0-99999999", "")),
        NEW_AGAIN,
    ),
    ("chunk: 401 once", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(401, "")), NEW),
    (
        "chunk: 401 always",
        |r, _| r.is_put().then_some(Action::Answer(401, "")),
        Then::Old("401: an empty answer (after 2 tries"),
    ),
    (
        "chunk: 401 always, questions answered",
        |r, _| r.is_chunk().then_some(Action::Answer(401, "")),
        Then::Old("401: an empty answer (after 2 tries"),
    ),
    ("chunk: denied", |r, _| r.is_put().then_some(Action::Answer(403, DENIED)), Then::Old("403 accessDenied: no")),
    ("session: lost once", |r, n| (n < 1 && r.is_put()).then_some(Action::Answer(410, "")), NEW_AGAIN),
    (
        "session: lost always",
        |r, _| r.is_put().then_some(Action::Answer(404, "")),
        Then::Old("lost the upload session (after 2 restarts)"),
    ),
    ("last chunk: answer lost, session gone", |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::CutAfter), NEW),
    ("last chunk: answer cut inside", |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::CutAnswer), NEW),
    ("last chunk: arrived, 503", |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::AnswerAfter(503, HTML)), NEW),
    (
        "last chunk: arrived, 200 with nothing",
        |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::AnswerAfter(200, "")),
        NEW,
    ),
    (
        "last chunk: arrived, then the job is not known at once",
        |r, n| match n {
            0 => r.is_last_chunk().then_some(Action::CutAfter),
            1 | 2 => r.is_job().then_some(Action::Answer(404, "")),
            _ => None,
        },
        NEW,
    ),
    (
        "last chunk: arrived, session lost",
        |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::AnswerAfter(410, "")),
        NEW_AGAIN,
    ),
    (
        "last chunk: arrived, duplicate",
        |r, n| (n < 1 && r.is_last_chunk()).then_some(Action::AnswerAfter(409, DUPLICATE)),
        NEW_AGAIN,
    ),
    (
        "last chunk: arrived, duplicate, then the job is not known at once",
        |r, n| match n {
            0 => r.is_last_chunk().then_some(Action::AnswerAfter(409, DUPLICATE)),
            1 | 2 => r.is_job().then_some(Action::Answer(404, "")),
            _ => None,
        },
        NEW_AGAIN,
    ),
    (
        "last chunk: the dataset is not there",
        |r, _| r.is_last_chunk().then_some(Action::Answer(404, NOT_FOUND)),
        Then::Old("404 notFound: Not found: Dataset local:gone"),
    ),
    (
        "last chunk: cut, then the dataset is not there",
        |r, n| {
            (r.is_put() || r.is_job()).then_some(match n {
                0 => Action::CutBefore,
                _ => Action::Answer(404, NOT_FOUND),
            })
        },
        Then::Old("404 notFound: Not found: Dataset local:gone"),
    ),
    (
        "job: not known, 500, cut, HTML",
        |r, n| match n {
            0 => r.is_last_chunk().then_some(Action::AnswerAfter(200, RUNNING_JOB)),
            _ if !r.is_job() => None,
            1 => Some(Action::Answer(404, "")),
            2 => Some(Action::Answer(500, BACKEND_ERROR)),
            3 => Some(Action::CutAfter),
            4 => Some(Action::Answer(502, HTML)),
            _ => None,
        },
        NEW,
    ),
    (
        "job: BigQuery could not finish it",
        |r, n| {
            // The first job of the table; a name or a hash within the id may contain a 0, too.
            let job = r.line.split_once("/jobs/").and_then(|(_, rest)| rest.split(['?', ' ']).next());
            let first = job.is_some_and(|job| job.ends_with("_0"));
            ((n < 1 && r.is_last_chunk()) || first).then_some(Action::Answer(200, FAILED_JOB))
        },
        NEW_AGAIN,
    ),
    ("table: 500, then cut", |r, n| (n < 2 && is_table(r)).then(|| ANSWERS[n as usize]), NEW),
    (
        "table: row access policies cut, then 503",
        |r, n| (n < 2 && r.line.contains("rowAccessPolicies")).then(|| ANSWERS[1 - n as usize]),
        NEW,
    ),
    (
        "table: no properties set at first",
        |r, n| {
            let answers = [Action::Answer(404, ""), Action::Answer(503, HTML)];
            (n < 2 && r.line.starts_with("PATCH")).then(|| answers[n as usize])
        },
        NEW,
    ),
    ("everything: answers trickle", |_, _| Some(Action::Trickle), NEW),
];

const ANSWERS: [Action; 2] = [Action::Answer(500, BACKEND_ERROR), Action::CutAfter];

/// The same for a file of two chunks.
const TWO_CHUNKS: &[(&str, Rule, Then)] = &[
    ("second chunk: cut inside", |r, n| (n < 1 && r.starts_at() > 0).then_some(Action::CutInside), NEW),
    (
        "second chunk: arrives in parts",
        |r, n| (n < 4 && r.starts_at() > 0 && r.length() > 1 << 18).then_some(Action::Partly(1 << 18)),
        NEW,
    ),
    (
        "second chunk: bytes of the first are lost",
        |r, n| (n < 1 && r.starts_at() > 0).then_some(Action::AnswerWith(308, "Range: bytes=0-262143", "")),
        NEW_AGAIN,
    ),
    (
        "second chunk: all bytes are lost",
        |r, n| (n < 1 && r.starts_at() > 0).then_some(Action::Answer(308, "")),
        NEW_AGAIN,
    ),
    ("second chunk: session lost", |r, n| (n < 1 && r.starts_at() > 0).then_some(Action::Answer(404, "")), NEW_AGAIN),
    ("second chunk: answer lost", |r, n| (n < 1 && r.starts_at() > 0).then_some(Action::CutAfter), NEW),
    (
        "second chunk: refused",
        |r, _| (r.starts_at() > 0).then_some(Action::Answer(403, DENIED)),
        Then::Old("403 accessDenied: no"),
    ),
];

fn is_start(request: &Request) -> bool {
    request.line.starts_with("POST")
}

fn is_table(request: &Request) -> bool {
    request.line.starts_with("GET ") && request.line.contains("/tables/") && !request.line.contains("Policies")
}

/// Each run mostly waits for its next retry, but the emulator could not keep up with all of them at once.
const AT_A_TIME: usize = 12;

/// Faults in a run with random faults. At most one loses the session and one the token, because more of these are final.
const RANDOM_STRIKES: u32 = 5;

/// Faults that a run survives in any combination.
const SURVIVED: &[Action] = &[
    Action::Answer(429, ""),
    Action::AnswerWith(429, "Retry-After: 1", HTML),
    Action::Answer(500, BACKEND_ERROR),
    Action::Answer(502, HTML),
    Action::Answer(503, ""),
    Action::AnswerAfter(503, HTML),
    Action::AnswerAfter(502, ""),
    Action::CutBefore,
    Action::CutInside,
    Action::CutAfter,
    Action::CutAnswer,
    Action::Partly(1 << 18),
    Action::Trickle,
    Action::Delay,
];

#[apply(on_mariadb)]
fn after_every_fault_the_table_is_new_or_old(place: Place) {
    let strikes = FAULTS.iter().map(|(name, rule, then)| ((*name).to_owned(), by_rule(*rule), *then));
    strike_all(place, 20, strikes.chain(at_random_points(6)).collect());
}

#[apply(on_mariadb)]
fn after_a_fault_past_the_first_chunk_the_table_is_new_or_old(place: Place) {
    let strikes = TWO_CHUNKS.iter().map(|(name, rule, then)| ((*name).to_owned(), by_rule(*rule), *then));
    strike_all(place, 280, strikes.chain(at_random_points(3)).collect());
}

/// Runs with faults at random requests.
fn at_random_points(runs: u64) -> impl Iterator<Item = (String, Strike, Then)> {
    let (seed, _) = seed();
    (0..runs).map(move |number| {
        let random = SmallRng::seed_from_u64(seed.wrapping_add(number));
        (format!("random {number}, FAULT_SEED={seed}"), at_random(random), Then::NewSomehow)
    })
}

type Strike = Box<dyn Fn(&Request) -> Option<Action> + Send + Sync>;

fn by_rule(rule: Rule) -> Strike {
    let struck = AtomicU32::new(0);
    Box::new(move |request| {
        let action = rule(request, struck.load(Ordering::Relaxed))?;
        struck.fetch_add(1, Ordering::Relaxed);
        Some(action)
    })
}

fn at_random(random: SmallRng) -> Strike {
    let state = Mutex::new((random, RANDOM_STRIKES, true, true));
    Box::new(move |request| {
        let (random, left, session, token) = &mut *state.lock().unwrap();
        if *left == 0 || !random.random_bool(0.35) {
            return None;
        }
        *left -= 1;
        match random.random_range(0..10) {
            0 if request.is_put() && std::mem::take(session) => Some(Action::Answer(410, "")),
            1 if std::mem::take(token) => Some(Action::Answer(401, "")),
            _ => Some(SURVIVED[random.random_range(0..SURVIVED.len())]),
        }
    })
}

/// A table for each strike, with 60 rows of this many KiB.
fn strike_all(place: Place, kib: usize, strikes: Vec<(String, Strike, Then)>) {
    let tables = renewed_tables(&place, strikes.len(), 60, kib);
    let changed: Vec<String> =
        tables.iter().zip(&strikes).filter(|(_, (.., then))| !is_old(*then)).map(|(table, _)| table.clone()).collect();
    let left = Mutex::new(tables.iter().zip(strikes));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((table, (name, strike, then))) = next(&left) {
                    strike_one(&place, table, &name, strike, then);
                }
            });
        }
    });
    place.assert_equal(&changed.iter().map(String::as_str).collect::<Vec<_>>());
    place.remove();
}

fn next<T>(left: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    left.lock().unwrap().next()
}

fn is_old(then: Then) -> bool {
    matches!(then, Then::Old(_))
}

fn strike_one(place: &Place, table: &str, name: &str, strike: Strike, then: Then) {
    let struck = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&struck);
    let proxy = Proxy::start(move |request| {
        strike(request).map_or(Action::Pass, |action| {
            count.fetch_add(1, Ordering::Relaxed);
            action
        })
    });
    let execution = format!("{}-{table}", place.name);
    let run = proxy.run(place.sync().tables(table));
    let done = run.with("CLOUD_RUN_EXECUTION", &execution).run();
    let restarts = done.events("table_restarted").len();
    match then {
        Then::New { .. } | Then::NewSomehow => {
            assert_eq!(done.code, Some(0), "{name}: {}", done.log);
            assert_eq!((place.count(table), place.loads(&execution)), (60, 1), "{name}: rows, successful load jobs");
            assert_eq!(finished(&done), (1, 0), "{name}: {}", done.log);
        }
        Then::Old(sentence) => {
            assert_eq!(done.code, Some(1), "{name}: {}", done.log);
            let message = done.message("table_failed");
            assert!(message.contains(sentence), "{name}: {message}");
            assert_eq!((place.count(table), place.loads(&execution)), (1, 0), "{name}: rows, successful load jobs");
            assert_eq!(finished(&done), (0, 1), "{name}: {}", done.log);
        }
    }
    if let Then::New { restarts: expected } = then {
        assert_eq!(restarts, expected, "{name}: {}", done.log);
        assert!(done.events("properties_not_set").is_empty(), "{name}: {}", done.log);
    }
    assert!(matches!(then, Then::NewSomehow) || struck.load(Ordering::Relaxed) > 0, "{name} never struck");
}

/// From the summary: how many tables are loaded, and how many failed.
fn finished(done: &Finished) -> (u64, u64) {
    let summary = done.event("sync_finished");
    let number = |key: &str| summary[key].as_u64().unwrap();
    (number("synced") + number("skipped"), number("failed"))
}
