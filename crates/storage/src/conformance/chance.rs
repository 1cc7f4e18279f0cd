use model::TenantId;

/// Numbers that look random and are the same for the same seed (SplitMix64). For questions, never for keys.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }

    /// True once in `times`.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let index = usize::try_from(self.below(others.len() as u64 + 1)).unwrap_or(0);
        others.get(index).copied().unwrap_or(first)
    }

    /// Up to `most` bytes, each below `symbols`.
    pub fn bytes(&mut self, most: u64, symbols: u64) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| u8::try_from(self.below(symbols)).unwrap_or(u8::MAX)).collect()
    }

    /// A tenant's id.
    pub fn tenant(&mut self) -> TenantId {
        let high = u128::from(self.number());
        TenantId::from_bytes((high << 64 | u128::from(self.number())).to_be_bytes())
    }
}
