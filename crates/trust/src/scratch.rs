//! Houses that may be broken on purpose: made by the same program, in a directory of their own, thrown away afterwards.

use crate::house::{Credentials, Wire};
use crate::probe::Trouble;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use storage::Engine;

/// Something under way at a scratch house.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// Makes scratch houses.
pub trait Scratch: Send + Sync {
    /// Starts a house of two synthetic tenants on a data directory; a second time it finds what it kept.
    fn launch<'a>(&'a self, data: &'a Path) -> Doing<'a, Launched>;

    /// The raw rows of a house that has been stopped.
    fn rows<'a>(&'a self, data: &'a Path) -> Doing<'a, Arc<dyn Engine>>;
}

/// A scratch house that is up.
pub struct Launched {
    /// The way to it.
    pub wire: Box<dyn Wire>,
    /// Whom one can be there.
    pub known: Credentials,
    /// Ends it.
    pub stop: Box<dyn FnOnce() -> Doing<'static, ()> + Send + Sync>,
}

/// No scratch houses: claims that need one stay without evidence.
pub struct NoScratch;

impl Scratch for NoScratch {
    fn launch<'a>(&'a self, _: &'a Path) -> Doing<'a, Launched> {
        Box::pin(async { Err(Trouble::new("there is no way to make a scratch house here")) })
    }

    fn rows<'a>(&'a self, _: &'a Path) -> Doing<'a, Arc<dyn Engine>> {
        Box::pin(async { Err(Trouble::new("there is no way to make a scratch house here")) })
    }
}

mod program;

pub use program::{OpenRows, Program};
