//! A new password for who lost theirs: a letter, a link, once. The second factor stays as it was.

use model::{Answer, Kind, RecordId, Refusal, RefusalKind, RequestId, SubjectId, Time};
use seal::Secret;
use vault::{Change, Changes, Expected, Note, Opened};

use crate::kinds::{Account, Reset, Session, SignInName, Ticket};
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;
use crate::sign_in::known_tenant;
use crate::{Identity, credential, roles};

/// How long a link is good, in seconds.
pub const RESET_SECONDS: i64 = 30 * 60;

impl Identity {
    /// Writes a letter with a link, if the address has an account. The answer is the same if not.
    pub async fn ask_for_reset(&self, email: &EmailAddress, request: RequestId, now: Time) -> Answer<()> {
        let stem = self.link("/reset/choose?token=")?;
        let in_budget = self.spend_letter(email, request, now).await?;
        let house = self.duty(roles::DOOR, self.house, request, now);
        let name_id = self.name_id(email).await?;
        let name = self.vault.recognise(&house, SignInName::DECL, name_id).await?;
        let name = name.map(|opened| opened.record::<SignInName>()).transpose()?.filter(|_| in_budget);
        let Some(name) = name else {
            return Ok(self.vault.note(&house, note("ask-for-reset", None, "refused")).await?);
        };
        let door = self.duty(roles::DOOR, name.tenant, request, now);
        let issued = credential::issue(name.tenant, self.vault.outside().as_ref());
        let reset = Reset { account: name.account, ends: now.plus_seconds(RESET_SECONDS) };
        self.vault.commit(&door, Changes::new().create(issued.record, &reset)?).await?;
        let organisation = self.organisation(name.tenant, request, now).await?.name;
        let envelope = Envelope { tenant: name.tenant, organisation: &organisation, to: email };
        self.post(Letter::reset(envelope, &format!("{stem}{}", issued.text), RESET_SECONDS / 60))
    }

    /// Whether a link is still good, for the page that asks for the new password.
    pub async fn reset_is_good(&self, token: &str, request: RequestId, now: Time) -> Answer<()> {
        self.good_reset(token, request, now).await.map(|_| ())
    }

    /// Sets the new password, uses up every link of the account, and ends every session and every sign-in under way.
    pub async fn reset_password(&self, token: &str, password: Secret, request: RequestId, now: Time) -> Answer<()> {
        let reset_page = self.link("/reset")?;
        let (_, reset) = self.good_reset(token, request, now).await?;
        let presented = credential::read(token).ok_or_else(over)?;
        let door = self.duty(roles::DOOR, presented.tenant, request, now);
        // ORDER: looked at again when it is this link's turn, so that of two at once one wins.
        let _turn = self.turns.take(RecordId::of_subject(reset.account)).await;
        let (_, reset) = self.good_reset(token, request, now).await?;
        let id = RecordId::of_subject(reset.account);
        let Some(opened) = self.vault.recognise(&door, Account::DECL, id).await? else { return Err(over().into()) };
        let account: Account = opened.record()?;
        let email =
            EmailAddress::parse(&account.email).map_err(|words| model::Fault::new("reading an account", words))?;
        let changed = self.with_password(&door, &account, password).await?;
        let mut changes = Changes::new().revise(id, &changed, Expected::Version(opened.version))?;
        for gone in self.all_open(&door, reset.account).await? {
            changes = changes.and(Change::Retire(gone.kind, gone.id, Expected::Version(gone.version)));
        }
        self.vault.commit(&door, changes).await?;
        let organisation = self.organisation(door.tenant, request, now).await?.name;
        let envelope = Envelope { tenant: door.tenant, organisation: &organisation, to: &email };
        self.post(Letter::password_changed(envelope, &reset_page))
    }

    async fn good_reset(&self, token: &str, request: RequestId, now: Time) -> Answer<(Opened, Reset)> {
        let presented = credential::read(token).ok_or_else(over)?;
        let door = self.duty(roles::DOOR, presented.tenant, request, now);
        let found = known_tenant(self.vault.recognise(&door, Reset::DECL, presented.record).await)?;
        let opened = found.ok_or_else(over)?;
        let reset: Reset = opened.record()?;
        if now >= reset.ends {
            return Err(over().into());
        }
        Ok((opened, reset))
    }

    /// Every link, session and sign-in under way of one account.
    async fn all_open(&self, door: &access::Ctx, account: SubjectId) -> Answer<Vec<Opened>> {
        let mut all = Vec::new();
        for opened in self.every(door, Reset::DECL).await? {
            if opened.record::<Reset>()?.account == account {
                all.push(opened);
            }
        }
        for opened in self.every(door, Session::DECL).await? {
            if opened.record::<Session>()?.account == account {
                all.push(opened);
            }
        }
        for opened in self.every(door, Ticket::DECL).await? {
            if opened.record::<Ticket>()?.account == account {
                all.push(opened);
            }
        }
        Ok(all)
    }
}

const fn note(action: &'static str, subject: Option<SubjectId>, outcome: &'static str) -> Note {
    Note { action, kind: Some(Account::DECL), id: None, subject, outcome }
}

fn over() -> Refusal {
    let words = "This link is over: it is good once and for half an hour. Ask for a new one.";
    Refusal::new(RefusalKind::Gone, words)
}
