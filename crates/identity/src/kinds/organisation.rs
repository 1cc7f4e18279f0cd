use model::{Kind, RecordId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::rules::passphrase::PasswordPolicy;

/// The organisation itself and its policy. One record per tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.organisation",
    version = 2,
    words = "The organisation's name and its policy for sessions and passwords.",
    subject = nobody,
    purpose = Security,
    retention = Organisation,
    history = EveryVersion,
    read = "organisation.read",
    create = "organisation.create",
    revise = "organisation.update",
    retire = "organisation.create",
    upgrade(1 = usual_passwords)
)]
pub struct Organisation {
    /// Its name, for people.
    #[field(sensitivity = Public)]
    pub name: String,
    /// Whether everything in it is made up.
    #[field(sensitivity = Public)]
    pub synthetic: bool,
    /// Its policy.
    #[field(sensitivity = Internal)]
    pub policy: Policy,
}

/// An organisation's choices. None of them can turn a control off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long a session may be idle, in seconds.
    pub session_idle_seconds_max: i64,
    /// How old a session may become, in seconds.
    pub session_age_seconds_max: i64,
    /// What a password must be.
    pub password: PasswordPolicy,
}

impl Policy {
    /// 30 minutes idle, 12 hours in all, long passwords.
    pub const USUAL: Self = Self {
        session_idle_seconds_max: 30 * 60,
        session_age_seconds_max: 12 * 60 * 60,
        password: PasswordPolicy::LENGTH,
    };
}

impl Organisation {
    /// The one record's id.
    pub const ID: RecordId = RecordId::from_bytes(*b"organisation\0\0\0\0");
}

/// Shape 1 had no policy for passwords: the usual one held for all.
fn usual_passwords(mut body: Value) -> Result<Value, &'static str> {
    let policy = body.get_mut("policy").and_then(Value::as_object_mut).ok_or("an organisation has a policy")?;
    policy.insert("password".to_owned(), json!(PasswordPolicy::LENGTH));
    Ok(body)
}
