//! The life of a program's key: made, shown once, replaced, revoked, swept.

use std::collections::BTreeMap;

use access::{Ask, Assurance, Ctx, Grant, Grants, PermissionDecl, Scope, Window, decide};
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time};
use vault::{Change, Changes, Expected, Opened};

use crate::accounts::{KeyOrder, check_roles};
use crate::kinds::{Account, ApiKey, Bound, HeldRole, KeyUse};
use crate::rules::key_life;
use crate::rules::network::Network;
use crate::{Identity, credential, roles};

/// Keys that one organisation may have at once.
pub const KEYS_MAX: usize = 200;
/// Characters of a key's name.
pub const NAME_CHARS_MAX: usize = 80;

/// A key that somebody wants for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyWish {
    /// What it is for.
    pub name: String,
    /// Roles by name.
    pub roles: Vec<String>,
    /// Single permissions by name.
    pub permissions: Vec<String>,
    /// Where it may be used from; nowhere in particular if there is none.
    pub networks: Vec<Network>,
    /// For how many days.
    pub days: i64,
}

/// A key that was just made. Its token exists here and with whoever it is shown to, and nowhere else.
pub struct NewKey {
    /// The key's record.
    pub id: RecordId,
    /// The token, to be shown once.
    pub token: String,
    /// When it ends.
    pub ends: Time,
}

/// A key with what the house knows about its use.
#[derive(Debug, Clone)]
pub struct KeptKey {
    /// Its record.
    pub id: RecordId,
    /// Its version.
    pub version: u64,
    /// The key.
    pub key: ApiKey,
    /// When it was made.
    pub made: Time,
    /// When and from where it was last used, if ever.
    pub used: Option<KeyUse>,
}

