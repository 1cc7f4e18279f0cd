//! Breaking the glass: a right for a short time, taken because it could not wait, looked at by somebody else afterwards.

use access::Ctx;
use model::{Answer, Kind, RecordId, Refusal, RefusalKind};
use vault::{Changes, Expected, Opened};

use super::people::{reasoned, revised};
use super::{Holding, person};
use crate::kinds::{Emergency, EmergencyReview, HeldRole};
use crate::{Identity, roles};

/// How long an emergency can last, in minutes.
pub const MINUTES_MAX: i64 = 120;
/// How the names of roles begin that can be taken in an emergency, and in no other way.
pub(crate) const PREFIX: &str = "emergency-";

impl Identity {
    /// The roles that can be taken in an emergency.
    pub(crate) fn emergency_roles(&self) -> Vec<Holding> {
        let all = self.vault.registry().roles().filter(|role| role.decl.name.starts_with(PREFIX));
        all.map(|role| Holding {
            name: role.decl.name.to_owned(),
            title: role.decl.title.to_owned(),
            words: role.decl.words.to_owned(),
            set: role.set,
            purposes: access::Purposes::ANY,
        })
        .collect()
    }

    /// Takes a right for some minutes. It is on record before it holds, and ends by itself.
    ///
    /// ORDER: first the record, by the person themself; then the right. After a crash in between there is a record of an
    /// emergency that gave nothing.
    pub async fn break_glass(&self, ctx: &Ctx, role: &str, minutes: i64, reason: String) -> Answer<RecordId> {
        self.demand(ctx, "emergency.use").await?;
        if !self.emergency_roles().iter().any(|one| one.name == role) {
            let words = "Choose what you need.";
            return Err(Refusal::new(RefusalKind::Invalid, words).at("role", words).into());
        }
        if !(5..=MINUTES_MAX).contains(&minutes) {
            let words = format!("Between 5 and {MINUTES_MAX} minutes.");
            return Err(Refusal::new(RefusalKind::Invalid, words.clone()).at("minutes", words).into());
        }
        let who = person(ctx)?;
        let until = ctx.now.plus_seconds(minutes * 60);
        let emergency =
            Emergency { by: who, role: role.to_owned(), reason: reasoned(reason)?, from: ctx.now, until, review: None };
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &emergency)?).await?;
        let duty = self.duty(roles::EMERGENCY, ctx.tenant, ctx.request, ctx.now);
        let (mut account, version) = self.account(&duty, who).await?;
        let over = |held: &HeldRole| held.until.is_some_and(|until| until <= ctx.now);
        account.roles.retain(|held| !(held.role.starts_with(PREFIX) && (held.role == role || over(held))));
        account.roles.push(HeldRole { role: role.to_owned(), from: Some(ctx.now), until: Some(until), about: None });
        self.vault.commit(&duty, revised(who, &account, version)?).await?;
        Ok(id)
    }

    /// Writes down what somebody found who looked at an emergency afterwards. Not whoever took it.
    pub async fn review_emergency(&self, ctx: &Ctx, id: RecordId, justified: bool, words: String) -> Answer<()> {
        self.demand(ctx, "emergency.review").await?;
        let (emergency, opened) = self.vault.read_as::<Emergency>(ctx, id).await?;
        let by = person(ctx)?;
        if emergency.by == by {
            let words = "Somebody else has to look at an emergency of yours.";
            return Err(self.refuse_command(ctx, Refusal::new(RefusalKind::NotAllowed, words)).await);
        }
        if emergency.review.is_some() {
            return Err(Refusal::new(RefusalKind::Conflict, "Somebody looked at this already.").into());
        }
        let review = Some(EmergencyReview { by, at: ctx.now, justified, words: reasoned(words)? });
        let changes =
            Changes::new().revise(id, &Emergency { review, ..emergency }, Expected::Version(opened.version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    /// Every emergency, newest first.
    pub async fn emergencies(&self, ctx: &Ctx) -> Answer<Vec<(RecordId, Emergency)>> {
        let read = |opened: Opened| Ok((opened.id, opened.record()?));
        self.every(ctx, Emergency::DECL).await?.into_iter().map(read).collect()
    }
}
