//! Roles given and taken, access windows, people kept out and let in.

use access::{Ctx, PermissionSet, Window};
use model::{Answer, Fault, Kind, RecordId, Refusal, RefusalKind, SubjectId};
use vault::{Changes, Expected, Opened};

use super::{emergency, person};
use crate::Identity;
use crate::kinds::{Account, Barred, HeldRole};

/// What governs others: a role that holds any of these is an administrator's, and giving it takes two people.
pub(crate) const GOVERNING: &[&str] = &[
    "account.grant",
    "account.bar",
    "account.empower",
    "role.create",
    "role.update",
    "organisation.update",
    "subject.erase",
    "support.decide",
];
/// Longest reason, in characters.
pub(crate) const REASON_CHARS_MAX: usize = 500;
/// Roles that one person can hold at most.
const ROLES_MAX: usize = 50;

impl Identity {
    /// Whether a set governs others, so that nobody gives it alone.
    pub(crate) fn governs(&self, set: PermissionSet) -> bool {
        let governing = self.vault.registry().set(GOVERNING);
        !set.and(governing).is_empty()
    }

    /// Every account of the organisation.
    pub(crate) async fn accounts(&self, ctx: &Ctx) -> Answer<Vec<(SubjectId, Account)>> {
        let found = self.every(ctx, Account::DECL).await?;
        let read = |opened: Opened| Ok((SubjectId::of_record(opened.id), opened.record()?));
        found.into_iter().map(read).collect()
    }

    /// One account with its version.
    pub async fn account(&self, ctx: &Ctx, who: SubjectId) -> Answer<(Account, u64)> {
        let (account, opened) = self.vault.read_as::<Account>(ctx, RecordId::of_subject(who)).await?;
        Ok((account, opened.version))
    }

