//! Four eyes: changes that one person proposes and another, different one agrees to.
//!
//! A class of change says which permission it takes. That permission is declared to take two people, so
//! [`access::decide`] itself refuses the change to anybody alone; agreeing is the only way to make it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use access::{Actor, Ask, Assurance, Ctx, Reason, decide};
use futures_util::future::BoxFuture;
use model::{ActorId, Answer, Fault, Kind, RecordId, Refusal, RefusalKind, SubjectId};
use vault::{Changes, Expected, Opened};

use super::people::reasoned;
use super::person;
use crate::Identity;
use crate::kinds::{Account, Emergency, Proposal, ProposalState};

/// How long a proposal can wait for a second person, in seconds.
pub const OPEN_SECONDS: i64 = 7 * 24 * 60 * 60;
/// The role in which one person may, in an emergency, do what otherwise takes two.
const ALONE: &str = "emergency-administration";

/// A class of changes that take two people.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// Stable name.
    pub name: &'static str,
    /// What such a change is, for people.
    pub words: &'static str,
    /// The permission that both need. It is declared to take two people.
    pub permission: &'static str,
}

/// A change of some class, as a program can make it.
pub trait Protected: Send + Sync + 'static {
    /// Its class.
    fn class(&self) -> Class;

    /// What a change does, in a sentence for whoever has to decide, with the names as they are now.
    fn words<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<String>>;

    /// The change itself. `ctx` is the second person with the first one's proposal behind them.
    fn changes<'a>(&'a self, identity: &'a Identity, ctx: &'a Ctx, change: &'a str) -> BoxFuture<'a, Answer<Changes>>;
}

