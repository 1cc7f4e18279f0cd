//! One attempt at a time for each account, and what the door remembers about addresses that nobody has.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::{RecordId, Time};
use tokio::sync::MutexGuard;

use crate::rules::patience;

/// Accounts share this many queues, so that their number costs no memory.
const QUEUES: usize = 256;
/// Addresses without an account that are remembered at once.
const STRANGERS_MAX: usize = 10_000;

/// Without it, a hundred attempts sent at once would all be looked at before the first is counted.
pub(crate) struct Turns {
    queues: Vec<tokio::sync::Mutex<()>>,
    /// A lease: after a restart strangers begin anew, which tells nobody anything.
    strangers: Mutex<HashMap<RecordId, Wrong>>,
    /// The same for where connections come from, whichever account they try.
    addresses: Mutex<HashMap<IpAddr, Wrong>>,
}

/// Wrong attempts and when the last of them was.
#[derive(Clone, Copy)]
struct Wrong {
    times: u32,
    last: Time,
}

/// The attempt that is looked at now; the next one of the account waits until it is dropped.
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "held for its end")] Option<MutexGuard<'a, ()>>);

impl Turns {
    pub fn new() -> Self {
        let queues = (0..QUEUES).map(|_| tokio::sync::Mutex::new(())).collect();
        Self { queues, strangers: Mutex::default(), addresses: Mutex::default() }
    }

    pub async fn take(&self, id: RecordId) -> Turn<'_> {
        // The last byte of an id is random in every version of UUID in use here.
        let number = id.as_bytes().last().copied().unwrap_or(0);
        match self.queues.get(usize::from(number) % QUEUES) {
            Some(queue) => Turn(Some(queue.lock().await)),
            None => Turn(None),
        }
    }

    /// From when an address without an account is looked at again, by the same rule as one with an account.
    pub fn open_from(&self, id: RecordId) -> Option<Time> {
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = strangers.get(&id)?;
        patience::open_from(known.times, Some(known.last))
    }

    /// Wrong attempts with an address without an account.
    pub fn wrong_times(&self, id: RecordId) -> u32 {
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.get(&id).map_or(0, |wrong| wrong.times)
    }

    pub fn was_wrong(&self, id: RecordId, now: Time) {
        once_more(&self.strangers, id, now);
    }

    /// From when a connection from there is looked at again. Whoever says nothing of where they come from is not slowed.
    pub fn address_open_from(&self, peer: Option<IpAddr>) -> Option<Time> {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let known = addresses.get(&peer?)?;
        patience::address_open_from(known.times, known.last)
    }

    pub fn address_was_wrong(&self, peer: Option<IpAddr>, now: Time) {
        let Some(peer) = peer else { return };
        {
            let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
            addresses.retain(|_, wrong| now < patience::address_forgotten_from(wrong.last));
        }
        once_more(&self.addresses, peer, now);
    }
}

fn once_more<K: Copy + Eq + Hash>(known: &Mutex<HashMap<K, Wrong>>, key: K, now: Time) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= STRANGERS_MAX && !known.contains_key(&key) {
        let oldest = known.iter().min_by_key(|(_, wrong)| wrong.last).map(|(key, _)| *key);
        oldest.and_then(|oldest| known.remove(&oldest));
    }
    let one = known.entry(key).or_insert(Wrong { times: 0, last: now });
    *one = Wrong { times: one.times.saturating_add(1), last: now };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_wait_as_people_with_an_account_do_and_are_forgotten_when_there_are_too_many() {
        let turns = Turns::new();
        let id = |n: usize| RecordId::from_bytes((n as u128).to_be_bytes());
        let now = Time::from_seconds(1000);
        for times in 1..=7 {
            turns.was_wrong(id(0), now);
            assert_eq!(turns.open_from(id(0)), patience::open_from(times, Some(now)));
        }
        for n in 1..=STRANGERS_MAX {
            turns.was_wrong(id(n), now.plus_seconds(n as i64));
        }
        assert_eq!(turns.strangers.lock().unwrap().len(), STRANGERS_MAX);
        assert_eq!(turns.open_from(id(0)), None, "the oldest made room");
    }
}
