//! Numbers that look like chance and are not: the same seed gives the same numbers for ever.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high.saturating_sub(low)).unwrap_or(0).saturating_add(1);
        low.saturating_add(i64::try_from(self.next() % span).unwrap_or(0))
    }

    /// A number between two bounds, rounded to these digits.
    pub(crate) fn value(&mut self, low: f64, high: f64, digits: usize) -> f64 {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let scale = 10_f64.powi(i32::try_from(digits.min(6)).unwrap_or(0));
        ((low + share * (high - low)) * scale).round() / scale
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = self.between(0, i64::try_from(from.len()).unwrap_or(1) - 1);
        from.get(usize::try_from(at).unwrap_or(0))
    }
}
