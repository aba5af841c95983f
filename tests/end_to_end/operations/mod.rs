//! Operations: configuration, login, encryption, security, logs, memory, and the commands `plan`, `verify` and `check`.

mod check;
mod client_certificate;
mod endpoint;
mod failures;
mod globals;
mod login;
mod logs;
mod many;
mod memory;
mod plan;
mod secrets;
mod security;
mod server;
mod tls;
mod verify;
