use std::sync::Arc;

use access::Ctx;
use model::{Answer, Fault, Kind, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time};
use seal::Secret;
use seal::password::{Outcome, PasswordError, Verifier};
use vault::{Change, Changes, Expected, Note};

use crate::kinds::{Account, Session, SignInName, SignInState, Ticket};
use crate::rules::email::EmailAddress;
use crate::rules::{code, patience};
use crate::{Identity, accounts::busy, credential, roles};

/// How long the second factor may take, in seconds.
const TICKET_SECONDS: i64 = 10 * 60;
/// Wrong codes after which a ticket is void.
const WRONG_CODES_MAX: u32 = 5;

/// What comes after a right password.
pub enum Step {
    /// The code of the second factor.
    Code {
        /// To be sent back with the code.
        ticket: String,
    },
    /// Enrolling a second factor; nothing else can be reached before.
    Enrol {
        /// To be sent back with the first code.
        ticket: String,
        /// The new secret in base32.
        secret: String,
        /// The same as an address for authenticator programs.
        uri: String,
    },
}

/// Both factors were right.
pub struct SignedIn {
    /// The cookie's value.
    pub token: String,
    /// The organisation.
    pub tenant: TenantId,
}

impl Identity {
    /// The first factor. Unknown addresses cost the same time and get the same words as wrong passwords.
    pub async fn password(
        &self,
        email: &EmailAddress,
        password: Secret,
        request: RequestId,
        now: Time,
    ) -> Answer<Step> {
        let house = self.duty(roles::DOOR, self.house, request, now);
        let name_id = self.name_id(email).await?;
        let Some(name) = self.vault.recognise(&house, SignInName::DECL, name_id).await? else {
            self.verify(password, None).await?;
            self.vault.note(&house, sign_in_note("refused", None)).await?;
            return Err(wrong().recorded().into());
        };
        let name: SignInName = name.record()?;
        let door = self.duty(roles::DOOR, name.tenant, request, now);
        let account_id = RecordId::of_subject(name.account);
        let Some(opened) = self.vault.recognise(&door, Account::DECL, account_id).await? else {
            self.verify(password, None).await?;
            self.vault.note(&door, sign_in_note("refused", Some(name.account))).await?;
            return Err(wrong().recorded().into());
        };
        let account: Account = opened.record()?;
        self.check_patience(&door, name.account).await?;
        match self.verify(password, Some(&account.verifier)).await? {
            Outcome::Wrong => {
                self.wrong_attempt(&door, name.account).await?;
                Err(wrong().recorded().into())
            }
            Outcome::Right | Outcome::RightButOld => self.ticket(&door, name.account, &account).await,
        }
    }

