//! Monthly tokens for metered work, counted for each person.

use access::{Actor, Ctx, Meter, Metering, Reserved};
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, SubjectId, Time};
use vault::{Changes, Expected, Opened};

use crate::kinds::{Account, ApiKey, Quota, QuotaRule};
use crate::rules::quota::{self, Month, Short, Tokens};
use crate::{Identity, roles};

/// How often a count is tried when others count at the same time.
const TRIES: usize = 64;

/// Where somebody stands this month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The month.
    pub month: Month,
    /// When the next one begins.
    pub renews: Time,
    /// Tokens in it.
    pub limit: u64,
    /// Tokens used.
    pub spent: u64,
    /// Tokens set aside for work under way.
    pub reserved: u64,
    /// Earlier months and what was used in them, the newest first.
    pub earlier: Vec<(Month, u64)>,
}

impl Standing {
    /// Tokens that can still be set aside.
    pub const fn left(&self) -> u64 {
        self.limit.saturating_sub(self.spent).saturating_sub(self.reserved)
    }
}

/// The month as the organisation counts it.
struct Now {
    rule: QuotaRule,
    month: Month,
    renews: Time,
}

impl Meter for Identity {
    fn reserve<'a>(&'a self, ctx: &'a Ctx, tokens: u64) -> Metering<'a, Reserved> {
        Box::pin(self.reserve_tokens(ctx, tokens))
    }

    fn commit<'a>(&'a self, ctx: &'a Ctx, reserved: Reserved, used: u64) -> Metering<'a, ()> {
        Box::pin(async move {
            let door = self.duty(roles::DOOR, reserved.tenant, ctx.request, ctx.now);
            let month = self.quota_now(&door).await?.month;
            self.count(&door, reserved.account, |tokens| Ok(tokens.commit(reserved.id, used, &month))).await
        })
    }

    fn release<'a>(&'a self, ctx: &'a Ctx, reserved: Reserved) -> Metering<'a, ()> {
        Box::pin(async move {
            let door = self.duty(roles::DOOR, reserved.tenant, ctx.request, ctx.now);
            self.count(&door, reserved.account, |tokens| Ok(tokens.release(reserved.id))).await
        })
    }
}

impl Identity {
    async fn reserve_tokens(&self, ctx: &Ctx, tokens: u64) -> Answer<Reserved> {
        let account = self.metered(ctx).await?;
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let now = self.quota_now(&door).await?;
        let id = self.vault.outside().record_id();
        let reserve = |held: Tokens| {
            held.reserve(id, tokens, now.rule.tokens, &now.month, ctx.now)
                .map_err(|short| refusal(short, tokens, &now, ctx.now))
        };
        self.count(&door, account, reserve).await?;
        Ok(Reserved { tenant: ctx.tenant, account, id, tokens })
    }

    /// Where somebody stands. For their own page, or for whoever may see everybody's.
    pub async fn quota_of(&self, ctx: &Ctx, account: SubjectId) -> Answer<Standing> {
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let now = self.quota_now(&door).await?;
        let (tokens, _) = self.tokens_of(&door, account).await?;
        Ok(now.standing(&tokens, ctx.now))
    }

    /// Where everybody stands who has an account, by name.
    pub async fn quotas(&self, ctx: &Ctx) -> Answer<Vec<(String, Standing)>> {
        let now = self.quota_now(ctx).await?;
        let used = self.every(ctx, Quota::DECL).await?;
        let mut list = Vec::new();
        for opened in used {
            let quota: Quota = opened.record()?;
            let name = self.owner_name(ctx, quota.account).await?;
            let name = name.unwrap_or_else(|| "Somebody who has left".to_owned());
            list.push((name, now.standing(&quota.tokens, ctx.now)));
        }
        list.sort_by_key(|(_, standing)| std::cmp::Reverse(standing.spent));
        Ok(list)
    }

    /// The organisation's rule, and its version if it has made one.
    pub async fn quota_rule(&self, ctx: &Ctx) -> Answer<(QuotaRule, Option<u64>)> {
        match self.vault.recognise(ctx, QuotaRule::DECL, QuotaRule::ID).await? {
            Some(opened) => Ok((opened.record()?, Some(opened.version))),
            None => Ok((QuotaRule::usual(), None)),
        }
    }

