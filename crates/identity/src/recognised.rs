//! Who was recognised a moment ago, so that a busy person's every request does not open the same records again.
//!
//! INVARIANT: what is remembered is as good as what is stored. It is forgotten as soon as any record of who-is-who in its
//! organisation changes ([`vault::Vault::tide`]), at the first instant at which time alone could change the answer, and
//! after a second in any case, which bounds what a change by another node of the same house can lag behind.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::{Actor, Assurance, Ctx, Grants};
use model::{RecordId, SessionId, TenantId, Time};
use web::{Account, Guest, Knock};

use crate::rules::network::Network;

/// How long somebody stays recognised without another look.
const REMEMBERED_MICROS: i64 = 1_000_000;
const SHELVES: usize = 16;
/// Credentials remembered at most, on each shelf.
const REMEMBERED_MAX: usize = 512;

/// Somebody whom the records showed to be who they say they are.
pub(crate) struct Known {
    pub tenant: TenantId,
    pub actor: Actor,
    pub grants: Arc<Grants>,
    pub assurance: Assurance,
    pub session: Option<SessionId>,
    /// Where a program's key may be used from; anywhere if there is none.
    pub networks: Vec<Network>,
    /// How pages name them; none for programs.
    pub account: Option<Account>,
    /// The first instant at which time alone could make this wrong: an end, a limit, a renewal that falls due.
    pub good_until: Time,
}

impl Known {
    /// The same person or program, asking now.
    pub fn guest(&self, knock: &Knock) -> Guest {
        let ctx = Ctx {
            tenant: self.tenant,
            actor: self.actor,
            grants: Arc::clone(&self.grants),
            assurance: self.assurance,
            purpose: knock.purpose,
            session: self.session,
            request: knock.request,
            now: knock.now,
        };
        Guest { ctx, account: self.account.clone() }
    }
}

/// What a credential is presented as. The same bytes as a cookie and as a token are two different credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum As {
    Session,
    Key,
    Token,
}

/// A credential, by what it is presented as and the record it stands for.
pub(crate) type Shown = (As, RecordId);

struct Remembered {
    known: Arc<Known>,
    tide: u64,
    since: Time,
    until: Time,
}

type Shelf = HashMap<Shown, Remembered>;

/// What is remembered, by the record that a credential stands for.
#[derive(Default)]
pub(crate) struct Recognised([Mutex<Shelf>; SHELVES]);

impl Recognised {
    /// Whoever the credential was, if that still holds.
    pub fn find(&self, credential: Shown, tide: u64, now: Time) -> Option<Arc<Known>> {
        let shelf = self.shelf(credential);
        let found = shelf.get(&credential)?;
        let holds = found.tide == tide && found.since <= now && now < found.until;
        holds.then(|| Arc::clone(&found.known))
    }

    /// Remembers somebody. `tide` was asked for before their records were read.
    pub fn remember(&self, credential: Shown, tide: u64, now: Time, known: &Arc<Known>) {
        let until = known.good_until.min(Time::from_micros(now.micros() + REMEMBERED_MICROS));
        let mut shelf = self.shelf(credential);
        if shelf.len() >= REMEMBERED_MAX {
            shelf.retain(|_, other| now < other.until);
        }
        if shelf.len() < REMEMBERED_MAX || shelf.contains_key(&credential) {
            shelf.insert(credential, Remembered { known: Arc::clone(known), tide, since: now, until });
        }
    }

    fn shelf(&self, credential: Shown) -> MutexGuard<'_, Shelf> {
        let [.., last] = *credential.1.as_bytes();
        let [first, ..] = &self.0;
        let shelf = self.0.get(usize::from(last) % SHELVES).unwrap_or(first);
        shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tide: u64, after_micros: i64, good_for_micros: i64) -> bool {
        let now = Time::from_seconds(1_000);
        let known = Arc::new(Known {
            tenant: TenantId::from_bytes([1; 16]),
            actor: Actor::Duty("duty.door"),
            grants: Arc::default(),
            assurance: Assurance::TwoFactors,
            session: None,
            networks: Vec::new(),
            account: None,
            good_until: Time::from_micros(now.micros() + good_for_micros),
        });
        let (recognised, credential) = (Recognised::default(), (As::Key, RecordId::from_bytes([9; 16])));
        recognised.remember(credential, 5, now, &known);
        assert!(recognised.find((As::Session, credential.1), 5, now).is_none(), "a key is no session");
        recognised.find(credential, tide, Time::from_micros(now.micros() + after_micros)).is_some()
    }

    #[test]
    fn somebody_stays_recognised_for_a_second_at_most() {
        assert!(check(5, 0, i64::MAX / 4));
        assert!(check(5, REMEMBERED_MICROS - 1, i64::MAX / 4));
        assert!(!check(5, REMEMBERED_MICROS, i64::MAX / 4));
    }

    #[test]
    fn somebody_is_looked_at_anew_when_time_alone_could_have_changed_the_answer() {
        assert!(check(5, 99, 100));
        assert!(!check(5, 100, 100));
        assert!(!check(5, -1, 100), "a clock that went back proves nothing");
    }

    #[test]
    fn somebody_is_looked_at_anew_when_who_is_who_has_changed() {
        assert!(!check(6, 0, 100));
    }
}
