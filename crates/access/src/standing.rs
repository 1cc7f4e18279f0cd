use model::Time;

use crate::{Reason, Window};

/// Whether somebody belongs to the organisation at all, before any role is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// When they belong to it.
    pub window: Window,
    /// Whether they are kept out until somebody lets them in again.
    pub barred: bool,
}

impl Standing {
    /// Belongs, without limits of time: the duties of the house.
    pub const GOOD: Self = Self { window: Window::ALWAYS, barred: false };

    /// Why somebody is out at a moment, or nothing.
    pub const fn out_at(&self, now: Time) -> Option<Reason> {
        match (self.barred, self.window.holds(now)) {
            (true, _) => Some(Reason::Barred),
            (false, false) => Some(Reason::NotAMember),
            (false, true) => None,
        }
    }

    /// Both at once: barred if either is, and inside only where both are.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        Self { window: self.window.and(outer.window), barred: self.barred || outer.barred }
    }
}
