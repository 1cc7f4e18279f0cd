//! Access reviews: one person looks at every holding of the others, one at a time, and what they take away is gone.

use access::{Ctx, Window};
use model::{Answer, RecordId, Refusal, RefusalKind, SubjectId, Time};
use vault::{Changes, Expected, Opened};

use super::person;
use super::usage::Usage;
use crate::kinds::{Account, HeldRole, Review, ReviewDecision, ReviewItem, ReviewVerdict};
use crate::{Identity, roles};
use model::Kind as _;

/// Holdings in one review at most.
const ITEMS_MAX: usize = 2_000;
/// Somebody who was not seen for so long is dormant, in days.
pub const DORMANT_DAYS: i64 = 90;

/// A review to be opened.
#[derive(Debug, Clone)]
pub struct ReviewOrder {
    /// What it is called.
    pub title: String,
    /// Who decides.
    pub reviewer: SubjectId,
    /// Only holdings of this role; all if none.
    pub role: Option<String>,
    /// By when it should be done.
    pub due: Time,
}

impl Identity {
    /// Opens a review over everything that the others hold at this moment.
    ///
    /// The reviewer's own holdings are left out: nobody reviews themselves.
    pub async fn open_review(&self, ctx: &Ctx, order: ReviewOrder) -> Answer<RecordId> {
        self.demand(ctx, "review.open").await?;
        let duty = self.duty(roles::REVIEW, ctx.tenant, ctx.request, ctx.now);
        let usage = self.usage(&duty).await?;
        let mut items = Vec::new();
        for (id, account) in self.accounts(&duty).await? {
            for held in account.roles.iter().filter(|held| id != order.reviewer && wanted(held, &order, ctx.now)) {
                items.push(self.item(ctx, id, held, &usage).await?);
            }
        }
        if items.is_empty() || items.len() > ITEMS_MAX {
            let words = "There is nothing to look at, or too much for one review. Choose another role or reviewer.";
            return Err(Refusal::new(RefusalKind::Invalid, words).at("role", words).into());
        }
        let review = Review {
            title: order.title,
            reviewer: order.reviewer,
            opened_by: person(ctx)?,
            opened: ctx.now,
            due: order.due,
            begun: None,
            used_since: usage.since.unwrap_or(ctx.now),
            items,
        };
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &review)?).await?;
        Ok(id)
    }

    async fn item(&self, ctx: &Ctx, id: SubjectId, held: &HeldRole, usage: &Usage) -> Answer<ReviewItem> {
        let used = usage.by_actor.get(&format!("person:{id}"));
        let role = self.holding(ctx, &held.role).await?;
        let names = self.vault.registry().permissions().iter().map(|decl| decl.name);
        let permits = |name: &&str| {
            let permission = self.vault.registry().permission(name);
            role.as_ref().zip(permission).is_some_and(|(role, permission)| role.set.contains(permission))
        };
        let unused = names.filter(permits).filter(|name| used.is_none_or(|used| !used.permissions.contains(name)));
        Ok(ReviewItem {
            account: id,
            role: held.role.clone(),
            about: held.about,
            from: held.from,
            until: held.until,
            last_used: used.and_then(|used| used.last),
            unused: unused.map(str::to_owned).collect(),
            decision: None,
        })
    }

    /// The reviewer begins: from here on the time of each decision counts.
    pub async fn begin_review(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let (mut review, version) = self.own_review(ctx, id).await?;
        if review.begun.is_none() {
            review.begun = Some(ctx.now);
            self.vault.commit(ctx, Changes::new().revise(id, &review, Expected::Version(version))?).await?;
        }
        Ok(())
    }

    /// Decides one holding. There is no way to decide several at once.
    ///
    /// ORDER: what is taken away is gone before the review says so. After a crash in between it is decided again.
    pub async fn decide_holding(&self, ctx: &Ctx, id: RecordId, number: usize, verdict: ReviewVerdict) -> Answer<()> {
        let (mut review, version) = self.own_review(ctx, id).await?;
        let Some(before) = review.last_step() else {
            return Err(Refusal::new(RefusalKind::Conflict, "Begin the review first.").into());
        };
        let item = review.items.get_mut(number).ok_or_else(Refusal::not_found)?;
        if item.decision.is_some() {
            return Err(Refusal::new(RefusalKind::Conflict, "This holding was decided already.").into());
        }
        self.enforce(ctx, item, verdict).await?;
        item.decision = Some(ReviewDecision { at: ctx.now, seconds: ctx.now.seconds_since(before), verdict });
        let changes = Changes::new().revise(id, &review, Expected::Version(version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    async fn enforce(&self, ctx: &Ctx, item: &ReviewItem, verdict: ReviewVerdict) -> Answer<()> {
        let duty = self.duty(roles::REVIEW, ctx.tenant, ctx.request, ctx.now);
        let (account, _): (Account, u64) = self.account(&duty, item.account).await?;
        let held = account.roles.iter().find(|held| held.role == item.role && held.about == item.about);
        let Some(held) = held else { return Ok(()) };
        let changes = match verdict {
            ReviewVerdict::Keep => return Ok(()),
            ReviewVerdict::Remove => self.taking(&duty, item.account, &item.role, item.about).await?,
            ReviewVerdict::Until { until } => {
                let outer = Window { from: None, until: Some(until) };
                let window = Window { from: held.from, until: held.until }.and(outer);
                let held = HeldRole { until: window.until, ..held.clone() };
                self.giving(&duty, item.account, held).await?
            }
        };
        self.vault.commit(&duty, changes).await.map(|_| ())
    }

    /// Whether what a review decided is so at this moment: for each holding, nothing if it was kept.
    pub async fn is_enforced(&self, ctx: &Ctx, item: &ReviewItem) -> Answer<Option<bool>> {
        let Some(decision) = &item.decision else { return Ok(None) };
        let duty = self.duty(roles::REVIEW, ctx.tenant, ctx.request, ctx.now);
        let held = match self.account(&duty, item.account).await {
            Ok((account, _)) => {
                account.roles.into_iter().find(|held| held.role == item.role && held.about == item.about)
            }
            Err(model::No::Refusal(_)) => None,
            Err(fault) => return Err(fault),
        };
        Ok(match decision.verdict {
            ReviewVerdict::Keep => None,
            ReviewVerdict::Remove => Some(held.is_none()),
            ReviewVerdict::Until { until } => Some(held.is_none_or(|held| held.until.is_some_and(|it| it <= until))),
        })
    }

    /// Every review, newest first.
    pub async fn reviews(&self, ctx: &Ctx) -> Answer<Vec<(RecordId, Review)>> {
        let read = |opened: Opened| Ok((opened.id, opened.record()?));
        self.every(ctx, Review::DECL).await?.into_iter().map(read).collect()
    }

    /// One review with its version.
    pub async fn review(&self, ctx: &Ctx, id: RecordId) -> Answer<(Review, u64)> {
        let (review, opened) = self.vault.read_as::<Review>(ctx, id).await?;
        Ok((review, opened.version))
    }

    /// Accounts that still hold roles although nobody has been seen in them for long, or they are over.
    pub async fn left_over(&self, ctx: &Ctx) -> Answer<Vec<(SubjectId, Account, Option<Time>)>> {
        self.demand(ctx, "review.read").await?;
        let duty = self.duty(roles::REVIEW, ctx.tenant, ctx.request, ctx.now);
        let usage = self.usage(&duty).await?;
        let dormant = ctx.now.plus_seconds(-DORMANT_DAYS * 24 * 60 * 60);
        let looked_far = usage.since.is_some_and(|since| since <= dormant);
        let mut found = Vec::new();
        for (id, account) in self.accounts(&duty).await? {
            let last = usage.by_actor.get(&format!("person:{id}")).and_then(|used| used.last);
            let is_dormant = last.map_or(looked_far, |last| last <= dormant);
            let is_out = super::standing(&account).out_at(ctx.now).is_some();
            if !account.roles.is_empty() && (is_dormant || is_out) {
                found.push((id, account, last));
            }
        }
        Ok(found)
    }

    async fn own_review(&self, ctx: &Ctx, id: RecordId) -> Answer<(Review, u64)> {
        self.demand(ctx, "review.decide").await?;
        let (review, version) = self.review(ctx, id).await?;
        if review.reviewer == person(ctx)? {
            return Ok((review, version));
        }
        let words = "Somebody else was asked to do this review.";
        Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await)
    }
}

fn wanted(held: &HeldRole, order: &ReviewOrder, now: Time) -> bool {
    let still = held.until.is_none_or(|until| now < until);
    still && order.role.as_ref().is_none_or(|role| *role == held.role)
}
