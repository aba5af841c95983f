//! What a sync does with a table, decided before its first row is read: the same for `sync`, which does it, and `plan`.

mod comments;
mod destination;
pub mod drift;
pub mod error;
mod keys;
mod layout;
pub mod planner;
pub mod post_load;
pub mod reading;
pub mod settings;
pub mod table_plan;

pub use error::Error;
pub use planner::Planner;
pub use settings::Settings;
pub use table_plan::TablePlan;
