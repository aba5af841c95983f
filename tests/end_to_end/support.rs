//! What every test needs: a database, a dataset, a run of the binary, and the lines it logged.

mod declared;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use serde_json::{Value, json};

/// The user that `scripts/with-servers` makes.
pub const USER: &str = "sync";
/// Its password; no log line may ever hold it.
pub const PASSWORD: &str = "s3cret-Pa55word";

/// Longer than any run here takes; a run that hangs fails the test instead of blocking it.
const RUN_LIMIT: Duration = Duration::from_secs(120);

/// Which server a test talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MariaDb,
    MySql,
}

impl Kind {
    fn variable(self, what: &str) -> String {
        let name = match self {
            Self::MariaDb => "MARIADB",
            Self::MySql => "MYSQL",
        };
        format!("TEST_{name}_{what}")
    }

    /// False when the run was told to do without this server.
    pub fn is_here(self) -> bool {
        let name = if self == Self::MariaDb { "mariadb" } else { "mysql" };
        is_here(name, &self.variable("PORT"))
    }
}

/// False when the run was told to do without it (`SKIP_SERVERS`); a server that is just missing fails the test.
fn is_here(name: &str, variable: &str) -> bool {
    if std::env::var_os(variable).is_some() {
        return true;
    }
    let skipped = std::env::var("SKIP_SERVERS").unwrap_or_default();
    assert!(
        skipped.split([',', ' ']).any(|skipped| skipped == name),
        "{variable} is not set: `make test` starts the servers, or SKIP_SERVERS={name} does without"
    );
    eprintln!("not run without {name}");
    false
}

pub fn emulator_is_here() -> bool {
    is_here("emulator", "TEST_EMULATOR_HOST")
}

/// A test for each server: `fn name(kind: Kind)` becomes `name::mariadb` and `name::mysql`.
macro_rules! on_both_servers {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[test]
            fn mariadb() {
                let kind = crate::support::Kind::MariaDb;
                if kind.is_here() && crate::support::emulator_is_here() { super::$name(kind) }
            }
            #[test]
            fn mysql() {
                let kind = crate::support::Kind::MySql;
                if kind.is_here() && crate::support::emulator_is_here() { super::$name(kind) }
            }
        }
    )*};
}
pub(crate) use on_both_servers;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

/// A database and a dataset of the same, unique name.
pub struct Place {
    pub kind: Kind,
    pub name: String,
}

