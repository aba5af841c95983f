//! The commands: what each one does and prints.

pub mod check;
pub mod plan;
pub mod signals;
pub mod sync;
pub mod verify;
