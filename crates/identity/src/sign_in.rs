use std::net::IpAddr;
use std::sync::Arc;

use access::Ctx;
use model::{Answer, Fault, Kind, No, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time};
use seal::Secret;
use seal::password::{Outcome, PasswordError, Verifier};
use vault::{Change, Changes, Expected, Note, Opened};

use crate::kinds::{Account, Device, Factor, SignInName, SignInState, Ticket, Totp};
use crate::notices::Happened;
use crate::rules::email::EmailAddress;
use crate::rules::{code, patience};
use crate::second_factor::{Judged, Proof, with_account, wrong_proof};
use crate::sessions::Beginning;
use crate::{Identity, accounts::busy, credential, passkeys, roles};

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
    /// What the browser is to be known by from now on, if it was not known before.
    pub device: Option<String>,
}

/// What comes after a right second factor.
pub enum Entered {
    /// A session.
    In(SignedIn),
    /// A new password first: the organisation's policy says that this one is too old.
    PasswordTooOld {
        /// To be sent back with the new password.
        ticket: String,
    },
}

/// Somebody at the door, or in a session, who shows something that may be wrong.
pub(crate) struct Attempt<'a> {
    pub whose: SubjectId,
    pub account: &'a Account,
    pub caller: &'a Caller,
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
            return Err(self.stranger(&house, name_id, password, caller).await);
        };
        let name: SignInName = name.record()?;
        let door = self.duty(roles::DOOR, name.tenant, request, now);
        let account_id = RecordId::of_subject(name.account);
        let Some(opened) = self.vault.recognise(&door, Account::DECL, account_id).await? else {
            return Err(self.stranger(&door, account_id, password, caller).await);
        };
        let account: Account = opened.record()?;
        let _turn = self.turns.take(account_id).await;
        let attempt = Attempt { whose: name.account, account: &account, caller };
        self.check_patience(&door, &attempt).await?;
        match self.verify(password.clone(), account.verifier.as_deref()).await? {
            Outcome::Wrong => {
                self.wrong_attempt(&door, &attempt, None).await?;
                return Err(wrong().recorded().into());
            }
            Outcome::Right => {}
            Outcome::RightButOld => self.renew_verifier(&door, &opened, &account, password).await?,
        }
        self.ticket(&door, name.account, &account).await
    }

    /// An address that nobody has: the same waiting, work and words.
    async fn stranger(&self, ctx: &Ctx, id: RecordId, password: Secret, caller: &Caller) -> No {
        let _turn = self.turns.take(id).await;
        let open_from = self.turns.open_from(id).max(self.turns.address_open_from(caller.peer));
        if let Some(refusal) = too_often(open_from, ctx.now) {
            return self.noted(ctx, sign_in_note("throttled", None), refusal).await;
        }
        if let Err(no) = self.verify(password, None).await {
            return no;
        }
        self.turns.was_wrong(id, ctx.now);
        self.turns.address_was_wrong(caller.peer, ctx.now);
        self.noted(ctx, sign_in_note("refused", None), wrong()).await
    }

    /// The second factor, for the ticket that the first one gave. Begins a session.
    pub async fn second(&self, ticket: &str, proof: &Proof, caller: &Caller) -> Answer<Entered> {
        let presented = credential::read(ticket).ok_or_else(ticket_over)?;
        let door = self.duty(roles::DOOR, presented.tenant, caller.request, caller.now);
        let found = known_tenant(self.vault.recognise(&door, Ticket::DECL, presented.record).await)?;
        let whose = found.ok_or_else(ticket_over)?.record::<Ticket>()?.account;
        // ORDER: what a code is judged by is read only when it is this attempt's turn.
        let _turn = self.turns.take(RecordId::of_subject(whose)).await;
        let good = self.good_ticket(&door, presented.record).await?.filter(|(_, record)| record.shown.is_empty());
        let holder = self.vault.recognise(&door, Account::DECL, RecordId::of_subject(whose)).await?;
        let (Some((opened, record)), Some(holder)) = (good, holder) else {
            return Err(self.noted(&door, sign_in_note("ticket-over", Some(whose)), ticket_over()).await);
        };
        let account: Account = holder.record()?;
        let attempt = Attempt { whose, account: &account, caller };
        self.check_patience(&door, &attempt).await?;
        let (state, version) = self.state(&door, whose).await?;
        let judged = match &record.enrolling {
            Some(secret) => judge_enrolment(secret, &account, &state, proof, caller.now),
            None => {
                let purpose = passkeys::second(opened.id);
                self.judge(&door, (whose, &account), &state, proof, &purpose).await?
            }
        };
        let Some(judged) = judged else {
            self.wrong_attempt(&door, &attempt, Some(opened.id)).await?;
            return Err(wrong_proof(proof).recorded().into());
        };
        if record.enrolling.is_some() && !account.factors.is_empty() {
            return Err(self.noted(&door, sign_in_note("refused", Some(whose)), has_factor()).await);
        }
        let is_known = self.known_device(&door, whose, caller).await?.is_some();
        // What others did wrong at the door is forgotten only when somebody else than a known browser was right.
        let (wrong, wrong_at) = if is_known { (state.wrong, state.wrong_at) } else { (0, None) };
        let fresh = SignInState { wrong, wrong_at, code_step: judged.step, account: whose };
        let changes = with_state(Changes::new(), &fresh, version)?;
        let changes = with_account(changes, &holder, judged.account.as_ref())?;
        let changes = self.spend(changes, door.tenant, judged.challenge.as_deref(), caller.now).await?;
        let shown = ["pwd", judged.shown];
        let entered = self.go_on(&door, (&opened, record), &attempt, (&shown, changes)).await?;
        if let Some(left) = judged.recovery_left {
            self.tell(&door, &account, Happened::RecoveryUsed(left)).await;
        }
        match entered {
            Entered::PasswordTooOld { .. } => Ok(Entered::PasswordTooOld { ticket: ticket.to_owned() }),
            entered => Ok(entered),
        }
    }

    /// Both factors were right: a session, or a new password before it.
    async fn go_on(
        &self,
        door: &Ctx,
        (opened, ticket): (&Opened, Ticket),
        attempt: &Attempt<'_>,
        (shown, changes): (&[&str], Changes),
    ) -> Answer<Entered> {
        let policy = self.organisation(door.tenant, door.request, door.now).await?.policy.password;
        if policy.is_too_old(attempt.account.password_since, door.now) {
            let shown = shown.iter().map(|name| (*name).to_owned()).collect();
            let half = Ticket { shown, enrolling: None, ..ticket };
            self.vault.commit(door, changes.revise(opened.id, &half, Expected::Version(opened.version))?).await?;
            return Ok(Entered::PasswordTooOld { ticket: String::new() });
        }
        let used = Change::Retire(Ticket::DECL, opened.id, Expected::Version(opened.version));
        let begun =
            Beginning { whose: attempt.whose, account: attempt.account, factors: shown, caller: attempt.caller };
        Ok(Entered::In(self.begin_session(door, begun, changes.and(used)).await?))
    }

    /// A ticket that is neither too old nor used up.
    pub(crate) async fn good_ticket(&self, door: &Ctx, id: RecordId) -> Answer<Option<(Opened, Ticket)>> {
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
        let ticket = Ticket {
            account,
            wrong: 0,
            enrolling: enrolling.clone(),
            shown: Vec::new(),
            ends: door.now.plus_seconds(TICKET_SECONDS),
        };
        self.vault.commit(door, Changes::new().create(issued.record, &ticket)?).await?;
        Ok(match enrolling {
            None => Step::Code { ticket: issued.text },
            Some(secret) => Step::Enrol { ticket: issued.text, uri: code::uri(&secret, &record.email), secret },
        })
    }

    pub(crate) async fn verify(&self, password: Secret, verifier: Option<&str>) -> Answer<Outcome> {
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

    /// Who tried too often must wait. A browser that signed in before waits only for its own wrong attempts, so nobody
    /// can lock another person out.
    pub(crate) async fn check_patience(&self, door: &Ctx, attempt: &Attempt<'_>) -> Answer<()> {
        let known = self.known_device(door, attempt.whose, attempt.caller).await?;
        let open_from = match known {
            Some((_, device)) => patience::open_from(device.wrong, device.wrong_at),
            None => {
                let (state, _) = self.state(door, attempt.whose).await?;
                let account = patience::open_from(state.wrong, state.wrong_at);
                account.max(self.turns.address_open_from(attempt.caller.peer))
            }
        };
        match too_often(open_from, door.now) {
            Some(refusal) => Err(self.noted(door, sign_in_note("throttled", Some(attempt.whose)), refusal).await),
            None => Ok(()),
        }
    }

    /// Writes down one wrong attempt: in the evidence, in the account's state, and in the ticket if there is one.
    pub(crate) async fn wrong_attempt(
        &self,
        door: &Ctx,
        attempt: &Attempt<'_>,
        ticket: Option<RecordId>,
    ) -> Answer<()> {
        self.turns.address_was_wrong(attempt.caller.peer, door.now);
        // Both at once, so that they share a flush: who waits cannot tell an account from none by the time it takes.
        let (noted, counted) = tokio::join!(
            self.vault.note(door, sign_in_note("refused", Some(attempt.whose))),
            self.count_wrong(door, attempt, ticket)
        );
        noted?;
        if counted? == patience::FREE {
            self.tell(door, attempt.account, Happened::Waiting).await;
        }
        Ok(())
    }

    /// How many wrong attempts of strangers there are now; none for a browser that is known.
    async fn count_wrong(&self, door: &Ctx, attempt: &Attempt<'_>, ticket: Option<RecordId>) -> Answer<u32> {
        for _ in 0..COUNT_TRIES {
            let (mut changes, wrong) = self.one_more_wrong(door, attempt).await?;
            if let Some(id) = ticket
                && let Some((opened, record)) = self.good_ticket(door, id).await?
            {
                let worse = Ticket { wrong: record.wrong + 1, ..record };
                changes = changes.revise(id, &worse, Expected::Version(opened.version))?;
            }
            match self.vault.commit(door, changes).await {
                Ok(_) => return Ok(wrong),
                // Another node counted at the same moment: count both.
                Err(No::Refusal(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Err(busy().recorded().into())
    }

    async fn one_more_wrong(&self, door: &Ctx, attempt: &Attempt<'_>) -> Answer<(Changes, u32)> {
        if let Some((opened, device)) = self.known_device(door, attempt.whose, attempt.caller).await? {
            let worse = Device { wrong: device.wrong.saturating_add(1), wrong_at: Some(door.now), ..device };
            return Ok((Changes::new().revise(opened.id, &worse, Expected::Version(opened.version))?, 0));
        }
        let (state, version) = self.state(door, attempt.whose).await?;
        let worse = SignInState { wrong: state.wrong.saturating_add(1), wrong_at: Some(door.now), ..state };
        Ok((with_state(Changes::new(), &worse, version)?, worse.wrong))
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
    pub(crate) async fn noted(&self, ctx: &Ctx, note: Note, refusal: Refusal) -> No {
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

pub(crate) const fn sign_in_note(outcome: &'static str, account: Option<SubjectId>) -> Note {
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

/// The first code of a generator that is being enrolled.
fn judge_enrolment(secret: &str, account: &Account, state: &SignInState, proof: &Proof, now: Time) -> Option<Judged> {
    let Proof::Code(entered) = proof else { return None };
    let step = code::check(secret, entered, now, state.code_step)?;
    let enrolled = Factor::Totp(Totp::enrolled(secret.to_owned(), now));
    Some(Judged {
        account: Some(Account { factors: vec![enrolled], ..account.clone() }),
        step,
        shown: "otp",
        challenge: None,
        recovery_left: None,
        verified: false,
    })
}

fn has_factor() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "This account has a second factor already. Sign in with it.")
}

fn wrong() -> Refusal {
    Refusal::new(RefusalKind::NotSignedIn, "The e-mail address or the password is not right. Check both and try again.")
}

pub(crate) fn ticket_over() -> Refusal {
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
