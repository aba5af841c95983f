//! A place: a database and a dataset that only one test uses.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::emulator::emulator_call;
use super::run::Run;
use super::server::{EMULATOR, Server, variable};

/// The user that `scripts/with-servers` makes.
pub const USER: &str = "sync";
/// Its password, which must never be logged.
pub const PASSWORD: &str = "s3cret-Pa55word";

/// A database and a dataset with the same unique name.
pub struct Place {
    pub server: Server,
    pub name: String,
}

impl Place {
    pub fn new(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let place = Self { server, name };
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
        self.client(&["--database", &self.name], statements, true)
    }

    /// The same, whether the server refuses a statement or not.
    pub fn sql_anyway(&self, statements: &str) {
        self.client(&["--database", &self.name, "--force"], statements, false);
    }

    /// The same without the client's own syntax: names and bodies may contain semicolons and comments.
    pub fn sql_raw(&self, statements: &str) -> String {
        self.client(&["--database", &self.name, "--binary-mode", "--comments"], statements, true)
    }

    fn sql_without_database(&self, statements: &str) -> String {
        self.client(&[], statements, true)
    }

    fn client(&self, arguments: &[&str], statements: &str, must_succeed: bool) -> String {
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
        assert!(
            output.status.success() || !must_succeed,
            "{}\n{statements:.2000}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn client_path(&self) -> String {
        self.server.variable("CLIENT")
    }

    pub fn port(&self) -> String {
        self.server.variable("PORT")
    }

    pub fn socket(&self) -> String {
        self.server.variable("SOCKET")
    }

    /// A sync of this database into this dataset.
    pub fn sync(&self) -> Run {
        Run::default()
            .with("MYSQL_HOST", "127.0.0.1")
            .with("MYSQL_PORT", self.port())
            .with("MYSQL_USER", USER)
            .with("MYSQL_PASSWORD", PASSWORD)
            .with("MYSQL_DATABASE", &self.name)
            .with("BIGQUERY_PROJECT", "local")
            .with("BIGQUERY_DATASET", &self.name)
            .with("BIGQUERY_EMULATOR_HOST", variable(EMULATOR))
    }
}

impl From<Server> for Place {
    fn from(server: Server) -> Self {
        Self::new(server)
    }
}
