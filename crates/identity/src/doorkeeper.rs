use std::sync::Arc;

use access::{Actor, Ask, Assurance, Ctx, Reason, Scope, Window, decide};
use futures_util::future::BoxFuture;
use model::{ActorId, Answer, Kind, No, RecordId, Refusal, SessionId, SubjectRule};
use vault::{Changes, Expected, Note};
use web::{Account as Shown, Credential, Doorkeeper, Guest, Knock, Needs, RouteDecl, not_signed_in};

use crate::credential::Presented;
use crate::kinds::{Account, HeldRole, Session};
use crate::recognised::{As, Known};
use crate::rights::{VISITOR_ASSURANCE, belongs};
use crate::sign_in::known_tenant;
use crate::{Identity, credential, roles};

impl Doorkeeper for Identity {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        Box::pin(async move {
            let guest = match (&knock.session, &knock.bearer) {
                (Some(cookie), _) => self.by_session(knock, cookie).await?,
                (None, Some(token)) => self.by_key(knock, token).await?,
                (None, None) => None,
            };
            // INVARIANT: whoever was recognised, remembered or not, belongs to the organisation at this very moment.
            if let Some(guest) = &guest {
                belongs(&guest.ctx.grants, knock.now)?;
            }
            Ok(guest)
        })
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        let wanted = self.vault.registry().permission(permission);
        wanted.is_some_and(|permission| {
            let asked = decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None });
            match asked {
                Ok(_) => true,
                // A right on one person's records: the vault decides on each of them, and the door cannot know which.
                Err(denied) => denied.reason == Reason::OutOfScope && self.is_about_people(permission),
            }
        })
    }

    fn denied<'a>(&'a self, _: &'a Knock, decl: &'a RouteDecl, ctx: Option<&'a Ctx>) -> BoxFuture<'a, Answer<Refusal>> {
        Box::pin(async move {
            let Some(ctx) = ctx else { return Ok(not_signed_in()) };
            self.vault.note(ctx, refused("open-route")).await?;
            let refusal =
                if self.is_too_weak(ctx, decl) { Refusal::second_factor_needed() } else { Refusal::not_found() };
            Ok(refusal.recorded())
        })
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        Box::pin(async move { Ok(self.vault.note(ctx, refused("request")).await?) })
    }
}

impl Identity {
    /// Whether a permission is for records that belong to people, so that the vault decides on each.
    fn is_about_people(&self, permission: access::Permission) -> bool {
        let registry = self.vault.registry();
        let of_people = self.vault.kinds().filter(|decl| decl.subject != SubjectRule::Nobody);
        let acts = of_people.flat_map(|decl| [decl.acts.read, decl.acts.revise]);
        acts.filter_map(|name| registry.permission(name)).any(|known| known == permission)
    }

