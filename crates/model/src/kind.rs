use crate::{SubjectId, Time};

/// What a kind of record is: the one declaration from which sealing, searching, retention,
/// permission and the public inventory follow. Snapshot: `declared/kinds.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindDecl {
    /// Dotted name, stable for ever, such as `practice.patient`.
    pub name: &'static str,
    /// Shape version, from 1. Raising it needs one upgrade step and one golden record.
    pub version: u16,
    /// One sentence for people.
    pub words: &'static str,
    /// A typed record or a whole foreign document.
    pub form: Form,
    /// Whose data it is.
    pub subject: SubjectRule,
    /// Why it is held.
    pub purpose: Purpose,
    /// How long it is held.
    pub retention: Retention,
    /// Which past versions are kept.
    pub history: History,
    /// The permission for each act.
    pub acts: Acts,
    /// What is inside.
    pub fields: &'static [FieldDecl],
}

/// The body of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A Rust type that derives [`Kind`], stored as JSON.
    Record,
    /// A foreign document, stored byte for byte, with its media type.
    Document(&'static str),
}

/// Permission names, one for each act on a record of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acts {
    /// Open one, list or search.
    pub read: &'static str,
    /// Make a new one.
    pub create: &'static str,
    /// Write a new version.
    pub revise: &'static str,
    /// Take it out of use (history stays).
    pub retire: &'static str,
}

/// One field or search parameter of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldDecl {
    /// Its name in the body, or the search parameter's name for a document.
    pub name: &'static str,
    /// How much harm its disclosure does.
    pub sensitivity: Sensitivity,
    /// How it can be found. Each choice but `Never` is a declared leak.
    pub search: Search,
    /// No two live records of the kind in a tenant may share it.
    pub unique: bool,
    /// The kind it points to, if it is a reference.
    pub refers: Option<&'static str>,
}

/// How much harm disclosure does, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// Anyone may see it.
    Public,
    /// The organisation's own business; harmless about people.
    Internal,
    /// Identifies a person.
    Identifying,
    /// Data concerning health (GDPR Art. 4(15), Art. 9).
    Health,
    /// Gives power: keys, verifiers, tokens.
    Secret,
}

/// How a field can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Search {
    /// Not at all.
    Never,
    /// By its whole value, through a keyed digest.
    Exact,
    /// By the beginning of any word in it, through keyed digests.
    Words,
    /// By ranges of such buckets, through keyed digests.
    Bucket(Bucket),
    /// In order, in the clear. Only up to `Internal`.
    Ordered,
}

/// The finest bucket of a range search; year and month digests come with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// A calendar day, `YYYY-MM-DD`.
    Day,
}

/// Whose data a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectRule {
    /// Nobody's: sealed under the organisation's own key.
    Nobody,
    /// The record stands for the person; its id is the subject's id.
    Itself,
    /// The named field holds the subject's id.
    Field(&'static str),
}

/// Which versions are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum History {
    /// Every version, until retention or erasure ends the record.
    EveryVersion,
    /// Only the latest; a revision overwrites.
    LatestOnly,
    /// Only the latest, and it ends by itself (sessions, one-time codes).
    Ephemeral,
}

/// Why a kind of data is held, with its lawful basis. GDPR Art. 5(1)(b), Art. 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Giving care to a patient.
    DirectCare,
    /// Knowing who is at the door and keeping others out.
    Security,
    /// Running the organisation: staff, settings, rooms.
    Administration,
    /// Showing that promises hold.
    Assurance,
    /// Designing a clinical trial (no subject data).
    TrialDesign,
}

/// GDPR Art. 6(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LawfulBasis {
    /// (a)
    Consent,
    /// (b)
    Contract,
    /// (c)
    LegalObligation,
    /// (d)
    VitalInterests,
    /// (e)
    PublicTask,
    /// (f)
    LegitimateInterests,
}

