//! Work that is counted: who does it reserves what it may take at most, and says afterwards what it took.

use std::future::Future;
use std::pin::Pin;

use model::{Answer, RecordId, SubjectId, TenantId};

use crate::Ctx;

/// An answer that is on its way.
pub type Metering<'a, T> = Pin<Box<dyn Future<Output = Answer<T>> + Send + 'a>>;

/// Tokens set aside for one piece of work. Give it back to the meter: committed or released. One that is forgotten
/// expires by itself.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is reserved is neither counted nor given back until it is committed or released"]
pub struct Reserved {
    /// Where.
    pub tenant: TenantId,
    /// Whose quota it is taken from.
    pub account: SubjectId,
    /// Which of their reservations.
    pub id: RecordId,
    /// How many tokens at most.
    pub tokens: u64,
}

/// Counts metered work against each person's monthly quota. Implemented by `identity`, joined in `candor`.
pub trait Meter: Send + Sync + 'static {
    /// Sets tokens aside, as many as the work can take at most; refuses (429, with when to come back) if the quota does
    /// not have them. A key's work counts as its owner's.
    fn reserve<'a>(&'a self, ctx: &'a Ctx, tokens: u64) -> Metering<'a, Reserved>;

    /// The work is done and took so many.
    fn commit<'a>(&'a self, ctx: &'a Ctx, reserved: Reserved, used: u64) -> Metering<'a, ()>;

    /// The work was not done.
    fn release<'a>(&'a self, ctx: &'a Ctx, reserved: Reserved) -> Metering<'a, ()>;
}
