//! FHIR resources as the vault's records: which record holds which resource, and whose it is.

use std::collections::HashMap;

use access::Ctx;
use model::{Answer, Fault, RecordId, Refusal, RefusalKind, SubjectId, Time};
use vault::{Clause, Draft, Found, Needle, Opened, Present, Query, Vault};

use crate::fhir::search::{AnyOf, Plan, Sought};
use crate::fhir::{About, FhirId, Resource, Type, VersionId, search};
use crate::kinds;

/// A resource as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// What it is.
    pub of: Type,
    /// Its id.
    pub id: FhirId,
    /// Its version.
    pub version: VersionId,
    /// When this version was written.
    pub updated: Time,
    /// Its text.
    pub text: String,
}

impl Kept {
    /// An opened record whose resource has this id, because it was asked for by it.
    pub fn named(opened: Opened, of: Type, id: FhirId) -> Result<Self, Fault> {
        let text = String::from_utf8(opened.body).map_err(|error| Fault::new(READING, error))?;
        Ok(Self { of, id, version: VersionId::new(opened.version), updated: opened.updated, text })
    }

    /// An opened record of which only the record is known.
    pub fn found(opened: Opened, of: Type) -> Result<Self, Fault> {
        let (version, updated) = (VersionId::new(opened.version), opened.updated);
        let text = String::from_utf8(opened.body).map_err(|error| Fault::new(READING, error))?;
        let id = Resource::kept(&text).map_err(|error| Fault::new(READING, error))?.id();
        let id = id.ok_or_else(|| Fault::new(READING, "it has no id"))?;
        Ok(Self { of, id, version, updated, text })
    }

    /// The resource.
    pub fn resource(&self) -> Result<Resource, Fault> {
        Resource::kept(&self.text).map_err(|error| Fault::new(READING, error))
    }
}

const READING: &str = "reading a kept resource";

/// A draft of one version of a resource, with the elements that the house owns written into its text.
pub(crate) fn draft(
    resource: &Resource,
    id: &FhirId,
    version: VersionId,
    now: Time,
    subject: Option<SubjectId>,
) -> (Draft, String) {
    let text = resource.stamped(id, version, now);
    let kind = kinds::of(resource.of());
    let terms = search::terms(resource);
    (Draft::document(kind, id.record(resource.of()), subject, text.clone().into_bytes(), terms), text)
}

/// Who owns what is written in the same batch, for resources that name each other.
#[derive(Debug, Default)]
pub(crate) struct Owners(HashMap<(Type, FhirId), SubjectId>);

impl Owners {
    /// The owners that the resources of one batch say. A Binary without `securityContext` belongs to whoever the
    /// document is about that points to it.
    pub fn of<'r>(batch: impl IntoIterator<Item = (&'r FhirId, &'r Resource)>) -> Self {
        let mut owners = Self::default();
        for (id, resource) in batch {
            let About::Patient(patient) = resource.about() else { continue };
            let subject = person(Type::Patient, &patient);
            owners.0.insert((resource.of(), id.clone()), subject);
            for binary in attached(resource) {
                owners.0.entry((Type::Binary, binary)).or_insert(subject);
            }
        }
        owners
    }

    fn owner(&self, of: Type, id: &FhirId) -> Option<SubjectId> {
        self.0.get(&(of, id.clone())).copied()
    }
}

/// The Binaries of this house that a document's attachments are in.
pub(crate) fn attached(document: &Resource) -> Vec<FhirId> {
    let urls = document.root().follow(&["content", "attachment", "url"]);
    urls.into_iter().filter_map(|url| binary_of(&url.text()?)).collect()
}

/// The id in `Binary/123`.
pub(crate) fn binary_of(url: &str) -> Option<FhirId> {
    let target = crate::fhir::ids::Target::relative(url)?;
    (target.of == Type::Binary.name()).then_some(target.id)
}

/// The person that a resource of a type stands for.
pub(crate) fn person(of: Type, id: &FhirId) -> SubjectId {
    SubjectId::of_record(id.record(of))
}

