//! Studies as the vault's records: opened, saved, built, decided about and approved.

mod build;
mod decide;
mod save;

use std::sync::Arc;

use access::{Actor, Ctx};
use model::{ActorId, Answer, Fault, Kind, KindDecl, RecordId, Refusal};
use vault::{Present, Vault};
use web::Room;

use crate::State;
use crate::design::{RememberedChoice, RememberedChoices};
use crate::kinds::{Decisions, Deed, OrganisationChoices, PROTOCOL, Study};
use crate::rules::protocol::Protocol;
use crate::workshop::Finished;

pub(crate) use build::{approvals, approve, artefact, builds, latest, numbered, order};
pub(crate) use decide::{decide, keep_choice};

pub(crate) use save::{add, keep_sheet, plan, retire, save, undo};

/// A study with its protocol, as it stands.
pub(crate) struct Kept {
    /// Its id.
    pub id: RecordId,
    /// What lists show of it.
    pub study: Study,
    /// The version of that.
    pub study_version: u64,
    /// The version of the protocol.
    pub version: u64,
    /// The protocol's bytes.
    pub bytes: Vec<u8>,
}

impl Kept {
    /// The protocol, to be looked at or changed.
    pub fn protocol(&self) -> Result<Protocol, Refusal> {
        Protocol::read(&self.bytes)
    }
}

/// A study and what the generator makes of it.
pub(crate) struct Seen {
    /// The study.
    pub kept: Kept,
    /// What was built from it.
    pub finished: Arc<Finished>,
    /// What people decided about it.
    pub decisions: Decisions,
}

/// The id in an address. What is no id names nothing.
pub(crate) fn named(id: &str) -> Result<RecordId, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}

/// Opens the study of an address.
pub(crate) async fn open(state: &State, ctx: &Ctx, id: &str) -> Answer<Kept> {
    let id = named(id)?;
    let (study, of_study) = state.vault.read_as::<Study>(ctx, id).await?;
    let opened = state.vault.read(ctx, PROTOCOL, id).await?;
    Ok(Kept { id, study, study_version: of_study.version, version: opened.version, bytes: opened.body })
}

/// Opens a study and builds it, or takes what was just built.
pub(crate) async fn see(state: &State, ctx: &Ctx, id: &str) -> Answer<Seen> {
    let kept = open(state, ctx, id).await?;
    let finished = built(state, ctx, kept.bytes.clone()).await?;
    let decisions = decisions(state, ctx, kept.id).await?.0;
    Ok(Seen { kept, finished, decisions })
}

/// Builds one version of a protocol with the organisation's choices of now.
pub(crate) async fn built(state: &State, ctx: &Ctx, bytes: Vec<u8>) -> Answer<Arc<Finished>> {
    let (choices, version) = choices(&state.vault, ctx).await?;
    state.workshop.build(ctx.tenant, bytes, (remembered(&choices), version)).await
}

/// Builds a past version of a protocol.
pub(crate) async fn built_version(state: &State, ctx: &Ctx, study: RecordId, version: u64) -> Answer<Arc<Finished>> {
    let opened = state.vault.read_version(ctx, PROTOCOL, study, version).await?;
    built(state, ctx, opened.body).await
}

/// What was decided about a study, and its version; 0 before the first decision.
pub(crate) async fn decisions(state: &State, ctx: &Ctx, study: RecordId) -> Answer<(Decisions, u64)> {
    optional(&state.vault, ctx, study).await
}

/// The organisation's choices and their version; 0 before the first.
pub(crate) async fn choices(vault: &Vault, ctx: &Ctx) -> Answer<(OrganisationChoices, u64)> {
    optional(vault, ctx, OrganisationChoices::ID).await
}

/// A record that may not be there yet. Looking first keeps the evidence free of attempts that nobody made.
async fn optional<K: Kind + Default>(vault: &Vault, ctx: &Ctx, id: RecordId) -> Answer<(K, u64)> {
    if !is_here(vault, ctx, K::DECL, id).await? {
        return Ok((K::default(), 0));
    }
    let (record, opened) = vault.read_as::<K>(ctx, id).await?;
    Ok((record, opened.version))
}

async fn is_here(vault: &Vault, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Result<bool, Fault> {
    Ok(matches!(vault.present(ctx, kind, id).await?, Present::Live { .. }))
}

/// The choices as the generator takes them.
pub(crate) fn remembered(choices: &OrganisationChoices) -> RememberedChoices {
    let one = |kept: &crate::kinds::KeptChoice| RememberedChoice {
        label: kept.label.clone(),
        domain: kept.domain.clone(),
        testcd: kept.testcd.clone(),
        detail: kept.detail.clone(),
        reason: kept.reason.clone(),
    };
    RememberedChoices { choices: choices.choices.iter().map(one).collect() }
}

/// Who does this now.
pub(crate) fn deed(ctx: &Ctx, room: &Room) -> Deed {
    let by = match ctx.actor {
        Actor::Person(id) | Actor::Key(id) => id,
        Actor::Duty(_) => ActorId::from_bytes([0; 16]),
    };
    let name = room.account().map_or_else(|| "A program".to_owned(), |account| account.name.clone());
    Deed { by, name, at: ctx.now }
}
