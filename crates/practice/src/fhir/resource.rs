//! One resource: its text, its type, and whether it is what R4 says.

use fhirkit::Json;
use model::{Problem, Refusal, RefusalKind, Time};

use super::Type;
use super::ids::{FhirId, Target, VersionId, instant};
use super::json::{Document, Edits, Kind, Limits, Node, compact, quoted};
use super::rules::{self, Nesting};

/// Most problems told at once.
const PROBLEMS_MAX: usize = 50;

/// A resource of a type that the house holds, as the text it came in.
#[derive(Debug, Clone)]
pub struct Resource {
    of: Type,
    document: Document,
}

/// Whose data a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The person that the resource stands for.
    Itself,
    /// The patient of that id.
    Patient(FhirId),
    /// Whoever the named resource is about (`Binary.securityContext`).
    Through(Type, FhirId),
    /// Nobody that it names by a reference the house can follow.
    Nobody,
}

impl Resource {
    /// Reads and checks a resource from outside.
    ///
    /// Refuses with `Malformed` or `TooLarge` what is not JSON, with `NotSupported` a type that the house does
    /// not hold, and with `Invalid` whatever R4 does not allow, each with the path of the element.
    pub fn read(bytes: &[u8], now: Time) -> Result<Self, Refusal> {
        Self::check(Document::read(bytes, &Limits::RESOURCE)?, now)
    }

    /// Reads and checks a resource that must be of one type, as addresses such as `/Patient` say.
    pub fn read_as(of: Type, bytes: &[u8], now: Time) -> Result<Self, Refusal> {
        let document = Document::read(bytes, &Limits::RESOURCE)?;
        let found = type_of(&document)?;
        if found != of {
            let words = format!("This address takes {of}, and the body is a {found}.");
            return Err(Refusal::new(RefusalKind::Invalid, words.clone()).at(format!("{found}.resourceType"), words));
        }
        Self::check(document, now)
    }

    /// Reads a resource that the house has kept. Not checked again: it may be older than today's rules.
    pub fn kept(text: &str) -> Result<Self, Refusal> {
        let document = Document::read(text.as_bytes(), &Limits::RESOURCE)?;
        Ok(Self { of: type_of(&document)?, document })
    }

    fn check(document: Document, now: Time) -> Result<Self, Refusal> {
        let of = type_of(&document)?;
        let problems = problems(&document, of, now);
        if problems.is_empty() {
            return Ok(Self { of, document });
        }
        Err(invalid(of, problems))
    }

    /// Its type.
    pub fn of(&self) -> Type {
        self.of
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.document.text()
    }

    /// Its text, given up.
    pub fn into_text(self) -> String {
        self.document.into_text()
    }

    /// Its outermost object.
    pub fn root(&self) -> Node<'_> {
        self.document.root()
    }

    /// Its logical id.
    pub fn id(&self) -> Option<FhirId> {
        FhirId::parse(&self.root().member_text("id")?)
    }

    /// Its version, as last written by the house.
    pub fn version(&self) -> Option<VersionId> {
        VersionId::parse(&self.root().member("meta")?.member_text("versionId")?)
    }

    /// The text with the three elements that the house owns: `id`, `meta.versionId`, `meta.lastUpdated`.
    /// All else stays byte for byte.
    pub fn stamped(&self, id: &FhirId, version: VersionId, updated: Time) -> String {
        let root = self.root();
        let mut edits = Edits::default();
        let id = quoted(id.as_str());
        let version = quoted(&version.to_string());
        let updated = quoted(&instant(updated));
        match root.member("id") {
            Some(there) => edits.replace(there, id),
            None => edits.set(root, "id", &id, Some("resourceType")),
        }
        match root.member("meta") {
            Some(meta) => set_meta(&mut edits, meta, &version, &updated),
            None => {
                let after = if root.member("id").is_some() { "id" } else { "resourceType" };
                let meta = format!("{{\"versionId\":{version},\"lastUpdated\":{updated}}}");
                edits.set(root, "meta", &meta, Some(after));
            }
        }
        edits.apply(self.text())
    }

    /// The same resource without the space between its values.
    pub fn compacted(&self) -> String {
        compact(self.text())
    }

    /// Whether both say the same, apart from the three elements that the house owns.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.unowned(), other.unowned());
        match (mine, theirs) {
            (Ok(mine), Ok(theirs)) => mine.root().says_the_same_as(theirs.root()),
            _ => false,
        }
    }

    /// Stamped alike, so that the owned elements do not count.
    fn unowned(&self) -> Result<Document, Refusal> {
        let same = FhirId::of_record(model::RecordId::from_bytes([0; 16]));
        let text = self.stamped(&same, VersionId::FIRST, Time::from_seconds(0));
        Ok(Document::read(text.as_bytes(), &Limits::RESOURCE)?)
    }

    /// Whose data it is.
    pub fn about(&self) -> About {
        let through = |path: &[&str]| {
            let reference = self.root().follow(path).into_iter().next()?.text()?;
            let target = Target::relative(&reference)?;
            Some((Type::named(&target.of)?, target.id))
        };
        match self.of {
            Type::Patient | Type::Practitioner => About::Itself,
            Type::DocumentReference => match through(&["subject", "reference"]) {
                Some((Type::Patient, id)) => About::Patient(id),
                Some((of, id)) => About::Through(of, id),
                None => About::Nobody,
            },
            Type::Binary => match through(&["securityContext", "reference"]) {
                Some((Type::Patient, id)) => About::Patient(id),
                Some((of, id)) => About::Through(of, id),
                None => About::Nobody,
            },
        }
    }
}

