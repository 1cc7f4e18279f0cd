use access::Ctx;
use model::{Answer, Kind, RecordId, Refusal, RefusalKind};
use vault::{Change, Changes, Clause, Draft, Needle, Query};

use super::Seen;
use crate::State;
use crate::design::{File, Severity};
use crate::kinds::{ARTEFACT, Approval, Approved, Artefact, Build, Decided, Deed};
use crate::rules::readiness::key;

/// Bytes of one piece of an artefact, below what one record may hold.
const PIECE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes in one commit, below what one commit may hold.
const COMMIT_BYTES: usize = 16 * 1024 * 1024;
/// Records on a page of builds or approvals.
const LISTED: usize = vault::limits::PAGE_MAX;

/// Builds a study and keeps every artefact of it. Bytes that an earlier build had are kept once.
pub(crate) async fn order(state: &State, ctx: &Ctx, deed: Deed, seen: &Seen) -> Answer<Build> {
    let number = latest(state, ctx, seen.kept.id).await?.map_or(1, |(_, build)| build.number + 1);
    let built = &seen.finished.built;
    let mut artefacts = Vec::with_capacity(built.files.len());
    let mut waiting = Changes::new();
    let mut bytes = 0;
    for file in &built.files {
        let pieces = pieces(state, ctx, file).await?;
        for (id, piece, here) in &pieces {
            if *here {
                continue;
            }
            if bytes > 0 && bytes + piece.len() > COMMIT_BYTES {
                state.vault.commit(ctx, std::mem::take(&mut waiting)).await?;
                bytes = 0;
            }
            bytes += piece.len();
            waiting = waiting.and(Change::Create(Draft::document(ARTEFACT, *id, None, piece.to_vec(), Vec::new())));
        }
        artefacts.push(Artefact {
            name: file.name.clone(),
            media: file.media.to_owned(),
            bytes: file.bytes.len() as u64,
            sha256: sha256(&file.bytes),
            pieces: pieces.into_iter().map(|(id, ..)| id).collect(),
        });
    }
    let count = |severity: Severity| built.findings.iter().filter(|one| one.severity == severity).count();
    let build = Build {
        study: seen.kept.id,
        number,
        protocol_version: seen.kept.version,
        ordered: deed,
        took_millis: u64::try_from(seen.finished.took.as_millis()).unwrap_or(u64::MAX),
        findings: [Severity::Blocker, Severity::Error, Severity::Warning, Severity::Note].map(count),
        blocked_by: blocked_by(seen),
        artefacts,
    };
    // ORDER: the bytes first, then the build that names them, so that a build is never without its artefacts.
    let id = state.vault.outside().record_id();
    state.vault.commit(ctx, waiting.create(id, &build)?).await?;
    Ok(build)
}

/// What keeps a study from release: blocking findings, and proposals that nobody decided or somebody rejected.
pub(crate) fn blocked_by(seen: &Seen) -> Vec<String> {
    let built = &seen.finished.built;
    let blockers = built.findings.iter().filter(|one| one.severity == Severity::Blocker);
    let mut words: Vec<String> = blockers.map(|one| one.words.clone()).collect();
    let decided = |wanted: Option<Decided>| {
        let of = |key: &str| seen.decisions.decisions.iter().find(|one| one.key == key).map(|one| one.decided);
        built.proposals.iter().filter(|one| of(&key(one)) == wanted).count()
    };
    let (open, rejected) = (decided(None), decided(Some(Decided::Rejected)));
    if open > 0 {
        words.push(format!("{open} {} for a decision.", if open == 1 { "proposal waits" } else { "proposals wait" }));
    }
    if rejected > 0 {
        let what = if rejected == 1 { "rejected proposal is" } else { "rejected proposals are" };
        words.push(format!("{rejected} {what} still in use. Change the protocol at those places."));
    }
    words
}

