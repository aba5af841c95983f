//! What tests share: servers, places, runs of the binary, proxies, and comparisons.

pub mod avro;
pub mod bigquery_proxy;
mod declared;
pub mod emulator;
pub mod finished;
pub mod mysql_proxy;
pub mod place;
pub mod random;
pub mod readback;
pub mod rows;
pub mod run;
pub mod server;
pub mod sink;
pub mod statements;
pub mod users;

pub use emulator::emulator_call;
pub use finished::Finished;
pub use macro_rules_attribute::apply;
pub use place::{PASSWORD, Place, USER};
pub use random::seed;
pub use readback::python;
pub use run::Run;
pub use server::Server;
pub(crate) use server::{on_both_servers, on_mariadb, on_mysql};

/// A loopback port that is free now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a program wrote.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
