//! Random tables on both servers: what the server's own client reads equals what fastavro reads from the upload and what
//! Google's client reads from the emulator.
//!
//! `FUZZ_SEED` repeats a run. `FUZZ_SECONDS` says how long to continue with further seeds (`make fuzz`); the default is one
//! round.

mod dates;
mod generate;
mod numbers;
mod shapes;
mod text;

use std::time::{Duration, Instant};

use crate::support::sink::Sink;
use crate::support::{Place, Server, apply, on_both_servers};

/// Tables per database, copied by one run, because starting a run costs as much as many small tables.
const TABLES_PER_ROUND: usize = 16;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, and has to be a whole number")))
}

#[apply(on_both_servers)]
fn random_tables_arrive_exactly(server: Server) {
    let first = number("FUZZ_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0 >> 32);
    let limit = Duration::from_secs(number("FUZZ_SECONDS").unwrap_or(0));
    let started = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || started.elapsed() < limit {
        let seed = first.wrapping_add(rounds);
        // Shown when the test fails.
        eprintln!("{server:?}: FUZZ_SEED={seed} repeats this round");
        round(server, seed);
        rounds += 1;
    }
    eprintln!("{server:?}: {rounds} rounds of {TABLES_PER_ROUND} tables, from FUZZ_SEED={first} on");
}

fn round(server: Server, seed: u64) {
    let place = Place::new(server);
    let tables = generate::generate(server, seed, TABLES_PER_ROUND);
    // Not strict: the server truncates a value to fit its type, and the truncated value is compared.
    let mut script = "SET NAMES utf8mb4; SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00';\n".to_owned();
    for table in &tables {
        script += &table.sql;
    }
    place.sql(&script);
    let sync = place.sync().with("INVALID_VALUES", "null").with("TABLE_CONCURRENCY", "2");
    let names = |tables: &[&generate::Table]| tables.iter().map(|t| t.name.clone()).collect::<Vec<_>>();
    let all = names(&tables.iter().collect::<Vec<_>>());
    let sink = Sink::start();
    sink.run(sync.clone()).run().succeeded();
    place.assert_equal_to_uploads(sink.folder(), &all.iter().map(String::as_str).collect::<Vec<_>>());

    let loadable = names(&tables.iter().filter(|table| table.emulator_can_load).collect::<Vec<_>>());
    if !loadable.is_empty() {
        sync.tables(&loadable.join(",")).run().succeeded();
        place.assert_equal(&loadable.iter().map(String::as_str).collect::<Vec<_>>());
    }
    place.remove();
}
