use model::{Kind, Time};
use serde::{Deserialize, Serialize};

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.account",
    version = 1,
    words = "A person who may sign in, with the verifier of their password and their second factor.",
    subject = itself,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "account.read",
    create = "account.create",
    revise = "account.update",
    retire = "account.retire"
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
    /// Argon2id verifier of the password, in PHC form.
    #[field(sensitivity = Secret)]
    pub verifier: String,
    /// The second factor. Until there is one, the account reaches nothing but its enrolment.
    #[field(sensitivity = Secret)]
    pub factor: Option<Factor>,
}

/// A role held in an access window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRole {
    /// The role's name.
    pub role: String,
    /// Not before.
    pub from: Option<Time>,
    /// Not at or after.
    pub until: Option<Time>,
}

/// A time-based one-time code generator (RFC 6238).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// The shared secret in base32.
    pub secret: String,
    /// When it was enrolled.
    pub since: Time,
}

impl HeldRole {
    /// A role without limits of time.
    pub fn always(role: impl Into<String>) -> Self {
        Self { role: role.into(), from: None, until: None }
    }
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Factor(…)")
    }
}
