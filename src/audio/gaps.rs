//! Which sequence numbers were skipped, in bounded space: the tally travels with every chunk.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Older gaps are forgotten.
const WINDOW: u64 = 4096;
/// A report names no more than this.
const MAX_REPORTED: usize = 1000;

/// One bit for each of the last 4096 numbers up to the highest one seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub(super) struct Gaps {
    first: u64,
    highest: u64,
    /// Bit `n % WINDOW`: the number `n` has not come. Empty while there is no gap, which is
    /// nearly always.
    absent: Vec<u8>,
}

impl Gaps {
    pub(super) fn starting_at(first: u64) -> Self {
        Self {
            first,
            highest: first,
            absent: Vec::new(),
        }
    }

    pub(super) fn see(&mut self, sequence: u64) {
        if sequence > self.highest {
            // A number leaves the window as the one that takes its bit comes in.
            let skipped_from = (self.highest + 1).max(sequence.saturating_sub(WINDOW - 1));
            for skipped in skipped_from..sequence {
                self.set(skipped, true);
            }
            self.highest = sequence;
            self.set(sequence, false);
        } else if sequence >= self.window_start() {
            self.set(sequence, false);
        }
        if self.absent.iter().all(|byte| *byte == 0) {
            self.absent.clear();
        }
    }

    /// In ascending order.
    pub(super) fn missing(&self) -> Vec<u64> {
        (self.window_start()..self.highest)
            .filter(|n| self.is_absent(*n))
            .take(MAX_REPORTED)
            .collect()
    }

    fn window_start(&self) -> u64 {
        self.first.max(self.highest.saturating_sub(WINDOW - 1))
    }

    fn is_absent(&self, sequence: u64) -> bool {
        let (byte, bit) = position(sequence);
        self.absent.get(byte).is_some_and(|b| b & bit != 0)
    }

    fn set(&mut self, sequence: u64, absent: bool) {
        let (byte, bit) = position(sequence);
        if absent && self.absent.is_empty() {
            self.absent = vec![0; (WINDOW / 8) as usize];
        }
        if let Some(byte) = self.absent.get_mut(byte) {
            if absent {
                *byte |= bit;
            } else {
                *byte &= !bit;
            }
        }
    }
}

fn position(sequence: u64) -> (usize, u8) {
    let bit = sequence % WINDOW;
    ((bit / 8) as usize, 1 << (bit % 8))
}

/// As the state carries it.
#[derive(Serialize, Deserialize)]
struct Wire(u64, u64, String);

impl From<Gaps> for Wire {
    fn from(gaps: Gaps) -> Self {
        Self(
            gaps.first,
            gaps.highest,
            URL_SAFE_NO_PAD.encode(gaps.absent),
        )
    }
}

#[derive(Debug, thiserror::Error)]
#[error("these are no gaps")]
struct NotGaps;

impl TryFrom<Wire> for Gaps {
    type Error = NotGaps;

    fn try_from(Wire(first, highest, absent): Wire) -> Result<Self, NotGaps> {
        let absent = URL_SAFE_NO_PAD.decode(absent).map_err(|_| NotGaps)?;
        Ok(Self {
            first,
            highest,
            absent,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn after(sequence: &[u64]) -> Gaps {
        let mut gaps = Gaps::starting_at(sequence[0]);
        for number in &sequence[1..] {
            gaps.see(*number);
        }
        gaps
    }

    #[test]
    fn what_came_before_the_first_is_not_missing() {
        assert!(after(&[5, 3, 6]).missing().is_empty());
    }

    #[test]
    fn a_repeat_changes_nothing() {
        assert_eq!(after(&[1, 3, 3, 1]).missing(), [2]);
    }

    #[test]
    fn only_the_last_4096_numbers_count_and_1000_are_named() {
        let gaps = after(&[0, 1_000_000]);

        let missing = gaps.missing();

        assert_eq!(missing.len(), 1000);
        assert_eq!(missing[0], 1_000_000 - 4095);
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let state = (1 << 53) - 1;

        assert_eq!(after(&[state - 2, state]).missing(), [state - 1]);
    }

    #[test]
    fn without_gaps_it_takes_no_space() {
        assert!(after(&[1, 2, 4, 3, 5]).absent.is_empty());
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_plain_set(sequence in prop::collection::vec(0_u64..9000, 1..200)) {
            let seen: BTreeSet<_> = sequence.iter().copied().collect();
            let highest = *seen.last().unwrap();
            let start = sequence[0].max(highest.saturating_sub(WINDOW - 1));

            // The model forgets nothing; what has left the window while it was missing, and then
            // came back into no window, cannot differ, since the window only moves up.
            let expected: Vec<_> =
                (start..highest).filter(|n| !seen.contains(n)).take(MAX_REPORTED).collect();

            prop_assert_eq!(after(&sequence).missing(), expected);
        }
    }
}
