//! Copies the tables of a task: opens, reads and publishes each one independently.

mod chunks;
mod context;
mod effort;
mod failure;
mod gate;
mod guard;
mod opening;
pub mod pace;
mod pipeline;
mod pool;
mod queue;
mod read;
pub mod run;
pub mod settings;
mod sharing;
mod table;

pub use settings::Settings;
