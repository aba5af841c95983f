//! A sink in place of BigQuery, which checks the framing of what is uploaded and stores the bytes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use crate::support::{Place, Run, python};

/// A running sink; it ends when it is dropped.
pub struct Sink {
    process: Child,
    /// Stays open, because the sink reports there what it received.
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

    pub fn file(&self, table: &str) -> PathBuf {
        self.kept.path().join(format!("{table}.avro"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The file that a sync of `tables` uploads for `table`.
pub fn captured(place: &Place, tables: &str, table: &str) -> Vec<u8> {
    let sink = Sink::start();
    sink.run(place.sync().tables(tables)).run().succeeded();
    std::fs::read(sink.file(table)).unwrap()
}

impl Place {
    /// Copies the tables and compares the uploaded files. The emulator cannot load all types and is slower.
    pub fn assert_uploads_equal(&self, tables: &[&str]) {
        let sink = Sink::start();
        sink.run(self.sync().tables(&tables.join(","))).run().succeeded();
        self.assert_equal_to_uploads(sink.folder(), tables);
    }
}
