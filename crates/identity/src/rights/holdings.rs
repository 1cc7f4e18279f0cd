//! Roles, windows and standing of an account become grants, on every request.

use std::sync::Arc;

use access::{Ctx, Grant, Grants, Holder, Purposes, Reason, Scope, Standing, Window};
use model::{Answer, Kind, Purpose, RecordId, Refusal, RefusalKind, SubjectId};

use web::NavItem;

use crate::kinds::{Account, CustomRole, HeldRole};
use crate::{Identity, roles};

/// Where the menu under one's own name leads, each with the permission that its page needs.
const MENU: [(&str, NavItem); 5] = [
    ("account.read", NavItem { words: "People and access", href: "/people" }),
    ("approval.read", NavItem { words: "Approvals", href: "/approvals" }),
    ("key.read", NavItem { words: "Programs with a key", href: "/keys" }),
    ("support.ask", NavItem { words: "Visits to organisations", href: "/support/desk" }),
    ("emergency.use", NavItem { words: "Emergency", href: "/emergency" }),
];

/// A role as somebody can hold it here: one of the house's, or one of the organisation's own.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    /// The name by which accounts hold it.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub words: String,
    /// What it permits.
    pub set: access::PermissionSet,
    /// For which purposes.
    pub purposes: Purposes,
}

impl Identity {
    /// What an account holds in its organisation.
    pub(crate) async fn holdings(&self, door: &Ctx, account: &Account) -> Answer<Arc<Grants>> {
        let standing = standing(account);
        let mut list = Vec::with_capacity(account.roles.len());
        for held in &account.roles {
            list.extend(self.grant_of(door, held).await?);
        }
        Ok(Arc::new(Grants::new(list, standing)))
    }

    /// Where somebody may go, beside what an application's own pages lead to.
    pub(crate) fn places(&self, grants: &Grants, now: model::Time) -> Vec<NavItem> {
        let open = MENU.iter().filter(|(permission, _)| {
            let wanted = self.vault.registry().set([*permission]);
            grants.iter().any(|grant| !grant.set.and(wanted).is_empty() && grant.window.holds(now))
        });
        open.map(|(_, item)| item.clone()).collect()
    }

    /// Refuses whoever showed both factors and does not belong here at this moment. Before that nobody learns of it.
    pub(crate) async fn check_belongs(&self, door: &Ctx, who: SubjectId) -> Answer<()> {
        let found = self.vault.recognise(door, Account::DECL, RecordId::of_subject(who)).await?;
        let Some(opened) = found else { return Ok(()) };
        let grants = Grants::new(Vec::new(), standing(&opened.record()?));
        match belongs(&grants, door.now) {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.refuse_command(door, refusal).await),
        }
    }

    /// The grant that a held role stands for. A role that is no longer there grants nothing.
    pub(crate) async fn grant_of(&self, door: &Ctx, held: &HeldRole) -> Answer<Option<Grant>> {
        let window = Window { from: held.from, until: held.until };
        let found = self.holding(door, &held.role).await?;
        let scope = held.about.map_or(Scope::Tenant, Scope::Subject);
        Ok(found.map(|role| Grant { set: role.set, window, scope, purposes: role.purposes }))
    }

    /// The role of a name, if it can be held in this organisation.
    ///
    /// INVARIANT: a duty is nobody's, and a role of the house holds nothing in any organisation. Both hold here too, for
    /// accounts that were written in another way.
    pub(crate) async fn holding(&self, ctx: &Ctx, name: &str) -> Answer<Option<Holding>> {
        // What a role permits is looked up as the door does it, whatever the asker may see of roles.
        let door = &self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        if let Some(id) = CustomRole::named(name) {
            let found = self.vault.recognise(door, CustomRole::DECL, id).await?;
            let Some(opened) = found else { return Ok(None) };
            return Ok(Some(self.holding_of(name, &opened.record()?)));
        }
        let Some(role) = self.vault.registry().role(name) else { return Ok(None) };
        let fits = match role.decl.holder() {
            Holder::Organisation => true,
            Holder::House => door.tenant == self.house,
            Holder::Duty => false,
        };
        Ok(fits.then(|| Holding {
            name: name.to_owned(),
            title: role.decl.title.to_owned(),
            words: role.decl.words.to_owned(),
            set: role.set,
            purposes: Purposes::ANY,
        }))
    }

    pub(crate) fn holding_of(&self, name: &str, role: &CustomRole) -> Holding {
        // INVARIANT: whatever stands in the record, what only the house itself may do is not in the set.
        let set = self.vault.registry().set(&role.permissions).and(self.grantable());
        let named: Vec<Purpose> = Purpose::ALL
            .into_iter()
            .filter(|purpose| role.purposes.iter().any(|name| name == purpose.name()))
            .collect();
        Holding {
            name: name.to_owned(),
            title: role.title.clone(),
            words: role.words.clone(),
            set,
            purposes: if role.purposes.is_empty() { Purposes::ANY } else { Purposes::only(&named) },
        }
    }
}

/// Whether and when somebody belongs to their organisation.
pub(crate) fn standing(account: &Account) -> Standing {
    Standing { window: Window { from: account.from, until: account.until }, barred: account.barred.is_some() }
}

/// Refuses whoever does not belong to the organisation at this moment, whatever session they are in.
pub(crate) fn belongs(grants: &Grants, now: model::Time) -> Result<(), Refusal> {
    let words = match grants.standing().out_at(now) {
        None => return Ok(()),
        Some(Reason::Barred) => "Your access was stopped by an administrator of your organisation. Ask them about it.",
        Some(_) => {
            "Your access has not begun yet, or it has ended. An administrator of your organisation can change its dates."
        }
    };
    Err(Refusal::new(RefusalKind::NotAllowed, words))
}
