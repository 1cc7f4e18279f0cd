//! The generator at work for many: a few builds at a time, off the threads that answer, and nothing built twice in a row.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use model::{Answer, Fault, Refusal, RefusalKind, TenantId};
use tokio::sync::Semaphore;

use crate::design::{Built, Order, RememberedChoices, build};

/// Builds at a time.
const AT_ONCE: usize = 2;
/// How long somebody waits for their turn.
const WAIT_MAX: Duration = Duration::from_secs(8);
/// Builds that are remembered.
const KEPT: usize = 8;
/// Bytes of all files that are remembered.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What a build was made from. The same key gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    pub tenant: TenantId,
    /// SHA-256 of the protocol.
    pub protocol: [u8; 32],
    /// Version of the organisation's choices, 0 before the first.
    pub choices: u64,
}

/// A build and how long the generator took for it.
#[derive(Debug)]
pub(crate) struct Finished {
    pub built: Built,
    pub took: Duration,
}

/// Takes orders.
///
/// INVARIANT: whoever asks for a build has read its protocol from the vault in the same request, so what is remembered
/// here is shown only to those who may open it, and that is on record.
#[derive(Debug)]
pub(crate) struct Workshop {
    turns: Semaphore,
    kept: Mutex<VecDeque<(Key, Arc<Finished>)>>,
}

impl Default for Workshop {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), kept: Mutex::default() }
    }
}

impl Workshop {
    /// The build of a protocol with the organisation's choices and their version.
    pub(crate) async fn build(
        &self,
        tenant: TenantId,
        protocol: Vec<u8>,
        (remembered, choices): (RememberedChoices, u64),
    ) -> Answer<Arc<Finished>> {
        let mut sum = [0; 32];
        sum.copy_from_slice(digest(&SHA256, &protocol).as_ref());
        let key = Key { tenant, protocol: sum, choices };
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        let turn = tokio::time::timeout(WAIT_MAX, self.turns.acquire()).await;
        let _turn = turn.map_err(|_| busy())?.map_err(|error| Fault::new("waiting to build", error))?;
        if let Some(found) = self.find(key) {
            return Ok(found);
        }
        let finished = tokio::task::spawn_blocking(move || {
            let begun = Instant::now();
            let order = Order { remembered, ..Order::new(&protocol) };
            let built = build(&order);
            Finished { built, took: begun.elapsed() }
        });
        let finished = Arc::new(finished.await.map_err(|error| Fault::new("building a study", error))?);
        self.keep(key, Arc::clone(&finished));
        Ok(finished)
    }

    fn find(&self, key: Key) -> Option<Arc<Finished>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(one, _)| *one == key).map(|(_, finished)| Arc::clone(finished))
    }

    fn keep(&self, key: Key, finished: Arc<Finished>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key, finished));
        kept.truncate(KEPT);
        let size = |finished: &Finished| finished.built.files.iter().map(|file| file.bytes.len()).sum::<usize>();
        while kept.len() > 1 && kept.iter().map(|(_, finished)| size(finished)).sum::<usize>() > KEPT_BYTES_MAX {
            kept.pop_back();
        }
    }
}

fn busy() -> Refusal {
    Refusal::new(RefusalKind::Busy, "Several studies are being built at this moment. Try again in a few seconds.")
}