    /// Whether nothing is missing but that the second factor is shown once more.
    fn is_too_weak(&self, ctx: &Ctx, decl: &RouteDecl) -> bool {
        match decl.needs {
            Needs::SteppedUp => ctx.assurance < Assurance::SteppedUp,
            Needs::Permission(name) => self.vault.registry().permission(name).is_some_and(|permission| {
                let asked = decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None });
                asked.is_err_and(|denied| denied.reason == Reason::TooWeak)
            }),
            Needs::Public | Needs::Session => false,
        }
    }

    async fn by_session(&self, knock: &Knock, cookie: &Credential) -> Answer<Option<Guest>> {
        let Some(presented) = credential::read(cookie.reveal()) else { return Ok(None) };
        let known = self.remembered(knock, As::Session, &presented, self.session_holder(knock, &presented)).await?;
        match known {
            Some(known) => Ok(Some(known.guest(knock))),
            None => self.by_visit(knock, &presented).await,
        }
    }

    /// An operator whom the organisation let in. Looked at anew on every request.
    async fn by_visit(&self, knock: &Knock, presented: &Presented) -> Answer<Option<Guest>> {
        let Some(visitor) = self.visitor(knock, presented).await? else { return Ok(None) };
        let known = Known {
            tenant: presented.tenant,
            actor: visitor.actor,
            grants: visitor.grants,
            assurance: VISITOR_ASSURANCE,
            session: Some(visitor.session),
            networks: Vec::new(),
            account: Some(Shown {
                name: visitor.name,
                role: "visiting operator of the house".to_owned(),
                href: None,
                places: Vec::new(),
            }),
            good_until: visitor.until,
        };
        Ok(Some(known.guest(knock)))
    }

    /// Whoever was recognised a moment ago, or else whom the records show.
    pub(crate) async fn remembered(
        &self,
        knock: &Knock,
        sort: As,
        presented: &Presented,
        look: impl Future<Output = Answer<Option<Known>>>,
    ) -> Answer<Option<Arc<Known>>> {
        // ORDER: the tide is asked before the records are read, so that a change in between is not missed.
        let tide = self.vault.tide(presented.tenant);
        if let Some(known) = self.recognised.find((sort, presented.record), tide, knock.now) {
            return Ok(Some(known));
        }
        let Some(known) = look.await? else { return Ok(None) };
        let known = Arc::new(known);
        self.recognised.remember((sort, presented.record), tide, knock.now, &known);
        Ok(Some(known))
    }

    async fn session_holder(&self, knock: &Knock, presented: &Presented) -> Answer<Option<Known>> {
        let door = self.duty(roles::DOOR, presented.tenant, knock.request, knock.now);
        let found = self.vault.recognise(&door, Session::DECL, presented.record).await;
        let Some(opened) = known_tenant(found)? else { return Ok(None) };
        let session: Session = opened.record()?;
        if session.is_over(knock.now) {
            return Ok(None);
        }
        let account_id = RecordId::of_subject(session.account);
        let Some(account) = self.vault.recognise(&door, Account::DECL, account_id).await? else { return Ok(None) };
        let account: Account = account.record()?;
        if account.factors.is_empty() || session.era != account.era {
            return Ok(None);
        }
        let assurance = session.assurance(knock.now);
        let mut good_until = session.over_from().min(session.assurance_until(knock.now));
        let renewal = session.seen.plus_seconds(session.idle_seconds_max / 2);
        if renewal <= knock.now {
            self.seen(&door, presented.record, opened.version, session).await?;
        } else {
            good_until = good_until.min(renewal);
        }
        let grants = self.holdings(&door, &account).await?;
        let places = self.places(&grants, knock.now);
        let role = match account.roles.first() {
            Some(held) => self.title_of(&door, &held.role).await?,
            None => String::new(),
        };
        Ok(Some(Known {
            tenant: presented.tenant,
            actor: Actor::Person(ActorId::from_uuid(account_id.uuid())),
            grants,
            assurance,
            session: Some(SessionId::from_uuid(presented.record.uuid())),
            networks: Vec::new(),
            account: Some(Shown { name: account.name, role, href: None, places }),
            good_until,
        }))
    }

    /// Writes down that a session is in use, at most twice in an idle limit.
    async fn seen(&self, door: &Ctx, id: RecordId, version: u64, session: Session) -> Answer<()> {
        let renewed = Session { seen: door.now, ..session };
        match self.vault.commit(door, Changes::new().revise(id, &renewed, Expected::Version(version))?).await {
            // Another request of the same session wrote it first, or it was just signed out.
            Ok(_) | Err(No::Refusal(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

pub(crate) fn held(list: &[HeldRole]) -> impl Iterator<Item = (&str, Window, Scope)> {
    // A second barrier: none is ever written, see `accounts.rs`.
    let may_hold = |held: &&HeldRole| !roles::is_duty(&held.role) && !held.role.starts_with("house.");
    list.iter()
        .filter(may_hold)
        .map(|held| (held.role.as_str(), Window { from: held.from, until: held.until }, Scope::Tenant))
}

const fn refused(action: &'static str) -> Note {
    Note { action, kind: None, id: None, subject: None, outcome: "refused" }
}
