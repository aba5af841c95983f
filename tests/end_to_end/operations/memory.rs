//! Memory: bounded by the blocks and chunks in flight, never by the table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mysql_bigquery_sync::config::Config;
use mysql_bigquery_sync::mapping::Mapping;
use mysql_bigquery_sync::mapping::columns::ColumnOptions;
use mysql_bigquery_sync::mapping::policies::Policies;
use mysql_bigquery_sync::mapping::row::RowEncoder;
use mysql_bigquery_sync::mysql::{catalog, connection, rows, sql};

use crate::support::sink::Sink;
use crate::support::{PASSWORD, Place, Server, USER, apply, on_both_servers};

/// The limit that is promised for a table of any size.
const MEMORY_LIMIT_KIB: u64 = 64 * 1024;

#[apply(on_both_servers)]
fn memory_does_not_grow_with_the_table(place: Place) {
    // Some 130 MB that do not compress: several chunks are in flight one after another.
    place.create("t", "id INT PRIMARY KEY, noise VARBINARY(1000)", "n, RANDOM_BYTES(1000)", 131_072);
    let sink = Sink::start();
    let running = sink.run(place.sync()).start();
    let status = format!("/proc/{}/status", running.id());
    let (peak, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let watching = {
        let (peak, over) = (Arc::clone(&peak), Arc::clone(&over));
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let status = std::fs::read_to_string(&status).unwrap_or_default();
                let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
                let kib = line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0);
                peak.fetch_max(kib, Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        })
    };
    let done = running.finish().succeeded();
    over.store(true, Ordering::Relaxed);
    watching.join().unwrap();
    let sent = done.event("table_synced")["bytesSent"].as_u64().unwrap();
    assert!(sent > 100_000_000, "{sent}");
    let peak = peak.load(Ordering::Relaxed);
    assert!(peak > 0 && peak <= MEMORY_LIMIT_KIB, "peak memory: {peak} KiB");
}

/// Rows whose allocations are counted.
const READ: u64 = 5000;

/// Counts the allocations of encoding rows with every kind of value, without the driver's. Checking MariaDB's JSON allocates
/// once per document, for its open brackets.
#[apply(on_both_servers)]
fn a_row_costs_no_allocation(place: Place) {
    place.create("t",
        "id BIGINT UNSIGNED PRIMARY KEY, i INT, d DECIMAL(12,2), big DECIMAL(38,9), f DOUBLE, day DATE, dt DATETIME(6), \
         ts TIMESTAMP NULL, tm TIME(3), txt VARCHAR(50), b VARBINARY(20), j JSON, e ENUM('a', 'b'), bits BIT(9), \
         l VARCHAR(9) CHARACTER SET latin1, u VARCHAR(9) CHARACTER SET utf16",
        "n, -n, n / 7, n / 11, n / 3, '2024-02-29', '2024-02-29 12:34:56.789', '2024-01-01', '12:34:56', CONCAT('né ', n), \
         UNHEX(HEX(n)), '{\"a\": [1, null]}', 1 + n % 2, n % 512, 'é', 'é🎈'", READ);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variables = [
        ("MYSQL_HOST", "127.0.0.1"),
        ("MYSQL_PORT", &place.port()),
        ("MYSQL_USER", USER),
        ("MYSQL_PASSWORD", PASSWORD),
        ("MYSQL_DATABASE", &place.name),
        ("BIGQUERY_PROJECT", "p"),
        ("BIGQUERY_DATASET", "d"),
    ];
    let config = Config::read(variables.map(|(name, value)| (name.into(), value.into())), &[]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mapping, read) = runtime.block_on(async {
        let mut connection = connection::connect(&config.mysql).await.unwrap();
        let flavor = catalog::dialect(&mut connection).await.unwrap().0;
        let found = catalog::find(&mut connection, "t").await.unwrap().unwrap();
        let table = catalog::columns(&mut connection, flavor, found).await.unwrap();
        let mapping = Mapping::new(&table, flavor, &ColumnOptions::default(), Policies::default()).unwrap();
        let mut stream = rows::stream(&mut connection, sql::select(&mapping.select_list(), "t", None));
        let mut read = Vec::new();
        while let Some(row) = rows::wait(&mut stream, config.mysql.stall).await.unwrap() {
            read.push(row);
        }
        drop(stream);
        (mapping, read)
    });
    let mut encoder = RowEncoder::new(Arc::new(mapping));
    let mut block = Vec::with_capacity(4 << 20);
    let counted = allocation_counter::measure(|| {
        for row in &read {
            encoder.append(row, &mut block).unwrap();
        }
    });
    let of_checks = if place.server == Server::MariaDb { READ } else { 0 };
    assert_eq!((read.len() as u64, counted.count_total), (READ, of_checks), "rows, allocations");
    assert!(block.len() < block.capacity());
}