impl Identity {
    /// Makes a key for a program. Each right on it must be its maker's own at this moment, for the whole organisation.
    ///
    /// `attempt` names the form that was sent, so that the same form sent twice makes one key.
    pub async fn make_key(&self, ctx: &Ctx, wish: &KeyWish, attempt: &str) -> Answer<NewKey> {
        let owner = person(ctx)?;
        self.check_wish(ctx, wish)?;
        let ends = key_life::ends_after(wish.days, ctx.now).map_err(|words| invalid("days", words))?;
        if self.keys(ctx).await?.len() >= KEYS_MAX {
            let words =
                format!("Your organisation has {KEYS_MAX} keys, and that is the limit. Revoke one that is not needed.");
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let issued = credential::issue_key(ctx.tenant, self.vault.outside().as_ref());
        let key = ApiKey {
            name: wish.name.clone(),
            hint: credential::hint_of(&issued.text),
            owner,
            bound: Bound::Owner,
            roles: wish.roles.iter().map(HeldRole::always).collect(),
            permissions: wish.permissions.clone(),
            networks: wish.networks.clone(),
            ends,
            successor: None,
        };
        let changes = Changes::new().create(issued.record, &key)?.once_for(attempt, format!("{wish:?}").into_bytes());
        let receipt = self.vault.commit(ctx, changes).await?;
        if receipt.repeated {
            return Err(made_already().into());
        }
        Ok(NewKey { id: issued.record, token: issued.text, ends })
    }

    /// Puts a new key in the place of one, which goes on working for some hours. Whoever does it answers for the new
    /// one, so it can be given only what they hold.
    pub async fn replace_key(&self, ctx: &Ctx, id: RecordId, overlap_hours: i64, attempt: &str) -> Answer<NewKey> {
        let owner = person(ctx)?;
        let (old, opened): (ApiKey, Opened) = self.vault.read_as(ctx, id).await?;
        if old.ends <= ctx.now || old.successor.is_some() {
            let words = "This key has ended or has a successor already. Make a new key instead.";
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let wish = KeyWish {
            name: old.name.clone(),
            roles: old.roles.iter().map(|held| held.role.clone()).collect(),
            permissions: old.permissions.clone(),
            networks: old.networks.clone(),
            days: key_life::successor_days(opened.created, old.ends),
        };
        self.check_wish(ctx, &wish)?;
        let ends = key_life::ends_after(wish.days, ctx.now).map_err(|words| invalid("days", words))?;
        let issued = credential::issue_key(ctx.tenant, self.vault.outside().as_ref());
        let fresh = ApiKey {
            hint: credential::hint_of(&issued.text),
            owner,
            bound: Bound::Owner,
            ends,
            successor: None,
            ..old.clone()
        };
        let over = key_life::replaced_ends(old.ends, overlap_hours, ctx.now);
        let replaced = ApiKey { ends: over, successor: Some(issued.record), ..old };
        let changes = Changes::new()
            .create(issued.record, &fresh)?
            .revise(id, &replaced, Expected::Version(opened.version))?
            .once_for(attempt, format!("{id} {overlap_hours}").into_bytes());
        let receipt = self.vault.commit(ctx, changes).await?;
        if receipt.repeated {
            return Err(made_already().into());
        }
        Ok(NewKey { id: issued.record, token: issued.text, ends })
    }

    /// Revokes a key. It is worth nothing from the next request on.
    pub async fn revoke_key(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let changes = Changes::new().and(Change::Retire(ApiKey::DECL, id, Expected::Any));
        match self.vault.commit(ctx, changes).await {
            Ok(_) => Ok(()),
            // Revoked twice: the second has nothing left to do.
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Gone => Ok(()),
            Err(no) => Err(no),
        }
    }

    /// Every key of the organisation, the newest first.
    pub async fn keys(&self, ctx: &Ctx) -> Answer<Vec<KeptKey>> {
        let mut uses = self.key_uses(ctx).await?;
        let mut list = Vec::new();
        for opened in self.every(ctx, ApiKey::DECL).await? {
            list.push(KeptKey {
                id: opened.id,
                version: opened.version,
                key: opened.record()?,
                made: opened.created,
                used: uses.remove(&opened.id),
            });
        }
        list.sort_by_key(|kept| std::cmp::Reverse(kept.made));
        Ok(list)
    }

    /// One key.
    pub async fn key(&self, ctx: &Ctx, id: RecordId) -> Answer<KeptKey> {
        let (key, opened): (ApiKey, Opened) = self.vault.read_as(ctx, id).await?;
        let used = match self.vault.recognise(ctx, KeyUse::DECL, id).await? {
            Some(opened) => Some(opened.record()?),
            None => None,
        };
        Ok(KeptKey { id, version: opened.version, key, made: opened.created, used })
    }

    /// The name of whoever answers for a key, if they still have an account.
    pub async fn owner_name(&self, ctx: &Ctx, owner: SubjectId) -> Answer<Option<String>> {
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let found = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(owner)).await?;
        Ok(match found {
            Some(opened) => Some(opened.record::<Account>()?.name),
            None => None,
        })
    }

    /// A key that the house makes for itself at set-up: the demo's and the probe runner's.
    pub async fn create_key_at_set_up(
        &self,
        tenant: TenantId,
        order: KeyOrder,
        request: RequestId,
        now: Time,
    ) -> Answer<String> {
        check_roles(&order.roles)?;
        if !key_life::may_end(order.ends, now) {
            let words = format!("A key ends within {} days. Choose an earlier end.", key_life::KEY_DAYS_MAX);
            return Err(invalid("ends", words).into());
        }
        let issued = credential::issue_key(tenant, self.vault.outside().as_ref());
        let key = ApiKey {
            name: order.name,
            hint: credential::hint_of(&issued.text),
            owner: order.owner,
            bound: Bound::House,
            roles: order.roles,
            permissions: Vec::new(),
            networks: Vec::new(),
            ends: order.ends,
            successor: None,
        };
        // At set-up nobody can show a factor: whoever runs the house stands at its machine.
        let duty = Ctx { assurance: SURE, ..self.duty(roles::SET_UP, tenant, request, now) };
        self.vault.commit(&duty, Changes::new().create(issued.record, &key)?).await?;
        Ok(issued.text)
    }

    /// Revokes the keys of an organisation that nobody has used for long, or that ended long ago.
    pub(crate) async fn sweep_keys(&self, duty: &Ctx) -> Answer<Vec<Opened>> {
        let mut uses = self.key_uses(duty).await?;
        let mut over = Vec::new();
        for opened in self.every(duty, ApiKey::DECL).await? {
            let key: ApiKey = opened.record()?;
            let last = uses.remove(&opened.id).map(|used| used.last);
            if key_life::is_forgotten(opened.created, last, duty.now) || key_life::is_long_over(key.ends, duty.now) {
                over.push(opened);
            }
        }
        Ok(over)
    }

    async fn key_uses(&self, ctx: &Ctx) -> Answer<BTreeMap<RecordId, KeyUse>> {
        let mut uses = BTreeMap::new();
        for opened in self.every(ctx, KeyUse::DECL).await? {
            uses.insert(opened.id, opened.record()?);
        }
        Ok(uses)
    }

    /// INVARIANT: a key is never made with a right that its maker does not hold.
    pub(crate) fn check_wish(&self, ctx: &Ctx, wish: &KeyWish) -> Answer<()> {
        if wish.name.is_empty() || wish.name.chars().count() > NAME_CHARS_MAX {
            let words = format!("Say what the key is for, in up to {NAME_CHARS_MAX} characters.");
            return Err(invalid("name", words).into());
        }
        if wish.roles.is_empty() && wish.permissions.is_empty() {
            return Err(
                invalid("permission", "Choose what the program may do. A key that may do nothing is no use.").into()
            );
        }
        for role in &wish.roles {
            let held = HeldRole::always(role);
            check_roles(std::slice::from_ref(&held))?;
            if !self.may_pass_on_role(ctx, role) {
                return Err(not_yours("role", role).into());
            }
        }
        match wish.permissions.iter().find(|name| !self.may_pass_on(ctx, name)) {
            None => Ok(()),
            Some(name) => Err(not_yours("permission", name).into()),
        }
    }

    /// Whether the asker may give a permission to a program: it is theirs, and a program can use it.
    pub(crate) fn may_pass_on(&self, ctx: &Ctx, permission: &str) -> bool {
        let Some(permission) = self.vault.registry().permission(permission) else { return false };
        let as_key = Ctx { assurance: Assurance::Key, ..ctx.clone() };
        decide(&as_key, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok()
    }

    /// Whether the asker may give a role to a program: each of its permissions that a program can use is theirs.
    pub(crate) fn may_pass_on_role(&self, ctx: &Ctx, role: &str) -> bool {
        let registry = self.vault.registry();
        let Some(role) = registry.role(role).filter(|role| !roles::is_duty(role.decl.name)) else { return false };
        let for_programs =
            |name: &&&str| registry.permissions().iter().any(|it| it.name == **name && is_for_programs(it));
        let mut usable = role.decl.permissions.iter().filter(for_programs).peekable();
        usable.peek().is_some() && usable.all(|name| self.may_pass_on(ctx, name))
    }

    /// What a key's own list says, before its owner's rights bound it.
    pub(crate) fn listed_grants(&self, key: &ApiKey) -> Grants {
        let registry = self.vault.registry();
        let by_role = registry.grants(crate::doorkeeper::held(&key.roles));
        let set = registry.set(&key.permissions);
        match set.is_empty() {
            true => Grants::clone(&by_role),
            false => Grants::clone(&by_role).plus(Grant::new(set, Window::ALWAYS, Scope::Tenant)),
        }
    }
}

/// As sure as the house can be of who asks.
pub(crate) const SURE: Assurance = Assurance::SteppedUp;

/// Whether a program can use a permission at all.
pub(crate) fn is_for_programs(decl: &PermissionDecl) -> bool {
    decl.needs <= Assurance::Key && !decl.two_people
}

/// Only people answer for keys: a key cannot make another.
pub(crate) fn person(ctx: &Ctx) -> Answer<SubjectId> {
    match ctx.actor {
        access::Actor::Person(id) => Ok(SubjectId::from_uuid(id.uuid())),
        other => Err(Fault::new("making a key", format!("a {} cannot answer for a key", other.sort())).into()),
    }
}

pub(crate) fn invalid(field: &str, words: impl Into<String>) -> Refusal {
    let words = words.into();
    Refusal::new(RefusalKind::Invalid, words.clone()).at(field, words)
}

fn not_yours(field: &str, name: &str) -> Refusal {
    let words = format!("You do not hold {name} yourself, or no program may have it, so you cannot give it to a key.");
    Refusal::new(RefusalKind::NotAllowed, words.clone()).at(field, words)
}

fn made_already() -> Refusal {
    let words = "This form was sent twice. The key was made the first time and its token was shown then; if you did not \
                 keep it, revoke that key and make another.";
    Refusal::new(RefusalKind::Conflict, words)
}
