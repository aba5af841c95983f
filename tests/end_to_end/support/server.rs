//! The servers that tests talk to, and tests that run beside each of them.

use std::io::Write as _;
use std::sync::Once;

/// Which database server a test talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    MariaDb,
    MySql,
}

impl Server {
    /// The name that `scripts/with-servers` knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    /// What `scripts/with-servers` says about it: its PORT, SOCKET or CLIENT.
    pub fn variable(self, what: &str) -> String {
        variable(&self.variable_name(what))
    }

    fn variable_name(self, what: &str) -> String {
        format!("TEST_{}_{what}", self.name().to_uppercase())
    }

    /// Whether it runs. One that is required has to, or the test fails.
    pub fn is_here(self) -> bool {
        is_here(self.name(), &self.variable_name("PORT"))
    }
}

/// Whether the BigQuery emulator runs. If it is required it has to, or the test fails.
pub fn emulator_is_here() -> bool {
    is_here("emulator", EMULATOR)
}

/// Where the emulator listens.
pub const EMULATOR: &str = "TEST_EMULATOR_HOST";

/// `make test` names in `TEST_REQUIRED_SERVERS` what it has started: only a run that did not ask for a server skips its tests.
fn is_here(name: &str, variable: &str) -> bool {
    let here = std::env::var_os(variable).is_some();
    let required = std::env::var("TEST_REQUIRED_SERVERS").unwrap_or_default();
    assert!(
        here || !required.split_whitespace().any(|required| required == name),
        "TEST_REQUIRED_SERVERS names {name}, and {variable} does not say where it is: scripts/with-servers sets it"
    );
    here
}

/// Says once, and not once per test, that tests are skipped.
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
        // Not `eprintln!`, which the test harness withholds while a test passes; and one write, so that the line stays whole.
        let _ = std::io::stderr().write_all(line.as_bytes());
    });
}

/// A variable that `scripts/with-servers` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

/// Runs a test beside this server and the emulator, or skips it. The test takes the server, or what is made of one.
pub fn run<Given: From<Server>>(server: Server, test: fn(Given)) {
    // Both are asked about: each of them may be required.
    match (server.is_here(), emulator_is_here()) {
        (true, true) => test(server.into()),
        _ => skip(),
    }
}

/// `#[apply(on_both_servers)] fn name(place: Place)` is the tests `name::mariadb` and `name::mysql`.
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

/// `#[apply(on_mariadb)] fn name(place: Place)`: for what only MariaDB has.
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

/// `#[apply(on_mysql)] fn name(place: Place)`: for what only MySQL has.
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
