use access::Ctx;
use model::{Answer, Fault, Kind, RecordId, Refusal, RefusalKind};
use vault::{Change, Changes, Draft, Expected};

use super::{Kept, built};
use crate::State;
use crate::design::Built;
use crate::kinds::{Deed, Facts, PROTOCOL, SHEET, Study};
use crate::rules::protocol::Protocol;
use crate::rules::sheet::{self, Plan};
use crate::rules::subject_data::{Media, subject_data};

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
    nobody_in(bytes.clone(), Media::Json).await?;
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
    nobody_in(bytes.clone(), Media::Json).await?;
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

/// Sightings that a refusal names.
const NAMED: usize = 3;

/// Refuses what holds data about a person.
///
/// INVARIANT: every way into a study comes through here: files, forms and what is derived from them.
async fn nobody_in(bytes: Vec<u8>, media: Media) -> Answer<()> {
    let seen = tokio::task::spawn_blocking(move || subject_data(&bytes, media)).await;
    let seen = seen.map_err(|error| Fault::new("looking for data about people", error))?;
    if seen.is_empty() {
        return Ok(());
    }
    let place = |path: &str| if path.is_empty() { String::new() } else { format!(" ({path})") };
    let named: Vec<String> =
        seen.iter().take(NAMED).map(|one| format!("{}{}", one.words.trim_end_matches('.'), place(&one.path))).collect();
    let words = format!(
        "This holds what looks like data about a person, and none is taken here: {}. Take it out and try again.",
        named.join("; ")
    );
    Err(Refusal::new(RefusalKind::Invalid, words).into())
}

/// Keeps a spreadsheet as it came, once it is known that a schedule can be read from it.
pub(crate) async fn keep_sheet(state: &State, ctx: &Ctx, bytes: Vec<u8>) -> Answer<RecordId> {
    let media = if sheet::is_workbook(&bytes) { Media::Spreadsheet } else { Media::Csv };
    nobody_in(bytes.clone(), media).await?;
    understood(bytes.clone()).await?;
    let id = state.vault.outside().record_id();
    let draft = Draft::document(SHEET, id, None, bytes, Vec::new());
    state.vault.commit(ctx, Changes::new().and(Change::Create(draft))).await?;
    Ok(id)
}

/// What a kept spreadsheet says.
pub(crate) async fn plan(state: &State, ctx: &Ctx, id: RecordId) -> Answer<Plan> {
    understood(state.vault.read(ctx, SHEET, id).await?.body).await
}

async fn understood(bytes: Vec<u8>) -> Answer<Plan> {
    let read = tokio::task::spawn_blocking(move || sheet::table(&bytes).and_then(|table| sheet::plan(&table))).await;
    // The reader of workbooks is not ours: where it gives up, the file is at fault, not the house.
    let broken = |_| Refusal::new(RefusalKind::Invalid, "This workbook cannot be read. Save it again, or as CSV.");
    Ok(read.map_err(broken)??)
}
