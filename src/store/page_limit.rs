//! How many entries a page of a list holds.

/// The length of a page: 50 entries unless the caller asks for another number, at most 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit(usize);

impl PageLimit {
    pub const MAX: Self = Self(200);
    const DEFAULT: u64 = 50;

    /// A number that is out of range counts as the nearest one within it.
    pub fn new(requested: Option<u64>) -> Self {
        let requested = requested.unwrap_or(Self::DEFAULT).max(1);
        Self(usize::try_from(requested).map_or(Self::MAX.0, |n| n.min(Self::MAX.0)))
    }

    pub fn get(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_1_to_200_entries() {
        let limits = [None, Some(0), Some(7), Some(200), Some(201), Some(u64::MAX)];

        assert_eq!(
            limits.map(|requested| PageLimit::new(requested).get()),
            [50, 1, 7, 200, 200, 200]
        );
    }
}
