use crc32fast::Hasher;
use model::TenantId;

use crate::{Row, Space};

/// Makes the checksums that stand beside every row.
///
/// One column of 64 bits holds two CRC-32: the high half covers tenant, space and key, the low half those and the
/// version and value. The half for the key alone lets a search prove that a *missing* row is missing (see `rows`)
/// without reading the values around it.
///
/// This finds decay and accidents. Against an attacker who can write the file stand the seals on the values.
#[derive(Clone)]
pub(super) struct Checker {
    tenant: Hasher,
}

impl Checker {
    pub(super) fn new(tenant: TenantId) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(tenant.as_bytes());
        Self { tenant: hasher }
    }

    /// The checksum of a row, as it is stored.
    pub(super) fn of(&self, space: Space, key: &[u8], row: &Row) -> i64 {
        self.of_value(space, key, row.version, &row.value)
    }

    /// The same for a row in parts.
    pub(super) fn of_value(&self, space: Space, key: &[u8], version: u64, value: &[u8]) -> i64 {
        let mut hasher = self.keyed(space, key);
        let key_half = hasher.clone().finalize();
        hasher.update(&version.to_be_bytes());
        hasher.update(value);
        (u64::from(key_half) << 32 | u64::from(hasher.finalize())).cast_signed()
    }

    /// Whether the row is as it was written.
    pub(super) fn holds(&self, stored: i64, space: Space, key: &[u8], row: &Row) -> bool {
        stored == self.of(space, key, row)
    }

    /// Whether the key is as it was written.
    pub(super) fn holds_key(&self, stored: i64, space: Space, key: &[u8]) -> bool {
        stored.cast_unsigned() >> 32 == u64::from(self.keyed(space, key).finalize())
    }

    fn keyed(&self, space: Space, key: &[u8]) -> Hasher {
        let mut hasher = self.tenant.clone();
        hasher.update(&[space as u8]);
        hasher.update(key);
        hasher
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_binds_tenant_space_key_version_and_value() {
        let checker = Checker::new(TenantId::from_bytes([1; 16]));
        let row = Row { version: 7, value: b"value".to_vec() };
        let stored = checker.of(Space::Head, b"key", &row);
        assert!(checker.holds(stored, Space::Head, b"key", &row));
        assert!(checker.holds_key(stored, Space::Head, b"key"));
        assert!(!checker.holds(stored, Space::Version, b"key", &row));
        assert!(!checker.holds_key(stored, Space::Head, b"kez"));
        assert!(!checker.holds(stored, Space::Head, b"key", &Row { version: 8, ..row.clone() }));
        assert!(!checker.holds(stored, Space::Head, b"key", &Row { value: b"valuf".to_vec(), ..row.clone() }));
        assert!(!Checker::new(TenantId::from_bytes([2; 16])).holds(stored, Space::Head, b"key", &row));
    }
}
