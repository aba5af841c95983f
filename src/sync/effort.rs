//! How much the blocks are compressed: as much as there is time for. When reading waits for the compressors again and again,
//! they do less; from time to time more is tried again.

use std::time::Duration;

use tokio::time::Instant;

use crate::avro::codec::Effort;

/// So many blocks are looked at before anything is decided.
const WINDOW: u32 = 16;
/// When reading waits for the compressors for this part of the time, it would be faster without.
const BUSY_PART: u32 = 4;
/// Windows until more is tried, at first and at most: each trial that fails costs a window, and doubles it.
const PATIENCE: u32 = 8;
const LONGEST_PATIENCE: u32 = 256;

/// From the most to the least.
const EFFORTS: [Effort; 3] = [Effort::Full, Effort::Less, Effort::Least];

/// The effort of a table's blocks.
#[derive(Debug)]
pub(super) struct Adaption {
    /// In `EFFORTS`.
    level: usize,
    /// In the window so far.
    blocks: u32,
    waited: Duration,
    since: Instant,
    patience: u32,
    /// Windows until more is tried.
    left: u32,
    /// More is being tried.
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
    /// The effort of the next block, for which reading has waited so long because of the compressors.
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

    /// Blocks of each effort among `blocks`, each of which takes a millisecond to read and two to wait for when the effort is
    /// one of `slow`. The clock is the test's.
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
    async fn compressors_that_keep_up_do_all_they_can() {
        assert_eq!(efforts(&mut Adaption::default(), 1000, &[]).await, [1000, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn compressors_that_do_not_keep_up_do_less_and_seldom_try_more() {
        let counts = efforts(&mut Adaption::default(), 10_000, &[Effort::Full, Effort::Less]).await;
        assert!(counts[2] > 9500, "{counts:?}");
        let counts = efforts(&mut Adaption::default(), 10_000, &[Effort::Full]).await;
        assert!(counts[1] > 9500 && counts[2] == 0, "{counts:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn when_there_is_time_again_it_is_used() {
        let mut adaption = Adaption::default();
        efforts(&mut adaption, 1000, &[Effort::Full, Effort::Less]).await;
        let counts = efforts(&mut adaption, 10_000, &[]).await;
        assert!(counts[0] > 6000, "{counts:?}");
    }
}
