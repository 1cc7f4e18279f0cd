//! Readers of bodies: each turns bytes into named values and stops at the limits.

pub(crate) mod form;
pub(crate) mod json;
pub(crate) mod multipart;
pub(crate) mod xml;

use crate::limits::{Limit, Limits};
use crate::variable::Variable;
use std::borrow::Cow;

/// One value of a request and where it stood.
pub(crate) struct Found<'r> {
    pub variable: Variable,
    pub name: Cow<'r, [u8]>,
    pub value: Cow<'r, [u8]>,
}

/// What the readers found so far.
pub(crate) struct Collector<'r> {
    pub found: Vec<Found<'r>>,
    /// Why the body could not be read to its end as what it claims to be.
    pub malformed: Option<&'static str>,
    pub over: Option<Limit>,
    /// Oddities of a multipart body that readers might understand differently.
    pub ambiguous: Option<&'static str>,
    arguments: usize,
    limits: Limits,
}

/// Reading ends here: the body is malformed, or a limit is reached.
pub(crate) struct Stop;

impl<'r> Collector<'r> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { found: Vec::new(), malformed: None, over: None, ambiguous: None, arguments: 0, limits }
    }

    pub(crate) fn push(&mut self, variable: Variable, name: impl Into<Cow<'r, [u8]>>, value: impl Into<Cow<'r, [u8]>>) {
        self.found.push(Found { variable, name: name.into(), value: value.into() });
    }

    /// A value that counts against the number of arguments.
    pub(crate) fn argument(
        &mut self,
        variable: Variable,
        name: impl Into<Cow<'r, [u8]>>,
        value: impl Into<Cow<'r, [u8]>>,
    ) -> Result<(), Stop> {
        self.arguments += 1;
        if self.arguments > self.limits.arguments_max {
            return Err(self.beyond(Limit::Arguments));
        }
        self.push(variable, name, value);
        Ok(())
    }

    pub(crate) fn beyond(&mut self, limit: Limit) -> Stop {
        self.over = Some(limit);
        Stop
    }

    pub(crate) fn malformed(&mut self, why: &'static str) -> Stop {
        self.malformed = Some(why);
        Stop
    }

    pub(crate) fn depth(&mut self, depth: usize) -> Result<(), Stop> {
        if depth > self.limits.depth_max { Err(self.beyond(Limit::Depth)) } else { Ok(()) }
    }
}
