//! One write turned into changes of the vault, and carried out.

use access::Ctx;
use model::{Answer, Fault, No, RecordId, Refusal, RefusalKind};
use vault::{Change, Changes, Expected, Present, Receipt, Vault};

use crate::fhir::ids::Tags;
use crate::fhir::{FhirId, Resource, Type, VersionId};
use crate::kinds;
use crate::records::{self, Kept, Owners};

/// How often a write without `If-Match` is tried again after meeting another one.
const TRIES: usize = 4;

/// A write that can be committed, and what it will have made.
pub(super) struct Staged {
    /// What to do.
    pub change: Change,
    /// The resource as it will stand.
    pub kept: Kept,
    /// Whether it is the first version.
    pub first: bool,
}

/// An idempotency key, and the request it stands for.
#[derive(Debug, Clone)]
pub(super) struct Once {
    /// The key.
    pub key: String,
    /// The request: address and body.
    pub asked: Vec<u8>,
}

/// A write that was done.
pub(super) struct Done {
    /// The resource as it stands.
    pub kept: Kept,
    /// Whether it is the first version.
    pub first: bool,
}

impl Once {
    /// The key of a request, if it has one.
    pub fn of(key: Option<&String>, address: &str, body: &[u8]) -> Option<Self> {
        let key = key?.clone();
        let mut asked = address.as_bytes().to_vec();
        asked.push(0);
        asked.extend(body);
        Some(Self { key, asked })
    }

    /// Changes under this key, or under none.
    pub fn begin(once: Option<&Self>) -> Changes {
        match once {
            Some(once) => Changes::new().once_for(once.key.clone(), once.asked.clone()),
            None => Changes::new(),
        }
    }

    /// The receipt of the same request, if it was done before.
    pub async fn repeated(once: Option<&Self>, vault: &Vault, ctx: &Ctx) -> Answer<Option<Receipt>> {
        vault.repeated(ctx, &Self::begin(once)).await
    }
}

/// The first version of a resource.
pub(super) async fn stage_create(
    vault: &Vault,
    ctx: &Ctx,
    id: FhirId,
    resource: &Resource,
    owners: &Owners,
) -> Answer<Staged> {
    let subject = records::whose(vault, ctx, &id, resource, owners).await?;
    staged(ctx, id, resource, VersionId::FIRST, subject, Change::Create)
}

/// The next version of a resource, or its first under an id of the asker's choice.
pub(super) async fn stage_update(
    vault: &Vault,
    ctx: &Ctx,
    id: FhirId,
    resource: &Resource,
    if_match: Option<&Tags>,
    owners: &Owners,
) -> Answer<Staged> {
    let of = resource.of();
    let whose = records::whose(vault, ctx, &id, resource, owners).await?;
    let revise = |present: u64| {
        let expected = Expected::Version(expected(if_match, present));
        move |draft| Change::Revise(draft, expected)
    };
    match vault.present(ctx, kinds::of(of), id.record(of)).await? {
        Present::Live { version, subject } => {
            // Whose a Binary is may have been told by the document it came with, so a later version need not say it.
            let whose = whose.or(subject.filter(|_| of == Type::Binary));
            staged(ctx, id, resource, VersionId::new(version + 1), whose, revise(version))
        }
        Present::Absent if if_match.is_some() => Err(not_there().into()),
        Present::Absent => staged(ctx, id, resource, VersionId::FIRST, whose, Change::Create),
        // The vault says why not, and records it.
        Present::OutOfUse | Present::Hidden => staged(ctx, id, resource, VersionId::FIRST, whose, revise(0)),
    }
}

fn staged(
    ctx: &Ctx,
    id: FhirId,
    resource: &Resource,
    version: VersionId,
    subject: Option<model::SubjectId>,
    change: impl FnOnce(vault::Draft) -> Change,
) -> Answer<Staged> {
    let (draft, text) = records::draft(resource, &id, version, ctx.now, subject);
    let kept = Kept { of: resource.of(), id, version, updated: ctx.now, text };
    Ok(Staged { change: change(draft), kept, first: version == VersionId::FIRST })
}