    /// The second factor: a code for the ticket that the first one gave. Begins a session.
    pub async fn second(&self, ticket: &str, entered: &str, request: RequestId, now: Time) -> Answer<SignedIn> {
        let presented = credential::read(ticket).ok_or_else(ticket_over)?;
        let door = self.duty(roles::DOOR, presented.tenant, request, now);
        let found = self.vault.recognise(&door, Ticket::DECL, presented.record).await;
        let opened = known_tenant(found)?.ok_or_else(ticket_over)?;
        let record: Ticket = opened.record()?;
        if record.ends <= now || record.wrong >= WRONG_CODES_MAX {
            return Err(ticket_over().into());
        }
        let account = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(record.account)).await?;
        let account: Account = account.ok_or_else(ticket_over)?.record()?;
        self.check_patience(&door, record.account).await?;
        let (state, state_version) = self.state(&door, record.account).await?;
        let secret = record.enrolling.as_ref().or(account.factor.as_ref().map(|factor| &factor.secret));
        let step = secret.and_then(|secret| code::check(secret, entered, now, state.code_step));
        let Some(step) = step else {
            let worse = Ticket { wrong: record.wrong + 1, ..record };
            let changes = Changes::new().revise(presented.record, &worse, Expected::Any)?;
            self.vault.commit(&door, changes).await?;
            self.wrong_attempt(&door, worse.account).await?;
            let words = "That code is not right. Enter the newest code; each can be used once.";
            return Err(Refusal::new(RefusalKind::NotSignedIn, words).at("code", words).recorded().into());
        };
        if let Some(secret) = record.enrolling.clone() {
            self.enrol(&door, record.account, secret).await?;
        }
        let fresh = SignInState { wrong: 0, wrong_at: None, code_step: step, account: record.account };
        let changes =
            Changes::new().and(Change::Retire(Ticket::DECL, presented.record, Expected::Version(opened.version)));
        let changes = with_state(changes, &fresh, state_version)?;
        self.begin_session(&door, record.account, changes).await
    }

    /// Ends a session. Its cookie is worth nothing from the next request on.
    pub async fn sign_out(&self, ctx: &Ctx) -> Answer<()> {
        let Some(session) = ctx.session else { return Ok(()) };
        let door = self.duty(roles::DOOR, ctx.tenant, ctx.request, ctx.now);
        let id = RecordId::from_uuid(session.uuid());
        let changes = Changes::new().and(Change::Retire(Session::DECL, id, Expected::Any));
        match self.vault.commit(&door, changes).await {
            Ok(_) => Ok(()),
            // Signed out twice at once: the second has nothing left to do.
            Err(model::No::Refusal(refusal)) if refusal.kind == RefusalKind::NotFound => Ok(()),
            Err(no) => Err(no),
        }
    }

    async fn begin_session(&self, door: &Ctx, account: SubjectId, changes: Changes) -> Answer<SignedIn> {
        let policy = self.organisation(door.tenant, door.request, door.now).await?.policy;
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let session = Session {
            account,
            since: door.now,
            seen: door.now,
            idle_seconds_max: policy.session_idle_seconds_max,
            ends: door.now.plus_seconds(policy.session_age_seconds_max),
            factors: vec!["pwd".to_owned(), "otp".to_owned()],
        };
        self.vault.commit(door, changes.create(issued.record, &session)?).await?;
        Ok(SignedIn { token: issued.text, tenant: door.tenant })
    }

    async fn ticket(&self, door: &Ctx, account: SubjectId, record: &Account) -> Answer<Step> {
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let enrolling = match &record.factor {
            Some(_) => None,
            None => Some(code::new_secret(self.vault.outside().as_ref())),
        };
        let ticket =
            Ticket { account, wrong: 0, enrolling: enrolling.clone(), ends: door.now.plus_seconds(TICKET_SECONDS) };
        self.vault.commit(door, Changes::new().create(issued.record, &ticket)?).await?;
        Ok(match enrolling {
            None => Step::Code { ticket: issued.text },
            Some(secret) => Step::Enrol { ticket: issued.text, uri: code::uri(&secret, &record.email), secret },
        })
    }

    async fn verify(&self, password: Secret, verifier: Option<&str>) -> Answer<Outcome> {
        let verifier = match verifier {
            Some(text) => {
                Some(Verifier::parse(text).map_err(|error| Fault::new("reading a password verifier", error))?)
            }
            None => None,
        };
        let hasher = Arc::clone(&self.hasher);
        let verified = tokio::task::spawn_blocking(move || match verifier {
            Some(verifier) => hasher.verify(&password, &verifier),
            None => hasher.verify_nobody(&password),
        })
        .await;
        match verified {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(PasswordError::Busy)) => Err(busy().into()),
            Ok(Err(error)) => Err(Fault::new("checking a password", error).into()),
            Err(error) => Err(Fault::new("checking a password", error).into()),
        }
    }

    async fn check_patience(&self, door: &Ctx, account: SubjectId) -> Answer<()> {
        let (state, _) = self.state(door, account).await?;
        match patience::open_from(state.wrong, state.wrong_at) {
            Some(from) if door.now < from => {
                self.vault.note(door, sign_in_note("throttled", Some(account))).await?;
                let seconds = from.seconds_since(door.now).max(0) + 1;
                let words = format!("There were too many wrong attempts. Wait {seconds} seconds, then try again.");
                Err(Refusal::new(RefusalKind::TooManyRequests, words).recorded().into())
            }
            _ => Ok(()),
        }
    }

    async fn wrong_attempt(&self, door: &Ctx, account: SubjectId) -> Answer<()> {
        self.vault.note(door, sign_in_note("refused", Some(account))).await?;
        for _ in 0..3 {
            let (state, version) = self.state(door, account).await?;
            let worse = SignInState { wrong: state.wrong.saturating_add(1), wrong_at: Some(door.now), ..state };
            match self.vault.commit(door, with_state(Changes::new(), &worse, version)?).await {
                Ok(_) => return Ok(()),
                // Somebody else failed at the same moment: count both.
                Err(model::No::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn state(&self, door: &Ctx, account: SubjectId) -> Answer<(SignInState, Option<u64>)> {
        let found = self.vault.recognise(door, SignInState::DECL, RecordId::of_subject(account)).await?;
        match found {
            Some(opened) => Ok((opened.record()?, Some(opened.version))),
            None => Ok((SignInState { account, wrong: 0, wrong_at: None, code_step: 0 }, None)),
        }
    }
}

fn with_state(changes: Changes, state: &SignInState, version: Option<u64>) -> Result<Changes, Fault> {
    let id = RecordId::of_subject(state.account);
    match version {
        Some(version) => changes.revise(id, state, Expected::Version(version)),
        None => changes.create(id, state),
    }
}

const fn sign_in_note(outcome: &'static str, account: Option<SubjectId>) -> Note {
    Note { action: "sign-in", kind: Some(Account::DECL), id: None, subject: account, outcome }
}

fn wrong() -> Refusal {
    Refusal::new(RefusalKind::NotSignedIn, "The e-mail address or the password is not right. Check both and try again.")
}

fn ticket_over() -> Refusal {
    Refusal::new(
        RefusalKind::NotSignedIn,
        "This sign-in took too long or had too many wrong codes. Begin again with your password.",
    )
}

/// A credential can name any organisation; one that does not exist is simply not known.
pub(crate) fn known_tenant<T>(answer: Answer<Option<T>>) -> Answer<Option<T>> {
    match answer {
        Err(model::No::Fault(fault)) if vault::is_unknown_tenant(&fault) => Ok(None),
        other => other,
    }
}
