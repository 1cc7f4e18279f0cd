use model::Purpose;

/// A set of purposes: why something may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Purposes(u8);

impl Purposes {
    /// Every purpose: no limit.
    pub const ANY: Self = Self(u8::MAX);

    /// These purposes and no other.
    pub const fn only(purposes: &[Purpose]) -> Self {
        let mut bits = 0;
        let mut rest = purposes;
        while let [first, others @ ..] = rest {
            bits |= 1 << (*first as u8);
            rest = others;
        }
        Self(bits)
    }

    /// Whether one of them is this.
    pub const fn holds(self, purpose: Purpose) -> bool {
        self.0 >> (purpose as u8) & 1 == 1
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it sets no limit.
    pub const fn is_any(self) -> bool {
        self.0 == u8::MAX
    }

    /// Each purpose in it.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        Purpose::ALL.into_iter().filter(move |purpose| self.holds(*purpose))
    }
}

impl Default for Purposes {
    fn default() -> Self {
        Self::ANY
    }
}
