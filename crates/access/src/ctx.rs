use std::sync::Arc;

use model::{ActorId, Purpose, RequestId, SessionId, SubjectId, TenantId, Time};

use crate::PermissionSet;

/// Who asks, in which organisation, why, when, and what they hold. Made at the door, for one request.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The organisation that the asker belongs to. There is no other.
    pub tenant: TenantId,
    /// Who asks.
    pub actor: Actor,
    /// What they hold there.
    pub grants: Arc<Grants>,
    /// How sure the house is of who asks.
    pub assurance: Assurance,
    /// Why they ask.
    pub purpose: Purpose,
    /// The session they ask in, if any.
    pub session: Option<SessionId>,
    /// The request, as shown on error pages and written in evidence.
    pub request: RequestId,
    /// When.
    pub now: Time,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// Somebody with an account.
    Person(ActorId),
    /// A program with an API key.
    Key(ActorId),
    /// The house itself, in a named duty whose grants stand in the same matrix.
    Duty(&'static str),
}

/// How sure the house is of who asks, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assurance {
    /// One factor: good for enrolling a second and nothing else.
    OneFactor,
    /// An API key, made by a person with two factors; or a duty of the house.
    Key,
    /// A person with two factors.
    TwoFactors,
}

/// When a grant holds: from the first moment (inclusive) until the last (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Not before.
    pub from: Option<Time>,
    /// Not at or after.
    pub until: Option<Time>,
}

/// Which records of the tenant a grant reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All of them.
    Tenant,
    /// Only those about one person.
    Subject(SubjectId),
}

/// One bundle of permissions with its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// What it permits.
    pub set: PermissionSet,
    /// When.
    pub window: Window,
    /// On which records.
    pub scope: Scope,
}

/// Everything one actor holds in one tenant. Made by [`crate::Registry::grants`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants(Vec<Grant>);

impl Window {
    /// No limits.
    pub const ALWAYS: Self = Self { from: None, until: None };

    /// Whether `now` lies inside.
    pub const fn holds(&self, now: Time) -> bool {
        let begun = match self.from {
            Some(from) => from.micros() <= now.micros(),
            None => true,
        };
        let not_over = match self.until {
            Some(until) => now.micros() < until.micros(),
            None => true,
        };
        begun && not_over
    }
}

impl Scope {
    /// Whether a record about `subject` is within reach.
    pub fn reaches(self, subject: Option<SubjectId>) -> bool {
        match self {
            Self::Tenant => true,
            Self::Subject(own) => subject == Some(own),
        }
    }
}

impl Grants {
    pub(crate) const fn new(list: Vec<Grant>) -> Self {
        Self(list)
    }

    /// The grants, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }
}

impl Actor {
    /// The kind of actor, as written in evidence.
    pub const fn sort(self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Key(_) => "key",
            Self::Duty(_) => "duty",
        }
    }
}
