//! The classes of change that identity itself protects.

use std::sync::Arc;

use access::Ctx;
use futures_util::future::BoxFuture;
use model::{Answer, Kind, RecordId, Refusal, RefusalKind, SubjectId};
use serde::{Deserialize, Serialize};
use vault::{Change, Changes, Expected};

use super::people::{no_such_role, unreadable};
use super::proposals::{Class, Protected};
use crate::Identity;
use crate::kinds::{Account, HeldRole};

/// Giving somebody a role that governs others.
pub const EMPOWER: &str = "give-governing-role";
/// Ending the account of somebody who governs others.
pub const END_GOVERNOR: &str = "end-governing-account";
/// Erasing a person.
pub const ERASE: &str = "erase-person";

pub(crate) fn all() -> Vec<Arc<dyn Protected>> {
    vec![Arc::new(Empower), Arc::new(EndGovernor), Arc::new(Erase)]
}

/// A role for somebody.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Empowering {
    /// Whom.
    pub who: SubjectId,
    /// With what, from when until when.
    pub held: HeldRole,
}

struct Empower;
struct EndGovernor;
struct Erase;

impl Protected for Empower {
    fn class(&self) -> Class {
        Class { name: EMPOWER, words: "Give somebody a role that governs others", permission: "account.empower" }
    }

    fn words<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<String>> {
        Box::pin(async move {
            let Empowering { who, held } = read(change)?;
            let role = identity.holding(ctx, &held.role).await?.ok_or_else(no_such_role)?;
            let window = crate::pages::window_words(held.from, held.until);
            Ok(format!("Give {} the role {}, {window}.", identity.name_of(ctx, who).await?, role.title))
        })
    }

    fn changes<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<Changes>> {
        Box::pin(async move {
            let Empowering { who, held } = read(change)?;
            identity.giving(ctx, who, held).await
        })
    }
}

impl Protected for EndGovernor {
    fn class(&self) -> Class {
        let words = "End the account of somebody who governs others";
        Class { name: END_GOVERNOR, words, permission: "administrator.retire" }
    }

    fn words<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<String>> {
        Box::pin(async move {
            let who = subject(change)?;
            Ok(format!("End the account of {} for good.", identity.name_of(ctx, who).await?))
        })
    }

    fn changes<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<Changes>> {
        Box::pin(async move { identity.retiring(ctx, subject(change)?).await })
    }
}

impl Protected for Erase {
    fn class(&self) -> Class {
        let words = "Erase a person by destroying their key";
        Class { name: ERASE, words, permission: "subject.erase" }
    }

    fn words<'a>(&'a self, _: &'a Identity, _: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<String>> {
        Box::pin(async move {
            let who = subject(change)?;
            Ok(format!(
                "Erase the person {who}: every record about them becomes unreadable, for everybody and for good."
            ))
        })
    }

    fn changes<'a>(&'a self, _: &'a Identity, _: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<Changes>> {
        Box::pin(async move { Ok(Changes::new().and(Change::Erase(subject(change)?))) })
    }
}

impl Identity {
    /// How somebody with an account is called, for people who may see accounts.
    pub(crate) async fn name_of(&self, ctx: &Ctx, who: SubjectId) -> Answer<String> {
        let door = self.duty(crate::roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let found = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(who)).await?;
        match found {
            Some(opened) => Ok(opened.record::<Account>()?.name),
            None => Ok("somebody who is no longer here".to_owned()),
        }
    }

    /// Ends an account for good. That of somebody who governs others is proposed instead.
    pub async fn end_account(&self, ctx: &Ctx, who: SubjectId) -> Answer<()> {
        let (account, _) = self.account_of_another(ctx, who).await?;
        if self.is_governor(ctx, &account).await? {
            self.demand(ctx, "administrator.retire").await?;
        }
        let changes = self.retiring(ctx, who).await?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Whether an account holds, now or later, a role that governs others.
    pub(crate) async fn is_governor(&self, ctx: &Ctx, account: &Account) -> Answer<bool> {
        for held in account.roles.iter().filter(|held| held.until.is_none_or(|until| ctx.now < until)) {
            if self.holding(ctx, &held.role).await?.is_some_and(|role| self.governs(role.set)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn retiring(&self, ctx: &Ctx, who: SubjectId) -> Answer<Changes> {
        let (_, version) = self.account_of_another(ctx, who).await?;
        let id = RecordId::of_subject(who);
        Ok(Changes::new().and(Change::Retire(Account::DECL, id, Expected::Version(version))))
    }
}

fn read(change: &str) -> Answer<Empowering> {
    Ok(serde_json::from_str(change).map_err(unreadable("reading a proposal"))?)
}

fn subject(change: &str) -> Result<SubjectId, Refusal> {
    let words = "Enter the person's id, as it stands in the address of their record.";
    change.parse().map_err(|_| Refusal::new(RefusalKind::Invalid, words).at("person", words))
}
