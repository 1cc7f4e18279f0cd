//! How often one address, account, key or organisation may ask, so that none of them crowds out the others.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use access::{Actor, Ctx};
use model::{ActorId, TenantId, Time};

/// So many requests in so many seconds, at once or spread out; what was used comes back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests.
    pub requests: u32,
    /// Seconds.
    pub seconds: u32,
}

/// The budgets of one house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budgets {
    /// Of one IPv4 address, or of one IPv6 network of 64 bits.
    pub address: Budget,
    /// Of one person, over all of their sessions.
    pub account: Budget,
    /// Of one API key.
    pub key: Budget,
    /// Of one organisation, over all of its people and keys.
    pub organisation: Budget,
    /// The most requests of one organisation that are answered at a time.
    pub organisation_at_once_max: usize,
}

impl Default for Budgets {
    /// 100 a second for an address and a key, 50 for a person, 1,000 for an organisation, each over a minute; 128 at a time.
    fn default() -> Self {
        let per_minute = |requests| Budget { requests, seconds: 60 };
        Self {
            address: per_minute(6_000),
            account: per_minute(3_000),
            key: per_minute(6_000),
            organisation: per_minute(60_000),
            organisation_at_once_max: 128,
        }
    }
}

impl Budgets {
    /// As good as none. For benchmarks, which measure the house and not its patience.
    pub fn danger_unbounded() -> Self {
        let all = Budget { requests: u32::MAX, seconds: 1 };
        Self { address: all, account: all, key: all, organisation: all, organisation_at_once_max: usize::MAX }
    }
}

/// Where a connection comes from: an IPv4 address, or the 64 bits of IPv6 that one subscriber has to themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin(IpAddr);

impl Origin {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        }
    }
}

/// Whose budget it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Origin(Origin),
    Account(TenantId, ActorId),
    Key(TenantId, ActorId),
    Organisation(TenantId),
}

impl Whose {
    fn name(self) -> &'static str {
        match self {
            Self::Origin(_) => "address",
            Self::Account(..) => "account",
            Self::Key(..) => "key",
            Self::Organisation(_) => "organisation",
        }
    }
}

/// What is left of one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    pub(crate) name: &'static str,
    pub(crate) budget: Budget,
    pub(crate) requests: u32,
    /// Seconds until the whole budget is there again.
    pub(crate) whole_in_seconds: u64,
    /// Seconds until one more request is, if none is.
    pub(crate) none_for_seconds: Option<u64>,
}

/// The most budgets that are kept at a time; beyond it the oldest are forgotten, which forgives them.
const KEPT_MAX: usize = 64 * 1024;
const SHARDS: usize = 16;

/// All budgets, as moments at which they are whole again (the generic cell rate algorithm).
pub(crate) struct Tills {
    budgets: Budgets,
    hasher: RandomState,
    shards: [Shard; SHARDS],
    at_once: Arc<Mutex<HashMap<TenantId, usize>>>,
}

#[derive(Default)]
struct Shard {
    whole_at: Mutex<HashMap<Whose, i64>>,
    swept: AtomicI64,
}

impl Tills {
    pub(crate) fn new(budgets: Budgets) -> Self {
        let shards = std::array::from_fn(|_| Shard::default());
        Self { budgets, hasher: RandomState::new(), shards, at_once: Arc::default() }
    }

    /// One request of an address.
    pub(crate) fn of_address(&self, address: IpAddr, now: Time) -> Left {
        self.take(Whose::Origin(Origin::of(address)), self.budgets.address, now)
    }

    /// One request of somebody who was recognised: their own budget and their organisation's.
    pub(crate) fn of_guest(&self, ctx: &Ctx, now: Time) -> Vec<Left> {
        let own = match ctx.actor {
            Actor::Person(actor) => Some((Whose::Account(ctx.tenant, actor), self.budgets.account)),
            Actor::Key(actor) => Some((Whose::Key(ctx.tenant, actor), self.budgets.key)),
            Actor::Duty(_) => None,
        };
        let organisation = (Whose::Organisation(ctx.tenant), self.budgets.organisation);
        // ORDER: who has nothing left of their own takes nothing from their organisation.
        let mut left = Vec::with_capacity(2);
        for (whose, budget) in own.into_iter().chain([organisation]) {
            left.push(self.take(whose, budget, now));
            if left.last().is_some_and(|left| left.none_for_seconds.is_some()) {
                break;
            }
        }
        left
    }

    /// A share of the house for one request of an organisation, unless it has its whole share already.
    pub(crate) fn share(&self, tenant: TenantId) -> Option<Share> {
        let mut at_once = self.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        let count = at_once.entry(tenant).or_insert(0);
        if *count >= self.budgets.organisation_at_once_max {
            return None;
        }
        *count += 1;
        Some(Share { at_once: Arc::clone(&self.at_once), tenant })
    }

