//! A program at the door: its token becomes a `Ctx`.
//!
//! What a key may do is worked out for a key and its owner and remembered for a moment, see `recognised.rs`; from where
//! it is used is looked at each time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use access::{Actor, Assurance};
use model::{ActorId, Answer, Kind, No, RecordId, Time};
use vault::{Changes, Expected, Note};
use web::{Credential, Guest, Knock};

use crate::credential::Presented;
use crate::kinds::{ApiKey, Bound, KeyUse};
use crate::programs::TOKEN_PREFIX;
use crate::recognised::{As, Known};
use crate::rules::key_life;
use crate::rules::network::Network;
use crate::sign_in::known_tenant;
use crate::{Identity, credential, roles};

/// Keys whose last noted use is remembered at once.
const USES_MAX: usize = 10_000;

impl Identity {
    /// Whoever presents a program's token.
    pub(crate) async fn by_key(&self, knock: &Knock, token: &Credential) -> Answer<Option<Guest>> {
        if let Some(presented) = credential::read_key(token.reveal()) {
            let known = self.remembered(knock, As::Key, &presented, self.key_holder(knock, &presented)).await?;
            let Some(known) = known else { return Ok(None) };
            return self.key_guest(presented.record, &known, knock).await;
        }
        let Some(presented) = credential::read_marked(TOKEN_PREFIX, token.reveal()) else { return Ok(None) };
        let known = self.remembered(knock, As::Token, &presented, self.token_holder(knock, &presented)).await?;
        let at_home = known.filter(|known| opens_from(&known.networks, knock.peer));
        Ok(at_home.map(|known| known.guest(knock)))
    }

    /// The key of a token with what it may do, or none if it was revoked, never was, has ended, or nobody answers for it
    /// any more.
    ///
    /// INVARIANT: it may never do more than its owner may at this moment.
    async fn key_holder(&self, knock: &Knock, presented: &Presented) -> Answer<Option<Known>> {
        let door = self.duty(roles::DOOR, presented.tenant, knock.request, knock.now);
        let found = self.vault.recognise(&door, ApiKey::DECL, presented.record).await;
        let Some(opened) = known_tenant(found)? else { return Ok(None) };
        let key: ApiKey = opened.record()?;
        if key.ends <= knock.now {
            return Ok(None);
        }
        let listed = self.listed_grants(&key);
        let grants = match key.bound {
            Bound::House => listed,
            Bound::Owner => {
                let Some(theirs) = self.owner_grants(&door, key.owner).await? else { return Ok(None) };
                listed.within(&theirs)
            }
        };
        Ok(Some(Known {
            tenant: presented.tenant,
            actor: Actor::Key(ActorId::from_uuid(presented.record.uuid())),
            grants: Arc::new(grants),
            assurance: Assurance::Key,
            session: None,
            networks: key.networks,
            account: None,
            good_until: key.ends,
        }))
    }

    /// A known key at the door, if it opens from where the request came.
    async fn key_guest(&self, key: RecordId, known: &Known, knock: &Knock) -> Answer<Option<Guest>> {
        let guest = known.guest(knock);
        if !opens_from(&known.networks, knock.peer) {
            // Somebody has the whole token where it does not belong: that is worth an entry.
            let (kind, id) = (Some(ApiKey::DECL), Some(key));
            let note = Note { action: "key-elsewhere", kind, id, subject: None, outcome: "refused" };
            self.vault.note(&guest.ctx, note).await?;
            return Ok(None);
        }
        if self.uses.is_due(key, knock.now) {
            self.note_use(key, known, knock).await?;
        }
        Ok(Some(guest))
    }

    /// Writes down that a key is in use, at most once an hour.
    async fn note_use(&self, key: RecordId, known: &Known, knock: &Knock) -> Answer<()> {
        let door = self.duty(roles::DOOR, known.tenant, knock.request, knock.now);
        let noted = self.vault.recognise(&door, KeyUse::DECL, key).await?;
        let last = match &noted {
            Some(opened) => Some(opened.record::<KeyUse>()?.last),
            None => None,
        };
        if key_life::is_worth_noting(last, knock.now) {
            let fresh = KeyUse { key, last: knock.now, from: knock.peer.map(|peer| peer.to_string()) };
            let changes = match noted {
                Some(opened) => Changes::new().revise(key, &fresh, Expected::Version(opened.version))?,
                None => Changes::new().create(key, &fresh)?,
            };
            match self.vault.commit(&door, changes).await {
                // Another request of the same key wrote it first.
                Ok(_) | Err(No::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        self.uses
            .noted(key, last.filter(|last| !key_life::is_worth_noting(Some(*last), knock.now)).unwrap_or(knock.now));
        Ok(())
    }
}

/// Whether a key bound to these networks opens from an address. Where nobody knows the address, a bound key does not.
pub(crate) fn opens_from(networks: &[Network], from: Option<IpAddr>) -> bool {
    networks.is_empty() || from.is_some_and(|from| networks.iter().any(|network| network.contains(from)))
}

/// When each key's use was last written down. A lease: who forgets it looks at the record once more.
pub(crate) struct Uses(Mutex<HashMap<RecordId, Time>>);

impl Uses {
    pub fn new() -> Self {
        Self(Mutex::default())
    }

    fn is_due(&self, key: RecordId, now: Time) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        key_life::is_worth_noting(known.get(&key).copied(), now)
    }

    fn noted(&self, key: RecordId, at: Time) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= USES_MAX {
            known.clear();
        }
        known.insert(key, at);
    }
}