/// Every registered class by name.
#[derive(Default)]
pub(crate) struct Classes(RwLock<BTreeMap<&'static str, Arc<dyn Protected>>>);

impl Classes {
    pub fn of(list: Vec<Arc<dyn Protected>>) -> Self {
        Self(RwLock::new(list.into_iter().map(|one| (one.class().name, one)).collect()))
    }

    fn find(&self, name: &str) -> Option<Arc<dyn Protected>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

impl Identity {
    /// Lets another class of changes be proposed and agreed to. The permission must be declared to take two people.
    pub fn protect(&self, class: Arc<dyn Protected>) -> Result<(), Fault> {
        let Class { name, permission, .. } = class.class();
        let declared = self.vault.registry().permissions().iter().find(|decl| decl.name == permission);
        if !declared.is_some_and(|decl| decl.two_people) {
            let words = format!("{name} needs {permission}, which is not declared to take two people");
            return Err(Fault::new("registering a class of changes", words));
        }
        self.classes.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, class);
        Ok(())
    }

    /// Every class, for people.
    pub fn classes(&self) -> Vec<Class> {
        let classes = self.classes.0.read().unwrap_or_else(PoisonError::into_inner);
        classes.values().map(|protected| protected.class()).collect()
    }

    /// Proposes a change. Whoever proposes needs the same permission as whoever agrees.
    pub async fn propose(&self, ctx: &Ctx, class: &str, change: String, reason: String) -> Answer<RecordId> {
        let protected = self.protected(class)?;
        self.demand_half(ctx, protected.class().permission).await?;
        // What cannot be described could not be decided.
        protected.words(self, ctx, &change).await?;
        let proposal = Proposal {
            class: class.to_owned(),
            change,
            by: person(ctx)?,
            at: ctx.now,
            reason: reasoned(reason)?,
            expires: ctx.now.plus_seconds(OPEN_SECONDS),
            state: ProposalState::Open,
        };
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &proposal)?).await?;
        Ok(id)
    }

    /// Agrees to somebody else's proposal, and does it: both are one transaction.
    pub async fn agree(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let (proposal, version) = self.open_proposal(ctx, id).await?;
        let protected = self.protected(&proposal.class)?;
        let permission = self.two_people_permission(protected.class().permission)?;
        let proposer = ActorId::from_uuid(proposal.by.uuid());
        let Ok(both) = ctx.seconding(proposer, permission) else {
            return Err(self.refuse_command(ctx, own_proposal()).await);
        };
        self.check_proposer(ctx, &proposal, protected.class().permission).await?;
        self.demand(&both, protected.class().permission).await?;
        let done = ProposalState::Done { by: person(ctx)?, at: ctx.now };
        self.carry_out(&both, protected.as_ref(), id, version, Proposal { state: done, ..proposal }).await
    }

    /// Does one's own proposal alone, inside an emergency of one's own that is on record.
    pub async fn do_alone(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let (proposal, version) = self.open_proposal(ctx, id).await?;
        let own = person(ctx)?;
        let emergency = self.open_emergency(ctx, own, ALONE).await?;
        let (Some(emergency), true) = (emergency, proposal.by == own) else {
            let words =
                "Alone this can only be done with your own proposal and in an emergency that you have declared.";
            return Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await);
        };
        let protected = self.protected(&proposal.class)?;
        let permission = self.two_people_permission(protected.class().permission)?;
        let alone = ctx.danger_alone(permission).map_err(|_| own_proposal())?;
        self.demand(&alone, protected.class().permission).await?;
        let done = ProposalState::DoneAlone { emergency, at: ctx.now };
        self.carry_out(&alone, protected.as_ref(), id, version, Proposal { state: done, ..proposal }).await
    }

    /// Declines somebody's proposal.
    pub async fn decline(&self, ctx: &Ctx, id: RecordId, reason: String) -> Answer<()> {
        let (proposal, version) = self.open_proposal(ctx, id).await?;
        let state = ProposalState::Declined { by: person(ctx)?, at: ctx.now, reason: reasoned(reason)? };
        let changes = Changes::new().revise(id, &Proposal { state, ..proposal }, Expected::Version(version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Takes back one's own proposal.
    pub async fn withdraw(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let (proposal, version) = self.open_proposal(ctx, id).await?;
        if proposal.by != person(ctx)? {
            let words = "Only whoever proposed it can take it back. You can decline it.";
            return Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await);
        }
        let state = ProposalState::Withdrawn { at: ctx.now };
        let changes = Changes::new().revise(id, &Proposal { state, ..proposal }, Expected::Version(version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Every proposal, newest first.
    pub async fn proposals(&self, ctx: &Ctx) -> Answer<Vec<(RecordId, Proposal)>> {
        let read = |opened: Opened| Ok((opened.id, opened.record()?));
        self.every(ctx, Proposal::DECL).await?.into_iter().map(read).collect()
    }

    /// One proposal with its version.
    pub async fn proposal(&self, ctx: &Ctx, id: RecordId) -> Answer<(Proposal, u64)> {
        let (proposal, opened) = self.vault.read_as::<Proposal>(ctx, id).await?;
        Ok((proposal, opened.version))
    }

    /// What a proposal would do, in a sentence.
    pub async fn proposal_words(&self, ctx: &Ctx, proposal: &Proposal) -> Answer<String> {
        self.protected(&proposal.class)?.words(self, ctx, &proposal.change).await
    }

    /// ORDER: the change and the proposal's end are one batch under the version that was decided on, so a proposal is
    /// done once or not at all, however many agree at the same moment.
    async fn carry_out(
        &self,
        ctx: &Ctx,
        protected: &dyn Protected,
        id: RecordId,
        version: u64,
        done: Proposal,
    ) -> Answer<()> {
        let changes = protected.changes(self, ctx, &done.change).await?;
        let changes = changes.revise(id, &done, Expected::Version(version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    async fn open_proposal(&self, ctx: &Ctx, id: RecordId) -> Answer<(Proposal, u64)> {
        self.demand(ctx, "approval.decide").await?;
        let (proposal, version) = self.proposal(ctx, id).await?;
        if proposal.is_open(ctx.now) {
            return Ok((proposal, version));
        }
        let words = "This was decided already, or nobody decided in time. Propose it again if it is still wanted.";
        Err(self.refuse_command(ctx, Refusal::new(RefusalKind::Conflict, words)).await)
    }

    /// Whoever proposed must still be somebody who could.
    async fn check_proposer(&self, ctx: &Ctx, proposal: &Proposal, permission: &str) -> Answer<()> {
        let door = self.duty(crate::roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let found = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(proposal.by)).await?;
        let still = match found {
            Some(opened) => self.could(ctx, proposal.by, &opened.record()?, permission).await?,
            None => false,
        };
        if still {
            return Ok(());
        }
        let words = "Whoever proposed this may no longer do it themselves, so it cannot be agreed to.";
        Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await)
    }

    /// Whether an account could do its half of something that takes two.
    async fn could(&self, ctx: &Ctx, who: SubjectId, account: &Account, permission: &str) -> Answer<bool> {
        let Some(permission) = self.vault.registry().permission(permission) else { return Ok(false) };
        let grants = self.holdings(ctx, account).await?;
        let actor = Actor::Person(ActorId::from_uuid(who.uuid()));
        let theirs = Ctx { actor, grants, assurance: Assurance::SteppedUp, session: None, ..ctx.clone() };
        let asked = decide(&theirs, &Ask { permission, tenant: ctx.tenant, subject: None });
        Ok(asked.map_or_else(|denied| denied.reason == Reason::NotSeconded, |_| true))
    }

    /// As [`Identity::demand`], for the first of two people.
    async fn demand_half(&self, ctx: &Ctx, permission: &'static str) -> Answer<()> {
        let known = self.two_people_permission(permission)?;
        match decide(ctx, &Ask { permission: known, tenant: ctx.tenant, subject: None }) {
            Err(denied) if denied.reason == Reason::NotSeconded => Ok(()),
            _ => self.demand(ctx, permission).await,
        }
    }

    fn two_people_permission(&self, name: &'static str) -> Result<access::Permission, Fault> {
        let found = self.vault.registry().permission(name);
        found.ok_or_else(|| Fault::new("finding a permission", format!("nobody declares {name}")))
    }

    fn protected(&self, class: &str) -> Result<Arc<dyn Protected>, Refusal> {
        self.classes.find(class).ok_or_else(Refusal::not_found)
    }

    /// The emergency of a role that somebody is in at this moment.
    async fn open_emergency(&self, ctx: &Ctx, who: SubjectId, role: &str) -> Answer<Option<RecordId>> {
        let door = self.duty(crate::roles::EMERGENCY, ctx.tenant, ctx.request, ctx.now);
        for opened in self.every(&door, Emergency::DECL).await? {
            let emergency: Emergency = opened.record()?;
            let now = emergency.from <= ctx.now && ctx.now < emergency.until;
            if emergency.by == who && emergency.role == role && now {
                return Ok(Some(opened.id));
            }
        }
        Ok(None)
    }
}

fn own_proposal() -> Refusal {
    let words = "You proposed this yourself. Somebody else who may do it has to agree.";
    Refusal::new(RefusalKind::NotAllowed, words)
}
