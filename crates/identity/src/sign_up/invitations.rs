use access::Ctx;
use model::{Answer, Kind, RecordId, TenantId};
use vault::{Change, Changes, Expected, Query};

use super::person;
use crate::kinds::Invitation;
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;
use crate::{Identity, kinds::SignUpMode};

/// How long an invitation is good, in days.
pub(crate) const INVITED_DAYS: i64 = 7;

/// An invitation as it stands.
pub struct Invited {
    /// Its record.
    pub id: RecordId,
    /// The invitation.
    pub invitation: Invitation,
}

impl Identity {
    /// Invites somebody with one role. A later invitation takes the place of an earlier one.
    pub async fn invite(&self, ctx: &Ctx, email: &EmailAddress, role: &str) -> Answer<()> {
        let by = person(ctx)?;
        self.may_be_given(role)?;
        self.holds_all_of(ctx, role)?;
        let place = self.sign_up_of(ctx.tenant, ctx.request, ctx.now).await?;
        if place.policy.mode == SignUpMode::Closed {
            return Err(super::begin::closed(&place).into());
        }
        let id = self.invitation_id(ctx.tenant, email).await?;
        let invitation = Invitation {
            person: self.vault.outside().subject_id(),
            email: email.as_str().to_owned(),
            role: role.to_owned(),
            by,
            since: ctx.now,
            until: ctx.now.plus_seconds(INVITED_DAYS * 24 * 60 * 60),
        };
        let changes = match self.vault.recognise(ctx, Invitation::DECL, id).await? {
            Some(before) => {
                let person = before.record::<Invitation>()?.person;
                let invitation = Invitation { person, ..invitation };
                Changes::new().revise(id, &invitation, Expected::Version(before.version))?
            }
            None => Changes::new().create(id, &invitation)?,
        };
        let link = self.link(&format!("/sign-up/{}", place.policy.place))?;
        self.vault.commit(ctx, changes).await?;
        let envelope = Envelope { tenant: ctx.tenant, organisation: &place.organisation, to: email };
        self.post(Letter::invitation(envelope, self.title(role), &link, INVITED_DAYS))
    }

    /// The newest invitations that were not used or withdrawn.
    pub async fn invitations(&self, ctx: &Ctx) -> Answer<Vec<Invited>> {
        let found = self.vault.search(ctx, &Query { limit: 50, ..Query::all(Invitation::DECL) }).await?;
        found.page.iter().map(|opened| Ok(Invited { id: opened.id, invitation: opened.record()? })).collect()
    }

    /// Takes an invitation back.
    pub async fn withdraw_invitation(&self, ctx: &Ctx, id: RecordId) -> Answer<()> {
        let withdraw = Change::Retire(Invitation::DECL, id, Expected::Any);
        self.vault.commit(ctx, Changes::new().and(withdraw)).await.map(|_| ())
    }

    pub(super) async fn invitation_id(&self, tenant: TenantId, email: &EmailAddress) -> Result<RecordId, model::Fault> {
        self.vault.digest_id(tenant, "invitation", email.as_str()).await
    }
}
