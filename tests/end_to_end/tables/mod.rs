//! Tables: which are copied, how they are read, and how they replace their destinations.

mod columns;
mod executions;
mod masks;
mod names;
mod new_columns;
mod partitions;
mod protections;
mod reading;
mod replacing;
mod selection;
mod settings;
