//! The servers that tests talk to, and tests that run beside each of them.

/// Which database server a test talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    MariaDb,
    MySql,
}

impl Server {
    /// The name that `scripts/with-servers` knows it by.
    fn name(self) -> &'static str {
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

    /// False when the run was told to do without this server.
    pub fn is_here(self) -> bool {
        is_here(self.name(), &self.variable_name("PORT"))
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

/// A variable that `scripts/with-servers` sets.
pub fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

/// Runs a test beside this server and the emulator. The test takes the server, or what is made of one.
pub fn run<Given: From<Server>>(server: Server, test: fn(Given)) {
    if server.is_here() && emulator_is_here() {
        test(server.into());
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
