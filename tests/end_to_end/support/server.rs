//! The servers that the tests use, and attributes that make one test per server.

use std::io::Write as _;
use std::sync::Once;

/// A database server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    MariaDb,
    MySql,
}

impl Server {
    /// Its name in `scripts/with-servers`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    /// A variable that `scripts/with-servers` sets for it: its PORT, SOCKET or CLIENT.
    pub fn variable(self, what: &str) -> String {
        variable(&self.variable_name(what))
    }

    fn variable_name(self, what: &str) -> String {
        format!("TEST_{}_{what}", self.name().to_uppercase())
    }

    /// Whether it is running. Panics if it is required and is not.
    pub fn is_here(self) -> bool {
        is_here(self.name(), &self.variable_name("PORT"))
    }
}

/// Whether the BigQuery emulator is running. Panics if it is required and is not.
pub fn emulator_is_here() -> bool {
    is_here("emulator", EMULATOR)
}

/// The variable with the emulator's address.
pub const EMULATOR: &str = "TEST_EMULATOR_HOST";

/// `make test` lists the servers that it started in `TEST_REQUIRED_SERVERS`: their tests fail instead of being skipped.
fn is_here(name: &str, variable: &str) -> bool {
    let here = std::env::var_os(variable).is_some();
    let required = std::env::var("TEST_REQUIRED_SERVERS").unwrap_or_default();
    assert!(
        here || !required.split_whitespace().any(|required| required == name),
        "TEST_REQUIRED_SERVERS names {name}, and {variable} does not say where it is: scripts/with-servers sets it"
    );
    here
}

/// Says that tests are skipped, once for all of them.
pub fn skip() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let servers = [
            ("MariaDB", Server::MariaDb.variable_name("PORT")),
            ("MySQL", Server::MySql.variable_name("PORT")),
            ("the BigQuery emulator", EMULATOR.to_owned()),
        ];
        let missing = servers.iter().filter(|(_, variable)| std::env::var_os(variable).is_none());
        let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
        let line = format!("Skipped: all tests that need {}. `make test` starts the servers.\n", missing.join(" or "));
        // Not `eprintln!`, because the test harness hides its output when a test passes. One write keeps the line in one piece.
        let _ = std::io::stderr().write_all(line.as_bytes());
    });
}

/// A variable that `scripts/with-servers` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

/// Runs a test with this server and the emulator, or skips it. The test takes the server, or a place on it.
pub fn run<Given: From<Server>>(server: Server, test: fn(Given)) {
    // Both are checked, because each may be required.
    match (server.is_here(), emulator_is_here()) {
        (true, true) => test(server.into()),
        _ => skip(),
    }
}

/// `#[apply(on_both_servers)] fn name(place: Place)` makes the tests `name::mariadb` and `name::mysql`.
macro_rules! on_both_servers {
    ($(#[$attribute:meta])* fn $name:ident($given:ident: $kind:ty) $test:block) => {
        $(#[$attribute])*
        fn $name($given: $kind) $test

        mod $name {
            use $crate::support::server::{Server, run};

            #[test]
            fn mariadb() {
                run(Server::MariaDb, super::$name);
            }

            #[test]
            fn mysql() {
                run(Server::MySql, super::$name);
            }
        }
    };
}
pub(crate) use on_both_servers;

/// `#[apply(on_mariadb)] fn name(place: Place)` makes a test of what only MariaDB has.
macro_rules! on_mariadb {
    ($(#[$attribute:meta])* fn $name:ident($given:ident: $kind:ty) $test:block) => {
        $(#[$attribute])*
        #[test]
        fn $name() {
            fn test($given: $kind) $test
            $crate::support::server::run($crate::support::server::Server::MariaDb, test);
        }
    };
}
pub(crate) use on_mariadb;

/// `#[apply(on_mysql)] fn name(place: Place)` makes a test of what only MySQL has.
macro_rules! on_mysql {
    ($(#[$attribute:meta])* fn $name:ident($given:ident: $kind:ty) $test:block) => {
        $(#[$attribute])*
        #[test]
        fn $name() {
            fn test($given: $kind) $test
            $crate::support::server::run($crate::support::server::Server::MySql, test);
        }
    };
}
pub(crate) use on_mysql;
