//! Whether somebody who knocks is a program that knocks a thousand times.
//!
//! Before a sign-up always, elsewhere once something went wrong too often. The usual way is work that a browser does
//! by itself; who runs no scripts waits a minute instead, which is rationed. Both are bound to the route they were
//! given for, end by themselves, and are good once on all nodes.

mod foreign;

use std::sync::{Mutex, PoisonError};

use model::{Answer, Fault, Kind, No, Refusal, RefusalKind, RequestId, Time};
use vault::Changes;

pub use foreign::{DESTINATION, Foreign, Service};

use crate::kinds::{SignInName, SpentChallenge};
use crate::rules::email::EmailAddress;
use crate::rules::work::{self, Answered, Challenge, hex};
use crate::{Identity, roles};

/// What a challenge stands before. It is good for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Guarded {
    /// Signing up: always.
    SignUp,
    /// Signing in, after wrong attempts.
    SignIn,
    /// Asking for a new password: always.
    Reset,
    /// Entering a code from a letter, after wrong ones.
    Code,
}

/// Wrong passwords after which the next attempt needs a challenge.
const RISKY_FROM: u32 = 3;
/// How long somebody without scripts waits, in seconds.
pub(crate) const WAIT_SECONDS: i64 = 60;
/// How long their turn lasts afterwards, in seconds.
const TURN_SECONDS: i64 = 15 * 60;
/// How many may wait at once on one node. More than that is not people.
const WAITING_MAX: usize = 30;

/// Who waits on this node: a lease, forgotten at a restart.
#[derive(Default)]
pub(crate) struct Waiting(Mutex<Vec<Time>>);

impl Waiting {
    /// Whether one more may wait.
    fn take(&self, now: Time) -> bool {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.retain(|begun| now < begun.plus_seconds(WAIT_SECONDS + TURN_SECONDS));
        let free = since.len() < WAITING_MAX;
        if free {
            since.push(now);
        }
        free
    }
}

impl Guarded {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
            Self::Reset => "reset",
            Self::Code => "code",
        }
    }
}

impl Identity {
    /// Asks a service elsewhere instead, from now on.
    pub fn ask_elsewhere(&self, foreign: Foreign) {
        self.elsewhere.get_or_init(|| foreign);
    }

    /// The service elsewhere that is asked, if any is.
    pub fn elsewhere(&self) -> Option<&Foreign> {
        self.elsewhere.get()
    }

    /// A challenge for a page, signed for the route it stands before.
    pub async fn challenge(&self, before: Guarded, now: Time) -> Result<Challenge, Fault> {
        let challenge = work::fresh(self.vault.outside().as_ref(), now);
        let signature = self.signature(before, &challenge.challenge, &challenge.salt).await?;
        Ok(Challenge { signature, ..challenge })
    }

    /// Takes the answer to a challenge, once. Anything else is a refusal that says what to do.
    pub async fn take_challenge(&self, before: Guarded, text: &str, request: RequestId, now: Time) -> Answer<()> {
        let (digest, ends) = match (self.elsewhere.get(), text.strip_prefix("wait.")) {
            (Some(foreign), _) => foreign.check(before, text, now).await?,
            (None, Some(rest)) => self.waited(before, rest, now).await?,
            (None, None) => self.worked(before, text, now).await?,
        };
        let house = self.duty(roles::DOOR, self.house, request, now);
        let id = self.vault.digest_id(self.house, "spent-challenge", &digest).await?;
        match self.vault.commit(&house, Changes::new().create(id, &SpentChallenge { ends })?).await {
            Ok(_) => Ok(()),
            Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Conflict => Err(not_taken().into()),
            Err(no) => Err(no),
        }
    }

    /// Whether so many attempts with an address were wrong that the next needs a challenge. An address without an account
    /// is counted as one with an account is, so that this tells nothing.
    pub(crate) async fn sign_in_is_risky(&self, email: &EmailAddress, request: RequestId, now: Time) -> Answer<bool> {
        let house = self.duty(roles::DOOR, self.house, request, now);
        let name_id = self.name_id(email).await?;
        let wrong = match self.vault.recognise(&house, SignInName::DECL, name_id).await? {
            None => self.turns.wrong_times(name_id),
            Some(name) => {
                let name: SignInName = name.record()?;
                let door = self.duty(roles::DOOR, name.tenant, request, now);
                self.state(&door, name.account).await?.0.wrong
            }
        };
        Ok(wrong >= RISKY_FROM)
    }

    /// A place in the queue for somebody who runs no scripts; none if too many wait already.
    pub async fn waiting_place(&self, before: Guarded, now: Time) -> Result<Option<String>, Fault> {
        if !self.waiting.take(now) {
            return Ok(None);
        }
        let mut random = [0u8; 16];
        self.vault.outside().fill(&mut random);
        let (from, nonce) = (now.plus_seconds(WAIT_SECONDS).seconds(), hex(&random));
        let signature = self.signature(before, &nonce, &from.to_string()).await?;
        Ok(Some(format!("wait.{from}.{nonce}.{signature}")))
    }

    async fn worked(&self, before: Guarded, text: &str, now: Time) -> Answer<(String, Time)> {
        let answered: Answered = work::read(text).ok_or_else(not_taken)?;
        let expected = self.signature(before, &answered.challenge, &answered.salt).await?;
        let ours = seal::same(expected.as_bytes(), answered.signature.as_bytes());
        match work::ends(&answered.salt) {
            Some(ends) if ours && work::holds(&answered, now) => Ok((answered.challenge, ends)),
            _ => Err(not_taken().into()),
        }
    }

    async fn waited(&self, before: Guarded, text: &str, now: Time) -> Answer<(String, Time)> {
        let mut parts = text.splitn(3, '.');
        let (Some(from), Some(nonce), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(not_taken().into());
        };
        let expected = self.signature(before, nonce, from).await?;
        let from = from.parse().map(Time::from_seconds).map_err(|_| not_taken())?;
        let ends = from.plus_seconds(TURN_SECONDS);
        match seal::same(expected.as_bytes(), signature.as_bytes()) {
            true if now < from => Err(too_soon(from.seconds_since(now)).into()),
            true if now < ends => Ok((nonce.to_owned(), ends)),
            _ => Err(not_taken().into()),
        }
    }

    async fn signature(&self, before: Guarded, one: &str, other: &str) -> Result<String, Fault> {
        let text = format!("{}\n{one}\n{other}", before.name());
        Ok(hex(self.vault.digest_id(self.house, "challenge", &text).await?.as_bytes()))
    }
}

/// The path of the field in every form that has a challenge.
pub(crate) const FIELD: &str = "challenge";

fn not_taken() -> Refusal {
    let words =
        "Your browser has not shown yet that it is no robot. Wait a moment until it has, then send the form again.";
    Refusal::new(RefusalKind::Invalid, words).at(FIELD, words)
}

fn too_soon(seconds: i64) -> Refusal {
    let words = format!("Wait {} more seconds, then send the form again.", seconds.max(0) + 1);
    Refusal::new(RefusalKind::Invalid, words.clone()).at(FIELD, words)
}
