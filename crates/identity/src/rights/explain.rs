//! Why: who may see a record, who has looked at it, and why something was refused.

use std::collections::BTreeMap;

use access::{Actor, Ask, Assurance, Ctx, Grants, Holder, Permission, Reason, decide};
use model::{ActorId, Answer, KindDecl, Purpose, RecordId, Refusal, RequestId, SubjectId, Time};

use super::holdings::standing;
use super::support::VISITOR;
use super::usage::Line;
use crate::kinds::{Account, HeldRole};
use crate::{Identity, roles};

/// Entries of the log that are looked through at most.
const LOOKED_AT_MAX: u64 = 100_000;
/// Entries that are shown at most.
const SHOWN_MAX: usize = 500;

/// Somebody who may see a record, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaySee {
    /// Who.
    pub name: String,
    /// The account, if it is a person's.
    pub account: Option<SubjectId>,
    /// Each reason on its own suffices.
    pub why: Vec<Why>,
}

/// One reason why somebody may see a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The role.
    pub role: String,
    /// Until when it holds, if it ends.
    pub until: Option<Time>,
    /// Whether it reaches only this person's records.
    pub only_this: bool,
}

/// One entry of the audit log about a record or its person.
#[derive(Debug, Clone)]
pub struct Looked {
    /// When, as written.
    pub time: String,
    /// Who.
    pub who: String,
    /// What they did.
    pub action: String,
    /// On which kind.
    pub kind: String,
    /// Why they asked.
    pub purpose: String,
    /// How it ended.
    pub outcome: String,
    /// The request.
    pub request: String,
}

/// What the log says about one request that was refused.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The entry.
    pub looked: Looked,
    /// Why, in words.
    pub words: &'static str,
    /// Roles that would have let them.
    pub roles: Vec<String>,
}

