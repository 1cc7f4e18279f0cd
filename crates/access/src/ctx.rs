use std::sync::Arc;

use model::{ActorId, Purpose, RequestId, SessionId, SubjectId, TenantId, Time};

use crate::{Permission, PermissionSet, Purposes, Standing};

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
    /// A person who showed a second factor once more, in the last [`STEPPED_UP_SECONDS`].
    SteppedUp,
}

/// How long a second factor that was shown once more counts, in seconds.
pub const STEPPED_UP_SECONDS: i64 = 10 * 60;

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
    /// For which purposes.
    pub purposes: Purposes,
}

/// Everything one actor holds in one tenant, and whether they belong to it. Made by [`crate::Registry::grants`] and
/// [`Grants::new`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    list: Vec<Grant>,
    standing: Standing,
    /// Acts that need two people and for which a second one was found.
    seconded: PermissionSet,
}

impl Window {
    /// No limits.
    pub const ALWAYS: Self = Self { from: None, until: None };

    /// The time in which both hold; it may be empty.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let until = match (self.until, other.until) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self { from: self.from.max(other.from), until }
    }

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

impl Grant {
    /// The part of this grant that lies inside another; none if nothing does.
    fn within(&self, outer: &Self) -> Option<Self> {
        let set = self.set.and(outer.set);
        let scope = self.scope.within(outer.scope)?;
        let (window, purposes) = (self.window.and(outer.window), self.purposes.and(outer.purposes));
        (!set.is_empty()).then_some(Self { set, window, scope, purposes })
    }
}

impl Scope {
    /// The records that both reach; none if there is no such record.
    pub fn within(self, outer: Self) -> Option<Self> {
        match (self, outer) {
            (own, Self::Tenant) => Some(own),
            (Self::Tenant, own) => Some(own),
            (Self::Subject(one), Self::Subject(other)) => (one == other).then_some(self),
        }
    }

    /// Whether a record about `subject` is within reach.
    pub fn reaches(self, subject: Option<SubjectId>) -> bool {
        match self {
            Self::Tenant => true,
            Self::Subject(own) => subject == Some(own),
        }
    }
}

impl Grant {
    /// A set in a window on some records, for any purpose.
    pub const fn new(set: PermissionSet, window: Window, scope: Scope) -> Self {
        Self { set, window, scope, purposes: Purposes::ANY }
    }
}

impl Grants {
    /// Grants of somebody of this standing.
    pub fn new(list: Vec<Grant>, standing: Standing) -> Self {
        Self { list, standing, seconded: PermissionSet::default() }
    }

    /// What both hold, and never more than either: each pair of grants, as far as set, window, scope and purposes
    /// meet, while both belong to the organisation. What was seconded for one of them is not for this.
    #[must_use]
    pub fn within(&self, bound: &Self) -> Self {
        let pairs = self.list.iter().flat_map(|own| bound.list.iter().filter_map(|outer| own.within(outer)));
        Self::new(pairs.collect(), self.standing.within(bound.standing))
    }

    /// The same grants and one more.
    #[must_use]
    pub fn plus(mut self, grant: Grant) -> Self {
        self.list.push(grant);
        self
    }

    /// The grants, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.list.iter()
    }

    /// Whether their holder belongs to the organisation.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    pub(crate) const fn is_seconded(&self, permission: Permission) -> bool {
        self.seconded.contains(permission)
    }

    pub(crate) fn seconded(&self, permission: Permission) -> Self {
        let mut more = self.clone();
        more.seconded.insert(permission);
        more
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