    /// Gives somebody a role in an access window. Roles that govern others are proposed instead, see `proposals.rs`.
    pub async fn give_role(&self, ctx: &Ctx, who: SubjectId, held: HeldRole) -> Answer<()> {
        self.demand(ctx, "account.grant").await?;
        let holding = self.holding(ctx, &held.role).await?.ok_or_else(no_such_role)?;
        if self.governs(holding.set) {
            self.demand(ctx, "account.empower").await?;
        }
        let changes = self.giving(ctx, who, held).await?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// The change that gives a role, whoever decides it.
    pub(crate) async fn giving(&self, ctx: &Ctx, who: SubjectId, held: HeldRole) -> Answer<Changes> {
        // What is for emergencies is taken by breaking the glass and in no other way.
        let role = self.holding(ctx, &held.role).await?.filter(|role| !role.name.starts_with(emergency::PREFIX));
        role.ok_or_else(no_such_role)?;
        check_window(Window { from: held.from, until: held.until })?;
        let (mut account, version) = self.account_of_another(ctx, who).await?;
        // One role is held once for the same records: a new window replaces the old one.
        account.roles.retain(|one| one.role != held.role || one.about != held.about);
        if account.roles.len() >= ROLES_MAX {
            return Err(Refusal::new(RefusalKind::Invalid, format!("Nobody holds more than {ROLES_MAX} roles.")).into());
        }
        account.roles.push(held);
        revised(who, &account, version)
    }

    /// Takes a role away, from the next request on.
    pub async fn take_role(&self, ctx: &Ctx, who: SubjectId, role: &str, about: Option<SubjectId>) -> Answer<()> {
        self.demand(ctx, "account.grant").await?;
        let changes = self.taking(ctx, who, role, about).await?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// The change that takes a role away, whoever decides it.
    pub(crate) async fn taking(
        &self,
        ctx: &Ctx,
        who: SubjectId,
        role: &str,
        about: Option<SubjectId>,
    ) -> Answer<Changes> {
        let (mut account, version) = self.account_of_another(ctx, who).await?;
        let before = account.roles.len();
        account.roles.retain(|one| one.role != role || one.about != about);
        if account.roles.len() == before {
            return Err(Refusal::new(RefusalKind::Conflict, "They do not hold this role any more.").into());
        }
        self.check_last(ctx, who, &account).await?;
        revised(who, &account, version)
    }

    /// Sets when somebody belongs to the organisation, whatever their roles say.
    pub async fn set_membership(&self, ctx: &Ctx, who: SubjectId, window: Window) -> Answer<()> {
        self.demand(ctx, "account.schedule").await?;
        check_window(window)?;
        let (mut account, version) = self.account_of_another(ctx, who).await?;
        (account.from, account.until) = (window.from, window.until);
        self.check_last(ctx, who, &account).await?;
        self.vault.commit(ctx, revised(who, &account, version)?).await.map(|_| ())
    }

    /// Keeps somebody out, from their next request on.
    pub async fn bar(&self, ctx: &Ctx, who: SubjectId, reason: String) -> Answer<()> {
        self.demand(ctx, "account.bar").await?;
        let reason = reasoned(reason)?;
        let (mut account, version) = self.account_of_another(ctx, who).await?;
        account.barred = Some(Barred { at: ctx.now, by: person(ctx)?, reason });
        self.check_last(ctx, who, &account).await?;
        // INVARIANT: whoever is let in again signs in again.
        account.era += 1;
        self.vault.commit(ctx, revised(who, &account, version)?).await.map(|_| ())
    }

    /// Lets somebody in again.
    pub async fn readmit(&self, ctx: &Ctx, who: SubjectId) -> Answer<()> {
        self.demand(ctx, "account.bar").await?;
        let (mut account, version) = self.account_of_another(ctx, who).await?;
        account.barred = None;
        self.vault.commit(ctx, revised(who, &account, version)?).await.map(|_| ())
    }

    /// Ends all of somebody's sessions.
    pub async fn end_sessions(&self, ctx: &Ctx, who: SubjectId) -> Answer<()> {
        self.demand(ctx, "session.end").await?;
        let (mut account, version) = self.account(ctx, who).await?;
        account.era += 1;
        self.vault.commit(ctx, revised(who, &account, version)?).await.map(|_| ())
    }

    /// Somebody's account, who is not the asker: nobody changes what they themselves may do.
    pub(crate) async fn account_of_another(&self, ctx: &Ctx, who: SubjectId) -> Answer<(Account, u64)> {
        if person(ctx).is_ok_and(|own| own == who) {
            let words = "Nobody changes their own access. Ask another administrator of your organisation.";
            return Err(Refusal::new(RefusalKind::NotAllowed, words).into());
        }
        self.account(ctx, who).await
    }

    /// Refuses a change after which nobody would be left who can give roles.
    async fn check_last(&self, ctx: &Ctx, who: SubjectId, after: &Account) -> Answer<()> {
        for (other, account) in self.accounts(ctx).await? {
            let account = if other == who { after } else { &account };
            if self.is_administrator(ctx, account).await? {
                return Ok(());
            }
        }
        let words = "Nobody would be left who can give roles here. Give another person an administrator's role first.";
        Err(Refusal::new(RefusalKind::Conflict, words).into())
    }

    /// Whether an account can give roles at this moment.
    pub(crate) async fn is_administrator(&self, ctx: &Ctx, account: &Account) -> Answer<bool> {
        let grants = self.holdings(ctx, account).await?;
        let wanted = self.vault.registry().set(["account.grant"]);
        let gives = |grant: &access::Grant| !grant.set.and(wanted).is_empty() && grant.window.holds(ctx.now);
        Ok(grants.standing().out_at(ctx.now).is_none() && grants.iter().any(gives))
    }
}

pub(crate) fn revised(who: SubjectId, account: &Account, version: u64) -> Answer<Changes> {
    Ok(Changes::new().revise(RecordId::of_subject(who), account, Expected::Version(version))?)
}

/// A reason that says something.
pub(crate) fn reasoned(reason: String) -> Result<String, Refusal> {
    let chars = reason.trim().chars().count();
    if (10..=REASON_CHARS_MAX).contains(&chars) {
        return Ok(reason.trim().to_owned());
    }
    let words = format!("Say why, in 10 to {REASON_CHARS_MAX} characters.");
    Err(Refusal::new(RefusalKind::Invalid, words.clone()).at("reason", words))
}

fn check_window(window: Window) -> Result<(), Refusal> {
    match (window.from, window.until) {
        (Some(from), Some(until)) if until <= from => {
            let words = "The last day comes before the first.";
            Err(Refusal::new(RefusalKind::Invalid, words).at("until", words))
        }
        _ => Ok(()),
    }
}

pub(crate) fn no_such_role() -> Refusal {
    let words = "There is no such role that could be given here.";
    Refusal::new(RefusalKind::Invalid, words).at("role", words)
}

pub(crate) fn unreadable(doing: &'static str) -> impl Fn(serde_json::Error) -> Fault {
    move |error| Fault::new(doing, error)
}
