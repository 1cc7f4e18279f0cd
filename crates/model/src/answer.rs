use std::fmt;

/// What a caller gets: the thing, or a no.
pub type Answer<T> = Result<T, No>;

/// The two kinds of no.
#[derive(Debug)]
pub enum No {
    /// The house works and says no. Shown to people.
    Refusal(Refusal),
    /// The house is broken. Logged once at the door, never shown.
    Fault(Fault),
}

/// A no with words for a person: what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for machines.
    pub kind: RefusalKind,
    /// Why and what to do, for people. Never holds personal data.
    pub words: String,
    /// The places in the input that are wrong, if any.
    pub problems: Vec<Problem>,
    /// Whether evidence of it is durable already; the door records the others where it knows who asks.
    pub recorded: bool,
    /// In how many seconds another try has a chance, where that is known.
    pub wait_seconds: Option<u32>,
}

/// One place in the input and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A form field's name, or a path such as `Patient.birthDate`.
    pub path: String,
    /// What is wrong and what is expected.
    pub words: String,
}

/// Why the house says no. Each has one HTTP status (see `web`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// 401: nobody is signed in, or the token is not valid.
    NotSignedIn,
    /// 403: signed in, but the act needs a second factor first.
    SecondFactorNeeded,
    /// 403: known and allowed to know, but not allowed to act.
    NotAllowed,
    /// 404: absent, or the asker has no right to know.
    NotFound,
    /// 410: it was here and has been retired or erased.
    Gone,
    /// 400: the input cannot be read.
    Malformed,
    /// 422: the input can be read but breaks a rule.
    Invalid,
    /// 413: larger than the limit.
    TooLarge,
    /// 415: a content type that this address does not take.
    WrongMediaType,
    /// 406: no content type that the asker accepts.
    NotAcceptable,
    /// 405: the address exists, the method does not.
    WrongMethod,
    /// 404: a feature of the standard that this house does not offer, said by name.
    NotSupported,
    /// 409: somebody else changed it first, or it exists already.
    Conflict,
    /// 412: `If-Match` or `If-None-Match` did not hold.
    PreconditionFailed,
    /// 428: the act needs a precondition and had none.
    PreconditionRequired,
    /// 429: too often.
    TooManyRequests,
    /// 503: the house is busy or starting; try again.
    Busy,
}

/// Something that should not happen. Its words are for the operator and hold no personal data.
#[derive(Debug)]
pub struct Fault {
    /// What was being done.
    pub doing: String,
    /// What went wrong.
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Refusal {
    /// A refusal with words and no particular place.
    pub fn new(kind: RefusalKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into(), problems: Vec::new(), recorded: false, wait_seconds: None }
    }

    /// The same refusal, naming one more wrong place.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, words: impl Into<String>) -> Self {
        self.problems.push(Problem { path: path.into(), words: words.into() });
        self
    }

    /// The same refusal, telling when to try again.
    #[must_use]
    pub const fn wait(mut self, seconds: u32) -> Self {
        self.wait_seconds = Some(seconds);
        self
    }

    /// The same refusal, whose evidence is durable.
    #[must_use]
    pub const fn recorded(mut self) -> Self {
        self.recorded = true;
        self
    }

    /// The answer for whoever may do it, once they have shown their second factor again.
    pub fn second_factor_needed() -> Self {
        Self::new(
            RefusalKind::SecondFactorNeeded,
            "This needs your second factor once more, shown in the last ten minutes. A program's key cannot do it.",
        )
    }

    /// The answer for what is absent and for what the asker may not know of: the two are the same.
    pub fn not_found() -> Self {
        Self::new(
            RefusalKind::NotFound,
            "There is nothing here that you can see. Check the address, or ask whoever gave it to you.",
        )
    }
}

impl Fault {
    /// A fault met while doing something.
    pub fn new(doing: impl Into<String>, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), cause: cause.into() }
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "while {}: {}", self.doing, self.cause)
    }
}

impl fmt::Display for No {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refusal(refusal) => refusal.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}
impl std::error::Error for No {}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.cause.as_ref())
    }
}
