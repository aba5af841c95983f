//! The guard against accidental loss of rows in the source. It decides before the destination can change.

use crate::hints;

/// Refuses to replace a table if the source has lost more rows than `MAX_SHRINK_PERCENT` allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShrinkGuard {
    pub(super) previous_rows: u64,
    pub(super) max_percent: u8,
}

impl ShrinkGuard {
    /// Fails with the reason if too many rows are missing.
    pub(super) fn check(self, rows: u64) -> Result<(), String> {
        let Self { previous_rows, max_percent } = self;
        let lost = u128::from(previous_rows.saturating_sub(rows)) * 100;
        if lost <= u128::from(previous_rows) * u128::from(max_percent) {
            return Ok(());
        }
        Err(hints::tables::shrunk(rows, previous_rows, max_percent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_allowed() {
        let check = |previous_rows, max_percent, rows| ShrinkGuard { previous_rows, max_percent }.check(rows).is_ok();
        assert!(check(100, 10, 90));
        assert!(!check(100, 10, 89));
        assert!(check(100, 0, 100) && check(100, 0, 101) && !check(100, 0, 99));
        assert!(check(100, 100, 0));
        assert!(check(0, 0, 0));
        assert!(!check(u64::MAX, 99, 0));
    }
}
