use model::{SubjectId, TenantId};

use crate::{Assurance, Ctx, Permission};

/// What is asked: an act, in a tenant, on a record about somebody or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The act.
    pub permission: Permission,
    /// The tenant that the record belongs to.
    pub tenant: TenantId,
    /// Whose record it is. `None` for a record about nobody, and for acts on no record in particular.
    pub subject: Option<SubjectId>,
}

/// Proof that an act was allowed. Only [`decide`] makes one.
///
/// INVARIANT: the fields are private and there is no other constructor, so a function that takes
/// a `Granted` cannot be called without a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    tenant: TenantId,
    permission: Permission,
    subject: Option<SubjectId>,
}

/// The act is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// The first reason found, in the order of [`Reason`].
    pub reason: Reason,
}

/// Why an act is not allowed, as written in evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The record belongs to another organisation.
    OtherTenant,
    /// The asker is kept out of the organisation.
    Barred,
    /// The asker does not belong to the organisation yet, or no longer does.
    NotAMember,
    /// No grant holds the permission.
    NotGranted,
    /// A grant holds it, but for other records.
    OutOfScope,
    /// A grant holds it, but not now.
    OutOfWindow,
    /// A grant holds it, but not for this purpose.
    WrongPurpose,
    /// A grant holds it, but the house is not sure enough of who asks.
    TooWeak,
    /// It takes two people, and there is one.
    NotSeconded,
}

impl Granted {
    /// The tenant the decision was made for.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The act it was made for.
    pub const fn permission(&self) -> Permission {
        self.permission
    }

    /// Whose record it was made for.
    pub const fn subject(&self) -> Option<SubjectId> {
        self.subject
    }
}

impl Reason {
    /// Stable name, as written in evidence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtherTenant => "other-tenant",
            Self::Barred => "barred",
            Self::NotAMember => "not-a-member",
            Self::NotGranted => "not-granted",
            Self::OutOfScope => "out-of-scope",
            Self::OutOfWindow => "out-of-window",
            Self::WrongPurpose => "wrong-purpose",
            Self::TooWeak => "too-weak",
            Self::NotSeconded => "not-seconded",
        }
    }

    /// Every reason, in order.
    pub const ALL: [Self; 9] = [
        Self::OtherTenant,
        Self::Barred,
        Self::NotAMember,
        Self::NotGranted,
        Self::OutOfScope,
        Self::OutOfWindow,
        Self::WrongPurpose,
        Self::TooWeak,
        Self::NotSeconded,
    ];
}

/// Decides one act. Pure, no allocation; deny by default.
pub fn decide(ctx: &Ctx, ask: &Ask) -> Result<Granted, Denied> {
    if ask.tenant != ctx.tenant {
        return Err(Denied { reason: Reason::OtherTenant });
    }
    if let Some(reason) = ctx.grants.standing().out_at(ctx.now) {
        return Err(Denied { reason });
    }
    let mut nearest = Reason::NotGranted;
    for grant in ctx.grants.iter() {
        let reason = if !grant.set.contains(ask.permission) {
            Reason::NotGranted
        } else if !grant.scope.reaches(ask.subject) {
            Reason::OutOfScope
        } else if !grant.window.holds(ctx.now) {
            Reason::OutOfWindow
        } else if !(ask.permission.purposes.holds(ctx.purpose) && grant.purposes.holds(ctx.purpose)) {
            Reason::WrongPurpose
        } else if !strong_enough(ctx.assurance, ask.permission) {
            Reason::TooWeak
        } else if ask.permission.two_people && !ctx.grants.is_seconded(ask.permission) {
            Reason::NotSeconded
        } else {
            return Ok(Granted { tenant: ask.tenant, permission: ask.permission, subject: ask.subject });
        };
        nearest = nearest.max(reason);
    }
    Err(Denied { reason: nearest })
}

fn strong_enough(assurance: Assurance, permission: Permission) -> bool {
    assurance >= permission.needs
}
