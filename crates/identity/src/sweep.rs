use access::Ctx;
use model::{Answer, Kind, KindDecl, No, RefusalKind, RequestId, TenantId, Time};
use vault::{Change, Changes, Expected, Opened};

use crate::kinds::{
    AccessToken, ApiKey, Device, KeptLetter, LetterBudget, Reset, Session, SignUp, SpentChallenge, Ticket,
    UsedAssertion, Visit,
};
use crate::{Identity, roles};

/// Records deleted in one commit.
const AT_ONCE: usize = 200;

/// What one sweep deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions that were over.
    pub sessions: u64,
    /// Sign-ins that were begun and not finished in time.
    pub tickets: u64,
    /// Letters in the outbox that were kept long enough.
    pub letters: u64,
    /// Keys that nobody used for 90 days, or that ended long ago.
    pub keys: u64,
    /// Browsers unused for half a year, sign-ups, links to choose a password, used challenges and counts of letters that are over.
    pub others: u64,
}

/// Whether a record is over.
type IsOver = fn(&Opened, Time) -> Answer<bool>;

/// What else ends by itself.
const OTHERS: [(&KindDecl, IsOver); 8] = [
    (AccessToken::DECL, |opened, now| Ok(opened.record::<AccessToken>()?.ends <= now)),
    (UsedAssertion::DECL, |opened, now| Ok(opened.record::<UsedAssertion>()?.ends <= now)),
    (Device::DECL, |opened, now| Ok(opened.record::<Device>()?.ends <= now)),
    (Visit::DECL, |opened, now| Ok(opened.record::<Visit>()?.ends <= now)),
    (SignUp::DECL, |opened, now| Ok(opened.record::<SignUp>()?.ends <= now)),
    (Reset::DECL, |opened, now| Ok(opened.record::<Reset>()?.ends <= now)),
    (LetterBudget::DECL, |opened, now| Ok(opened.record::<LetterBudget>()?.ends <= now)),
    (SpentChallenge::DECL, |opened, now| Ok(opened.record::<SpentChallenge>()?.ends <= now)),
];

impl Identity {
    /// Deletes the sessions and tickets of an organisation that are over, as a duty of the house.
    ///
    /// The promise is that they are gone 24 hours after their end; swept at least once in that time, they are. Each
    /// deletion leaves one evidence entry.
    pub async fn sweep(&self, tenant: TenantId, request: RequestId, now: Time) -> Answer<Swept> {
        let duty = self.duty(roles::SWEEP, tenant, request, now);
        let sessions = self.over(&duty, Session::DECL, |opened| Ok(opened.record::<Session>()?.is_over(now))).await?;
        let tickets = self.over(&duty, Ticket::DECL, |opened| Ok(opened.record::<Ticket>()?.ends <= now)).await?;
        let letters =
            self.over(&duty, KeptLetter::DECL, |opened| Ok(opened.record::<KeptLetter>()?.ends <= now)).await?;
        let mut others = 0;
        for (kind, is_over) in OTHERS {
            let over = self.over(&duty, kind, |opened| is_over(opened, now)).await?;
            others += self.delete(&duty, kind, &over).await?;
        }
        let keys = self.sweep_keys(&duty).await?;
        Ok(Swept {
            keys: self.delete(&duty, ApiKey::DECL, &keys).await?,
            others,
            sessions: self.delete(&duty, Session::DECL, &sessions).await?,
            tickets: self.delete(&duty, Ticket::DECL, &tickets).await?,
            letters: self.delete(&duty, KeptLetter::DECL, &letters).await?,
        })
    }

    async fn over(
        &self,
        duty: &Ctx,
        kind: &'static KindDecl,
        is_over: impl Fn(&Opened) -> Answer<bool>,
    ) -> Answer<Vec<Opened>> {
        let mut over = Vec::new();
        for opened in self.every(duty, kind).await? {
            if is_over(&opened)? {
                over.push(opened);
            }
        }
        Ok(over)
    }

    async fn delete(&self, duty: &Ctx, kind: &'static KindDecl, over: &[Opened]) -> Answer<u64> {
        let retire = |opened: &Opened| Change::Retire(kind, opened.id, Expected::Version(opened.version));
        let mut deleted = 0;
        for some in over.chunks(AT_ONCE) {
            let all = some.iter().fold(Changes::new(), |changes, opened| changes.and(retire(opened)));
            match self.vault.commit(duty, all).await {
                Ok(_) => deleted += some.len() as u64,
                // One of them was renewed or signed out meanwhile: one by one, so that the others still go.
                Err(No::Refusal(_)) => {
                    for opened in some {
                        deleted += u64::from(self.delete_one(duty, retire(opened)).await?);
                    }
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(deleted)
    }

    async fn delete_one(&self, duty: &Ctx, retire: Change) -> Answer<bool> {
        match self.vault.commit(duty, Changes::new().and(retire)).await {
            Ok(_) => Ok(true),
            Err(No::Refusal(refusal))
                if matches!(refusal.kind, RefusalKind::NotFound | RefusalKind::PreconditionFailed) =>
            {
                Ok(false)
            }
            Err(no) => Err(no),
        }
    }
}
