//! Bundles: a transaction all or nothing, a batch entry by entry; planned here, carried out by the caller.
//!
//! [`Draft::read`] checks the whole Bundle. Some entries depend on what is stored (`ifNoneExist`, updates and
//! deletions by search, references by search): these are [`Draft::conditions`], which the caller looks up.
//! [`Draft::settle`] then gives out ids, writes them into every reference within the Bundle, and returns the
//! steps in the order in which R4 processes them: delete, create, update, read.
//!
//! A transaction with a type that the house does not hold is refused whole, naming each type and how often it
//! occurs; a batch refuses those entries alone. [`pick`] makes a transaction of what can be taken.

mod answer;
mod links;
mod pick;
mod read;
mod settle;

pub use answer::{EntryAnswer, Match, history, response, searchset};
pub use pick::{Naming, Picked, pick};

use model::Refusal;

use super::ids::{FhirId, Tags, VersionId};
use super::search::Plan;
use super::{Resource, Type};

/// Most entries in one Bundle.
pub const ENTRIES_MAX: usize = 5_000;

/// What a Bundle asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleType {
    /// All entries or none.
    Transaction,
    /// Each entry for itself.
    Batch,
}

/// A Bundle that has been read and checked.
#[derive(Debug)]
pub struct Draft {
    of: BundleType,
    entries: Vec<Entry>,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
struct Entry {
    full_url: Option<String>,
    /// A refusal stands here in a batch only.
    ask: Result<Ask, Refusal>,
}

/// What one entry asks for. Numbers are places in `Draft::conditions`.
#[derive(Debug)]
enum Ask {
    Create { resource: Resource, unless: Option<usize> },
    Update { id: FhirId, resource: Resource, if_match: Option<Tags> },
    UpdateWhere { condition: usize, resource: Resource, if_match: Option<Tags> },
    Delete { of: Type, id: FhirId, if_match: Option<Tags> },
    DeleteWhere { of: Type, condition: usize },
    Read { of: Type, id: FhirId, version: Option<VersionId> },
    Search { plan: Plan },
}

/// Something that must be looked up before a Bundle can be settled.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The entry it belongs to, from 0.
    pub entry: usize,
    /// What is looked for.
    pub plan: Plan,
    /// What it is for.
    pub role: Role,
}

/// What a condition decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// `ifNoneExist`: create unless something matches.
    CreateUnless,
    /// Update the one match, or create.
    Update,
    /// Delete the one match.
    Delete,
    /// A reference such as `Practitioner?identifier=…`, as it stands in the resource.
    Reference(String),
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Exactly one.
    One(FhirId),
    /// More than one.
    Several,
}

/// A Bundle that can be carried out.
#[derive(Debug)]
pub struct Settled {
    /// What kind of Bundle.
    pub of: BundleType,
    /// What to do, in order.
    pub steps: Vec<Step>,
}

/// What to do for one entry.
#[derive(Debug)]
pub struct Step {
    /// The entry, from 0; answers stand in the order of the entries.
    pub entry: usize,
    /// The act; a refusal in a batch only.
    pub act: Result<Act, Refusal>,
}

/// An act on stored resources.
#[derive(Debug)]
pub enum Act {
    /// Make a new one. Its references have been written already; [`Resource::stamped`] is still to be done.
    Create {
        /// The id it gets.
        id: FhirId,
        /// What is made.
        resource: Resource,
    },
    /// It is there already (`ifNoneExist`): answer 200 with it and do nothing.
    Exists {
        /// Its type.
        of: Type,
        /// Its id.
        id: FhirId,
    },
    /// Write a new version, or make it under this id.
    Update {
        /// Its id.
        id: FhirId,
        /// The new version.
        resource: Resource,
        /// Versions of which one must be the present one.
        if_match: Option<Tags>,
    },
    /// Take it out of use.
    Delete {
        /// Its type.
        of: Type,
        /// Its id.
        id: FhirId,
        /// Versions of which one must be the present one.
        if_match: Option<Tags>,
    },
    /// Nothing matched what was to be deleted: answer 204.
    DeleteNothing {
        /// The type looked through.
        of: Type,
    },
    /// Answer it.
    Read {
        /// Its type.
        of: Type,
        /// Its id.
        id: FhirId,
        /// The version, if not the present one.
        version: Option<VersionId>,
    },
    /// Answer what matches.
    Search {
        /// How it is found.
        plan: Plan,
    },
}

impl BundleType {
    /// The type of the Bundle that answers.
    pub const fn response_name(self) -> &'static str {
        match self {
            Self::Transaction => "transaction-response",
            Self::Batch => "batch-response",
        }
    }
}

impl Draft {
    /// What kind of Bundle it is.
    pub fn of(&self) -> BundleType {
        self.of
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What must be looked up before it can be settled.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}
