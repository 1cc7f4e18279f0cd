//! Sessions: begun after two factors, renewed under a new token when more is permitted, ended one by one or all at once.

use access::{Actor, Ctx};
use model::{Answer, Kind, No, RecordId, Refusal, RefusalKind, SubjectId, Time};
use vault::{Change, Changes, Expected, Opened};
use web::not_signed_in;

use crate::kinds::{Account, Session};
use crate::notices::Happened;
use crate::rules::agent;
use crate::second_factor::with_account;
use crate::sign_in::{Caller, SignedIn};
use crate::{Identity, credential, roles};

/// A session that is about to begin.
pub(crate) struct Beginning<'a> {
    pub whose: SubjectId,
    /// As the account is when the session begins.
    pub account: &'a Account,
    /// What was shown (RFC 8176 names).
    pub factors: &'a [&'a str],
    pub caller: &'a Caller,
}

impl Identity {
    /// Begins a session in the same commit as the changes that led to it.
    pub(crate) async fn begin_session(&self, door: &Ctx, begun: Beginning<'_>, changes: Changes) -> Answer<SignedIn> {
        self.check_belongs(door, begun.whose).await?;
        let policy = self.organisation(door.tenant, door.request, door.now).await?.policy;
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let session = Session {
            account: begun.whose,
            since: door.now,
            seen: door.now,
            idle_seconds_max: policy.session_idle_seconds_max,
            ends: door.now.plus_seconds(policy.session_age_seconds_max),
            factors: begun.factors.iter().map(|name| (*name).to_owned()).collect(),
            stepped: None,
            era: begun.account.era,
            agent: begun.caller.agent.clone(),
        };
        let remembered = self.remember_device(door, begun.whose, begun.caller, changes).await?;
        self.vault.commit(door, remembered.changes.create(issued.record, &session)?).await?;
        if remembered.is_news {
            self.tell(door, begun.account, Happened::NewDevice(agent::name(&begun.caller.agent))).await;
        }
        Ok(SignedIn { token: issued.text, tenant: door.tenant, device: remembered.token })
    }

    /// Ends a session. Its cookie is worth nothing from the next request on.
    pub async fn sign_out(&self, ctx: &Ctx) -> Answer<()> {
        let Some(session) = ctx.session else { return Ok(()) };
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        self.leave(ctx).await?;
        self.end_session(&door, RecordId::from_uuid(session.uuid())).await
    }

    pub(crate) async fn end_session(&self, door: &Ctx, id: RecordId) -> Answer<()> {
        let changes = Changes::new().and(Change::Retire(Session::DECL, id, Expected::Any));
        match self.vault.commit(door, changes).await {
            Ok(_) => Ok(()),
            // Signed out twice at once: the second has nothing left to do.
            Err(No::Refusal(refusal)) if matches!(refusal.kind, RefusalKind::NotFound | RefusalKind::Gone) => Ok(()),
            Err(no) => Err(no),
        }
    }

    /// The asker's own account and session, as the door knows them.
    pub(crate) async fn own(&self, ctx: &Ctx) -> Answer<Own> {
        let (Actor::Person(actor), Some(session)) = (ctx.actor, ctx.session) else {
            return Err(not_signed_in().into());
        };
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let account_id = RecordId::from_uuid(actor.uuid());
        let session_id = RecordId::from_uuid(session.uuid());
        let account = self.vault.recognise(&door, Account::DECL, account_id).await?.ok_or_else(not_signed_in)?;
        let session = self.vault.recognise(&door, Session::DECL, session_id).await?.ok_or_else(not_signed_in)?;
        Ok(Own {
            whose: SubjectId::of_record(account_id),
            account: account.record()?,
            account_at: account,
            session: session.record()?,
            session_at: session,
            door,
        })
    }

    /// Writes a session anew under a fresh token, so that a token stolen before is worth nothing after.
    ///
    /// ORDER: the old one goes and the new one comes in one commit, with the change that asks for it.
    pub(crate) async fn rotate(&self, own: &Own, session: Session, changes: Changes) -> Answer<SignedIn> {
        let issued = credential::issue(own.door.tenant, self.vault.outside().as_ref());
        let old = Change::Retire(Session::DECL, own.session_at.id, Expected::Version(own.session_at.version));
        self.vault.commit(&own.door, changes.and(old).create(issued.record, &session)?).await?;
        Ok(SignedIn { token: issued.text, tenant: own.door.tenant, device: None })
    }

    /// The asker's own open sessions, the newest first.
    pub async fn own_sessions(&self, ctx: &Ctx) -> Answer<Vec<OpenSession>> {
        let own = self.own(ctx).await?;
        let mut open = Vec::new();
        for (opened, session) in self.sessions_of(&own).await? {
            if session.is_over(ctx.now) || session.era != own.account.era {
                continue;
            }
            open.push(OpenSession {
                id: opened.id,
                device: agent::name(&session.agent),
                since: session.since,
                seen: session.seen,
                ends: session.over_from(),
                is_this: opened.id == own.session_at.id,
            });
        }
        open.sort_by_key(|session| (!session.is_this, std::cmp::Reverse(session.seen)));
        Ok(open)
    }

    /// Ends one of the asker's own sessions, from the next request on.
    pub async fn end_own_session(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let own = self.own(ctx).await?;
        if !self.sessions_of(&own).await?.iter().any(|(opened, _)| opened.id == id) {
            return Err(Refusal::not_found().into());
        }
        self.end_session(&own.door, id).await
    }

    /// Ends every session of the asker's account, this one too, from the next request on.
    ///
    /// ORDER: the era is counted up first, which ends all of them at once on every node; then they are deleted.
    pub async fn sign_out_everywhere(&self, ctx: &Ctx) -> Answer<()> {
        let own = self.own(ctx).await?;
        let account = Account { era: own.account.era + 1, ..own.account.clone() };
        self.vault.commit(&own.door, with_account(Changes::new(), &own.account_at, Some(&account))?).await?;
        for (opened, _) in self.sessions_of(&own).await? {
            self.end_session(&own.door, opened.id).await?;
        }
        Ok(())
    }

    async fn sessions_of(&self, own: &Own) -> Answer<Vec<(Opened, Session)>> {
        let whose = own.whose.to_string();
        let mut sessions = Vec::new();
        for opened in self.vault.recognise_by(&own.door, Session::DECL, "account", &whose).await? {
            let session: Session = opened.record()?;
            if session.account == own.whose {
                sessions.push((opened, session));
            }
        }
        Ok(sessions)
    }

    /// The session of a new era: what its account changed ended all others.
    pub(crate) async fn rotate_into_era(&self, own: &Own, account: &Account, changes: Changes) -> Answer<SignedIn> {
        let session = Session { era: account.era, ..own.session.clone() };
        let changes = with_account(changes, &own.account_at, Some(account))?;
        self.rotate(own, session, changes).await
    }
}

/// One of somebody's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    /// What names it. Not what opens it.
    pub id: RecordId,
    /// The browser, as people call it.
    pub device: String,
    /// When both factors had been shown.
    pub since: Time,
    /// When it was last known to be used.
    pub seen: Time,
    /// When it ends if it is not used any more.
    pub ends: Time,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// Who asks: their account and the session they ask in.
pub(crate) struct Own {
    pub whose: SubjectId,
    pub account: Account,
    pub account_at: Opened,
    pub session: Session,
    pub session_at: Opened,
    /// The duty in which the door writes for them.
    pub door: Ctx,
}
