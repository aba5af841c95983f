//! The work of a task: its place in the execution, the tables it copies, and the connections it uses.

pub mod assignment;
pub mod endpoints;
pub mod request;
pub mod selection;
pub mod task;
pub mod unit;
