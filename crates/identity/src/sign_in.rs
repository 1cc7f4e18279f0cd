use std::net::IpAddr;
use std::sync::Arc;

use access::Ctx;
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time};
use seal::Secret;
use seal::password::{Outcome, PasswordError, Verifier};
use vault::{Change, Changes, Expected, Note, Opened};

use crate::kinds::{Account, Factor, SignInName, SignInState, Ticket, Totp};
use crate::rules::email::EmailAddress;
use crate::rules::{code, patience};
use crate::sessions::Beginning;
use crate::{Identity, accounts::busy, credential, roles};

/// How long the second factor may take, in seconds.
const TICKET_SECONDS: i64 = 10 * 60;
/// Wrong codes after which a ticket is void.
const WRONG_CODES_MAX: u32 = 5;
/// How often counting a wrong attempt is tried when other nodes count too.
const COUNT_TRIES: usize = 10;

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

/// Who stands at the door, as far as their browser says.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The request.
    pub request: RequestId,
    /// When it came in.
    pub now: Time,
    /// What the browser calls itself, for the list of one's own sessions.
    pub agent: String,
    /// Where the connection came from.
    pub peer: Option<IpAddr>,
    /// What the browser was given to be known again by; empty if nothing.
    pub device: String,
}

impl Caller {
    /// The browser for which a page is made.
    pub fn of(room: &web::Room) -> Self {
        Self {
            request: room.request(),
            now: room.now(),
            agent: room.agent().to_owned(),
            peer: room.peer(),
            device: room.device().to_owned(),
        }
    }

    /// Somebody of whose browser nothing is known.
    pub const fn unseen(request: RequestId, now: Time) -> Self {
        Self { request, now, agent: String::new(), peer: None, device: String::new() }
    }
}

impl Identity {
    /// The first factor. Unknown addresses cost the same time, wait as long and get the same words as wrong passwords.
    pub async fn password(&self, email: &EmailAddress, password: Secret, caller: &Caller) -> Answer<Step> {
        let (request, now) = (caller.request, caller.now);
        let house = self.duty(roles::DOOR, self.house, request, now);
        let name_id = self.name_id(email).await?;
        let Some(name) = self.vault.recognise(&house, SignInName::DECL, name_id).await? else {
            return Err(self.stranger(&house, name_id, password).await);
        };
        let name: SignInName = name.record()?;
        let door = self.duty(roles::DOOR, name.tenant, request, now);
        let account_id = RecordId::of_subject(name.account);
        let Some(opened) = self.vault.recognise(&door, Account::DECL, account_id).await? else {
            return Err(self.stranger(&door, account_id, password).await);
        };
        let account: Account = opened.record()?;
        let _turn = self.turns.take(account_id).await;
        self.check_patience(&door, name.account).await?;
        match self.verify(password.clone(), account.verifier.as_deref()).await? {
            Outcome::Wrong => {
                self.wrong_attempt(&door, name.account, None).await?;
                return Err(wrong().recorded().into());
            }
            Outcome::Right => {}
            Outcome::RightButOld => self.renew_verifier(&door, &opened, &account, password).await?,
        }
        self.ticket(&door, name.account, &account).await
    }

    /// An address that nobody has: the same waiting, work and words.
    async fn stranger(&self, ctx: &Ctx, id: RecordId, password: Secret) -> No {
        let _turn = self.turns.take(id).await;
        if let Some(refusal) = too_often(self.turns.open_from(id), ctx.now) {
            return self.noted(ctx, sign_in_note("throttled", None), refusal).await;
        }
        if let Err(no) = self.verify(password, None).await {
            return no;
        }
        self.turns.was_wrong(id, ctx.now);
        self.noted(ctx, sign_in_note("refused", None), wrong()).await
    }

