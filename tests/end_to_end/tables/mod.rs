//! Tables: which are copied, how they are read, and how they replace their destinations.

mod reading;
mod replacing;
mod settings;
