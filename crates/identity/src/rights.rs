//! Who may do what in an organisation, and how that is changed.
//!
//! | file | what |
//! |---|---|
//! | `holdings.rs` | roles, windows and standing of an account become grants, on every request |
//! | `custom.rs` | roles that an organisation makes for itself |
//! | `people.rs` | roles given and taken, access windows, people kept out and let in |
//! | `proposals.rs`, `classes.rs` | four eyes: what one person proposes and another agrees to |
//! | `emergency.rs` | a right for a short time, looked at afterwards |
//! | `support.rs` | an operator of the house inside an organisation that let them in |
//! | `reviews.rs`, `usage.rs` | access reviews, and what people used |
//! | `explain.rs` | who may see a record, who has looked, why something was refused |

mod classes;
mod custom;
mod emergency;
mod explain;
mod holdings;
mod people;
mod proposals;
mod reviews;
mod support;
mod usage;

pub(crate) use classes::all as protected_classes;
pub use classes::{EMPOWER, END_GOVERNOR, ERASE, Empowering};
pub use custom::RoleDraft;
pub use emergency::MINUTES_MAX;
pub use explain::{Looked, MaySee, Refused, Why};
pub(crate) use holdings::{Holding, belongs, standing};
pub(crate) use people::unreadable;
pub(crate) use proposals::Classes;
pub use proposals::{Class, OPEN_SECONDS, Protected};
pub use reviews::{DORMANT_DAYS, ReviewOrder};
pub use support::HOURS_MAX;
pub(crate) use support::VISITOR_ASSURANCE;

use access::{Actor, Ask, Ctx, decide};
use model::{Answer, No, Refusal, RefusalKind, SubjectId};
use vault::Note;

use crate::Identity;

/// Permissions that stand for no route and no kind: a command asks for each by name.
pub const COMMANDS: &[(&str, &str)] = &[
    ("account.empower", "Giving a role that governs others."),
    ("administrator.retire", "Ending the account of somebody who governs others."),
    ("subject.erase", "Destroying a person's key, in the vault."),
];

impl Identity {
    /// Whether somebody may do a thing, so that a page offers only what can be done.
    pub fn may(&self, ctx: &Ctx, permission: &str) -> bool {
        let wanted = self.vault.registry().permission(permission);
        wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
    }

    /// Whether somebody may do a thing, if need be after showing their second factor once more.
    pub(crate) fn may_step_up(&self, ctx: &Ctx, permission: &str) -> bool {
        let Some(permission) = self.vault.registry().permission(permission) else { return false };
        match decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }) {
            Ok(_) => true,
            Err(denied) => matches!(ctx.actor, Actor::Person(_)) && denied.reason >= access::Reason::TooWeak,
        }
    }

    /// Refuses, with evidence, whoever may not do a thing that no record's own permission stands for.
    pub(crate) async fn demand(&self, ctx: &Ctx, permission: &'static str) -> Answer<()> {
        let wanted = self.vault.registry().permission(permission);
        let asked = wanted.map(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }));
        let refusal = match asked {
            Some(Ok(_)) => return Ok(()),
            Some(Err(denied)) if denied.reason == access::Reason::TooWeak => Refusal::second_factor_needed(),
            Some(Err(denied)) if denied.reason == access::Reason::NotSeconded => Refusal::new(
                RefusalKind::NotAllowed,
                "This takes two people. Propose it, and somebody else who may do it has to agree.",
            ),
            _ => Refusal::new(
                RefusalKind::NotAllowed,
                "Your role does not let you do that. Ask an administrator of your organisation.",
            ),
        };
        Err(self.refuse_command(ctx, refusal).await)
    }

    /// Leaves evidence of something that was refused, then hands the refusal back.
    pub(crate) async fn refuse_command(&self, ctx: &Ctx, refusal: Refusal) -> No {
        let note = Note { action: "command", kind: None, id: None, subject: None, outcome: "refused" };
        match self.vault.note(ctx, note).await {
            Ok(()) => refusal.recorded().into(),
            Err(fault) => fault.into(),
        }
    }
}

/// The account behind an asker, who must be a person.
pub(crate) fn person(ctx: &Ctx) -> Answer<SubjectId> {
    match ctx.actor {
        Actor::Person(id) => Ok(SubjectId::from_uuid(id.uuid())),
        Actor::Key(_) | Actor::Duty(_) => {
            Err(Refusal::new(RefusalKind::NotAllowed, "Only a person who is signed in can do that.").into())
        }
    }
}
