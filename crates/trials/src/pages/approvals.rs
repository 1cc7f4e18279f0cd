use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal, RefusalKind};
use web::parts::{Entries, Entry, Notice, Tag, Tone, ago};
use web::{Asker, Form, FormToken, FromForm, Reader, Reply, Room, page, see_other};

use super::{in_bytes, may, moment, next, study_frame};
use crate::State;
use crate::kinds::{Approval, Build};
use crate::records::{self, Kept};
use crate::rules::readiness::{approved, count};

const WORDS_CHARS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    here: String,
    builds: String,
    token: FormToken,
    notice: Option<Notice>,
    build: Option<u64>,
    words: String,
    blocked: Vec<String>,
    approves: bool,
    waiting: Vec<(String, String, Tag)>,
    done: usize,
    log: Entries,
}

/// What somebody approves.
pub(super) struct Sent {
    build: u64,
    names: Vec<String>,
    words: String,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let build = read.required("build", "Open the page again.", |text| {
            text.parse().map_err(|_| "Open the page again.".to_owned())
        });
        let words = read.optional("words", |text| match text.chars().count() <= WORDS_CHARS_MAX {
            true => Ok(text.to_owned()),
            false => Err(format!("Use at most {WORDS_CHARS_MAX} characters.")),
        });
        let names = read.several("artefact");
        if names.is_empty() {
            return read.wrong("artefact", "Tick at least one artefact.");
        }
        Some(Self { build: build?, names, words: words?.unwrap_or_default() })
    }
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    draw(&state, &ctx, &room, &kept, (None, StatusCode::OK)).await
}

pub(super) async fn approve(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let done = match sent {
        Ok(draft) => take(&state, &ctx, &room, &kept, &draft.value).await,
        Err(returned) => {
            let words = returned.problems.into_iter().next().map(|problem| problem.words).unwrap_or_default();
            Err(Refusal::new(RefusalKind::Invalid, words).into())
        }
    };
    match done {
        Ok(()) => Ok(see_other(&next(format!("/trials/studies/{}/approvals", kept.id))?)),
        Err(No::Refusal(refusal)) => {
            let notice = Notice::new(Tone::Bad, "Nothing was approved.", refusal.words);
            draw(&state, &ctx, &room, &kept, (Some(notice), web::status_of(refusal.kind))).await
        }
        Err(fault) => Err(fault.into()),
    }
}

/// INVARIANT: a build that something keeps from release is not approved, however it is asked for.
async fn take(state: &State, ctx: &access::Ctx, room: &Room, kept: &Kept, sent: &Sent) -> model::Answer<()> {
    let found = records::numbered(state, ctx, kept.id, sent.build).await?;
    if !found.1.blocked_by.is_empty() {
        let words = format!(
            "Build {} cannot be released: {}",
            sent.build,
            found.1.blocked_by.first().map_or("", String::as_str)
        );
        return Err(Refusal::new(RefusalKind::Conflict, words).into());
    }
    records::approve(state, ctx, records::deed(ctx, room), &found, &sent.names, &sent.words).await?;
    Ok(())
}

async fn draw(
    state: &State,
    ctx: &access::Ctx,
    room: &Room,
    kept: &Kept,
    (notice, status): (Option<Notice>, StatusCode),
) -> Reply {
    let latest = records::latest(state, ctx, kept.id).await?.map(|(_, build)| build);
    let approvals: Vec<Approval> =
        records::approvals(state, ctx, kept.id).await?.into_iter().map(|(_, approval)| approval).collect();
    let done: Vec<&str> = latest.as_ref().map_or_else(Vec::new, |build| approved(build, &approvals));
    let root = format!("/trials/studies/{}", kept.id);
    let body = ApprovalsPage {
        here: format!("{root}/approvals"),
        builds: format!("{root}/builds"),
        token: room.form_token(),
        notice,
        build: latest.as_ref().map(|build| build.number),
        words: words(latest.as_ref(), done.len()),
        blocked: latest.as_ref().map_or_else(Vec::new, |build| build.blocked_by.iter().take(8).cloned().collect()),
        approves: may(state, ctx, "build.approve"),
        waiting: latest.as_ref().map_or_else(Vec::new, |build| waiting(build, &done, &approvals)),
        done: done.len(),
        log: log(&approvals, ctx.now),
    };
    page(study_frame(room, kept, "Approvals", "approvals").status(status), body)
}

fn words(latest: Option<&Build>, done: usize) -> String {
    match latest {
        None => "Comes after the first build.".to_owned(),
        Some(build) => {
            format!(
                "{done} of {} of build {} approved",
                count(build.artefacts.len(), "artefact", "artefacts"),
                build.number
            )
        }
    }
}

/// What still waits; what changed since somebody approved it is told apart from what nobody has seen.
fn waiting(build: &Build, done: &[&str], approvals: &[Approval]) -> Vec<(String, String, Tag)> {
    let before = |name: &str| approvals.iter().flat_map(|one| &one.artefacts).any(|one| one.name == name);
    let open = build.artefacts.iter().filter(|one| !done.contains(&one.name.as_str()));
    open.map(|one| {
        let tag = match before(&one.name) {
            true => Tag::new(Tone::Info, "Changed since it was approved"),
            false => Tag::new(Tone::Plain, "New"),
        };
        (one.name.clone(), in_bytes(one.bytes), tag)
    })
    .collect()
}

fn log(approvals: &[Approval], now: model::Time) -> Entries {
    let entry = |one: &Approval| {
        let signed = if one.signature.is_some() { "signed" } else { "recorded, not signed" };
        let said = if one.words.is_empty() { String::new() } else { format!(" “{}”", one.words) };
        Entry {
            when: ago(one.deed.at, now),
            words: format!("{} approved {}.{said}", one.deed.name, count(one.artefacts.len(), "artefact", "artefacts")),
            detail: format!("{}, {signed}", moment(one.deed.at)),
            href: None,
        }
    };
    Entries { entries: approvals.iter().map(entry).collect() }
}
