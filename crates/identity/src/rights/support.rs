//! Support: an operator of the house looks into an organisation only when its administrator lets them, for a while.

use std::sync::Arc;

use access::{Actor, Assurance, Ctx, Grant, Grants, Purposes, Scope, Standing, Window};
use model::{ActorId, Answer, Kind, Purpose, RecordId, Refusal, RefusalKind, SessionId, SubjectId, TenantId};
use vault::{Change, Changes, Expected, Opened};
use web::Knock;

use super::people::reasoned;
use super::{belongs, person};
use crate::credential::{self, Presented};
use crate::kinds::{Account, Organisation, SupportGrant, SupportState, Visit};
use crate::sign_in::known_tenant;
use crate::{Identity, roles};

/// The role that a visitor has in the organisation.
pub(crate) const VISITOR: &str = "house.visitor";
/// How long a visit can be asked for, in hours.
pub const HOURS_MAX: i64 = 24;

/// An operator who was recognised inside an organisation.
pub(crate) struct Visitor {
    pub actor: Actor,
    pub grants: Arc<Grants>,
    pub session: SessionId,
    pub name: String,
    pub until: model::Time,
}

impl Identity {
    /// Asks an organisation to be let in. `ctx` is an operator in the house's own tenant.
    pub async fn ask_support(&self, ctx: &Ctx, tenant: TenantId, hours: i64, reason: String) -> Answer<RecordId> {
        self.demand(ctx, "support.ask").await?;
        let operator = self.operator(ctx).await?;
        if !(1..=HOURS_MAX).contains(&hours) {
            let words = format!("Between 1 and {HOURS_MAX} hours.");
            return Err(Refusal::new(RefusalKind::Invalid, words.clone()).at("hours", words).into());
        }
        if tenant == self.house || !self.vault.tenants().await?.contains(&tenant) {
            let words = "Choose an organisation.";
            return Err(Refusal::new(RefusalKind::Invalid, words).at("organisation", words).into());
        }
        let grant = SupportGrant {
            operator: person(ctx)?,
            name: operator.name,
            reason: reasoned(reason)?,
            asked: ctx.now,
            hours,
            state: SupportState::Asked,
        };
        let duty = self.duty(roles::SUPPORT, tenant, ctx.request, ctx.now);
        let id = self.vault.outside().record_id();
        self.vault.commit(&duty, Changes::new().create(id, &grant)?).await?;
        Ok(id)
    }

    /// Lets an operator in, for as long as they asked for.
    pub async fn approve_support(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let until = |grant: &SupportGrant| ctx.now.plus_seconds(grant.hours * 60 * 60);
        self.decide_support(ctx, id, SupportGrant::is_waiting, |grant, by| SupportState::Approved {
            by,
            at: ctx.now,
            until: until(grant),
        })
        .await
    }

    /// Does not let an operator in.
    pub async fn refuse_support(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        self.decide_support(ctx, id, SupportGrant::is_waiting, |_, by| SupportState::Refused { by, at: ctx.now }).await
    }

    /// Ends a visit before its time, from the operator's next request on.
    pub async fn end_support(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let open = |grant: &SupportGrant, now| grant.open_until(now).is_some();
        self.decide_support(ctx, id, open, |_, by| SupportState::Ended { by, at: ctx.now }).await
    }

