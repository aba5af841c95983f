//! Operations: configuration, logging in, encryption, logs, and what nobody may see.

mod failures;
mod login;
mod logs;
mod security;
mod tls;
