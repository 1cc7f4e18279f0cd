use access::{Ask, Ctx, decide};
use model::{Answer, Kind, RecordId, Refusal, RefusalKind, SubjectId};
use vault::{Changes, Expected, Opened, Query};

use super::person;
use crate::accounts::Placing;
use crate::kinds::{AccessRequest, Account, Decision, HeldRole, Outcome};
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;
use crate::{Identity, roles};

/// A request as it stands.
pub struct Requested {
    /// The request.
    pub request: AccessRequest,
    version: u64,
}

/// What somebody decides about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Let them in, with this role.
    Accept {
        /// The role, which may be another than the one asked for.
        role: String,
    },
    /// Do not.
    Decline,
}

impl Identity {
    /// The newest requests and joinings of the asker's organisation, the newest first.
    pub async fn requests(&self, ctx: &Ctx) -> Answer<Vec<AccessRequest>> {
        let found = self.vault.search(ctx, &Query { limit: 50, ..Query::all(AccessRequest::DECL) }).await?;
        found.page.iter().map(|opened: &Opened| Ok(opened.record()?)).collect()
    }

    /// One of them.
    pub async fn request(&self, ctx: &Ctx, who: SubjectId) -> Answer<Requested> {
        let (request, opened) = self.vault.read_as::<AccessRequest>(ctx, RecordId::of_subject(who)).await?;
        Ok(Requested { request, version: opened.version })
    }

    /// Decides a request. Nobody decides their own.
    pub async fn decide_request(&self, ctx: &Ctx, asked: Requested, verdict: Verdict, reason: String) -> Answer<()> {
        let Requested { request, version } = asked;
        let decider = person(ctx)?;
        self.check_open(ctx, &request, decider).await?;
        let id = RecordId::of_subject(request.person);
        let outcome = match &verdict {
            Verdict::Accept { .. } => Outcome::Accepted,
            Verdict::Decline => Outcome::Declined,
        };
        let role = match &verdict {
            Verdict::Accept { role } => role.clone(),
            Verdict::Decline => request.role.clone(),
        };
        let decision = Decision { outcome, by: Some(decider), at: ctx.now, reason: reason.clone() };
        let decided = AccessRequest { role: role.clone(), verifier: None, decision: Some(decision), ..request.clone() };
        let changes = Changes::new().revise(id, &decided, Expected::Version(version))?;
        let email =
            EmailAddress::parse(&request.email).map_err(|words| model::Fault::new("reading a request", words))?;
        let organisation = self.organisation(ctx.tenant, ctx.request, ctx.now).await?.name;
        let envelope = Envelope { tenant: ctx.tenant, organisation: &organisation, to: &email };
        let letter = match verdict {
            Verdict::Accept { role } => {
                self.may_be_given(&role)?;
                self.holds_all_of(ctx, &role)?;
                Letter::request_accepted(envelope, self.title(&role), &self.link("/sign-in")?)
            }
            Verdict::Decline => Letter::request_declined(envelope, &reason),
        };
        match outcome {
            Outcome::Accepted => {
                let verifier = request.verifier.ok_or_else(|| answered().recorded())?;
                let record = Account::joining(&email, request.name, vec![HeldRole::always(role)], verifier, ctx.now);
                self.place_account(ctx, Placing { account: request.person, email: &email, record }, changes).await?;
            }
            Outcome::Declined => {
                self.vault.commit(ctx, changes).await?;
            }
        }
        self.post(letter)
    }

    /// A request that waits, is not over, and is somebody else's.
    async fn check_open(&self, ctx: &Ctx, request: &AccessRequest, decider: SubjectId) -> Answer<()> {
        if request.decision.is_some() {
            return Err(answered().into());
        }
        if ctx.now >= request.answer_by {
            let words = "Nobody answered this request in time, so it is over. Whoever asked can ask again.";
            return Err(Refusal::new(RefusalKind::Gone, words).into());
        }
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let own = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(decider)).await?;
        let own = own.map(|opened| opened.record::<Account>()).transpose()?;
        if decider == request.person || own.is_some_and(|own| own.email == request.email) {
            let words = "This request is your own. Somebody else has to decide it.";
            return Err(Refusal::new(RefusalKind::NotAllowed, words).into());
        }
        Ok(())
    }

    /// Nobody gives what they do not have: every permission of the role must be the asker's own at this moment.
    pub(super) fn holds_all_of(&self, ctx: &Ctx, role: &str) -> Answer<()> {
        let registry = self.vault.registry();
        let wanted = registry.role(role).map(|role| role.set).unwrap_or_default();
        for decl in registry.permissions() {
            let Some(permission) = registry.permission(decl.name).filter(|one| wanted.contains(*one)) else { continue };
            if decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_err() {
                let words = format!("You cannot give this role: it may “{}”, and you may not.", decl.words);
                return Err(Refusal::new(RefusalKind::NotAllowed, words.clone()).at("role", words).into());
            }
        }
        Ok(())
    }
}

fn answered() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "This request was answered already.")
}