    async fn decide_support(
        &self,
        ctx: &Ctx,
        id: RecordId,
        fits: impl Fn(&SupportGrant, model::Time) -> bool,
        state: impl Fn(&SupportGrant, SubjectId) -> SupportState,
    ) -> Answer<()> {
        self.demand(ctx, "support.decide").await?;
        let (grant, opened) = self.vault.read_as::<SupportGrant>(ctx, id).await?;
        if !fits(&grant, ctx.now) {
            return Err(Refusal::new(RefusalKind::Conflict, "This was decided already, or it is over.").into());
        }
        let by = person(ctx)?;
        let state = state(&grant, by);
        let changes = Changes::new().revise(id, &SupportGrant { state, ..grant }, Expected::Version(opened.version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Every request of operators to this organisation.
    pub async fn support_grants(&self, ctx: &Ctx) -> Answer<Vec<(RecordId, SupportGrant)>> {
        let read = |opened: Opened| Ok((opened.id, opened.record()?));
        self.every(ctx, SupportGrant::DECL).await?.into_iter().map(read).collect()
    }

    /// An operator's own requests, in every organisation, with the organisation's name.
    pub async fn own_requests(&self, ctx: &Ctx) -> Answer<Vec<(TenantId, String, RecordId, SupportGrant)>> {
        self.demand(ctx, "support.ask").await?;
        let own = person(ctx)?;
        let mut requests = Vec::new();
        for (tenant, name) in self.organisations(ctx).await? {
            let duty = self.duty(roles::SUPPORT, tenant, ctx.request, ctx.now);
            for (id, grant) in self.support_grants(&duty).await? {
                if grant.operator == own {
                    requests.push((tenant, name.clone(), id, grant));
                }
            }
        }
        requests.sort_by_key(|(.., grant)| std::cmp::Reverse(grant.asked));
        Ok(requests)
    }

    /// The names of the organisations, which an operator chooses from.
    pub async fn organisations(&self, ctx: &Ctx) -> Answer<Vec<(TenantId, String)>> {
        self.demand(ctx, "support.ask").await?;
        let mut all = Vec::new();
        for tenant in self.vault.tenants().await?.into_iter().filter(|tenant| *tenant != self.house) {
            let door = self.duty(roles::DOOR, tenant, ctx.request, ctx.now);
            if let Some(opened) = self.vault.recognise(&door, Organisation::DECL, Organisation::ID).await? {
                all.push((tenant, opened.record::<Organisation>()?.name));
            }
        }
        all.sort_by(|one, other| one.1.cmp(&other.1));
        Ok(all)
    }

    /// Begins a visit by a grant that holds now; hands out the cookie's value.
    pub async fn enter_visit(&self, ctx: &Ctx, tenant: TenantId, id: RecordId) -> Answer<String> {
        self.demand(ctx, "support.ask").await?;
        let duty = self.duty(roles::SUPPORT, tenant, ctx.request, ctx.now);
        let found = known_tenant(self.vault.recognise(&duty, SupportGrant::DECL, id).await)?;
        let operator = person(ctx)?;
        let grant = match found {
            Some(opened) => Some(opened.record::<SupportGrant>()?).filter(|grant| grant.operator == operator),
            None => None,
        };
        let Some(ends) = grant.and_then(|grant| grant.open_until(ctx.now)) else {
            let words = "The organisation has not let you in, or the time is over. Ask it first.";
            return Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await);
        };
        let issued = credential::issue(tenant, self.vault.outside().as_ref());
        let visit = Visit { grant: id, operator, ends };
        self.vault.commit(&duty, Changes::new().create(issued.record, &visit)?).await?;
        Ok(issued.text)
    }

    /// Ends a visit. Its cookie is worth nothing from the next request on.
    pub(crate) async fn leave(&self, ctx: &Ctx) -> Answer<()> {
        let Some(session) = ctx.session else { return Ok(()) };
        let duty = self.duty(roles::SUPPORT, ctx.tenant, ctx.request, ctx.now);
        let id = RecordId::from_uuid(session.uuid());
        if self.vault.recognise(&duty, Visit::DECL, id).await?.is_none() {
            return Ok(());
        }
        let changes = Changes::new().and(Change::Retire(Visit::DECL, id, Expected::Any));
        self.vault.commit(&duty, changes).await.map(|_| ())
    }

    /// The operator behind a visit's cookie, if every link of the chain holds at this moment: the visit, the
    /// organisation's grant, the operator's account, standing and role in the house.
    pub(crate) async fn visitor(&self, knock: &Knock, presented: &Presented) -> Answer<Option<Visitor>> {
        let door = self.duty(roles::DOOR, presented.tenant, knock.request, knock.now);
        let found = known_tenant(self.vault.recognise(&door, Visit::DECL, presented.record).await)?;
        let Some(opened) = found else { return Ok(None) };
        let visit: Visit = opened.record()?;
        let Some(opened) = self.vault.recognise(&door, SupportGrant::DECL, visit.grant).await? else { return Ok(None) };
        let grant: SupportGrant = opened.record()?;
        let Some(until) = grant.open_until(knock.now).filter(|_| knock.now < visit.ends) else { return Ok(None) };
        let house = self.duty(roles::DOOR, self.house, knock.request, knock.now);
        let id = RecordId::of_subject(visit.operator);
        let Some(opened) = self.vault.recognise(&house, Account::DECL, id).await? else { return Ok(None) };
        let account: Account = opened.record()?;
        let held = self.holdings(&house, &account).await?;
        let wanted = self.vault.registry().set(["support.ask"]);
        let is_operator = held.iter().any(|one| !one.set.and(wanted).is_empty() && one.window.holds(knock.now));
        if belongs(&held, knock.now).is_err() || !is_operator {
            return Ok(None);
        }
        let set = self.vault.registry().role(VISITOR).map(|role| role.set).unwrap_or_default();
        let window = Window { from: None, until: Some(until) };
        let purposes = Purposes::only(&[Purpose::Administration]);
        let grants = Grants::new(vec![Grant { set, window, scope: Scope::Tenant, purposes }], Standing::GOOD);
        Ok(Some(Visitor {
            actor: Actor::Person(ActorId::from_uuid(visit.operator.uuid())),
            grants: Arc::new(grants),
            session: SessionId::from_uuid(presented.record.uuid()),
            name: account.name,
            until,
        }))
    }

    /// The operator who asks, in the house's own tenant.
    async fn operator(&self, ctx: &Ctx) -> Answer<Account> {
        if ctx.tenant != self.house {
            return Err(Refusal::not_found().into());
        }
        let door = self.duty(roles::DOOR, self.house, ctx.request, ctx.now);
        let id = RecordId::of_subject(person(ctx)?);
        let found = self.vault.recognise(&door, Account::DECL, id).await?;
        found.ok_or_else(Refusal::not_found)?.record().map_err(Into::into)
    }
}

/// How sure the house is of a visitor: they signed in to the house with two factors.
pub(crate) const VISITOR_ASSURANCE: Assurance = Assurance::TwoFactors;