    fn take(&self, whose: Whose, budget: Budget, now: Time) -> Left {
        let index = usize::try_from(self.hasher.hash_one(whose) % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get(index) else { return Left::whole(whose, budget) };
        let now = now.micros();
        let mut whole_at = shard.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if whole_at.len() >= KEPT_MAX / SHARDS && !whole_at.contains_key(&whose) {
            shard.make_room(&mut whole_at, now);
        }
        let window = i64::from(budget.seconds.max(1)) * 1_000_000;
        let one = (window / i64::from(budget.requests.max(1))).max(1);
        let before = whole_at.get(&whose).copied().unwrap_or(now).clamp(now, now + window);
        let after = before + one;
        let over = after - (now + window);
        let seconds = |micros: i64| u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000);
        if over > 0 {
            return Left {
                name: whose.name(),
                budget,
                requests: 0,
                whole_in_seconds: seconds(before - now),
                none_for_seconds: Some(seconds(over).max(1)),
            };
        }
        whole_at.insert(whose, after);
        Left {
            name: whose.name(),
            budget,
            requests: u32::try_from(-over / one).unwrap_or(u32::MAX).min(budget.requests),
            whole_in_seconds: seconds(after - now),
            none_for_seconds: None,
        }
    }
}

impl Left {
    fn whole(whose: Whose, budget: Budget) -> Self {
        Self { name: whose.name(), budget, requests: budget.requests, whole_in_seconds: 0, none_for_seconds: None }
    }
}

impl Shard {
    /// Forgets what is whole again, looked for at most once a second; else any one.
    fn make_room(&self, whole_at: &mut HashMap<Whose, i64>, now: i64) {
        if now.saturating_sub(self.swept.load(Ordering::Relaxed)) >= 1_000_000 {
            self.swept.store(now, Ordering::Relaxed);
            whole_at.retain(|_, whole_at| *whole_at > now);
        }
        if whole_at.len() >= KEPT_MAX / SHARDS
            && let Some(any) = whole_at.keys().next().copied()
        {
            whole_at.remove(&any);
        }
    }
}

/// One of an organisation's places among the requests that are answered at a time.
pub(crate) struct Share {
    at_once: Arc<Mutex<HashMap<TenantId, usize>>>,
    tenant: TenantId,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut at_once = self.at_once.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = at_once.get_mut(&self.tenant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                at_once.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_seconds(1_780_000_000);

    fn tills(requests: u32, seconds: u32) -> Tills {
        Tills::new(Budgets { address: Budget { requests, seconds }, organisation_at_once_max: 2, ..Budgets::default() })
    }

    fn asks(tills: &Tills, address: &str, now: Time) -> Left {
        tills.of_address(address.parse().unwrap(), now)
    }

    #[test]
    fn a_budget_is_spent_and_comes_back() {
        let tills = tills(3, 60);
        let left: Vec<_> = (0..4).map(|_| asks(&tills, "192.0.2.1", NOW)).collect();
        assert_eq!(left.iter().map(|left| left.requests).collect::<Vec<_>>(), [2, 1, 0, 0]);
        assert_eq!(left.iter().map(|left| left.none_for_seconds).collect::<Vec<_>>(), [None, None, None, Some(20)]);
        assert_eq!(left[2].whole_in_seconds, 60);
        assert!(asks(&tills, "192.0.2.1", NOW.plus_seconds(19)).none_for_seconds.is_some());
        assert!(asks(&tills, "192.0.2.1", NOW.plus_seconds(20)).none_for_seconds.is_none());
        assert!(asks(&tills, "192.0.2.2", NOW).none_for_seconds.is_none(), "another address has its own");
    }

    #[test]
    fn one_subscriber_of_ipv6_is_one_address() {
        let tills = tills(2, 60);
        for address in ["2001:db8::1", "2001:db8::2"] {
            assert!(asks(&tills, address, NOW).none_for_seconds.is_none());
        }
        assert!(asks(&tills, "2001:db8::ffff:3", NOW).none_for_seconds.is_some());
        assert!(asks(&tills, "2001:db8:0:1::1", NOW).none_for_seconds.is_none());
        assert!(asks(&tills, "::ffff:192.0.2.1", NOW).none_for_seconds.is_none());
        assert_eq!(asks(&tills, "192.0.2.1", NOW).requests, 0);
    }

    #[test]
    fn a_flood_of_addresses_does_not_fill_the_memory() {
        let tills = tills(10, 60);
        for number in 0..3 * KEPT_MAX as u128 {
            tills.of_address(Ipv6Addr::from_bits(number << 64).into(), NOW);
        }
        let kept: usize = tills.shards.iter().map(|shard| shard.whole_at.lock().unwrap().len()).sum();
        assert!(kept <= KEPT_MAX, "{kept}");
        assert_eq!(asks(&tills, "192.0.2.1", NOW).requests, 9, "who comes now is counted all the same");
    }

    #[test]
    fn a_clock_that_jumps_back_locks_nobody_out_for_longer_than_the_window() {
        let tills = tills(1, 60);
        asks(&tills, "192.0.2.1", NOW);
        let left = asks(&tills, "192.0.2.1", NOW.plus_seconds(-100_000));
        assert!(left.none_for_seconds.is_some_and(|seconds| seconds <= 60));
    }

    #[test]
    fn a_share_is_free_again_when_its_request_is_over() {
        let (tills, tenant) = (tills(1, 1), TenantId::from_bytes([1; 16]));
        let (first, second) = (tills.share(tenant), tills.share(tenant));
        assert!(first.is_some() && second.is_some() && tills.share(tenant).is_none());
        assert!(tills.share(TenantId::from_bytes([2; 16])).is_some(), "another organisation has its own");
        drop(first);
        assert!(tills.share(tenant).is_some());
        drop(second);
    }
}
