use access::Ctx;
use model::{Answer, Kind, No, RecordId, Refusal, RefusalKind, RequestId, SubjectId, Time};
use vault::{Changes, Expected, Note, Opened};

use super::Place;
use crate::kinds::{Invitation, LetterBudget, SignInName, SignUp};
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;
use crate::rules::mailed_code::{self, Judged};
use crate::rules::sign_up::{Entrance, entrance};
use crate::sign_in::known_tenant;
use crate::{Identity, credential, roles};

/// How long a sign-up may take from its first page to its last, in seconds.
const SIGN_UP_SECONDS: i64 = 60 * 60;

/// What somebody enters to sign up.
pub struct SignUpForm {
    /// Their address.
    pub email: EmailAddress,
    /// How they are called.
    pub name: String,
    /// The role they ask for, where one is asked for.
    pub asked: Option<String>,
}

impl Identity {
    /// Begins a sign-up and writes a letter: a code, or word that there is an account already, or none at all. The
    /// answer is the same: a ticket for the page on which the code is entered.
    pub async fn begin_sign_up(
        &self,
        place: &Place,
        form: SignUpForm,
        request: RequestId,
        now: Time,
    ) -> Answer<String> {
        let door = self.duty(roles::DOOR, place.tenant, request, now);
        if place.policy.mode == crate::kinds::SignUpMode::Closed {
            return Err(closed(place).into());
        }
        if let Some(role) = &form.asked {
            self.is_offered(place, role)?;
        }
        let links = (self.link("/reset")?, form.email.clone());
        let is_known = self.is_known(&form.email, request, now).await?;
        let invited = self.invited(&door, &form.email).await?.map(|(_, invitation)| invitation.by);
        let may = entrance(&place.policy, &form.email, invited) != Entrance::None;
        let in_budget = self.spend_letter(&form.email, request, now).await?;
        let issued = credential::issue(place.tenant, self.vault.outside().as_ref());
        let code = mailed_code::fresh(self.vault.outside().as_ref());
        let digest = self.code_digest(&door, issued.record, &code).await?;
        let is_sent = !is_known && may && in_budget;
        let sign_up = SignUp {
            person: self.vault.outside().subject_id(),
            email: form.email.as_str().to_owned(),
            name: form.name,
            asked: form.asked,
            code: mailed_code::first(is_sent.then_some(digest), now),
            proven: None,
            ends: now.plus_seconds(SIGN_UP_SECONDS),
        };
        self.vault.commit(&door, Changes::new().create(issued.record, &sign_up)?).await?;
        let (reset, to) = links;
        let envelope = Envelope { tenant: place.tenant, organisation: &place.organisation, to: &to };
        if is_sent {
            self.post(code_letter(envelope, &code))?;
        } else if is_known && in_budget {
            self.post(Letter::account_exists(envelope, &reset))?;
        }
        Ok(issued.text)
    }

    /// Sends another code, which takes the place of the one before.
    pub async fn send_code_again(&self, place: &Place, ticket: &str, request: RequestId, now: Time) -> Answer<()> {
        let (door, _turn, opened, sign_up) = self.sign_up(place, ticket, request, now).await?;
        let email =
            EmailAddress::parse(&sign_up.email).map_err(|words| model::Fault::new("reading a sign-up", words))?;
        let code = mailed_code::fresh(self.vault.outside().as_ref());
        let digest = self.code_digest(&door, opened.id, &code).await?;
        let in_budget = self.spend_letter(&email, request, now).await?;
        // Where no first code was sent, none is sent now: the address has an account, or cannot join.
        let is_sent = in_budget && !self.is_known(&email, request, now).await? && {
            let invited = self.invited(&door, &email).await?.map(|(_, invitation)| invitation.by);
            entrance(&place.policy, &email, invited) != Entrance::None
        };
        let next = mailed_code::next(&sign_up.code, is_sent.then_some(digest), now).map_err(wait)?;
        let changes = Changes::new();
        let next = SignUp { code: next, ..sign_up };
        self.vault.commit(&door, changes.revise(opened.id, &next, Expected::Version(opened.version))?).await?;
        if is_sent {
            let envelope = Envelope { tenant: place.tenant, organisation: &place.organisation, to: &email };
            self.post(code_letter(envelope, &code))?;
        }
        Ok(())
    }

    /// Takes the code. From then on the address is proven.
    pub async fn prove_address(
        &self,
        place: &Place,
        ticket: &str,
        entered: &str,
        request: RequestId,
        now: Time,
    ) -> Answer<()> {
        let (door, _turn, opened, sign_up) = self.sign_up(place, ticket, request, now).await?;
        let tried = self.code_digest(&door, opened.id, &mailed_code::typed(entered)).await?;
        let (next, words) = match mailed_code::judge(&sign_up.code, tried, now) {
            Judged::Right => {
                let code = crate::kinds::MailedCode { digest: None, ..sign_up.code };
                (SignUp { code, proven: Some(now), ..sign_up }, None)
            }
            Judged::Wrong => {
                let wrong = sign_up.code.wrong.saturating_add(1);
                let code = crate::kinds::MailedCode { wrong, ..sign_up.code };
                (SignUp { code, ..sign_up }, Some("That code is not right. Check the letter and enter it again."))
            }
            Judged::Over => {
                self.vault.note(&door, code_note(&sign_up)).await?;
                let words = "This code is over: it was good for 15 minutes and five tries. Have another one sent.";
                return Err(Refusal::new(RefusalKind::NotSignedIn, words).at("code", words).recorded().into());
            }
        };
        let note = code_note(&next);
        self.vault.commit(&door, Changes::new().revise(opened.id, &next, Expected::Version(opened.version))?).await?;
        match words {
            None => Ok(()),
            Some(words) => {
                self.vault.note(&door, note).await?;
                Err(Refusal::new(RefusalKind::NotSignedIn, words).at("code", words).recorded().into())
            }
        }
    }