/// GDPR Art. 9(2), for health data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Article9 {
    /// No special category is held for the purpose.
    NotApplicable,
    /// (h): health care, under professional secrecy (Art. 9(3)).
    HealthCare,
}

/// How long a record is held. Periods and their sources live with the retention engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Clinical record: counted from the last treatment, by age.
    Clinical,
    /// As long as the person works with the organisation, and then as the organisation's policy says.
    Account,
    /// Gone 24 hours after it expires.
    Session,
    /// As long as the organisation exists.
    Organisation,
}

/// One searchable value of a record, in the clear; `vault` turns it into digests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The field it belongs to, as declared.
    pub field: &'static str,
    /// The value. For [`Search::Bucket`], a date `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.
    pub value: String,
}

/// A stored body could not be read as its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored {kind} of shape {version} cannot be read: {words}")]
pub struct DecodeError {
    /// The kind's name.
    pub kind: &'static str,
    /// The shape version it was stored with.
    pub version: u16,
    /// What is wrong. Never the content.
    pub words: String,
}

/// A Rust type that is a kind of record. Derive it; do not write it by hand.
pub trait Kind: Sized + Send + Sync + 'static {
    /// The declaration.
    const DECL: &'static KindDecl;

    /// The person it is about, where the kind's rule says `Field`.
    fn subject(&self) -> Option<SubjectId>;

    /// The searchable values.
    fn terms(&self) -> Vec<Term>;

    /// The moment it ends by itself, for [`History::Ephemeral`].
    fn ends(&self) -> Option<Time> {
        None
    }

    /// The body to store, in the present shape.
    fn encode(&self) -> Result<Vec<u8>, DecodeError>;

    /// Reads a body of any shape version up to the present one, through the upgrade chain.
    fn decode(version: u16, body: &[u8]) -> Result<Self, DecodeError>;
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::DirectCare, Self::Security, Self::Administration, Self::Assurance, Self::TrialDesign];

    /// Stable name, as written in evidence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DirectCare => "direct-care",
            Self::Security => "security",
            Self::Administration => "administration",
            Self::Assurance => "assurance",
            Self::TrialDesign => "trial-design",
        }
    }

    /// GDPR Art. 6(1) basis.
    pub const fn lawful_basis(self) -> LawfulBasis {
        match self {
            Self::DirectCare => LawfulBasis::PublicTask,
            Self::Security | Self::Assurance => LawfulBasis::LegitimateInterests,
            Self::Administration | Self::TrialDesign => LawfulBasis::Contract,
        }
    }

    /// GDPR Art. 9(2) condition.
    pub const fn article_9(self) -> Article9 {
        match self {
            Self::DirectCare => Article9::HealthCare,
            _ => Article9::NotApplicable,
        }
    }
}

impl KindDecl {
    /// The declared field of that name.
    pub fn field(&self, name: &str) -> Option<&'static FieldDecl> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The highest sensitivity of any field.
    pub fn sensitivity(&self) -> Sensitivity {
        self.fields.iter().map(|field| field.sensitivity).max().unwrap_or(Sensitivity::Internal)
    }
}

impl FieldDecl {
    /// The declaration of a field. Evaluated at compile time, so a forbidden one does not build.
    ///
    /// INVARIANT: nothing above `Internal` is indexed in order.
    pub const fn new(name: &'static str, sensitivity: Sensitivity, search: Search) -> Self {
        if matches!(search, Search::Ordered) && !matches!(sensitivity, Sensitivity::Public | Sensitivity::Internal) {
            #[expect(clippy::panic, reason = "evaluated at compile time: this is the compile error")]
            {
                panic!("a field above Internal cannot have an ordered index: use Exact, Words or Bucket");
            }
        }
        Self { name, sensitivity, search, unique: false, refers: None }
    }

    /// The same field, unique among live records of its kind in a tenant.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// The same field, as a reference to a record of `kind`.
    #[must_use]
    pub const fn refers(mut self, kind: &'static str) -> Self {
        self.refers = Some(kind);
        self
    }
}
