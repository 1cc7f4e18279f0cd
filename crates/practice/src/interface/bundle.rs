//! Transactions, all or nothing in one commit of the vault, and batches, entry by entry.

use std::collections::{HashMap, HashSet};

use access::Ctx;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::{Answer, Fault, No, RecordId, Refusal, RefusalKind};
use vault::{Note, Present, Receipt, Vault};
use web::{Asker, Reply, status_of};

use super::asked::{Asked, Return};
use super::media::{self, Sent};
use super::write::{self, Done, Once};
use super::{answer, find};
use crate::State;
use crate::fhir::bundle::{Act, BundleType, Draft, EntryAnswer, Found, Settled, Step, response};
use crate::fhir::search::Plan;
use crate::fhir::{FhirId, Type, VersionId, outcome};
use crate::kinds;
use crate::records::{self, Kept, Owners, Part};

/// `POST /`
pub(super) async fn carry_out(Held(state): Held<State>, Asker(ctx): Asker, asked: Asked, body: Bytes) -> Reply {
    if asked.sent != Sent::Json {
        return Err(media::wrong_type().into());
    }
    let draft = Draft::read(&body, ctx.now)?;
    let once = Once::of(asked.once.as_ref(), &asked.address, &body);
    if once.is_some() && (draft.of() == BundleType::Batch || !draft.conditions().is_empty()) {
        return Err(not_once().into());
    }
    let vault = &state.vault;
    let mut found = Vec::with_capacity(draft.conditions().len());
    for condition in draft.conditions() {
        found.push(look_up(vault, &ctx, &condition.plan).await?);
    }
    let outside = vault.outside();
    let settled = draft.settle(&found, &mut || FhirId::of_record(outside.record_id()))?;
    let of = settled.of;
    let answers = match of {
        BundleType::Transaction => transaction(vault, &ctx, &asked, settled, once.as_ref()).await?,
        BundleType::Batch => batch(vault, &ctx, &asked, settled).await?,
    };
    Ok(answer::json(StatusCode::OK, response(of, &answers)))
}

fn not_once() -> Refusal {
    let words = "An idempotency key goes with a transaction without conditions. A batch, and a transaction with ifNoneExist or \
                 searches, cannot be repeated as one; conditions already keep the latter from doing things twice.";
    Refusal::new(RefusalKind::Invalid, words).at("http.idempotency-key", words)
}

/// What a condition finds: nothing, one, or more than one.
pub(super) async fn look_up(vault: &Vault, ctx: &Ctx, plan: &Plan) -> Answer<Found> {
    let page = records::find(vault, ctx, plan, Part { limit: 2, after: None, newest_first: true }).await?;
    let mut found = page.found.into_iter().map(|kept| kept.id);
    Ok(match (found.next(), found.next()) {
        (None, _) => Found::Nothing,
        (Some(id), None) => Found::One(id),
        (Some(_), Some(_)) => Found::Several,
    })
}

/// What a step of a transaction comes to.
enum Deed {
    /// A resource is written.
    Write(Done),
    /// A resource goes out of use.
    Retire,
    /// There is nothing to do.
    Nothing,
    /// Something is to be read, after all writes.
    Read(Act),
}

async fn transaction(
    vault: &Vault,
    ctx: &Ctx,
    asked: &Asked,
    settled: Settled,
    once: Option<&Once>,
) -> Answer<Vec<EntryAnswer>> {
    if let Some(receipt) = Once::repeated(once, vault, ctx).await? {
        return repeated(vault, ctx, asked, settled, receipt).await;
    }
    let owners = owners(&settled);
    let mut changes = Once::begin(once);
    let mut deeds = Vec::with_capacity(settled.steps.len());
    let mut writes = false;
    for Step { entry, act } in settled.steps {
        let deed = match act? {
            Act::Create { id, resource } => {
                let staged = write::stage_create(vault, ctx, id, &resource, &owners).await?;
                changes = changes.and(staged.change);
                Deed::Write(Done { kept: staged.kept, first: staged.first })
            }
            Act::Update { id, resource, if_match } => {
                let staged = write::stage_update(vault, ctx, id, &resource, if_match.as_ref(), &owners).await?;
                changes = changes.and(staged.change);
                Deed::Write(Done { kept: staged.kept, first: staged.first })
            }
            Act::Delete { of, id, if_match } => {
                let record = id.record(of);
                match vault.present(ctx, kinds::of(of), record).await? {
                    Present::Absent | Present::OutOfUse => Deed::Nothing,
                    Present::Live { .. } | Present::Hidden => {
                        changes = changes.and(write::stage_delete(vault, ctx, of, record, if_match.as_ref()).await?);
                        Deed::Retire
                    }
                }
            }
            Act::DeleteNothing { .. } => Deed::Nothing,
            act @ (Act::Exists { .. } | Act::Read { .. } | Act::Search { .. }) => Deed::Read(act),
        };
        writes |= matches!(deed, Deed::Write(_) | Deed::Retire);
        deeds.push((entry, deed));
    }
    if writes {
        vault.commit(ctx, changes).await?;
    }
    answers(vault, ctx, asked, deeds).await
}

