//! Adapts the compression effort to the time that is available. If reading keeps waiting for the compressors, the effort is lowered;
//! from time to time a higher effort is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::avro::codec::Effort;

/// A decision covers this many blocks.
const WINDOW: u32 = 16;
/// The effort is lowered if reading waits for the compressors more than 1/`BUSY_PART` of the time.
const BUSY_PART: u32 = 4;
/// How many windows pass before a higher effort is tried. A failed trial costs one window, so each failure doubles the wait.
const PATIENCE: u32 = 8;
/// The most windows between two trials.
const LONGEST_PATIENCE: u32 = 256;

/// From the highest to the lowest.
const EFFORTS: [Effort; 3] = [Effort::Full, Effort::Less, Effort::Least];

/// The current effort for a table's blocks, and what decides the next one.
#[derive(Debug)]
pub(super) struct Adaption {
    /// The index in `EFFORTS`.
    level: usize,
    /// Blocks in the current window.
    blocks: u32,
    waited: Duration,
    since: Instant,
    patience: u32,
    /// Windows until a higher effort is tried.
    left: u32,
    /// Whether a higher effort is being tried.
    trying: bool,
}

impl Default for Adaption {
    fn default() -> Self {
        Self {
            level: 0,
            blocks: 0,
            waited: Duration::ZERO,
            since: Instant::now(),
            patience: PATIENCE,
            left: PATIENCE,
            trying: false,
        }
    }
}

impl Adaption {
    /// The effort for the next block. `waited` is how long reading waited for the compressors before it.
    pub(super) fn next(&mut self, waited: Duration) -> Effort {
        self.blocks += 1;
        self.waited += waited;
        if self.blocks == WINDOW {
            let now = Instant::now();
            self.decide(self.waited * BUSY_PART > now.duration_since(self.since));
            (self.blocks, self.waited, self.since) = (0, Duration::ZERO, now);
        }
        EFFORTS.get(self.level).copied().unwrap_or(Effort::Full)
    }

    fn decide(&mut self, busy: bool) {
        if busy {
            self.level = (self.level + 1).min(EFFORTS.len() - 1);
            if self.trying {
                self.patience = (self.patience * 2).min(LONGEST_PATIENCE);
            }
            self.left = self.patience;
            self.trying = false;
        } else if self.level > 0 {
            self.left = self.left.saturating_sub(1);
            self.trying = self.left == 0;
            if self.trying {
                self.level -= 1;
                self.left = self.patience;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `blocks` have each effort. A block takes 1 ms to read, and reading waits 2 ms longer if the effort is in `slow`.
    /// Uses the test's clock.
    async fn efforts(adaption: &mut Adaption, blocks: u32, slow: &[Effort]) -> [u32; 3] {
        let millisecond = Duration::from_millis(1);
        let (mut counts, mut effort) = ([0; 3], Effort::Full);
        for _ in 0..blocks {
            let waited = if slow.contains(&effort) { 2 * millisecond } else { Duration::ZERO };
            tokio::time::advance(millisecond + waited).await;
            effort = adaption.next(waited);
            counts[EFFORTS.iter().position(|other| *other == effort).unwrap()] += 1;
        }
        counts
    }

    #[tokio::test(start_paused = true)]
    async fn fast_compressors_use_full_effort() {
        assert_eq!(efforts(&mut Adaption::default(), 1000, &[]).await, [1000, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_compressors_lower_the_effort_and_seldom_raise_it() {
        let counts = efforts(&mut Adaption::default(), 10_000, &[Effort::Full, Effort::Less]).await;
        assert!(counts[2] > 9500, "{counts:?}");
        let counts = efforts(&mut Adaption::default(), 10_000, &[Effort::Full]).await;
        assert!(counts[1] > 9500 && counts[2] == 0, "{counts:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_effort_rises_again_when_there_is_time() {
        let mut adaption = Adaption::default();
        efforts(&mut adaption, 1000, &[Effort::Full, Effort::Less]).await;
        let counts = efforts(&mut adaption, 10_000, &[]).await;
        assert!(counts[0] > 6000, "{counts:?}");
    }
}