    /// Whether so many codes were wrong in a sign-up that the next needs a challenge.
    pub(crate) async fn code_is_risky(
        &self,
        place: &Place,
        ticket: &str,
        request: RequestId,
        now: Time,
    ) -> Answer<bool> {
        match self.sign_up(place, ticket, request, now).await {
            Ok((.., sign_up)) => Ok(sign_up.code.wrong >= mailed_code::RISKY_FROM),
            Err(No::Refusal(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// The sign-up that a ticket stands for, when it is this attempt's turn.
    pub(super) async fn sign_up(
        &self,
        place: &Place,
        ticket: &str,
        request: RequestId,
        now: Time,
    ) -> Answer<(Ctx, crate::turns::Turn<'_>, Opened, SignUp)> {
        let presented =
            credential::read(ticket).filter(|presented| presented.tenant == place.tenant).ok_or_else(over)?;
        let door = self.duty(roles::DOOR, place.tenant, request, now);
        let turn = self.turns.take(presented.record).await;
        let found = known_tenant(self.vault.recognise(&door, SignUp::DECL, presented.record).await)?;
        let opened = found.ok_or_else(over)?;
        let sign_up: SignUp = opened.record()?;
        if now >= sign_up.ends {
            return Err(over().into());
        }
        Ok((door, turn, opened, sign_up))
    }

    pub(crate) async fn is_known(&self, email: &EmailAddress, request: RequestId, now: Time) -> Answer<bool> {
        let house = self.duty(roles::DOOR, self.house, request, now);
        let name = self.name_id(email).await?;
        Ok(self.vault.recognise(&house, SignInName::DECL, name).await?.is_some())
    }

    /// The invitation that an address has, if it is still good.
    pub(super) async fn invited(&self, ctx: &Ctx, email: &EmailAddress) -> Answer<Option<(Opened, Invitation)>> {
        let id = self.invitation_id(ctx.tenant, email).await?;
        let Some(opened) = self.vault.recognise(ctx, Invitation::DECL, id).await? else { return Ok(None) };
        let invitation: Invitation = opened.record()?;
        Ok((ctx.now < invitation.until).then_some((opened, invitation)))
    }

    /// Counts one letter that a stranger caused; whether the address may have it.
    pub(crate) async fn spend_letter(&self, email: &EmailAddress, request: RequestId, now: Time) -> Answer<bool> {
        let house = self.duty(roles::DOOR, self.house, request, now);
        let id = self.vault.digest_id(self.house, "letter-budget", email.as_str()).await?;
        let _turn = self.turns.take(id).await;
        let fresh = LetterBudget { letters: 1, ends: now.plus_seconds(60 * 60) };
        let (changes, may) = match self.vault.recognise(&house, LetterBudget::DECL, id).await? {
            None => (Changes::new().create(id, &fresh)?, true),
            Some(opened) => {
                let spent: LetterBudget = opened.record()?;
                let next = match now < spent.ends {
                    true => LetterBudget { letters: spent.letters.saturating_add(1), ..spent },
                    false => fresh,
                };
                let may = next.letters <= mailed_code::LETTERS_MAX;
                (Changes::new().revise(id, &next, Expected::Version(opened.version))?, may)
            }
        };
        match self.vault.commit(&house, changes).await {
            Ok(_) => Ok(may),
            // Another node counted at the same moment: this letter is one too many.
            Err(No::Refusal(_)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    fn is_offered(&self, place: &Place, role: &str) -> Answer<()> {
        if place.policy.offered.iter().any(|offered| offered == role) {
            return Ok(());
        }
        let words = "This role cannot be asked for here. Choose one from the list.";
        Err(Refusal::new(RefusalKind::Invalid, words).at("asked", words).into())
    }

    async fn code_digest(&self, door: &Ctx, sign_up: RecordId, code: &str) -> Result<RecordId, model::Fault> {
        self.vault.digest_id(door.tenant, "sign-up-code", &format!("{sign_up} {code}")).await
    }
}

fn code_letter(envelope: Envelope<'_>, code: &str) -> Letter {
    Letter::activation(envelope, &mailed_code::shown(code), mailed_code::CODE_SECONDS / 60)
}

const fn code_note(sign_up: &SignUp) -> Note {
    let subject: Option<SubjectId> = Some(sign_up.person);
    Note { action: "prove-address", kind: Some(SignUp::DECL), id: None, subject, outcome: "refused" }
}

fn wait(seconds: Option<i64>) -> Refusal {
    let words = match seconds {
        Some(seconds) => format!("A code was sent a moment ago. Another can be sent in {seconds} seconds."),
        None => "No more codes can be sent in this sign-up. Begin again.".to_owned(),
    };
    Refusal::new(RefusalKind::TooManyRequests, words)
}

pub(super) fn over() -> Refusal {
    let words = "This sign-up took too long, or is done already. Begin again.";
    Refusal::new(RefusalKind::Gone, words)
}

pub(super) fn closed(place: &Place) -> Refusal {
    Refusal::new(RefusalKind::NotAllowed, place.sentence())
}
