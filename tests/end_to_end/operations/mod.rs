//! Operations: configuration, login, encryption, security, logs, memory, and the commands `plan` and `check`.

mod check;
mod client_certificate;
mod failures;
mod globals;
mod login;
mod logs;
mod memory;
mod plan;
mod security;
mod server;
mod tls;
