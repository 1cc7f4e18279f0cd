use access::{Assurance, STEPPED_UP_SECONDS};
use model::{Kind, SubjectId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Somebody signed in with two factors. Found by the digest of its token, which is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Kind)]
#[kind(
    name = "identity.session",
    version = 2,
    words = "Somebody signed in with two factors, until idle too long, too old, or signed out.",
    subject = field(account),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "session.keep",
    create = "session.keep",
    revise = "session.keep",
    retire = "session.keep",
    upgrade(1 = with_a_device)
)]
pub struct Session {
    /// The account.
    #[field(sensitivity = Internal, refers = "identity.account", search = Exact)]
    pub account: SubjectId,
    /// When both factors had been shown.
    #[field(sensitivity = Internal)]
    pub since: Time,
    /// When it was last known to be used; written at most twice in an idle limit.
    #[field(sensitivity = Internal)]
    pub seen: Time,
    /// How long it may be idle, in seconds, as the policy was when it began.
    #[field(sensitivity = Internal)]
    pub idle_seconds_max: i64,
    /// When it ends however busy.
    #[field(sensitivity = Internal, ends)]
    pub ends: Time,
    /// The factors that were shown (RFC 8176 names).
    #[field(sensitivity = Internal)]
    pub factors: Vec<String>,
    /// When a second factor was shown once more.
    #[field(sensitivity = Internal)]
    pub stepped: Option<Time>,
    /// The account's era in which it began; it is over when the account's is another.
    #[field(sensitivity = Internal)]
    pub era: u64,
    /// What the browser called itself, at most 256 characters.
    #[field(sensitivity = Identifying)]
    pub agent: String,
}

impl Session {
    /// When it ends if it is not used any more.
    pub fn over_from(&self) -> Time {
        self.ends.min(self.seen.plus_seconds(self.idle_seconds_max))
    }

    /// Whether it has ended: too old, or idle too long.
    pub fn is_over(&self, now: Time) -> bool {
        self.over_from() <= now
    }

    /// How sure the house is at a moment of who asks in this session. It falls by itself as time passes.
    pub fn assurance(&self, now: Time) -> Assurance {
        match self.stepped {
            Some(at) if now < at.plus_seconds(STEPPED_UP_SECONDS) => Assurance::SteppedUp,
            _ => Assurance::TwoFactors,
        }
    }

    /// Until when that holds, as far as the step-up goes.
    pub fn assurance_until(&self, now: Time) -> Time {
        let stepped = self.stepped.map(|at| at.plus_seconds(STEPPED_UP_SECONDS));
        stepped.filter(|end| now < *end).unwrap_or(self.ends)
    }
}

/// Shape 1 knew no device and no step-up.
fn with_a_device(mut body: Value) -> Result<Value, &'static str> {
    let session = body.as_object_mut().ok_or("a session is an object")?;
    for (name, value) in [("stepped", Value::Null), ("era", json!(0)), ("agent", json!(""))] {
        session.insert(name.to_owned(), value);
    }
    Ok(body)
}
