use askama::Template;
use axum::extract::{Path, Query, State as Held};
use axum::http::header;
use axum::response::IntoResponse;
use model::{Answer, Refusal, RefusalKind};
use serde::Deserialize;
use web::parts::{ButtonLink, Notice, Tag, Tone, ago};
use web::{Asker, Reply, Room, page};

use super::{cut, study_frame};
use crate::State;
use crate::design::{Amendment, ChangeKind, amend};
use crate::records::{self, Kept};
use crate::rules::readiness::count;

/// Changes of one part that are listed one by one.
const LISTED: usize = 120;
/// Versions that can be chosen.
const VERSIONS: usize = 60;

#[derive(Template)]
#[template(path = "changes.html")]
struct ChangesPage {
    here: String,
    words: String,
    notice: Option<Notice>,
    versions: Vec<(u64, String)>,
    from: u64,
    to: u64,
    parts: Vec<Changed>,
    to_approve: Vec<String>,
    unchanged: usize,
    export: Option<ButtonLink>,
}

/// All changes of one kind of part.
struct Changed {
    heading: &'static str,
    figures: String,
    lines: Vec<Line>,
    more: usize,
}

struct Line {
    tag: Tag,
    name: String,
    before: String,
    after: String,
    follows: String,
}

/// Which versions.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    a: Option<u64>,
    b: Option<u64>,
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let (from, to) = chosen(&kept, &wanted);
    let here = format!("/trials/studies/{}/changes", kept.id);
    let amendment = if from == to { None } else { Some(amendment(&state, &ctx, &kept, (from, to)).await?) };
    let versions = kept.study.log.iter().rev().take(VERSIONS);
    let body = ChangesPage {
        words: words(amendment.as_ref(), (from, to)),
        notice: (kept.version == 1).then(|| {
            Notice::new(Tone::Plain, "There is one version so far.", "With the next change, both can be compared here.")
        }),
        versions: versions
            .map(|(version, words, deed)| {
                (*version, cut(&format!("{version}: {} {words}, {}", deed.name, ago(deed.at, ctx.now)), 90))
            })
            .collect(),
        from,
        to,
        parts: amendment.as_ref().map_or_else(Vec::new, parts),
        unchanged: amendment.as_ref().map_or(0, |one| one.unchanged.len()),
        to_approve: amendment.as_ref().map_or_else(Vec::new, |one| one.to_approve.clone()),
        export: amendment
            .is_some()
            .then(|| ButtonLink::quiet("Download as JSON", format!("{here}.json?a={from}&b={to}"))),
        here,
    };
    page(study_frame(&room, &kept, "Changes", "changes"), body)
}

fn chosen(kept: &Kept, wanted: &Wanted) -> (u64, u64) {
    let to = wanted.b.unwrap_or(kept.version).clamp(1, kept.version);
    (wanted.a.unwrap_or(to.saturating_sub(1)).clamp(1, kept.version), to)
}

async fn amendment(state: &State, ctx: &access::Ctx, kept: &Kept, (from, to): (u64, u64)) -> Answer<Amendment> {
    let before = records::built_version(state, ctx, kept.id, from).await?;
    let after = records::built_version(state, ctx, kept.id, to).await?;
    if !before.built.readable || !after.built.readable {
        let words = "One of the versions cannot be built, so there is nothing to compare. Its findings say why.";
        return Err(Refusal::new(RefusalKind::Invalid, words).into());
    }
    Ok(amend(&before.built, &after.built))
}

/// The comparison for programs.
pub(super) async fn json(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let amendment = amendment(&state, &ctx, &kept, chosen(&kept, &wanted)).await?;
    let headers = [(header::CONTENT_DISPOSITION, "attachment; filename=\"changes.json\"")];
    Ok((headers, axum::Json(amendment)).into_response())
}

fn words(amendment: Option<&Amendment>, (from, to): (u64, u64)) -> String {
    match amendment {
        None => "Choose two versions".to_owned(),
        Some(one) => format!("{} from version {from} to version {to}", count(one.changes.len(), "change", "changes")),
    }
}

const HEADINGS: [(&str, &str); 7] = [
    ("activity", "Activities"),
    ("visit", "Visits"),
    ("cell", "What is done when"),
    ("form", "Forms"),
    ("field", "Fields"),
    ("variable", "Variables"),
    ("check", "Edit checks"),
];

fn parts(amendment: &Amendment) -> Vec<Changed> {
    let mut names: Vec<&'static str> = amendment.changes.iter().map(|one| one.part).collect();
    names.dedup();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    names.into_iter().map(|name| changed(amendment, name)).collect()
}

fn changed(amendment: &Amendment, part: &'static str) -> Changed {
    let all: Vec<_> = amendment.changes.iter().filter(|one| one.part == part).collect();
    let number = |kind: ChangeKind| all.iter().filter(|one| one.kind == kind).count();
    let (added, removed, other) = (number(ChangeKind::Added), number(ChangeKind::Removed), number(ChangeKind::Changed));
    let told = [(added, "added"), (removed, "removed"), (other, "changed")];
    let told = told.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let line = |one: &&crate::design::Change| Line {
        tag: match one.kind {
            ChangeKind::Added => Tag::new(Tone::Good, "Added"),
            ChangeKind::Removed => Tag::new(Tone::Bad, "Removed"),
            ChangeKind::Changed => Tag::new(Tone::Info, "Changed"),
        },
        name: cut(&one.name, 200),
        before: cut(&one.before, 300),
        after: cut(&one.after, 300),
        follows: one.follows.clone(),
    };
    Changed {
        heading: HEADINGS.iter().find(|(name, _)| *name == part).map_or(part, |(_, heading)| heading),
        figures: told.collect::<Vec<_>>().join(", "),
        lines: all.iter().take(LISTED).map(line).collect(),
        more: all.len().saturating_sub(LISTED),
    }
}
