//! Copies the tables of a task: opens, reads and publishes each one independently.

mod chunks;
mod context;
mod effort;
mod failure;
mod gate;
mod guard;
mod opening;
mod order;
pub mod pace;
mod pipeline;
mod places;
mod pool;
mod queue;
mod read;
mod readers;
pub mod run;
pub mod settings;
mod sharing;
mod table;

pub use settings::Settings;