fn set_meta(edits: &mut Edits, meta: Node<'_>, version: &str, updated: &str) {
    match (meta.member("versionId"), meta.member("lastUpdated")) {
        (Some(there), Some(then)) => {
            edits.replace(there, version);
            edits.replace(then, updated);
        }
        (Some(there), None) => edits.replace(there, format!("{version},\"lastUpdated\":{updated}")),
        (None, Some(then)) => edits.replace(then, format!("{updated},\"versionId\":{version}")),
        (None, None) => {
            let begin = meta.span().start + 1;
            let comma = if meta.children().next().is_some() { "," } else { "" };
            edits.splice(begin..begin, format!("\"versionId\":{version},\"lastUpdated\":{updated}{comma}"));
        }
    }
}

/// The type that `resourceType` names, if the house holds it.
fn type_of(document: &Document) -> Result<Type, Refusal> {
    let root = document.root();
    if root.kind() != Kind::Object {
        let words = "A resource is a JSON object.";
        return Err(Refusal::new(RefusalKind::Malformed, words).at("Resource", words));
    }
    let Some(name) = root.member("resourceType").and_then(Node::text) else {
        let words = "A resource begins with its type: \"resourceType\" is missing or is not a string.";
        return Err(Refusal::new(RefusalKind::Malformed, words).at("Resource.resourceType", words));
    };
    Type::named(&name).ok_or_else(|| {
        let words = Type::why_not(&name);
        Refusal::new(RefusalKind::NotSupported, words.clone()).at("Resource.resourceType", words)
    })
}

fn invalid(of: Type, mut problems: Vec<Problem>) -> Refusal {
    let found = problems.len();
    problems.truncate(PROBLEMS_MAX);
    let words = match found {
        1 => format!("This is not a valid {of}: one element is wrong."),
        n if n > PROBLEMS_MAX => {
            format!("This is not a valid {of}: {n} elements are wrong, of which the first {PROBLEMS_MAX} are named.")
        }
        n => format!("This is not a valid {of}: {n} elements are wrong."),
    };
    Refusal { kind: RefusalKind::Invalid, words, problems, recorded: false, wait_seconds: None }
}

/// Everything that R4 and the house's own rules find wrong.
fn problems(document: &Document, of: Type, now: Time) -> Vec<Problem> {
    let root = document.root();
    let mut found = Vec::new();
    // ORDER: nesting is checked before the model decodes, because its decoder recurses.
    if rules::check(root, of, now, &mut found) == Nesting::TooDeep {
        return found;
    }
    found.extend(issues(of, &tree(root, &["contained"])));
    for (index, inner) in root.member("contained").into_iter().flat_map(Node::children).enumerate() {
        contained(inner, &format!("{of}.contained[{index}]"), &mut found);
    }
    found
}

