//! From bytes to a checked [`Draft`].

use std::collections::{BTreeMap, BTreeSet};

use model::{Problem, Refusal, RefusalKind, Time};

use super::{Ask, BundleType, Condition, Draft, ENTRIES_MAX, Entry, Role, links};
use crate::fhir::ids::{FhirId, Tags, VersionId};
use crate::fhir::json::{Document, Kind, Limits, Node};
use crate::fhir::resource::rebase;
use crate::fhir::search::{Handling, Plan, plan};
use crate::fhir::{Resource, Type};

/// Most problems told at once.
const PROBLEMS_MAX: usize = 50;

const BUNDLE: &[&str] = &[
    "resourceType",
    "id",
    "meta",
    "implicitRules",
    "_implicitRules",
    "language",
    "_language",
    "identifier",
    "type",
    "_type",
    "timestamp",
    "_timestamp",
    "total",
    "link",
    "entry",
    "signature",
];
const ENTRY: &[&str] =
    &["id", "extension", "modifierExtension", "link", "fullUrl", "resource", "search", "request", "response"];
const REQUEST: &[&str] = &[
    "id",
    "extension",
    "modifierExtension",
    "method",
    "url",
    "ifNoneMatch",
    "ifModifiedSince",
    "ifMatch",
    "ifNoneExist",
];

impl Draft {
    /// Reads and checks a transaction or batch.
    pub fn read(bytes: &[u8], now: Time) -> Result<Self, Refusal> {
        let document = Document::read(bytes, &Limits::BUNDLE)?;
        let of = bundle_type(document.root())?;
        let mut draft = Self { of, entries: Vec::new(), conditions: Vec::new() };
        let entries: Vec<Node<'_>> = document.root().member("entry").into_iter().flat_map(Node::children).collect();
        if entries.len() > ENTRIES_MAX {
            let words = format!("A Bundle may have {ENTRIES_MAX} entries at most; this has {}.", entries.len());
            return Err(Refusal::new(RefusalKind::TooLarge, words.clone()).at("Bundle.entry", words));
        }
        if of == BundleType::Transaction {
            unsupported(&entries)?;
        }
        for (index, node) in entries.into_iter().enumerate() {
            let full_url = node.member_text("fullUrl").map(|url| url.into_owned());
            let ask = draft.ask(index, node, now).map_err(|refusal| inside(index, refusal));
            draft.entries.push(Entry { full_url, ask });
        }
        draft.refuse_doubles()?;
        draft.refuse_whole()?;
        Ok(draft)
    }

    fn ask(&mut self, index: usize, node: Node<'_>, now: Time) -> Result<Ask, Refusal> {
        only(node, ENTRY, "")?;
        let Some(request) = node.member("request") else {
            return Err(no("request", "An entry of a transaction or batch needs a request."));
        };
        only(request, REQUEST, "request")?;
        let method = request.member_text("method").ok_or_else(|| no("request.method", "A method is missing."))?;
        let url = request.member_text("url").ok_or_else(|| no("request.url", "An address is missing."))?;
        let address = Address::read(&url)?;
        let if_match = match request.member_text("ifMatch") {
            Some(text) => Some(Tags::parse(&text).map_err(|refusal| no("request.ifMatch", refusal.words))?),
            None => None,
        };
        let resource = |of: Type| read_resource(node, of, now);
        match (&*method, address) {
            ("POST", Address::Type(of)) => {
                let resource = resource(of)?;
                let unless = match request.member_text("ifNoneExist") {
                    Some(query) => {
                        Some(self.condition(index, of, &query, Role::CreateUnless, "request.ifNoneExist", now)?)
                    }
                    None => None,
                };
                self.references(index, &resource, now)?;
                Ok(Ask::Create { resource, unless })
            }
            ("PUT", Address::Instance(of, id)) => {
                let resource = resource(of)?;
                if resource.id().as_ref() != Some(&id) {
                    return Err(no("resource.id", "The id in the resource is not the one in the request's address."));
                }
                self.references(index, &resource, now)?;
                Ok(Ask::Update { id, resource, if_match })
            }
            ("PUT", Address::Search(of, query)) => {
                let resource = resource(of)?;
                let condition = self.condition(index, of, &query, Role::Update, "request.url", now)?;
                self.references(index, &resource, now)?;
                Ok(Ask::UpdateWhere { condition, resource, if_match })
            }
            ("DELETE", Address::Instance(of, id)) => Ok(Ask::Delete { of, id, if_match }),
            ("DELETE", Address::Search(of, query)) => {
                let condition = self.condition(index, of, &query, Role::Delete, "request.url", now)?;
                Ok(Ask::DeleteWhere { of, condition })
            }
            ("GET", Address::Instance(of, id)) => Ok(Ask::Read { of, id, version: None }),
            ("GET", Address::Version(of, id, version)) => Ok(Ask::Read { of, id, version: Some(version) }),
            ("GET", Address::Search(of, query)) => Ok(Ask::Search { plan: search(of, &query, "request.url", now)? }),
            ("GET", Address::Type(of)) => Ok(Ask::Search { plan: search(of, "", "request.url", now)? }),
            ("POST" | "PUT" | "DELETE", _) => Err(no("request.url", "This address does not take this method.")),
            ("PATCH" | "HEAD", _) => Err(no("request.method", "PATCH and HEAD are not supported in a Bundle.")),
            _ => Err(no("request.method", "The method is one of GET, POST, PUT and DELETE.")),
        }
    }

