//! kill -9 at random moments, then the next attempt of the same task: all rows arrive, and every table is loaded once per
//! execution.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::support::rows::noise;
use crate::support::server::{emulator_is_here, skip};
use crate::support::{Finished, Place, Run, Server, seed};

/// Databases that are synced at the same time.
const PLACES: u64 = 5;
/// Per database.
const KILLS: u32 = 20;
/// About how long a run takes; a later kill would hit nothing.
const LATEST: Duration = Duration::from_millis(700);
/// Attempts that may find the table still locked: the server needs a moment to notice that its client was killed.
const LAST_ATTEMPTS: u32 = 5;

#[test]
fn a_hundred_kills_lose_and_duplicate_nothing() {
    let servers: Vec<Server> = [Server::MariaDb, Server::MySql].into_iter().filter(|server| server.is_here()).collect();
    if servers.is_empty() || !emulator_is_here() {
        return skip();
    }
    let (seed, _) = seed();
    std::thread::scope(|scope| {
        for (number, server) in (0..PLACES).zip(servers.into_iter().cycle()) {
            scope.spawn(move || kill_and_retry(server, seed, number));
        }
    });
}

fn kill_and_retry(server: Server, seed: u64, number: u64) {
    let place = Place::new(server);
    let mut random = SmallRng::seed_from_u64(seed.wrapping_add(number));
    for table in ["a", "b"] {
        place.create(table, "id INT PRIMARY KEY, noise BLOB", &format!("n, {}", noise(2)), 1000);
    }
    let mut kills = 0;
    for execution in 0.. {
        let execution = format!("{}-{execution}", place.name);
        let run = place.sync().with("CLOUD_RUN_EXECUTION", &execution);
        place.sql("UPDATE a SET noise = RANDOM_BYTES(1000); UPDATE b SET noise = RANDOM_BYTES(1000)");
        let mut attempt = 0;
        // Only a few per execution, so that kills hit tables that are not loaded yet.
        while kills < KILLS && attempt < 4 {
            let running = run.clone().with("CLOUD_RUN_TASK_ATTEMPT", attempt.to_string()).start();
            std::thread::sleep(LATEST.mul_f64(random.random()));
            running.kill();
            kills += 1;
            attempt += 1;
        }
        let done = finish(&run, attempt);
        assert_eq!(done.code, Some(0), "FAULT_SEED={seed}: {}", done.log);
        assert_eq!(place.loads(&execution), 2, "successful load jobs, FAULT_SEED={seed}: {}", done.log);
        place.assert_equal(&["a", "b"]);
        if kills >= KILLS {
            break;
        }
    }
}

fn finish(run: &Run, first: u32) -> Finished {
    let attempts = first..first + LAST_ATTEMPTS;
    let mut runs = attempts.map(|attempt| run.clone().with("CLOUD_RUN_TASK_ATTEMPT", attempt.to_string()).run());
    let last = runs.next().unwrap();
    if last.code == Some(0) { last } else { runs.find(|done| done.code == Some(0)).unwrap_or(last) }
}
