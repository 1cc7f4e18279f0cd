use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal, RefusalKind};
use serde::Deserialize;
use web::parts::{Notice, Pages, Tag, Tone, ago};
use web::{Asker, Form, FormToken, FromForm, Reader, Reply, Room, page, see_other};

use super::{cut, may, next, study_frame};
use crate::State;
use crate::design::{Finding, Proposal, Severity};
use crate::kinds::{Decided, Decision};
use crate::records::{self, Seen};
use crate::rules::readiness::{count, key};

/// Proposals or findings on one page.
const SHOWN: usize = 60;
/// Longest value that is shown of a proposal.
const VALUE_CHARS_MAX: usize = 240;
const REASON_CHARS_MAX: usize = 1_000;

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    here: String,
    token: FormToken,
    notice: Option<Notice>,
    decides: bool,
    counts: Vec<(Tag, String)>,
    waiting: usize,
    open: Vec<Asked>,
    settled: Vec<Settled>,
    findings: Vec<Found>,
    all: usize,
    pages: Option<Pages>,
}

/// A proposal that waits for somebody.
struct Asked {
    key: String,
    path: String,
    before: String,
    after: String,
    reason: String,
}

/// A proposal that somebody decided.
struct Settled {
    tag: Tag,
    path: String,
    after: String,
    reason: String,
    by: String,
}

struct Found {
    tag: Tag,
    rule: String,
    words: String,
    path: String,
    source: String,
}

#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    from: usize,
}

/// What somebody decides about which proposals.
pub(super) struct Sent {
    keys: Vec<String>,
    all: bool,
    decided: Decided,
    reason: String,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let reason = read.optional("reason", |text| match text.chars().count() <= REASON_CHARS_MAX {
            true => Ok(text.to_owned()),
            false => Err(format!("Use at most {REASON_CHARS_MAX} characters.")),
        });
        let op = read.required("op", "Choose accept or reject.", |text| match text {
            "accept" => Ok((Decided::Accepted, false)),
            "accept-all" => Ok((Decided::Accepted, true)),
            "reject" => Ok((Decided::Rejected, false)),
            _ => Err("Choose accept or reject.".to_owned()),
        });
        let keys = read.several("key");
        let (decided, all) = op?;
        let reason = reason?.unwrap_or_default();
        if decided == Decided::Rejected && reason.is_empty() {
            return read.wrong("reason", "Say why it is rejected.");
        }
        if !all && keys.is_empty() {
            return read.wrong("key", "Tick at least one proposal.");
        }
        Some(Self { keys, all, decided, reason })
    }
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    draw(&state, &ctx, &room, &seen, wanted.from, (None, StatusCode::OK))
}