/// The owners that the resources of a transaction tell.
fn owners(settled: &Settled) -> Owners {
    Owners::of(settled.steps.iter().filter_map(|step| match &step.act {
        Ok(Act::Create { id, resource } | Act::Update { id, resource, .. }) => Some((id, resource)),
        _ => None,
    }))
}

/// The answers to the entries, in their order. Reads come last, so that they see what was written.
async fn answers(vault: &Vault, ctx: &Ctx, asked: &Asked, deeds: Vec<(usize, Deed)>) -> Answer<Vec<EntryAnswer>> {
    let mut answers = Vec::with_capacity(deeds.len());
    for (entry, deed) in deeds {
        let answer = match deed {
            Deed::Write(done) => written(asked, done),
            Deed::Retire | Deed::Nothing => status(StatusCode::NO_CONTENT),
            Deed::Read(act) => match seen(vault, ctx, asked, act).await {
                Ok(answer) => answer,
                Err(No::Refusal(refusal)) => refused(vault, ctx, &refusal).await?,
                Err(fault) => return Err(fault),
            },
        };
        answers.push((entry, answer));
    }
    answers.sort_by_key(|(entry, _)| *entry);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// The answers to a transaction that was carried out before, from its receipt: ids given out then, not now.
async fn repeated(
    vault: &Vault,
    ctx: &Ctx,
    asked: &Asked,
    settled: Settled,
    receipt: Receipt,
) -> Answer<Vec<EntryAnswer>> {
    let known: HashSet<(Type, RecordId)> =
        settled.steps.iter().filter_map(|step| target(step.act.as_ref().ok()?)).collect();
    let mut by_id = HashMap::new();
    let mut fresh: HashMap<Type, Vec<(RecordId, u64)>> = HashMap::new();
    for written in receipt.written.into_iter().rev() {
        let Some(of) = Type::ALL.into_iter().find(|of| of.kind_name() == written.kind) else { continue };
        if known.contains(&(of, written.id)) {
            by_id.insert((of, written.id), written.version);
        } else {
            fresh.entry(of).or_default().push((written.id, written.version));
        }
    }
    let mut deeds = Vec::with_capacity(settled.steps.len());
    for Step { entry, act } in settled.steps {
        let deed = match act? {
            Act::Create { resource, .. } => {
                let made = fresh.get_mut(&resource.of()).and_then(Vec::pop);
                let (record, version) = made.ok_or_else(|| lost("a resource that was made"))?;
                Deed::Write(stored(vault, ctx, resource.of(), record, version).await?)
            }
            Act::Update { id, resource, .. } => {
                let record = id.record(resource.of());
                let version = by_id.get(&(resource.of(), record)).copied();
                let version = version.ok_or_else(|| lost("a resource that was updated"))?;
                Deed::Write(stored(vault, ctx, resource.of(), record, version).await?)
            }
            Act::Delete { .. } | Act::DeleteNothing { .. } => Deed::Nothing,
            act @ (Act::Exists { .. } | Act::Read { .. } | Act::Search { .. }) => Deed::Read(act),
        };
        deeds.push((entry, deed));
    }
    answers(vault, ctx, asked, deeds).await
}

fn target(act: &Act) -> Option<(Type, RecordId)> {
    match act {
        Act::Update { id, resource, .. } => Some((resource.of(), id.record(resource.of()))),
        Act::Delete { of, id, .. } => Some((*of, id.record(*of))),
        _ => None,
    }
}

fn lost(what: &str) -> Fault {
    Fault::new("answering a repeated transaction", format!("its receipt does not name {what}"))
}

async fn stored(vault: &Vault, ctx: &Ctx, of: Type, record: RecordId, version: u64) -> Answer<Done> {
    let opened = vault.read_version(ctx, kinds::of(of), record, version).await?;
    Ok(Done { kept: Kept::found(opened, of)?, first: version == VersionId::FIRST.number() })
}

async fn batch(vault: &Vault, ctx: &Ctx, asked: &Asked, settled: Settled) -> Answer<Vec<EntryAnswer>> {
    let mut answers = Vec::with_capacity(settled.steps.len());
    for Step { act, .. } in settled.steps {
        let done = match act {
            Ok(act) => alone(vault, ctx, asked, act).await,
            Err(refusal) => Err(refusal.into()),
        };
        answers.push(match done {
            Ok(answer) => answer,
            Err(No::Refusal(refusal)) => refused(vault, ctx, &refusal).await?,
            Err(fault) => return Err(fault),
        });
    }
    Ok(answers)
}

/// One entry of a batch.
async fn alone(vault: &Vault, ctx: &Ctx, asked: &Asked, act: Act) -> Answer<EntryAnswer> {
    match act {
        Act::Create { resource, .. } => Ok(written(asked, write::create(vault, ctx, &resource, None).await?)),
        Act::Update { id, resource, if_match } => {
            Ok(written(asked, write::update(vault, ctx, &id, &resource, if_match.as_ref(), None).await?))
        }
        Act::Delete { of, id, if_match } => {
            write::delete(vault, ctx, of, id.record(of), if_match.as_ref(), None).await?;
            Ok(status(StatusCode::NO_CONTENT))
        }
        Act::DeleteNothing { .. } => Ok(status(StatusCode::NO_CONTENT)),
        act @ (Act::Exists { .. } | Act::Read { .. } | Act::Search { .. }) => seen(vault, ctx, asked, act).await,
    }
}

/// What an entry reads.
async fn seen(vault: &Vault, ctx: &Ctx, asked: &Asked, act: Act) -> Answer<EntryAnswer> {
    let (of, id, version) = match act {
        Act::Read { of, id, version } => (of, id, version),
        Act::Exists { of, id } => (of, id, None),
        Act::Search { plan } => {
            let bundle = find::found(vault, ctx, &asked.base, &plan).await?;
            return Ok(EntryAnswer { resource: Some(bundle), ..status(StatusCode::OK) });
        }
        Act::Create { .. } | Act::Update { .. } | Act::Delete { .. } | Act::DeleteNothing { .. } => {
            return Err(Fault::new("reading for a Bundle", "the entry does not read").into());
        }
    };
    let (kind, record) = (kinds::of(of), id.record(of));
    let opened = match version {
        Some(version) => vault.read_version(ctx, kind, record, version.number()).await?,
        None => vault.read(ctx, kind, record).await?,
    };
    let kept = Kept::named(opened, of, id)?;
    Ok(EntryAnswer { resource: Some(kept.text.clone()), ..about(StatusCode::OK, &kept) })
}

fn written(asked: &Asked, done: Done) -> EntryAnswer {
    let answer = about(if done.first { StatusCode::CREATED } else { StatusCode::OK }, &done.kept);
    match asked.wants {
        Return::Representation => EntryAnswer { resource: Some(done.kept.text), ..answer },
        Return::Minimal => answer,
        Return::Outcome => EntryAnswer { outcome: Some(outcome::of_success("Stored.")), ..answer },
    }
}

fn about(code: StatusCode, kept: &Kept) -> EntryAnswer {
    EntryAnswer {
        location: Some(format!("{}/{}/_history/{}", kept.of, kept.id, kept.version)),
        version: Some(kept.version),
        modified: Some(kept.updated),
        ..status(code)
    }
}

fn status(code: StatusCode) -> EntryAnswer {
    EntryAnswer {
        status: format!("{} {}", code.as_u16(), code.canonical_reason().unwrap_or_default()),
        location: None,
        version: None,
        modified: None,
        resource: None,
        outcome: None,
    }
}

/// The answer to an entry that is refused; recorded here, because the door sees one answer to the whole Bundle.
async fn refused(vault: &Vault, ctx: &Ctx, refusal: &Refusal) -> Answer<EntryAnswer> {
    if !refusal.recorded {
        let note = Note { action: "bundle-entry", kind: None, id: None, subject: None, outcome: "refused" };
        vault.note(ctx, note).await?;
    }
    Ok(EntryAnswer { outcome: Some(outcome::of_refusal(refusal)), ..status(status_of(refusal.kind)) })
}