impl Identity {
    /// Everybody who may see a record at this moment: people, visitors and duties of the house.
    pub async fn who_may_see(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Answer<Vec<MaySee>> {
        self.demand(ctx, "record.explain").await?;
        let duty = self.duty(roles::EXPLAIN, ctx.tenant, ctx.request, ctx.now);
        let Some(subject) = self.vault.owner_of(&duty, kind, id).await? else {
            return Err(Refusal::not_found().into());
        };
        let wanted = self.vault.registry().permission(kind.acts.read).ok_or_else(Refusal::not_found)?;
        let mut all = Vec::new();
        for (who, account) in self.accounts(&duty).await? {
            let why = self.reasons(ctx, who, &account, kind.purpose, wanted, subject).await?;
            if !why.is_empty() {
                all.push(MaySee { name: account.name, account: Some(who), why });
            }
        }
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.extend(self.duties_that_see(wanted));
        let visitor = self.vault.registry().role(VISITOR).filter(|role| role.set.contains(wanted));
        for (_, grant) in self.support_grants(&duty).await? {
            if let (Some(role), Some(until)) = (visitor, grant.open_until(ctx.now)) {
                let why = Why { role: role.decl.title.to_owned(), until: Some(until), only_this: false };
                all.push(MaySee { name: format!("{} of the house", grant.name), account: None, why: vec![why] });
            }
        }
        Ok(all)
    }

    /// Each role of an account that by itself lets it see the record at this moment.
    async fn reasons(
        &self,
        ctx: &Ctx,
        who: SubjectId,
        account: &Account,
        purpose: Purpose,
        wanted: Permission,
        subject: Option<SubjectId>,
    ) -> Answer<Vec<Why>> {
        let mut why = Vec::new();
        for held in &account.roles {
            let Some(grant) = self.grant_of(ctx, held).await? else { continue };
            let theirs = Ctx {
                actor: Actor::Person(ActorId::from_uuid(who.uuid())),
                grants: Grants::new(vec![grant], standing(account)).into(),
                assurance: Assurance::SteppedUp,
                purpose,
                ..ctx.clone()
            };
            if decide(&theirs, &Ask { permission: wanted, tenant: ctx.tenant, subject }).is_ok() {
                why.push(self.why(ctx, held).await?);
            }
        }
        Ok(why)
    }

    async fn why(&self, ctx: &Ctx, held: &HeldRole) -> Answer<Why> {
        let role = self.title_of(ctx, &held.role).await?;
        Ok(Why { role, until: held.until, only_this: held.about.is_some() })
    }

    fn duties_that_see(&self, wanted: Permission) -> Vec<MaySee> {
        let duties = self.vault.registry().roles().filter(|role| role.decl.holder() == Holder::Duty);
        let why = |role: &access::Role| Why { role: role.decl.words.to_owned(), until: None, only_this: false };
        duties
            .filter(|role| role.set.contains(wanted))
            .map(|role| MaySee {
                name: format!("The house itself: {}", role.decl.title),
                account: None,
                why: vec![why(role)],
            })
            .collect()
    }

    /// What the audit log says about a record and the person it is about, newest first.
    pub async fn who_has_looked(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Answer<(Vec<Looked>, u64)> {
        self.demand(ctx, "disclosure.read").await?;
        let duty = self.duty(roles::EXPLAIN, ctx.tenant, ctx.request, ctx.now);
        let Some(subject) = self.vault.owner_of(&duty, kind, id).await? else {
            return Err(Refusal::not_found().into());
        };
        let mark = match subject {
            Some(subject) => Some(self.vault.mark_of(&duty, subject).await?),
            None => None,
        };
        let id = id.to_string();
        let about = |line: &Line| {
            let same = line.kind == kind.name && line.id.as_deref() == Some(&*id);
            same || mark.as_ref().is_some_and(|mark| line.subject.as_ref() == Some(mark) || line.shown.contains(mark))
        };
        let mut found = Vec::new();
        let looked_at = self.newest_evidence(&duty, LOOKED_AT_MAX, |line| {
            if about(line) {
                found.push((line.index, looked(line)));
            }
        });
        let looked_at = looked_at.await?;
        found.sort_by_key(|(index, _)| std::cmp::Reverse(*index));
        found.truncate(SHOWN_MAX);
        let names = self.names(&duty).await?;
        let named = found.into_iter().map(|(_, one)| Looked { who: name(&names, &one.who), ..one });
        Ok((named.collect(), looked_at))
    }

    /// Why a request was refused, as far as the log says.
    pub async fn why_refused(&self, ctx: &Ctx, request: RequestId) -> Answer<Vec<Refused>> {
        self.demand(ctx, "refusal.explain").await?;
        let duty = self.duty(roles::EXPLAIN, ctx.tenant, ctx.request, ctx.now);
        let request = request.to_string();
        let mut found = Vec::new();
        self.newest_evidence(&duty, LOOKED_AT_MAX, |line| {
            if line.request == request && line.outcome != "done" {
                found.push((line.index, looked(line), line.decision.clone()));
            }
        })
        .await?;
        found.sort_by_key(|(index, ..)| *index);
        let names = self.names(&duty).await?;
        let explain = |(_, one, decision): (u64, Looked, String)| {
            let reason = decision.strip_prefix("denied:");
            let reason = reason.and_then(|name| Reason::ALL.into_iter().find(|reason| reason.name() == name));
            let roles = self.roles_that_may(&one);
            Refused { words: in_words(reason), roles, looked: Looked { who: name(&names, &one.who), ..one } }
        };
        Ok(found.into_iter().map(explain).collect())
    }

    /// The roles that an organisation can give for an act on a kind.
    fn roles_that_may(&self, looked: &Looked) -> Vec<String> {
        let Some(decl) = self.vault.kinds().find(|decl| decl.name == looked.kind) else { return Vec::new() };
        let name = match looked.action.as_str() {
            "create" => decl.acts.create,
            "revise" => decl.acts.revise,
            "retire" => decl.acts.retire,
            _ => decl.acts.read,
        };
        let Some(permission) = self.vault.registry().permission(name) else { return Vec::new() };
        let roles = self.vault.registry().roles();
        let roles = roles.filter(|role| role.decl.holder() == Holder::Organisation && role.set.contains(permission));
        roles.map(|role| role.decl.title.to_owned()).collect()
    }

    /// The names behind the actors of the log.
    async fn names(&self, duty: &Ctx) -> Answer<BTreeMap<String, String>> {
        let accounts = self.accounts(duty).await?;
        let mut names: BTreeMap<String, String> =
            accounts.into_iter().map(|(id, account)| (format!("person:{id}"), account.name)).collect();
        for (_, grant) in self.support_grants(duty).await? {
            names.insert(format!("person:{}", grant.operator), format!("{} of the house", grant.name));
        }
        for role in self.vault.registry().roles().filter(|role| role.decl.holder() == Holder::Duty) {
            names.insert(format!("duty:{}", role.decl.name), format!("The house itself: {}", role.decl.title));
        }
        Ok(names)
    }
}

fn name(names: &BTreeMap<String, String>, actor: &str) -> String {
    match actor.split_once(':') {
        _ if names.contains_key(actor) => names.get(actor).cloned().unwrap_or_default(),
        Some(("key", _)) => "A program with a key".to_owned(),
        _ => "Somebody who is no longer here".to_owned(),
    }
}

fn looked(line: &Line) -> Looked {
    Looked {
        time: line.time.clone(),
        who: line.actor.clone(),
        action: line.action.clone(),
        kind: line.kind.clone(),
        purpose: line.purpose.clone(),
        outcome: line.outcome.clone(),
        request: line.request.clone(),
    }
}

/// A reason, for whoever looks after the organisation.
const fn in_words(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::OtherTenant) => "The record belongs to another organisation.",
        Some(Reason::Barred) => "They are kept out of the organisation.",
        Some(Reason::NotAMember) => "Their access has not begun, or it has ended.",
        Some(Reason::NotGranted) => "None of their roles permits it.",
        Some(Reason::OutOfScope) => "A role of theirs permits it, but only for other records.",
        Some(Reason::OutOfWindow) => "A role of theirs permits it, but not at that moment.",
        Some(Reason::WrongPurpose) => "A role of theirs permits it, but not for the purpose of that page.",
        Some(Reason::TooWeak) => "They would have had to show their second factor once more, or were a program.",
        Some(Reason::NotSeconded) => "It takes two people, and there was one.",
        None => "The door or a rule refused it; the roles were not the reason.",
    }
}
