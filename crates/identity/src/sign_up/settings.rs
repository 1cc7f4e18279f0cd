use access::{Ask, Ctx, decide};
use model::{Answer, Kind, RecordId, Refusal, RefusalKind, RequestId, TenantId, Time};
use vault::{Change, Changes, Expected};

use crate::kinds::{Organisation, SignUpMode, SignUpPlace, SignUpPolicy};
use crate::rules::sign_up::sentence;
use crate::{Identity, roles};

/// Where somebody signs up: an organisation and its policy at this moment.
#[derive(Debug, Clone)]
pub struct Place {
    /// The organisation.
    pub tenant: TenantId,
    /// Its name.
    pub organisation: String,
    /// How it takes people in.
    pub policy: SignUpPolicy,
}

impl Place {
    /// What the organisation says about signing up, made from its policy as it is now.
    pub fn sentence(&self) -> String {
        sentence(&self.organisation, &self.policy)
    }
}

impl Identity {
    /// The organisation behind a sign-up page's short name.
    pub async fn sign_up_place(&self, place: &str, request: RequestId, now: Time) -> Answer<Option<Place>> {
        let door = self.duty(roles::DOOR, self.house, request, now);
        let id = self.place_id(place).await?;
        let Some(found) = self.vault.recognise(&door, SignUpPlace::DECL, id).await? else { return Ok(None) };
        let SignUpPlace { tenant } = found.record()?;
        let whole = self.sign_up_of(tenant, request, now).await?;
        // A name that the organisation gave up leads nowhere.
        Ok((whole.policy.place == place).then_some(whole))
    }

    /// How an organisation takes people in.
    pub async fn sign_up_of(&self, tenant: TenantId, request: RequestId, now: Time) -> Answer<Place> {
        let Organisation { name, .. } = self.organisation(tenant, request, now).await?;
        let door = self.duty(roles::DOOR, tenant, request, now);
        let found = self.vault.recognise(&door, SignUpPolicy::DECL, SignUpPolicy::ID).await?;
        let policy = found.map(|opened| opened.record()).transpose()?.unwrap_or_else(SignUpPolicy::closed);
        Ok(Place { tenant, organisation: name, policy })
    }

    /// Changes how the asker's organisation takes people in.
    pub async fn set_sign_up(&self, ctx: &Ctx, policy: SignUpPolicy) -> Answer<()> {
        check(&policy)?;
        for role in &policy.offered {
            self.may_be_given(role)?;
        }
        let id = SignUpPolicy::ID;
        // ORDER: decided before the short name is taken, so that whoever may not set it takes none.
        let permission = self.vault.registry().permission("sign-up.set").ok_or_else(Refusal::not_found)?;
        if decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_err() {
            return Err(Refusal::new(RefusalKind::NotAllowed, "You may not change how people come in here.").into());
        }
        let before = self.vault.recognise(ctx, SignUpPolicy::DECL, id).await?;
        let old = before.as_ref().map(|opened| opened.record::<SignUpPolicy>()).transpose()?;
        self.take_place(ctx, &policy.place).await?;
        let changes = match &before {
            Some(opened) => Changes::new().revise(id, &policy, Expected::Version(opened.version))?,
            None => Changes::new().create(id, &policy)?,
        };
        self.vault.commit(ctx, changes).await?;
        match old {
            Some(old) if old.place != policy.place => self.leave_place(ctx, &old.place).await,
            _ => Ok(()),
        }
    }

    /// The same when an organisation is furnished, by the duty of setting up.
    pub async fn set_sign_up_at_set_up(
        &self,
        tenant: TenantId,
        policy: SignUpPolicy,
        request: RequestId,
        now: Time,
    ) -> Answer<()> {
        self.set_sign_up(&self.duty(roles::SET_UP, tenant, request, now), policy).await
    }

    async fn take_place(&self, ctx: &Ctx, place: &str) -> Answer<()> {
        if place.is_empty() {
            return Ok(());
        }
        let house = self.duty(roles::SET_UP, self.house, ctx.request, ctx.now);
        let id = self.place_id(place).await?;
        let mine = SignUpPlace { tenant: ctx.tenant };
        match self.vault.recognise(&house, SignUpPlace::DECL, id).await? {
            None => self.vault.commit(&house, Changes::new().create(id, &mine)?).await.map(|_| ()),
            Some(there) if there.record::<SignUpPlace>()? == mine => Ok(()),
            Some(_) => {
                let words = "Another organisation has this short name. Choose another.";
                Err(Refusal::new(RefusalKind::Conflict, words).at("place", words).into())
            }
        }
    }

    async fn leave_place(&self, ctx: &Ctx, place: &str) -> Answer<()> {
        if place.is_empty() {
            return Ok(());
        }
        let house = self.duty(roles::SET_UP, self.house, ctx.request, ctx.now);
        let leave = Change::Retire(SignUpPlace::DECL, self.place_id(place).await?, Expected::Any);
        self.vault.commit(&house, Changes::new().and(leave)).await.map(|_| ())
    }

    async fn place_id(&self, place: &str) -> Result<RecordId, model::Fault> {
        self.vault.digest_id(self.house, "sign-up-place", place).await
    }
}

fn check(policy: &SignUpPolicy) -> Answer<()> {
    let mut refusal = Refusal::new(RefusalKind::Invalid, "Some of this does not go together yet.");
    if policy.mode != SignUpMode::Closed && policy.place.is_empty() {
        refusal = refusal.at("place", "Choose the short name of the sign-up page.");
    }
    if policy.mode == SignUpMode::VerifiedDomain && policy.domains.is_empty() {
        refusal = refusal.at("domains", "Enter at least one domain whose addresses join at once.");
    }
    if policy.mode == SignUpMode::Approval && policy.offered.is_empty() {
        refusal = refusal.at("offered", "Choose at least one role that can be asked for.");
    }
    if refusal.problems.is_empty() { Ok(()) } else { Err(refusal.into()) }
}