/// What the R4 structure says of the whole resource, but for its contained ones.
fn issues(of: Type, json: &Json) -> Vec<Problem> {
    use fhirkit::r4::{Binary, DocumentReference, Patient, Practitioner};
    let issues = match of {
        Type::Patient => fhirkit::decode_json::<Patient>(json).1,
        Type::Practitioner => fhirkit::decode_json::<Practitioner>(json).1,
        Type::DocumentReference => fhirkit::decode_json::<DocumentReference>(json).1,
        Type::Binary => fhirkit::decode_json::<Binary>(json).1,
    };
    issues.into_iter().map(problem).collect()
}

/// A contained resource may be of any R4 type (R4 references, "Contained Resources"). Its structure is
/// checked where the model knows the type; else only what every contained resource must have.
fn contained(inner: Node<'_>, path: &str, found: &mut Vec<Problem>) {
    let mut no = |at: String, words: &str| found.push(Problem { path: at, words: words.to_owned() });
    let Some(name) = inner.member_text("resourceType") else {
        return no(path.to_owned(), "A contained resource is an object with a resourceType.");
    };
    if super::R4_TYPES.binary_search(&&*name).is_err() {
        return no(format!("{path}.resourceType"), "This is not the name of a FHIR R4 resource type.");
    }
    if inner.member_text("id").is_none_or(|id| FhirId::parse(&id).is_none()) {
        no(format!("{path}.id"), "A contained resource needs an id of 1 to 64 letters, digits, hyphens or dots.");
    }
    if inner.member("contained").is_some() {
        return no(format!("{path}.contained"), "A contained resource cannot contain another.");
    }
    if KNOWN_INSIDE.binary_search(&&*name).is_ok() {
        let issues = fhirkit::decode_json::<fhirkit::r4::Resource>(&tree(inner, &[])).1;
        found.extend(issues.into_iter().map(problem).map(|mut problem| {
            problem.path = rebase(&problem.path, path);
            problem
        }));
    }
}

/// Types whose structure is checked where they are contained: those that these four refer to.
const KNOWN_INSIDE: &[&str] = &[
    "Binary",
    "Device",
    "DocumentReference",
    "Encounter",
    "Group",
    "Location",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
];

/// The path with its first step replaced.
pub(crate) fn rebase(path: &str, base: &str) -> String {
    match path.find(['.', '[']) {
        Some(at) => format!("{base}{}", path.get(at..).unwrap_or_default()),
        None => base.to_owned(),
    }
}

/// INVARIANT: no value of the resource gets into the words: they may be logged, values may be personal.
fn problem(issue: fhirkit::Issue) -> Problem {
    let message = issue.message.as_str();
    let quoting = [" is not a ", " is outside "].iter().find_map(|mark| message.rfind(mark));
    let words = match message {
        "required element missing" => "This is required and missing.".to_owned(),
        "unknown element" => "R4 has no such element here.".to_owned(),
        _ => match quoting {
            Some(at) => format!("This{}.", message.get(at..).unwrap_or_default()),
            None => sentence(message),
        },
    };
    Problem { path: issue.path.chars().filter(|c| !c.is_control()).take(300).collect(), words }
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), chars.as_str()),
        None => "This is wrong.".to_owned(),
    }
}

/// The value as the model reads it, without the named members. As deep as the reader allows, so it may recurse.
fn tree(node: Node<'_>, without: &[&str]) -> Json {
    match node.kind() {
        Kind::Null => Json::Null,
        Kind::Bool => Json::Bool(node.truth() == Some(true)),
        Kind::Number => Json::Number(node.raw().to_owned()),
        Kind::Text => Json::String(node.text().unwrap_or_default().into_owned()),
        Kind::List => Json::Array(node.children().map(|item| tree(item, &[])).collect()),
        Kind::Object => Json::Object(
            node.children()
                .map(|member| (member.name().unwrap_or_default().into_owned(), member))
                .filter(|(name, _)| !without.contains(&name.as_str()))
                .map(|(name, member)| (name, tree(member, &[])))
                .collect(),
        ),
    }
}