    /// Notes a search whose result decides, and returns its place.
    fn condition(
        &mut self,
        entry: usize,
        of: Type,
        query: &str,
        role: Role,
        path: &str,
        now: Time,
    ) -> Result<usize, Refusal> {
        let plan = search(of, query.strip_prefix('?').unwrap_or(query), path, now)?;
        if plan.used.is_empty() || plan.is_everything() {
            return Err(no(path, "This condition names nothing to look for."));
        }
        self.conditions.push(Condition { entry, plan, role });
        Ok(self.conditions.len() - 1)
    }

    /// Notes the references by search in a resource. Those to types that the house does not hold stay.
    fn references(&mut self, entry: usize, resource: &Resource, now: Time) -> Result<(), Refusal> {
        for reference in links::by_search(resource) {
            let Some((name, query)) = reference.split_once('?') else { continue };
            let Some(of) = Type::named(name) else { continue };
            let known = |condition: &Condition| {
                condition.entry == entry && condition.role == Role::Reference(reference.clone())
            };
            if !self.conditions.iter().any(known) {
                self.condition(entry, of, query, Role::Reference(reference.clone()), "resource", now)?;
            }
        }
        Ok(())
    }

    /// Two entries cannot have one `fullUrl`, or act on one resource (R4 http, "Transaction Processing Rules").
    fn refuse_doubles(&mut self) -> Result<(), Refusal> {
        let mut urls = BTreeSet::new();
        let mut targets = BTreeSet::new();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let url =
                entry.full_url.clone().filter(|_| !matches!(entry.ask, Ok(Ask::Read { .. } | Ask::Search { .. })));
            if url.is_some_and(|url| !urls.insert(url)) {
                entry.ask = Err(inside(index, no("fullUrl", "An earlier entry has the same fullUrl.")));
            }
            let target = match &entry.ask {
                Ok(Ask::Update { id, resource, .. }) => Some((resource.of(), id.clone())),
                Ok(Ask::Delete { of, id, .. }) => Some((*of, id.clone())),
                _ => None,
            };
            if target.is_some_and(|target| !targets.insert(target)) {
                entry.ask = Err(inside(index, no("request.url", "An earlier entry acts on the same resource.")));
            }
        }
        Ok(())
    }

    /// A transaction with one entry that cannot be done is refused, with the problems of all.
    fn refuse_whole(&self) -> Result<(), Refusal> {
        let refusals: Vec<&Refusal> = self.entries.iter().filter_map(|entry| entry.ask.as_ref().err()).collect();
        match refusals.first() {
            Some(first) if self.of == BundleType::Transaction => Err(whole(first.kind, &refusals)),
            _ => Ok(()),
        }
    }
}

/// The refusal of a whole transaction.
pub(super) fn whole(kind: RefusalKind, refusals: &[&Refusal]) -> Refusal {
    let problems: Vec<Problem> =
        refusals.iter().flat_map(|refusal| refusal.problems.iter().cloned()).take(PROBLEMS_MAX).collect();
    let words = match refusals.len() {
        1 => "Nothing of this transaction was stored: one entry cannot be taken.".to_owned(),
        n => format!("Nothing of this transaction was stored: {n} entries cannot be taken."),
    };
    Refusal { kind, words, problems, recorded: false, wait_seconds: None }
}

fn bundle_type(root: Node<'_>) -> Result<BundleType, Refusal> {
    if root.member_text("resourceType").is_none_or(|name| name != "Bundle") {
        let words = "This address takes a Bundle of type transaction or batch.";
        return Err(Refusal::new(RefusalKind::Malformed, words).at("Resource.resourceType", words));
    }
    for member in root.children() {
        let name = member.name().unwrap_or_default();
        if !BUNDLE.contains(&&*name) {
            let path = format!("Bundle.{}", crate::fhir::json::path_step(&name));
            return Err(Refusal::new(RefusalKind::Invalid, "This is not a valid Bundle.")
                .at(path, "R4 has no such element here."));
        }
    }
    if root.member("entry").is_some_and(|entry| entry.kind() != Kind::List || entry.children().next().is_none()) {
        return Err(Refusal::new(RefusalKind::Invalid, "This is not a valid Bundle.")
            .at("Bundle.entry", "A list of entries is expected; leave it out if there are none."));
    }
    match root.member_text("type").as_deref() {
        Some("transaction") => Ok(BundleType::Transaction),
        Some("batch") => Ok(BundleType::Batch),
        _ => {
            let words = "This address takes a Bundle of type transaction or batch.";
            Err(Refusal::new(RefusalKind::Invalid, words).at("Bundle.type", words))
        }
    }
}