/// The version that `If-Match` lets through; one that is not there if it lets the present one not through, so that the
/// vault refuses and records it.
fn expected(if_match: Option<&Tags>, present: u64) -> u64 {
    match if_match {
        None | Some(Tags::Any) => present,
        Some(Tags::These(these)) => {
            let right = these.iter().find(|version| version.number() == present).or(these.first());
            right.map_or(0, |version| version.number())
        }
    }
}

fn not_there() -> Refusal {
    Refusal::new(
        RefusalKind::PreconditionFailed,
        "There is no version that If-Match could match. Leave it out to make the first one.",
    )
}

/// Carries out a creation.
pub(super) async fn create(vault: &Vault, ctx: &Ctx, resource: &Resource, once: Option<&Once>) -> Answer<Done> {
    if let Some(receipt) = Once::repeated(once, vault, ctx).await? {
        return again(vault, ctx, resource.of(), &receipt).await;
    }
    let id = FhirId::of_record(vault.outside().record_id());
    let staged = stage_create(vault, ctx, id, resource, &Owners::default()).await?;
    finish(vault, ctx, staged, once).await
}

/// Carries out an update.
pub(super) async fn update(
    vault: &Vault,
    ctx: &Ctx,
    id: &FhirId,
    resource: &Resource,
    if_match: Option<&Tags>,
    once: Option<&Once>,
) -> Answer<Done> {
    if let Some(receipt) = Once::repeated(once, vault, ctx).await? {
        return again(vault, ctx, resource.of(), &receipt).await;
    }
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let staged = stage_update(vault, ctx, id.clone(), resource, if_match, &Owners::default()).await?;
        match finish(vault, ctx, staged, once).await {
            Err(No::Refusal(refusal)) if tries > 0 && if_match.is_none() && met_another(refusal.kind) => {}
            other => return other,
        }
    }
}

const fn met_another(kind: RefusalKind) -> bool {
    matches!(kind, RefusalKind::PreconditionFailed | RefusalKind::Conflict)
}

async fn finish(vault: &Vault, ctx: &Ctx, staged: Staged, once: Option<&Once>) -> Answer<Done> {
    let Staged { change, kept, first } = staged;
    let receipt = vault.commit(ctx, Once::begin(once).and(change)).await?;
    if receipt.repeated {
        return again(vault, ctx, kept.of, &receipt).await;
    }
    Ok(Done { kept, first })
}

/// What an earlier, same request did.
async fn again(vault: &Vault, ctx: &Ctx, of: Type, receipt: &Receipt) -> Answer<Done> {
    let written = receipt.written.first();
    let written = written.ok_or_else(|| Fault::new("answering a repeated request", "its receipt is empty"))?;
    let opened = vault.read_version(ctx, kinds::of(of), written.id, written.version).await?;
    Ok(Done { kept: Kept::found(opened, of)?, first: written.version == VersionId::FIRST.number() })
}

/// The change that takes a resource out of use.
pub(super) async fn stage_delete(
    vault: &Vault,
    ctx: &Ctx,
    of: Type,
    id: RecordId,
    if_match: Option<&Tags>,
) -> Answer<Change> {
    let kind = kinds::of(of);
    let expected = match if_match {
        None => Expected::Any,
        Some(tags) => match vault.present(ctx, kind, id).await? {
            Present::Live { version, .. } => Expected::Version(expected(Some(tags), version)),
            Present::Hidden | Present::Absent | Present::OutOfUse => Expected::Any,
        },
    };
    Ok(Change::Retire(kind, id, expected))
}

/// Takes a resource out of use. What is out of use already stays so, which is what was asked for (R4 http, "delete").
pub(super) async fn delete(
    vault: &Vault,
    ctx: &Ctx,
    of: Type,
    id: RecordId,
    if_match: Option<&Tags>,
    once: Option<&Once>,
) -> Answer<()> {
    let change = stage_delete(vault, ctx, of, id, if_match).await?;
    match vault.commit(ctx, Once::begin(once).and(change)).await {
        Ok(_) => Ok(()),
        Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::Gone => Ok(()),
        Err(no) => Err(no),
    }
}
