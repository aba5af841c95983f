//! Runs of the binary.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::declared::assert_declared;
use super::finished::Finished;
use super::place::PASSWORD;

/// Longer than any run takes; a run that hangs fails its test.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// A run of the binary: its arguments and its whole environment.
#[derive(Default, Clone)]
pub struct Run {
    variables: BTreeMap<String, String>,
    arguments: Vec<String>,
}

impl Run {
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.variables.remove(name);
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn tables(self, tables: &str) -> Self {
        self.with("TABLES", tables)
    }

    pub fn start(&self) -> Started {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mysql-bigquery-sync"))
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let rest = BufReader::new(child.stdout.take().unwrap());
        Started { child, seen: String::new(), rest }
    }

    /// Starts, and waits for a line that contains `event`.
    pub fn start_until(&self, event: &str) -> Started {
        let mut started = self.start();
        while !started.seen.contains(event) {
            let read = started.rest.read_line(&mut started.seen).unwrap();
            assert!(read > 0, "ended before {event}: {}", started.seen);
        }
        started
    }

    /// Runs to the end.
    pub fn run(&self) -> Finished {
        self.start().finish()
    }
}

/// A running process.
pub struct Started {
    child: Child,
    seen: String,
    rest: BufReader<ChildStdout>,
}

impl Started {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Kills it with SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end and reads what was logged.
    pub fn finish(self) -> Finished {
        let Self { mut child, seen, rest } = self;
        let stderr = child.stderr.take().unwrap();
        let stdout = std::thread::spawn(move || seen + &std::io::read_to_string(rest).unwrap());
        let stderr = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap());
        let started = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() > RUN_LIMIT => {
                    child.kill().unwrap();
                    panic!("the run hangs: {}", stdout.join().unwrap());
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let (log, errors) = (stdout.join().unwrap(), stderr.join().unwrap());
        assert!(!log.contains(PASSWORD) && !errors.contains(PASSWORD), "the password is in the log: {log}");
        assert!(!log.contains("panicked"), "{log}");
        assert_declared(&log);
        assert_declared(&errors);
        Finished { code: status.code(), log, errors }
    }
}
