//! Four eyes: an act that nobody can do alone is decided for one person with another's proposal behind it.

use std::sync::Arc;

use model::ActorId;

use crate::{Actor, Ctx, Permission};

/// One and the same person, or no person, stands on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a second, different person is needed")]
pub struct OneAlone;

impl Ctx {
    /// This asker with another person's proposal of one act behind them.
    ///
    /// INVARIANT: there is no other way to make [`crate::decide`] allow an act that needs two people, and it takes two
    /// different persons. A key or a duty is no person.
    pub fn seconding(&self, proposer: ActorId, permission: Permission) -> Result<Self, OneAlone> {
        match self.actor {
            Actor::Person(id) if id != proposer => Ok(self.with_second(permission)),
            _ => Err(OneAlone),
        }
    }

    /// This person alone, in an emergency that is on record, ends by itself and is reviewed afterwards.
    pub fn danger_alone(&self, permission: Permission) -> Result<Self, OneAlone> {
        match self.actor {
            Actor::Person(_) => Ok(self.with_second(permission)),
            _ => Err(OneAlone),
        }
    }

    fn with_second(&self, permission: Permission) -> Self {
        Self { grants: Arc::new(self.grants.seconded(permission)), ..self.clone() }
    }
}
