//! Random numbers that can be repeated.

use rand::SeedableRng as _;
use rand::rngs::SmallRng;

/// Random numbers and their seed; `FAULT_SEED` repeats them.
pub fn seed() -> (u64, SmallRng) {
    let given = std::env::var("FAULT_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
    (seed, SmallRng::seed_from_u64(seed))
}
