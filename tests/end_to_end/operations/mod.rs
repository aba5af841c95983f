//! Operations: configuration, login, encryption, logs, the commands `plan` and `check`, and what nobody may see.

mod check;
mod failures;
mod globals;
mod login;
mod logs;
mod memory;
mod plan;
mod security;
mod server;
mod tls;
