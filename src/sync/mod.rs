//! The main job: all tables of this task, each by itself: open, read, publish.

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