    /// Changes the organisation's rule. It counts from the next reservation on.
    pub async fn set_quota_rule(&self, ctx: &Ctx, rule: &QuotaRule) -> Answer<()> {
        let invalid = |field: &str, words: String| Refusal::new(RefusalKind::Invalid, words.clone()).at(field, words);
        quota::zone(&rule.zone).map_err(|words| invalid("zone", words))?;
        if rule.tokens > quota::TOKENS_MAX {
            return Err(invalid("tokens", format!("Choose at most {} tokens.", quota::TOKENS_MAX)).into());
        }
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let changes = match self.quota_rule(&door).await?.1 {
            Some(version) => Changes::new().revise(QuotaRule::ID, rule, Expected::Version(version))?,
            None => Changes::new().create(QuotaRule::ID, rule)?,
        };
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Whose tokens metered work takes.
    async fn metered(&self, ctx: &Ctx) -> Answer<SubjectId> {
        match ctx.actor {
            Actor::Person(id) => Ok(SubjectId::from_uuid(id.uuid())),
            Actor::Key(id) => {
                let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
                let found = self.vault.recognise(&door, ApiKey::DECL, RecordId::from_uuid(id.uuid())).await?;
                let key: ApiKey = found.ok_or_else(Refusal::not_found)?.record()?;
                let owner = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(key.owner)).await?;
                owner.map(|_| key.owner).ok_or_else(|| nobody_pays().into())
            }
            Actor::Duty(duty) => Err(Fault::new("metering work", format!("{duty} has no quota")).into()),
        }
    }

    async fn quota_now(&self, ctx: &Ctx) -> Answer<Now> {
        let (rule, _) = self.quota_rule(ctx).await?;
        let broken = |words: String| Fault::new("reading the month of a quota", words);
        let zone = quota::zone(&rule.zone).map_err(broken)?;
        let (month, renews) = quota::month_at(ctx.now, &zone).map_err(broken)?;
        Ok(Now { rule, month, renews })
    }

    async fn tokens_of(&self, door: &Ctx, account: SubjectId) -> Answer<(Tokens, Option<Opened>)> {
        match self.vault.recognise(door, Quota::DECL, RecordId::of_subject(account)).await? {
            Some(opened) => Ok((opened.record::<Quota>()?.tokens, Some(opened))),
            None => Ok((Tokens::default(), None)),
        }
    }

    /// Writes a change of somebody's tokens.
    ///
    /// INVARIANT: each change is made to the version that it was worked out from, so two at once never both take the
    /// last tokens, on whatever node they run.
    async fn count(
        &self,
        door: &Ctx,
        account: SubjectId,
        change: impl Fn(Tokens) -> Result<Tokens, Refusal>,
    ) -> Answer<()> {
        let id = RecordId::of_subject(account);
        // Attempts of this node go one by one, so that they do not outrun each other for nothing.
        let _turn = self.counting.take(id).await;
        for _ in 0..TRIES {
            let (tokens, opened) = self.tokens_of(door, account).await?;
            let quota = Quota { account, tokens: change(tokens)? };
            let changes = match opened {
                Some(opened) => Changes::new().revise(id, &quota, Expected::Version(opened.version))?,
                None => Changes::new().create(id, &quota)?,
            };
            match self.vault.commit(door, changes).await {
                Ok(_) => return Ok(()),
                // Another node counted first: work it out anew from what stands there now.
                Err(No::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        let words = "Very much of your work is being counted at this moment. Please try again in a few seconds.";
        Err(Refusal::new(RefusalKind::Busy, words).wait(5).into())
    }
}

impl Now {
    fn standing(&self, tokens: &Tokens, now: Time) -> Standing {
        let earlier = tokens.spent.iter().filter(|(month, _)| *month != self.month).cloned().collect();
        Standing {
            month: self.month.clone(),
            renews: self.renews,
            limit: self.rule.tokens,
            spent: tokens.spent_in(&self.month),
            reserved: tokens.reserved_in(&self.month, now),
            earlier,
        }
    }
}

fn refusal(short: Short, wanted: u64, at: &Now, now: Time) -> Refusal {
    match short {
        Short::Spent { left } => {
            let seconds = u32::try_from(at.renews.seconds_since(now).max(0) + 1).unwrap_or(u32::MAX);
            let begins = at.renews.to_string();
            let begins = begins.get(..16).unwrap_or(&begins).replace('T', " ");
            let words = format!(
                "This needs up to {wanted} tokens and you have {left} left this month. The next month begins on {begins} \
                 UTC. Ask for less, wait until then, or ask your administrator for a larger quota."
            );
            Refusal::new(RefusalKind::TooManyRequests, words).wait(seconds)
        }
        Short::Busy => {
            let words = "You have many pieces of work under way. Wait until one of them is done.";
            Refusal::new(RefusalKind::TooManyRequests, words).wait(60)
        }
    }
}

fn nobody_pays() -> Refusal {
    let words =
        "Work of this kind counts as somebody's, and nobody answers for this key. Use a key that a person made.";
    Refusal::new(RefusalKind::NotAllowed, words)
}
