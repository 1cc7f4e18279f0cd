//! What somebody shows as their second factor, and whether it is right.

use access::Ctx;
use model::{Answer, Refusal, RefusalKind, SubjectId};
use vault::Changes;

use crate::Identity;
use crate::kinds::{Account, Factor, Passkey, SignInState};
use crate::rules::passkey::{Signed, challenge_in, signed};
use crate::rules::{code, recovery};

/// What somebody shows as their second factor.
pub enum Proof {
    /// A one-time code, or a recovery code.
    Code(String),
    /// A passkey's answer.
    Passkey(Answered),
}

/// A passkey's answer as the browser sent it.
pub struct Answered {
    /// The credential's id, base64url.
    pub id: String,
    /// Whose the credential says it is; empty if it says nothing.
    pub user: Vec<u8>,
    /// `clientDataJSON`.
    pub client: Vec<u8>,
    /// The authenticator data.
    pub data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// A proof that is right, and what it changes.
pub(crate) struct Judged {
    /// The account as it is afterwards, if the proof changes it.
    pub account: Option<Account>,
    /// The time step of the last code, as it is afterwards.
    pub step: u64,
    /// Its name (RFC 8176).
    pub shown: &'static str,
    /// The challenge that it answered.
    pub challenge: Option<String>,
    /// Recovery codes that are left, if one was used.
    pub recovery_left: Option<usize>,
    /// Whether the authenticator itself made sure of the person.
    pub verified: bool,
}

impl Identity {
    /// Whether a proof is right for an account; `purpose` is what a passkey's challenge was made for.
    pub(crate) async fn judge(
        &self,
        door: &Ctx,
        (whose, account): (SubjectId, &Account),
        state: &SignInState,
        proof: &Proof,
        purpose: &str,
    ) -> Answer<Option<Judged>> {
        match proof {
            Proof::Code(entered) => Ok(judge_code(door, (whose, account), state, entered)),
            Proof::Passkey(answered) => self.judge_passkey(door, account, state, answered, purpose).await,
        }
    }

    async fn judge_passkey(
        &self,
        door: &Ctx,
        account: &Account,
        state: &SignInState,
        answered: &Answered,
        purpose: &str,
    ) -> Answer<Option<Judged>> {
        let (Some(party), Some(challenge)) = (self.party(), challenge_in(&answered.client)) else { return Ok(None) };
        if !self.challenge_holds(purpose, &challenge, door.now).await? {
            return Ok(None);
        }
        let Some(passkey) = account.passkeys().find(|passkey| passkey.id == answered.id) else { return Ok(None) };
        let Some(key) = crate::rules::passkey::bytes(&passkey.key) else { return Ok(None) };
        let what = Signed { client: &answered.client, data: &answered.data, signature: &answered.signature };
        let Some(used) = signed(&party, &challenge, &key, passkey.count, &what) else { return Ok(None) };
        let renewed = |factor: &Factor| match factor {
            Factor::Passkey(other) if other.id == passkey.id => {
                Factor::Passkey(Passkey { count: used.count, used: Some(door.now), ..other.clone() })
            }
            other => other.clone(),
        };
        Ok(Some(Judged {
            account: Some(Account { factors: account.factors.iter().map(renewed).collect(), ..account.clone() }),
            step: state.code_step,
            shown: "pop",
            challenge: Some(challenge),
            recovery_left: None,
            verified: used.verified,
        }))
    }
}

fn judge_code(
    door: &Ctx,
    (whose, account): (SubjectId, &Account),
    state: &SignInState,
    entered: &str,
) -> Option<Judged> {
    let judged = Judged {
        account: None,
        step: state.code_step,
        shown: "otp",
        challenge: None,
        recovery_left: None,
        verified: false,
    };
    let step = account.totps().find_map(|totp| code::check(&totp.secret, entered, door.now, state.code_step));
    if let Some(step) = step {
        return Some(Judged { step, ..judged });
    }
    let codes = recovery::used(whose, &account.recovery, entered, door.now)?;
    let after = Account { recovery: codes, ..account.clone() };
    Some(Judged { recovery_left: Some(after.recovery_left()), account: Some(after), ..judged })
}

/// Adds what a proof changes to a batch.
pub(crate) fn with_account(
    changes: Changes,
    at: &vault::Opened,
    account: Option<&Account>,
) -> Result<Changes, model::Fault> {
    match account {
        Some(account) => changes.revise(at.id, account, vault::Expected::Version(at.version)),
        None => Ok(changes),
    }
}

/// The words for a proof that is not right.
pub(crate) fn wrong_proof(proof: &Proof) -> Refusal {
    match proof {
        Proof::Code(_) => {
            let words = "That code is not right. Enter the newest code; each can be used once.";
            Refusal::new(RefusalKind::NotSignedIn, words).at("code", words)
        }
        Proof::Passkey(_) => Refusal::new(
            RefusalKind::NotSignedIn,
            "This passkey is not known here, or it took too long. Try again, or use a code.",
        ),
    }
}
