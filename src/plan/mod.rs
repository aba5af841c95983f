//! Plans: what a sync will do with a table, decided before the first row is read. The commands `sync` and `plan` use the same plan.

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
