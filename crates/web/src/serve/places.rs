use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::budget::Origin;

/// The places for connections: so many in all, so many for one address.
#[derive(Clone)]
pub(super) struct Places {
    all: Arc<Semaphore>,
    by_origin: Arc<Mutex<HashMap<Origin, usize>>>,
    per_origin_max: usize,
}

/// A connection's place; free again when it is dropped.
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    places: Places,
    origin: Option<Origin>,
}

impl Places {
    pub(super) fn new(all: usize, per_origin_max: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), by_origin: Arc::default(), per_origin_max }
    }

    /// A place, if one is free. `address` is none for a proxy, behind which many people stand.
    pub(super) fn take(&self, address: Option<IpAddr>) -> Option<Place> {
        let all = Arc::clone(&self.all).try_acquire_owned().ok()?;
        let origin = address.map(Origin::of);
        if let Some(origin) = origin {
            let mut taken = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(origin).or_insert(0);
            if *count >= self.per_origin_max {
                return None;
            }
            *count += 1;
        }
        Some(Place { _all: all, places: self.clone(), origin })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(origin) = self.origin else { return };
        let mut taken = self.places.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&origin) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&origin);
            }
        }
    }
}
