//! The uploaded bytes: framing and chunks seen by a sink, content read by other Avro readers.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use apache_avro::types::Value;

use crate::support::{Place, Run, apply, finish, on_both_servers, python};

/// "tens of MB of memory whatever the table's size".
const MEMORY_LIMIT_KIB: u64 = 64 * 1024;

/// A sink that takes the bytes and checks their framing; ends with its value.
pub struct Sink {
    process: Child,
    /// Kept open: the sink says there what it took.
    _said: BufReader<ChildStdout>,
    port: String,
    kept: tempfile::TempDir,
}

impl Sink {
    pub fn start() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let mut process =
            python("benches/sink.py").arg("--keep").arg(kept.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut port).unwrap();
        Self { process, _said: said, port: port.trim().to_owned(), kept }
    }

    pub fn run(&self, run: Run) -> Run {
        run.with("BIGQUERY_EMULATOR_HOST", format!("127.0.0.1:{}", self.port))
    }

    /// Where the uploaded files are, as TABLE.avro.
    pub fn folder(&self) -> &Path {
        self.kept.path()
    }

    fn file(&self, table: &str) -> PathBuf {
        self.kept.path().join(format!("{table}.avro"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The file that a sync of these tables uploads for one of them.
pub fn captured(place: &Place, tables: &str, table: &str) -> Vec<u8> {
    let sink = Sink::start();
    sink.run(place.sync().tables(tables)).run().succeeded();
    std::fs::read(sink.file(table)).unwrap()
}

/// The file's records, read by the avro crate.
pub fn records(file: &[u8]) -> Vec<Vec<(String, Value)>> {
    let reader = apache_avro::Reader::new(file).unwrap();
    let record = |value: Result<Value, _>| match value {
        Ok(Value::Record(fields)) => fields,
        other => panic!("{other:?}"),
    };
    reader.map(record).collect()
}

/// A decimal field as text with `scale` digits after the point.
pub fn decimal(record: &[(String, Value)], field: &str, scale: usize) -> String {
    let (_, value) = record.iter().find(|(name, _)| name == field).unwrap();
    let value = if let Value::Union(_, inner) = value { inner } else { value };
    let Value::Decimal(decimal) = value else { panic!("{value:?}") };
    let bytes = Vec::<u8>::try_from(decimal).unwrap();
    let mut whole = [if bytes[0] >= 0x80 { 0xff } else { 0 }; 32];
    whole[32 - bytes.len()..].copy_from_slice(&bytes);
    let number = ethnum::I256::from_be_bytes(whole);
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = scale + 1);
    let (before, after) = digits.split_at(digits.len() - scale);
    format!("{}{before}.{after}", if number < 0 { "-" } else { "" })
}

fn fastavro(file: &Path) -> Vec<serde_json::Value> {
    let output = python("tests/readback.py").arg("--avro").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[apply(on_both_servers)]
fn the_uploaded_bytes_decode_with_fastavro_under_the_declared_schema(place: Place) {
    place.sql(
        "CREATE TABLE t (id INT PRIMARY KEY, price DECIMAL(12,2) NOT NULL, d DATE, dt DATETIME(6), ts TIMESTAMP(6) NULL, \
         tm TIME(6), j JSON, b VARBINARY(10), bu BIGINT UNSIGNED NOT NULL, big DECIMAL(60,30));
         SET time_zone = '+00:00';
         INSERT INTO t VALUES (1, -12.30, '2024-02-29', '2024-02-29 12:00:00.5', '2024-02-29 12:00:00.000001', \
         '23:59:59.999999', '{\"a\": 1}', 0x00ff, 18446744073709551615, 1.000000000000000000000000000001),
         (2, 0, NULL, NULL, NULL, NULL, 'null', NULL, 0, NULL), (3, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL)",
    );
    let sink = Sink::start();
    sink.run(place.sync()).run().succeeded();
    let lines = fastavro(&sink.file("t"));
    let fields = lines[0]["schema"]["fields"].as_array().unwrap();
    let logical = |at: usize| fields[at]["type"][1]["logicalType"].as_str().unwrap().to_owned();
    assert_eq!(fields[0]["type"], "long");
    assert_eq!(fields[1]["type"]["logicalType"], "decimal");
    assert_eq!(
        [logical(2), logical(3), logical(4), logical(5)],
        ["date", "local-timestamp-micros", "timestamp-micros", "time-micros"]
    );
    assert_eq!(fields[6]["type"][1]["sqlType"], "JSON");
    assert_eq!(lines[1]["codec"], "zstandard");
    assert_eq!(lines[1]["records"], 3);
    let first = lines[2].to_string();
    for part in [
        "-12.30",
        "2024-02-29",
        "23:59:59.999999",
        "18446744073709551615",
        "1.000000000000000000000000000001",
        "0x00ff",
    ] {
        assert!(first.contains(part), "{part} in {first}");
    }
    assert!(lines[3]["d"].is_null() && lines[3]["big"].is_null());
    assert_eq!(lines[3]["j"], "null", "JSON's null is a value");
    assert!(lines[4]["j"].is_null(), "SQL's is none");
}

#[apply(on_both_servers)]
fn memory_does_not_grow_with_the_table(place: Place) {
    // Some 200 MB that do not compress: several chunks are in flight one after another.
    place.sql(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, noise VARBINARY(1000));
         INSERT INTO t (noise) VALUES (RANDOM_BYTES(1000)), (RANDOM_BYTES(1000))",
    );
    for _ in 0..16 {
        place.sql("INSERT INTO t (noise) SELECT RANDOM_BYTES(1000) FROM t");
    }
    let sink = Sink::start();
    let child = sink.run(place.sync()).start();
    let status = format!("/proc/{}/status", child.id());
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
    let done = finish(child).succeeded();
    over.store(true, Ordering::Relaxed);
    watching.join().unwrap();
    let sent = done.event("table_synced")["bytesSent"].as_u64().unwrap();
    assert!(sent > 100_000_000, "{sent}");
    let peak = peak.load(Ordering::Relaxed);
    assert!(peak > 0 && peak <= MEMORY_LIMIT_KIB, "peak memory: {peak} KiB");
}