/// Refuses by name every type that the house does not hold, with how often it occurs.
fn unsupported(entries: &[Node<'_>]) -> Result<(), Refusal> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let resource = entry.member("resource").and_then(|resource| resource.member_text("resourceType"));
        let url = entry.member("request").and_then(|request| request.member_text("url"));
        let url = url.as_deref().map(|url| url.split(['/', '?']).next().unwrap_or_default().to_owned());
        let name = resource.map(|name| name.into_owned()).or(url).unwrap_or_default();
        if Type::named(&name).is_none() && crate::fhir::R4_TYPES.binary_search(&name.as_str()).is_ok() {
            counts.entry(name).or_insert((0, index)).0 += 1;
        }
    }
    if counts.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = counts.iter().map(|(name, (count, _))| format!("{name} ({count})")).collect();
    let words = format!(
        "Nothing of this transaction was stored: it holds types that are not supported yet: {}. Supported: {}.",
        named.join(", "),
        Type::names()
    );
    let problems = counts.into_iter().map(|(name, (count, first))| Problem {
        path: format!("Bundle.entry[{first}].resource"),
        words: format!("{name} is not supported yet ({count} of them, this is the first)."),
    });
    Err(Refusal {
        kind: RefusalKind::NotSupported,
        words,
        problems: problems.collect(),
        recorded: false,
        wait_seconds: None,
    })
}

/// The address of a request, relative to the base.
enum Address {
    Type(Type),
    Search(Type, String),
    Instance(Type, FhirId),
    Version(Type, FhirId, VersionId),
}

impl Address {
    fn read(url: &str) -> Result<Self, Refusal> {
        let bad = || {
            no(
                "request.url",
                "An address is relative: Patient, Patient/123, Patient/123/_history/2 or Patient?identifier=….",
            )
        };
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let mut parts = path.split('/');
        let name = parts.next().unwrap_or_default();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(bad());
        }
        let Some(of) = Type::named(name) else {
            let words = Type::why_not(name);
            return Err(Refusal::new(RefusalKind::NotSupported, words.clone()).at("request.url", words));
        };
        let rest: Vec<&str> = parts.collect();
        match (rest.as_slice(), query) {
            ([] | [""], None) => Ok(Self::Type(of)),
            ([] | [""] | ["_search"], Some(query)) => Ok(Self::Search(of, query.to_owned())),
            ([id], None) => Ok(Self::Instance(of, FhirId::parse(id).ok_or_else(bad)?)),
            ([id, "_history", version], None) => {
                Ok(Self::Version(of, FhirId::parse(id).ok_or_else(bad)?, VersionId::parse(version).ok_or_else(bad)?))
            }
            _ => Err(bad()),
        }
    }
}

fn read_resource(entry: Node<'_>, of: Type, now: Time) -> Result<Resource, Refusal> {
    let Some(node) = entry.member("resource") else {
        return Err(no("resource", "A resource is missing."));
    };
    Resource::read_as(of, node.raw().as_bytes(), now).map_err(|mut refusal| {
        for problem in &mut refusal.problems {
            problem.path = rebase(&problem.path, "resource");
        }
        refusal
    })
}

fn search(of: Type, query: &str, path: &str, now: Time) -> Result<Plan, Refusal> {
    plan(of, query, Handling::Strict, now).map_err(|mut refusal| {
        for problem in &mut refusal.problems {
            problem.words = format!("{}: {}", problem.path.trim_start_matches("http."), problem.words);
            problem.path = path.to_owned();
        }
        refusal
    })
}

fn only(node: Node<'_>, known: &[&str], base: &str) -> Result<(), Refusal> {
    if node.kind() != Kind::Object {
        return Err(no(base, "An object is expected."));
    }
    for member in node.children() {
        let name = member.name().unwrap_or_default();
        if !known.contains(&name.trim_start_matches('_')) {
            let step = crate::fhir::json::path_step(&name);
            let path = if base.is_empty() { step } else { format!("{base}.{step}") };
            return Err(no(&path, "R4 has no such element here."));
        }
    }
    Ok(())
}

/// A refusal at a path within an entry.
fn no(path: &str, words: impl Into<String>) -> Refusal {
    let words = words.into();
    Refusal::new(RefusalKind::Invalid, words.clone()).at(path, words)
}

/// The same refusal with its paths from the Bundle.
pub(super) fn inside(index: usize, mut refusal: Refusal) -> Refusal {
    for problem in &mut refusal.problems {
        let dot = if problem.path.is_empty() { "" } else { "." };
        problem.path = format!("Bundle.entry[{index}]{dot}{}", problem.path);
    }
    refusal
}
