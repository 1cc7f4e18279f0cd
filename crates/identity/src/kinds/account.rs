use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::factor::{Factor, Passkey, Totp};
use crate::rules::email::EmailAddress;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.account",
    version = 2,
    words = "A person who may sign in, with the verifier of their password and their second factors.",
    subject = itself,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "account.read",
    create = "account.create",
    revise = "account.update",
    retire = "account.retire",
    upgrade(1 = several_factors)
)]
pub struct Account {
    /// The address they sign in with, in lower case.
    #[field(sensitivity = Identifying, search = Exact, unique)]
    pub email: String,
    /// How they are called.
    #[field(sensitivity = Identifying, search = Words)]
    pub name: String,
    /// What they may do here.
    #[field(sensitivity = Internal)]
    pub roles: Vec<HeldRole>,
    /// Argon2id verifier of the password, in PHC form; none for somebody who signs in without one.
    #[field(sensitivity = Secret)]
    pub verifier: Option<String>,
    /// Since when the password is as it is. The beginning of 1970 where that was never written down.
    #[field(sensitivity = Internal)]
    pub password_since: Time,
    /// Verifiers of earlier passwords, newest first, as many as the organisation's policy asks for.
    #[field(sensitivity = Secret)]
    pub former: Vec<String>,
    /// The second factors. Until there is one, the account reaches nothing but its enrolment.
    #[field(sensitivity = Secret)]
    pub factors: Vec<Factor>,
    /// Codes for when every factor is out of reach, as digests.
    #[field(sensitivity = Secret)]
    pub recovery: Vec<RecoveryCode>,
    /// Counted up to end every session at once: a session of an earlier era is over.
    #[field(sensitivity = Internal)]
    pub era: u64,
    /// Not before. Access as a whole, whatever the roles say.
    #[field(sensitivity = Internal)]
    pub from: Option<Time>,
    /// Not at or after.
    #[field(sensitivity = Internal)]
    pub until: Option<Time>,
    /// Shut out by somebody, until that is taken back.
    #[field(sensitivity = Internal)]
    pub barred: Option<Barred>,
}

/// Earlier verifiers kept at most, whatever the policy asks for.
const FORMER_MAX: usize = 24;

/// A role held in an access window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// The role's name.
    pub role: String,
    /// Not before.
    pub from: Option<Time>,
    /// Not at or after.
    pub until: Option<Time>,
    /// Only on the records about this person; on all of them if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<SubjectId>,
}

/// Somebody was shut out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// When.
    pub at: Time,
    /// By whom.
    pub by: SubjectId,
    /// Why, in words.
    pub reason: String,
}

/// A code that is good once, for when every factor is out of reach.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCode {
    /// SHA-256 of the account's id and the code, in hex. A code has 66 bits, so guessing is hopeless.
    pub digest: String,
    /// When it was used.
    pub used: Option<Time>,
}

impl HeldRole {
    /// A role without limits of time.
    pub fn always(role: impl Into<String>) -> Self {
        Self { role: role.into(), from: None, until: None, about: None }
    }
}

impl Account {
    /// The one-time code generators.
    pub fn totps(&self) -> impl Iterator<Item = &Totp> {
        self.factors.iter().filter_map(|factor| match factor {
            Factor::Totp(totp) => Some(totp),
            Factor::Passkey(_) => None,
        })
    }

    /// The passkeys.
    pub fn passkeys(&self) -> impl Iterator<Item = &Passkey> {
        self.factors.iter().filter_map(|factor| match factor {
            Factor::Passkey(passkey) => Some(passkey),
            Factor::Totp(_) => None,
        })
    }

    /// Recovery codes that have not been used.
    pub fn recovery_left(&self) -> usize {
        self.recovery.iter().filter(|code| code.used.is_none()).count()
    }

    /// The account of somebody who joins: no second factor yet, so it reaches nothing but its enrolment.
    pub(crate) fn joining(
        email: &EmailAddress,
        name: String,
        roles: Vec<HeldRole>,
        verifier: String,
        now: Time,
    ) -> Self {
        Self {
            email: email.as_str().to_owned(),
            name,
            roles,
            verifier: Some(verifier),
            password_since: now,
            former: Vec::new(),
            factors: Vec::new(),
            recovery: Vec::new(),
            era: 0,
            from: None,
            until: None,
            barred: None,
        }
    }

    /// The same account with another password, which ends every session.
    pub(crate) fn with_password(mut self, verifier: String, now: Time) -> Self {
        if let Some(old) = self.verifier.replace(verifier) {
            self.former.insert(0, old);
            self.former.truncate(FORMER_MAX);
        }
        Self { password_since: now, era: self.era + 1, ..self }
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// Shape 1 had one factor, a generator of codes, and no limits of its own.
fn several_factors(mut body: Value) -> Result<Value, &'static str> {
    let account = body.as_object_mut().ok_or("an account is an object")?;
    let factors = match account.remove("factor") {
        None | Some(Value::Null) => json!([]),
        Some(mut factor) => {
            factor.as_object_mut().ok_or("a factor is an object")?.insert("name".to_owned(), json!("Authenticator"));
            json!([{ "Totp": factor }])
        }
    };
    for (name, value) in [
        ("factors", factors),
        ("password_since", json!(Time::from_micros(0))),
        ("former", json!([])),
        ("recovery", json!([])),
        ("era", json!(0)),
        ("from", Value::Null),
        ("until", Value::Null),
        ("barred", Value::Null),
    ] {
        account.insert(name.to_owned(), value);
    }
    Ok(body)
}