pub(super) async fn decide(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    let sent = match sent {
        Ok(draft) => draft.value,
        Err(returned) => {
            let words = returned.problems.into_iter().next().map(|problem| problem.words).unwrap_or_default();
            let notice = Notice::new(Tone::Bad, "Nothing was decided.", words);
            return draw(&state, &ctx, &room, &seen, 0, (Some(notice), StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let built = &seen.finished.built;
    let open = |proposal: &&Proposal| !seen.decisions.decisions.iter().any(|one| one.key == key(proposal));
    let about: Vec<&Proposal> = match sent.all {
        true => built.proposals.iter().filter(open).collect(),
        false => built.proposals.iter().filter(|one| sent.keys.contains(&key(one))).collect(),
    };
    let done = if about.is_empty() {
        let words = "These proposals are not there any more. Look at what the build proposes now.";
        Err(Refusal::new(RefusalKind::Conflict, words).into())
    } else {
        let deed = records::deed(&ctx, &room);
        records::decide(&state, &ctx, &deed, seen.kept.id, &about, (sent.decided, &sent.reason)).await
    };
    match done {
        Ok(_) => Ok(see_other(&next(format!("/trials/studies/{}/findings", seen.kept.id))?)),
        Err(No::Refusal(refusal)) => {
            let notice = Notice::new(Tone::Bad, "Nothing was decided.", refusal.words);
            draw(&state, &ctx, &room, &seen, 0, (Some(notice), web::status_of(refusal.kind)))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn draw(
    state: &State,
    ctx: &access::Ctx,
    room: &Room,
    seen: &Seen,
    from: usize,
    (notice, status): (Option<Notice>, StatusCode),
) -> Reply {
    let built = &seen.finished.built;
    let decisions: HashMap<&str, &Decision> =
        seen.decisions.decisions.iter().map(|one| (one.key.as_str(), one)).collect();
    let mut open = Vec::new();
    let mut settled = Vec::new();
    for proposal in &built.proposals {
        let key = key(proposal);
        match decisions.get(key.as_str()) {
            None => open.push(asked(proposal, key)),
            Some(decision) => settled.push(decided(proposal, decision, ctx.now)),
        }
    }
    let waiting = open.len();
    open.truncate(SHOWN);
    settled.truncate(SHOWN);
    let here = format!("/trials/studies/{}/findings", seen.kept.id);
    let (all, from) = (built.findings.len(), from.min(built.findings.len()));
    let to = (from + SHOWN).min(all);
    let body = FindingsPage {
        token: room.form_token(),
        notice,
        decides: may(state, ctx, "finding.decide"),
        counts: counts(&built.findings),
        waiting,
        open,
        settled,
        findings: built.findings.iter().skip(from).take(SHOWN).map(found).collect(),
        all,
        pages: (to - from < all).then(|| Pages {
            words: format!("{} to {to} of {all}", from + 1),
            before: (from > 0).then(|| format!("{here}?from={}#found", from.saturating_sub(SHOWN))),
            after: (to < all).then(|| format!("{here}?from={to}#found")),
        }),
        here,
    };
    page(study_frame(room, &seen.kept, "Findings", "findings").status(status), body)
}

fn asked(proposal: &Proposal, key: String) -> Asked {
    Asked {
        key,
        path: place(&proposal.path),
        before: cut(&proposal.before, VALUE_CHARS_MAX),
        after: cut(&proposal.after, VALUE_CHARS_MAX),
        reason: proposal.reason.clone(),
    }
}

fn decided(proposal: &Proposal, decision: &Decision, now: model::Time) -> Settled {
    let tag = match decision.decided {
        Decided::Accepted => Tag::new(Tone::Good, "Accepted"),
        Decided::Rejected => Tag::new(Tone::Bad, "Rejected"),
    };
    Settled {
        tag,
        path: place(&proposal.path),
        after: cut(&proposal.after, VALUE_CHARS_MAX),
        reason: decision.reason.clone(),
        by: format!("{}, {}", decision.deed.name, ago(decision.deed.at, now)),
    }
}

/// A place in the document without the part that is the same everywhere.
pub(super) fn place(path: &str) -> String {
    if path == "/study/versions/0/studyDesigns/0" {
        return "the design as a whole".to_owned();
    }
    let path = path.strip_prefix("/study/versions/0/").unwrap_or(path);
    let path = path.strip_prefix("studyDesigns/0/").unwrap_or(path);
    cut(&path.replace('/', " › "), 120)
}

fn counts(findings: &[Finding]) -> Vec<(Tag, String)> {
    [Severity::Blocker, Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .map(|severity| {
            let number = findings.iter().filter(|one| one.severity == severity).count();
            let (tone, one, many) = said(severity);
            (Tag::new(if number == 0 { Tone::Plain } else { tone }, count(number, one, many)), many.to_owned())
        })
        .collect()
}

const fn said(severity: Severity) -> (Tone, &'static str, &'static str) {
    match severity {
        Severity::Blocker => (Tone::Bad, "blocker", "blockers"),
        Severity::Error => (Tone::Warn, "error", "errors"),
        Severity::Warning => (Tone::Info, "warning", "warnings"),
        Severity::Note => (Tone::Plain, "note", "notes"),
    }
}

fn found(finding: &Finding) -> Found {
    let (tone, word, _) = said(finding.severity);
    Found {
        tag: Tag::new(tone, word),
        rule: finding.rule.clone(),
        words: cut(&finding.words, 600),
        path: place(&finding.path),
        source: finding.source.clone(),
    }
}