impl Place {
    pub fn new(kind: Kind) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let place = Self { kind, name };
        place.sql_without_database(&format!("CREATE DATABASE `{}` CHARACTER SET utf8mb4", place.name));
        let body = json!({"datasetReference": {"projectId": "local", "datasetId": place.name}});
        emulator_call(reqwest::Method::POST, "datasets", Some(body));
        place
    }

    /// Drops the database and the dataset, for tests that make many.
    pub fn remove(self) {
        self.sql_without_database(&format!("DROP DATABASE `{}`", self.name));
        emulator_call(reqwest::Method::DELETE, &format!("datasets/{}?deleteContents=true", self.name), None);
    }

    /// Runs statements as root and returns what the server's own client prints.
    pub fn sql(&self, statements: &str) -> String {
        self.client(&["--database", &self.name], statements)
    }

    /// The same with nothing of the client's own: names and bodies may hold semicolons and comments.
    pub fn sql_raw(&self, statements: &str) -> String {
        self.client(&["--database", &self.name, "--binary-mode", "--comments"], statements)
    }

    fn sql_without_database(&self, statements: &str) -> String {
        self.client(&[], statements)
    }

    fn client(&self, arguments: &[&str], statements: &str) -> String {
        let mut client = Command::new(self.client_path())
            .args(arguments)
            .args(["--batch", "--skip-column-names"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        client.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        let output = client.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{statements:.2000}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn client_path(&self) -> String {
        variable(&self.kind.variable("CLIENT"))
    }

    pub fn port(&self) -> String {
        variable(&self.kind.variable("PORT"))
    }

    pub fn socket(&self) -> String {
        variable(&self.kind.variable("SOCKET"))
    }

    /// A sync of this database into this dataset; more variables may follow.
    pub fn sync(&self) -> Run {
        Run::default()
            .with("MYSQL_HOST", "127.0.0.1")
            .with("MYSQL_PORT", self.port())
            .with("MYSQL_USER", USER)
            .with("MYSQL_PASSWORD", PASSWORD)
            .with("MYSQL_DATABASE", &self.name)
            .with("BIGQUERY_PROJECT", "local")
            .with("BIGQUERY_DATASET", &self.name)
            .with("BIGQUERY_EMULATOR_HOST", variable("TEST_EMULATOR_HOST"))
    }

    /// The rows of a query over the dataset, every value as text.
    pub fn query(&self, query: &str) -> Vec<Vec<Option<String>>> {
        // A machine that is busy takes longer than the 10 s after which an answer comes without rows.
        let body = json!({"query": query, "useLegacySql": false, "timeoutMs": 100_000,
            "defaultDataset": {"projectId": "local", "datasetId": self.name}});
        let answer = emulator_call(reqwest::Method::POST, "queries", Some(body));
        let rows = answer["rows"].as_array().cloned().unwrap_or_default();
        let value = |cell: &Value| cell["v"].as_str().map(str::to_owned);
        rows.iter().map(|row| row["f"].as_array().unwrap().iter().map(value).collect()).collect()
    }

    /// How many rows the destination has.
    pub fn count(&self, table: &str) -> u64 {
        self.query(&format!("SELECT COUNT(*) FROM `{table}`"))[0][0].as_ref().unwrap().parse().unwrap()
    }

    /// The destination's columns as `name TYPE`.
    pub fn schema(&self, table: &str) -> Vec<String> {
        let table = emulator_call(reqwest::Method::GET, &format!("datasets/{}/tables/{table}", self.name), None);
        let fields = table["schema"]["fields"].as_array().unwrap();
        fields.iter().map(|f| format!("{} {}", f["name"].as_str().unwrap(), f["type"].as_str().unwrap())).collect()
    }

    /// How many load jobs of an execution succeeded; with `_` and a table's name behind it, of that table.
    pub fn loads(&self, execution: &str) -> usize {
        let jobs = emulator_call(reqwest::Method::GET, "jobs?projection=full&maxResults=100000", None);
        let prefix = format!("mysql-bigquery-sync_{execution}_");
        let loaded = |job: &&Value| {
            job["jobReference"]["jobId"].as_str().unwrap().starts_with(&prefix)
                && job["status"]["state"] == "DONE"
                && job["status"]["errorResult"].is_null()
        };
        jobs["jobs"].as_array().unwrap().iter().filter(loaded).count()
    }

    /// Compares every value of the tables, read with the server's own client and with Google's: fails with the differences.
    pub fn assert_equal(&self, tables: &[&str]) {
        let emulator = variable("TEST_EMULATOR_HOST");
        self.assert_equal_to(&["--dataset", &self.name, "--emulator", &emulator], tables);
    }

    /// The same with the uploaded files in a folder, read by fastavro.
    pub fn assert_equal_to_uploads(&self, folder: &Path, tables: &[&str]) {
        self.assert_equal_to(&["--uploads", folder.to_str().unwrap()], tables);
    }

    fn assert_equal_to(&self, copy: &[&str], tables: &[&str]) {
        let output = python("tests/readback.py")
            .args(["--client", &self.client_path(), "--database", &self.name])
            .args(copy)
            .args(tables)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
}

/// Random numbers, and the seed that makes the same ones again when it is in `FAULT_SEED`.
pub fn seed() -> (u64, SmallRng) {
    let given = std::env::var("FAULT_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    (seed, SmallRng::seed_from_u64(seed))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A port of the loopback that nobody listens at just now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A script of the project, run by the Python that has Google's client and fastavro.
pub fn python(script: &str) -> Command {
    let mut command = Command::new(variable("TEST_PYTHON"));
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(script));
    command
}

pub fn emulator_call(method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
    let url = format!("http://{}/bigquery/v2/projects/local/{path}", variable("TEST_EMULATOR_HOST"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.request(method, &url);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{url}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    })
}

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
    declared::assert_declared(&log);
    declared::assert_declared(&text(&output.stderr));
    Finished { code: output.status.code(), log, errors: text(&output.stderr) }
}

/// A run that ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub log: String,
    pub errors: String,
}

impl Finished {
    /// Every line, each of which has to be a JSON object.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in line {line}"));
        self.log.lines().map(parse).collect()
    }

    /// The lines of one event.
    pub fn events(&self, event: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// The one line of an event.
    pub fn event(&self, event: &str) -> Value {
        let mut events = self.events(event);
        assert_eq!(events.len(), 1, "{event} in\n{}", self.log);
        events.remove(0)
    }

    /// The message of the one line of an event.
    pub fn message(&self, event: &str) -> String {
        self.event(event)["message"].as_str().unwrap().to_owned()
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.log, self.errors);
        self
    }

    pub fn failed(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.log, self.errors);
        self
    }
}