    /// The second factor: a code for the ticket that the first one gave. Begins a session.
    pub async fn second(&self, ticket: &str, entered: &str, caller: &Caller) -> Answer<SignedIn> {
        let (request, now) = (caller.request, caller.now);
        let presented = credential::read(ticket).ok_or_else(ticket_over)?;
        let door = self.duty(roles::DOOR, presented.tenant, request, now);
        let found = known_tenant(self.vault.recognise(&door, Ticket::DECL, presented.record).await)?;
        let whose = found.ok_or_else(ticket_over)?.record::<Ticket>()?.account;
        // ORDER: what a code is judged by is read only when it is this attempt's turn.
        let _turn = self.turns.take(RecordId::of_subject(whose)).await;
        let Some((opened, record)) = self.good_ticket(&door, presented.record).await? else {
            return Err(self.noted(&door, sign_in_note("ticket-over", Some(whose)), ticket_over()).await);
        };
        let Some(holder) = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(whose)).await? else {
            return Err(self.noted(&door, sign_in_note("ticket-over", Some(whose)), ticket_over()).await);
        };
        let account: Account = holder.record()?;
        self.check_patience(&door, whose).await?;
        let (state, state_version) = self.state(&door, whose).await?;
        let step = match &record.enrolling {
            Some(secret) => code::check(secret, entered, now, state.code_step),
            None => account.totps().find_map(|totp| code::check(&totp.secret, entered, now, state.code_step)),
        };
        let Some(step) = step else {
            self.wrong_attempt(&door, whose, Some(presented.record)).await?;
            return Err(wrong_code().recorded().into());
        };
        let used = Change::Retire(Ticket::DECL, presented.record, Expected::Version(opened.version));
        let mut changes = Changes::new().and(used);
        if let Some(secret) = record.enrolling {
            if !account.factors.is_empty() {
                return Err(self.noted(&door, sign_in_note("refused", Some(whose)), has_factor()).await);
            }
            let enrolled = Account { factors: vec![Factor::Totp(Totp::enrolled(secret, now))], ..account.clone() };
            changes = changes.revise(holder.id, &enrolled, Expected::Version(holder.version))?;
        }
        let fresh = SignInState { wrong: 0, wrong_at: None, code_step: step, account: whose };
        let begun = Beginning { account: whose, era: account.era, factors: &["pwd", "otp"], caller };
        self.begin_session(&door, begun, with_state(changes, &fresh, state_version)?).await
    }

    /// A ticket that is neither too old nor used up.
    async fn good_ticket(&self, door: &Ctx, id: RecordId) -> Answer<Option<(Opened, Ticket)>> {
        let Some(opened) = self.vault.recognise(door, Ticket::DECL, id).await? else { return Ok(None) };
        let record: Ticket = opened.record()?;
        let is_good = door.now < record.ends && record.wrong < WRONG_CODES_MAX;
        Ok(is_good.then_some((opened, record)))
    }

    pub(crate) async fn ticket(&self, door: &Ctx, account: SubjectId, record: &Account) -> Answer<Step> {
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let enrolling = match record.factors.is_empty() {
            false => None,
            true => Some(code::new_secret(self.vault.outside().as_ref())),
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
            // No account has one that long.
            Ok(Err(PasswordError::TooLong)) => Ok(Outcome::Wrong),
            Ok(Err(PasswordError::Busy)) => Err(busy().into()),
            Ok(Err(error)) => Err(Fault::new("checking a password", error).into()),
            Err(error) => Err(Fault::new("checking a password", error).into()),
        }
    }

    pub(crate) async fn check_patience(&self, door: &Ctx, account: SubjectId) -> Answer<()> {
        let (state, _) = self.state(door, account).await?;
        match too_often(patience::open_from(state.wrong, state.wrong_at), door.now) {
            Some(refusal) => Err(self.noted(door, sign_in_note("throttled", Some(account)), refusal).await),
            None => Ok(()),
        }
    }

    /// Writes down one wrong attempt: in the evidence, in the account's state, and in the ticket if there is one.
    pub(crate) async fn wrong_attempt(&self, door: &Ctx, account: SubjectId, ticket: Option<RecordId>) -> Answer<()> {
        // Both at once, so that they share a flush: who waits cannot tell an account from none by the time it takes.
        let (noted, counted) = tokio::join!(
            self.vault.note(door, sign_in_note("refused", Some(account))),
            self.count_wrong(door, account, ticket)
        );
        noted?;
        counted
    }

    async fn count_wrong(&self, door: &Ctx, account: SubjectId, ticket: Option<RecordId>) -> Answer<()> {
        for _ in 0..COUNT_TRIES {
            let (state, version) = self.state(door, account).await?;
            let worse = SignInState { wrong: state.wrong.saturating_add(1), wrong_at: Some(door.now), ..state };
            let mut changes = with_state(Changes::new(), &worse, version)?;
            if let Some(id) = ticket
                && let Some((opened, record)) = self.good_ticket(door, id).await?
            {
                let worse = Ticket { wrong: record.wrong + 1, ..record };
                changes = changes.revise(id, &worse, Expected::Version(opened.version))?;
            }
            match self.vault.commit(door, changes).await {
                Ok(_) => return Ok(()),
                // Another node counted at the same moment: count both.
                Err(No::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(busy().recorded().into())
    }

    /// Hashes a right password anew, because the policy has become stronger since.
    async fn renew_verifier(&self, door: &Ctx, opened: &Opened, account: &Account, password: Secret) -> Answer<()> {
        let renewed = Account { verifier: Some(self.hash(password).await?), ..account.clone() };
        let changes = Changes::new().revise(opened.id, &renewed, Expected::Version(opened.version))?;
        match self.vault.commit(door, changes).await {
            // Somebody changed the account at this moment: the next sign-in renews it.
            Ok(_) | Err(No::Refusal(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Leaves evidence of an attempt, then hands back the refusal.
    async fn noted(&self, ctx: &Ctx, note: Note, refusal: Refusal) -> No {
        match self.vault.note(ctx, note).await {
            Ok(()) => refusal.recorded().into(),
            Err(fault) => fault.into(),
        }
    }

    pub(crate) async fn state(&self, door: &Ctx, account: SubjectId) -> Answer<(SignInState, Option<u64>)> {
        let found = self.vault.recognise(door, SignInState::DECL, RecordId::of_subject(account)).await?;
        match found {
            Some(opened) => Ok((opened.record()?, Some(opened.version))),
            None => Ok((SignInState { account, wrong: 0, wrong_at: None, code_step: 0 }, None)),
        }
    }
}

pub(crate) fn with_state(changes: Changes, state: &SignInState, version: Option<u64>) -> Result<Changes, Fault> {
    let id = RecordId::of_subject(state.account);
    match version {
        Some(version) => changes.revise(id, state, Expected::Version(version)),
        None => changes.create(id, state),
    }
}

const fn sign_in_note(outcome: &'static str, account: Option<SubjectId>) -> Note {
    Note { action: "sign-in", kind: Some(Account::DECL), id: None, subject: account, outcome }
}

/// Who must wait is told how long.
fn too_often(open_from: Option<Time>, now: Time) -> Option<Refusal> {
    let from = open_from.filter(|from| now < *from)?;
    let seconds = from.seconds_since(now).max(0) + 1;
    let words = format!("There were too many wrong attempts. Wait {seconds} seconds, then try again.");
    Some(Refusal::new(RefusalKind::TooManyRequests, words))
}

pub(crate) fn wrong_code() -> Refusal {
    let words = "That code is not right. Enter the newest code; each can be used once.";
    Refusal::new(RefusalKind::NotSignedIn, words).at("code", words)
}

fn has_factor() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "This account has a second factor already. Sign in with it.")
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
        Err(No::Fault(fault)) if vault::is_unknown_tenant(&fault) => Ok(None),
        other => other,
    }
}
