//! Sessions: begun after two factors, renewed under a new token when more is permitted, ended one by one or all at once.

use access::{Actor, Ctx};
use model::{Answer, Kind, No, RecordId, RefusalKind, SubjectId};
use vault::{Change, Changes, Expected, Opened};
use web::not_signed_in;

use crate::kinds::{Account, Session};
use crate::sign_in::{Caller, SignedIn};
use crate::{Identity, credential, roles};

/// A session that is about to begin.
pub(crate) struct Beginning<'a> {
    pub account: SubjectId,
    /// The account's era.
    pub era: u64,
    /// What was shown (RFC 8176 names).
    pub factors: &'a [&'a str],
    pub caller: &'a Caller,
}

impl Identity {
    /// Begins a session in the same commit as the changes that led to it.
    pub(crate) async fn begin_session(&self, door: &Ctx, begun: Beginning<'_>, changes: Changes) -> Answer<SignedIn> {
        self.check_belongs(door, begun.account).await?;
        let policy = self.organisation(door.tenant, door.request, door.now).await?.policy;
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let session = Session {
            account: begun.account,
            since: door.now,
            seen: door.now,
            idle_seconds_max: policy.session_idle_seconds_max,
            ends: door.now.plus_seconds(policy.session_age_seconds_max),
            factors: begun.factors.iter().map(|name| (*name).to_owned()).collect(),
            stepped: None,
            era: begun.era,
            agent: begun.caller.agent.clone(),
        };
        self.vault.commit(door, changes.create(issued.record, &session)?).await?;
        Ok(SignedIn { token: issued.text, tenant: door.tenant })
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
        Ok(SignedIn { token: issued.text, tenant: own.door.tenant })
    }
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
