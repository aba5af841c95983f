//! A run of the binary, from its variables to its end.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::finished::Finished;
use super::place::PASSWORD;
use super::text;

/// Longer than any run here takes; a run that hangs fails the test instead of blocking it.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// A run of the binary: its variables and arguments, and nothing else in its environment.
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

    pub fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_mysql-bigquery-sync"))
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts, and waits for a line with this event.
    pub fn start_until(&self, event: &str) -> Started {
        let mut child = self.start();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        while !seen.contains(event) {
            assert!(rest.read_line(&mut seen).unwrap() > 0, "ended before {event}: {seen}");
        }
        Started { child, seen, rest }
    }

    /// Runs to the end.
    pub fn run(&self) -> Finished {
        finish(self.start())
    }
}

/// A run that has logged something and goes on.
pub struct Started {
    child: Child,
    seen: String,
    rest: BufReader<ChildStdout>,
}

impl Started {
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn finish(self) -> Finished {
        end(self.child, self.seen, self.rest)
    }
}

/// Waits for the end and reads what was logged.
pub fn finish(mut child: Child) -> Finished {
    let stdout = child.stdout.take().unwrap();
    end(child, String::new(), stdout)
}

fn end(mut child: Child, seen: String, stdout: impl Read + Send + 'static) -> Finished {
    let stderr = child.stderr.take().unwrap();
    let stdout = std::thread::spawn(move || seen + &std::io::read_to_string(stdout).unwrap());
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
    let output = Output { status, stdout: stdout.join().unwrap().into(), stderr: stderr.join().unwrap().into() };
    let log = text(&output.stdout);
    assert!(!log.contains(PASSWORD) && !text(&output.stderr).contains(PASSWORD), "the password is in the log: {log}");
    assert!(!log.contains("panicked"), "{log}");
    Finished { code: output.status.code(), log, errors: text(&output.stderr) }
}
