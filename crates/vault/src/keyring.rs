//! What the vault remembers for a moment: keys of persons that were just opened, and when who-is-who last changed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use model::{SubjectId, TenantId, Time};

/// How long an opened key is held without looking whether it is still there. Bounds what an erasure by another node of
/// the same house can lag behind; one by this node forgets the key at once.
const HELD_MICROS: i64 = 1_000_000;
/// Keys held at most, in each of the shelves.
const HELD_MAX: usize = 256;
const SHELVES: usize = 16;

/// Keys of persons, opened a moment ago. Dropping one wipes it.
pub(crate) struct Keyring<K> {
    shelves: [Mutex<Shelf<K>>; SHELVES],
    erasures: AtomicU64,
}

type Shelf<K> = HashMap<(TenantId, SubjectId), Held<K>>;

struct Held<K> {
    key: K,
    until: Time,
}

/// The moment before a key's row is read. A key that was read before an erasure is not held after it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before(u64);

impl<K> Default for Keyring<K> {
    fn default() -> Self {
        Self { shelves: Default::default(), erasures: AtomicU64::new(0) }
    }
}

impl<K: Clone> Keyring<K> {
    pub fn before(&self) -> Before {
        Before(self.erasures.load(Ordering::Acquire))
    }

    pub fn find(&self, tenant: TenantId, subject: SubjectId, now: Time) -> Option<K> {
        let shelf = self.shelf(subject);
        shelf.get(&(tenant, subject)).filter(|held| now < held.until).map(|held| held.key.clone())
    }

    pub fn hold(&self, before: Before, tenant: TenantId, subject: SubjectId, key: &K, now: Time) {
        let mut shelf = self.shelf(subject);
        // ORDER: under the lock that `forget` takes after counting, so that no erasure slips in between.
        if self.before() != before {
            return;
        }
        if shelf.len() >= HELD_MAX {
            shelf.retain(|_, held| now < held.until);
        }
        if shelf.len() < HELD_MAX {
            let until = Time::from_micros(now.micros() + HELD_MICROS);
            shelf.insert((tenant, subject), Held { key: key.clone(), until });
        }
    }

    /// Forgets a person's key. Called before their erasure is committed and again after it.
    pub fn forget(&self, tenant: TenantId, subject: SubjectId) {
        self.erasures.fetch_add(1, Ordering::AcqRel);
        self.shelf(subject).remove(&(tenant, subject));
    }

    fn shelf(&self, subject: SubjectId) -> MutexGuard<'_, Shelf<K>> {
        let [.., last] = *subject.as_bytes();
        let [first, ..] = &self.shelves;
        let shelf = self.shelves.get(usize::from(last) % SHELVES).unwrap_or(first);
        shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// For each organisation, a number that rises whenever a record of who-is-who may have changed.
#[derive(Default)]
pub(crate) struct Tides(RwLock<HashMap<TenantId, Arc<AtomicU64>>>);

impl Tides {
    pub fn of(&self, tenant: TenantId) -> Arc<AtomicU64> {
        if let Some(tide) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&tenant) {
            return Arc::clone(tide);
        }
        Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_held_for_a_second_and_no_longer() {
        let (ring, tenant, subject) =
            (Keyring::default(), TenantId::from_bytes([1; 16]), SubjectId::from_bytes([2; 16]));
        let now = Time::from_seconds(100);
        ring.hold(ring.before(), tenant, subject, &'k', now);
        assert!(ring.find(tenant, subject, now).is_some());
        assert!(ring.find(tenant, subject, Time::from_micros(now.micros() + HELD_MICROS)).is_none());
        assert!(ring.find(TenantId::from_bytes([3; 16]), subject, now).is_none());
    }

    #[test]
    fn a_key_that_was_read_before_an_erasure_is_not_held_after_it() {
        let (ring, tenant, subject) =
            (Keyring::default(), TenantId::from_bytes([1; 16]), SubjectId::from_bytes([2; 16]));
        let now = Time::from_seconds(100);
        let before = ring.before();
        ring.forget(tenant, subject);
        ring.hold(before, tenant, subject, &'k', now);
        assert!(ring.find(tenant, subject, now).is_none());
    }
}
