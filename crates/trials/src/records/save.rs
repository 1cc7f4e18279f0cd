use access::Ctx;
use model::{Answer, Kind, RecordId, Refusal, RefusalKind};
use vault::{Change, Changes, Draft, Expected};

use super::{Kept, built};
use crate::State;
use crate::design::Built;
use crate::kinds::{Deed, Facts, PROTOCOL, Study};
use crate::rules::protocol::Protocol;

/// Versions that can be gone back to one after another.
const UNDO_MAX: usize = 50;
/// Versions whose reasons are listed.
const LOG_MAX: usize = 100;

/// Writes the first version of a study; `bytes` stay as they are.
pub(crate) async fn add(
    state: &State,
    ctx: &Ctx,
    deed: Deed,
    bytes: Vec<u8>,
    words: &str,
    sheet: Option<RecordId>,
) -> Answer<RecordId> {
    let protocol = Protocol::read(&bytes)?;
    let id = state.vault.outside().record_id();
    let finished = built(state, ctx, bytes.clone()).await?;
    let study = Study {
        identifier: short(&protocol.identifier()),
        title: short(&protocol.title()),
        changed: deed.clone(),
        protocol_version: 1,
        facts: facts(&finished.built),
        undo: Vec::new(),
        log: vec![(1, words.to_owned(), deed)],
        sheet,
    };
    let changes = Changes::new().create(id, &study)?.and(Change::Create(document(id, bytes)));
    state.vault.commit(ctx, changes).await?;
    Ok(id)
}

/// Writes the next version of a study's protocol, if nobody has written one since `kept` was opened.
pub(crate) async fn save(
    state: &State,
    ctx: &Ctx,
    deed: Deed,
    kept: &Kept,
    protocol: &Protocol,
    words: String,
) -> Answer<u64> {
    let mut undo = kept.study.undo.clone();
    undo.push(kept.version);
    let from = undo.len().saturating_sub(UNDO_MAX);
    undo.drain(..from);
    write(state, ctx, deed, kept, (protocol.to_bytes(), words), undo).await
}

/// Goes back to the version before the last change; what was undone stays in the history.
pub(crate) async fn undo(state: &State, ctx: &Ctx, deed: Deed, kept: &Kept) -> Answer<u64> {
    let mut undo = kept.study.undo.clone();
    let Some(to) = undo.pop() else {
        return Err(Refusal::new(RefusalKind::Conflict, "There is nothing to undo.").into());
    };
    let past = state.vault.read_version(ctx, PROTOCOL, kept.id, to).await?;
    write(state, ctx, deed, kept, (past.body, format!("went back to version {to}")), undo).await
}

async fn write(
    state: &State,
    ctx: &Ctx,
    deed: Deed,
    kept: &Kept,
    (bytes, words): (Vec<u8>, String),
    undo: Vec<u64>,
) -> Answer<u64> {
    let protocol = Protocol::read(&bytes)?;
    let version = kept.version + 1;
    let finished = built(state, ctx, bytes.clone()).await;
    // A busy workshop must not lose somebody's change: then the facts are those of before.
    let facts = finished.map_or(kept.study.facts, |finished| facts(&finished.built));
    let mut log = kept.study.log.clone();
    log.push((version, words, deed.clone()));
    let from = log.len().saturating_sub(LOG_MAX);
    log.drain(..from);
    let study = Study {
        identifier: short(&protocol.identifier()),
        title: short(&protocol.title()),
        changed: deed,
        protocol_version: version,
        facts,
        undo,
        log,
        sheet: kept.study.sheet,
    };
    let protocol = Change::Revise(document(kept.id, bytes), Expected::Version(kept.version));
    let changes = Changes::new().and(protocol).revise(kept.id, &study, Expected::Version(kept.study_version))?;
    state.vault.commit(ctx, changes).await?;
    Ok(version)
}

/// Takes a study out of use. Its history stays.
pub(crate) async fn retire(state: &State, ctx: &Ctx, kept: &Kept) -> Answer<()> {
    let changes = Changes::new()
        .and(Change::Retire(Study::DECL, kept.id, Expected::Version(kept.study_version)))
        .and(Change::Retire(PROTOCOL, kept.id, Expected::Version(kept.version)));
    state.vault.commit(ctx, changes).await?;
    Ok(())
}

fn document(id: RecordId, bytes: Vec<u8>) -> Draft {
    Draft::document(PROTOCOL, id, None, bytes, Vec::new())
}

pub(super) fn facts(built: &Built) -> Facts {
    Facts {
        activities: built.coverage.activities,
        unresolved: built.coverage.unresolved,
        visits: built.schedule.visits.len(),
        forms: built.forms.len(),
        blockers: built.blockers,
        proposals: built.proposals.len(),
    }
}

/// A title as lists hold it; the whole of it stands in the protocol.
fn short(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|letter| !letter.is_control()).take(600).collect()
}
