//! Values: every type, at its edges and at random, arrives exactly or is refused by name.

mod edges;
mod large;
mod overrides;
mod random;
mod types;