/// Whose data a resource is, as far as it says or its batch tells.
pub(crate) async fn whose(
    vault: &Vault,
    ctx: &Ctx,
    id: &FhirId,
    resource: &Resource,
    owners: &Owners,
) -> Answer<Option<SubjectId>> {
    match resource.about() {
        About::Itself => Ok(None),
        About::Patient(patient) => Ok(Some(person(Type::Patient, &patient))),
        About::Through(Type::Practitioner, practitioner) => Ok(Some(person(Type::Practitioner, &practitioner))),
        About::Through(of, other) => through(vault, ctx, (resource.of(), id), (of, &other), owners).await,
        About::Nobody => Ok(owners.owner(resource.of(), id)),
    }
}

/// Whose data another resource is, for one that says it is the same.
///
/// Where that other one is not here, nobody can say yet. The resource then gets a person of its own, that is, a key of
/// its own: it can be erased by itself, and is under nobody else's key by mistake.
async fn through(
    vault: &Vault,
    ctx: &Ctx,
    (from, id): (Type, &FhirId),
    (of, other): (Type, &FhirId),
    owners: &Owners,
) -> Answer<Option<SubjectId>> {
    if let Some(owner) = owners.owner(of, other) {
        return Ok(Some(owner));
    }
    match vault.present(ctx, kinds::of(of), other.record(of)).await? {
        Present::Live { subject, .. } => Ok(subject),
        Present::Hidden | Present::Absent => Ok(Some(person(from, id))),
        Present::OutOfUse => {
            let words =
                "This says whose data it is through a resource that was taken out of use. Name the patient instead.";
            let element = if from == Type::Binary { "securityContext" } else { "subject" };
            Err(Refusal::new(RefusalKind::Invalid, words).at(format!("{from}.{element}.reference"), words).into())
        }
    }
}

/// One page of what a plan finds.
pub(crate) struct Page {
    /// The resources on this page.
    pub found: Vec<Kept>,
    /// How many candidates there are in all.
    pub candidates: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<RecordId>,
}

/// Which part of what is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    /// Records on the page.
    pub limit: usize,
    /// After this record.
    pub after: Option<RecordId>,
    /// Newest first, or oldest first.
    pub newest_first: bool,
}

/// Finds what a plan asks for; every candidate is opened and asked again.
pub(crate) async fn find(vault: &Vault, ctx: &Ctx, plan: &Plan, part: Part) -> Answer<Page> {
    let holds = |body: &[u8]| {
        let read = std::str::from_utf8(body).ok().and_then(|text| Resource::kept(text).ok());
        read.is_some_and(|resource| plan.holds(&resource))
    };
    let query = Query {
        kind: kinds::of(plan.of),
        clauses: clauses(plan),
        holds: &holds,
        limit: part.limit,
        after: part.after,
        newest_first: part.newest_first,
    };
    let Found { page, total, next } = vault.search(ctx, &query).await?;
    let found = page.into_iter().map(|opened| Kept::found(opened, plan.of)).collect::<Result<_, _>>()?;
    Ok(Page { found, candidates: total, next })
}

fn clauses(plan: &Plan) -> Vec<Clause> {
    let mut clauses: Vec<Clause> = plan.all.iter().map(|any_of| clause(plan.of, any_of)).collect();
    if let Some(ids) = &plan.ids {
        let any = ids.iter().map(|id| Needle::Id(id.record(plan.of))).collect();
        clauses.push(Clause { field: "_id", any });
    }
    clauses
}

fn clause(of: Type, any_of: &AnyOf) -> Clause {
    let any = any_of.any.iter().map(|sought| Needle::In(sought.field, Box::new(needle(of, sought))));
    Clause { field: "any", any: any.collect() }
}

fn needle(of: Type, sought: &Sought) -> Needle {
    let value = sought.value.clone();
    match kinds::of(of).field(sought.field).map(|field| field.search) {
        Some(model::Search::Words) => Needle::Beginning(value),
        Some(model::Search::Bucket(_)) => Needle::Bucket(value),
        _ => Needle::Exact(value),
    }
}