async fn pieces<'f>(state: &State, ctx: &Ctx, file: &'f File) -> Answer<Vec<(RecordId, &'f [u8], bool)>> {
    let mut pieces: Vec<(RecordId, &[u8], bool)> = Vec::new();
    let chunks: Vec<&[u8]> = if file.bytes.is_empty() { vec![&[]] } else { file.bytes.chunks(PIECE_BYTES).collect() };
    for piece in chunks {
        let id = state.vault.digest_id(ctx.tenant, "trials.artefact", &sha256(piece)).await?;
        let here = super::is_here(&state.vault, ctx, ARTEFACT, id).await?;
        let twice = pieces.iter().any(|(other, ..)| *other == id);
        pieces.push((id, piece, here || twice));
    }
    Ok(pieces)
}

fn sha256(bytes: &[u8]) -> String {
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The latest builds of a study, the newest first.
pub(crate) async fn builds(state: &State, ctx: &Ctx, study: RecordId) -> Answer<Vec<(RecordId, Build)>> {
    of_study::<Build>(state, ctx, study, LISTED).await
}

/// The latest build of a study.
pub(crate) async fn latest(state: &State, ctx: &Ctx, study: RecordId) -> Answer<Option<(RecordId, Build)>> {
    Ok(of_study::<Build>(state, ctx, study, 1).await?.into_iter().next())
}

/// The build of a number.
pub(crate) async fn numbered(state: &State, ctx: &Ctx, study: RecordId, number: u64) -> Answer<(RecordId, Build)> {
    let holds = move |body: &[u8]| {
        let read: Option<Build> = serde_json::from_slice(body).ok();
        read.is_some_and(|build| build.study == study && build.number == number)
    };
    let clauses = vec![Clause { field: "study", any: vec![Needle::Exact(study.to_string())] }];
    let query = Query { clauses, holds: &holds, limit: 1, ..Query::all(Build::DECL) };
    let found = state.vault.search(ctx, &query).await?.page.into_iter().next().ok_or_else(Refusal::not_found)?;
    Ok((found.id, found.record()?))
}

/// Approvals of a study, the newest first.
pub(crate) async fn approvals(state: &State, ctx: &Ctx, study: RecordId) -> Answer<Vec<(RecordId, Approval)>> {
    of_study::<Approval>(state, ctx, study, LISTED).await
}

async fn of_study<K: Kind>(state: &State, ctx: &Ctx, study: RecordId, limit: usize) -> Answer<Vec<(RecordId, K)>> {
    let clauses = vec![Clause { field: "study", any: vec![Needle::Exact(study.to_string())] }];
    let query = Query { clauses, limit, ..Query::all(K::DECL) };
    let found = state.vault.search(ctx, &query).await?;
    found.page.into_iter().map(|opened| Ok((opened.id, opened.record()?))).collect()
}

/// The bytes of an artefact.
pub(crate) async fn artefact(state: &State, ctx: &Ctx, artefact: &Artefact) -> Answer<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(artefact.bytes).unwrap_or(0));
    for piece in &artefact.pieces {
        bytes.extend(state.vault.read(ctx, ARTEFACT, *piece).await?.body);
    }
    Ok(bytes)
}

/// Approves artefacts of a build by name. Whoever ordered a build does not approve it.
pub(crate) async fn approve(
    state: &State,
    ctx: &Ctx,
    deed: Deed,
    (id, build): &(RecordId, Build),
    names: &[String],
    words: &str,
) -> Answer<usize> {
    if build.ordered.by == deed.by {
        let words = "You ordered this build, so somebody else approves it.";
        return Err(Refusal::new(RefusalKind::NotAllowed, words).into());
    }
    let chosen = build.artefacts.iter().filter(|one| names.contains(&one.name));
    let artefacts: Vec<Approved> =
        chosen.map(|one| Approved { name: one.name.clone(), sha256: one.sha256.clone() }).collect();
    if artefacts.is_empty() || artefacts.len() != names.len() {
        return Err(Refusal::new(RefusalKind::Invalid, "Choose artefacts of this build.").into());
    }
    let count = artefacts.len();
    let approval =
        Approval { study: build.study, build: *id, artefacts, deed, words: words.to_owned(), signature: None };
    let changes = Changes::new().create(state.vault.outside().record_id(), &approval)?;
    state.vault.commit(ctx, changes).await?;
    Ok(count)
}
