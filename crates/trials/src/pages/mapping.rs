use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::No;
use web::parts::{Notice, Tag, Tone, ago};
use web::{Asker, Form, FormToken, FromForm, Reader, Reply, Room, page, see_other};

use super::schedule::escape;
use super::{cut, frame, may, next, study_frame};
use crate::State;
use crate::design::{Resolution, Step, Target};
use crate::kinds::KeptChoice;
use crate::records::{self, Seen};
use crate::rules::readiness::count;

/// Activities on the page.
const SHOWN: usize = 300;

#[derive(Template)]
#[template(path = "mapping.html")]
struct MappingPage {
    here: String,
    trace: String,
    token: FormToken,
    notice: Option<Notice>,
    keeps: bool,
    words: String,
    rungs: Vec<(String, String, usize)>,
    activities: Vec<Activity>,
    hidden: usize,
}

/// An activity and what it collects.
struct Activity {
    number: usize,
    label: String,
    tag: Tag,
    collects: Vec<(String, String, u8)>,
    ask: bool,
    why: String,
}

/// A choice as somebody makes it.
pub(super) struct Sent {
    label: String,
    domain: String,
    testcd: String,
    detail: String,
    reason: String,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let bounded = |max: usize| {
            move |text: &str| match text.chars().count() <= max {
                true => Ok(text.to_owned()),
                false => Err(format!("Use at most {max} characters.")),
            }
        };
        let code = |max: usize| {
            move |text: &str| {
                let code = text.to_ascii_uppercase();
                let fits = code.len() <= max && code.chars().all(|letter| letter.is_ascii_alphanumeric());
                if fits { Ok(code) } else { Err(format!("Use up to {max} letters and digits.")) }
            }
        };
        let label = read.required("label", "Choose an activity.", bounded(400));
        let domain = read.optional("domain", code(2));
        let testcd = read.optional("testcd", code(8));
        let detail = read.optional("detail", bounded(100));
        let reason = read.required("reason", "Say why: the next study relies on it.", bounded(1_000));
        Some(Self {
            label: label?,
            domain: domain?.unwrap_or_default(),
            testcd: testcd?.unwrap_or_default(),
            detail: detail?.unwrap_or_default(),
            reason: reason?,
        })
    }
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    draw(&state, &ctx, &room, &seen, (None, StatusCode::OK))
}

pub(super) async fn choose(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Reply {
    let sent = match sent {
        Ok(draft) => draft.value,
        Err(returned) => {
            let seen = records::see(&state, &ctx, &id).await?;
            let words = returned.problems.into_iter().next().map(|problem| problem.words).unwrap_or_default();
            let notice = Notice::new(Tone::Bad, "Nothing was decided.", words);
            return draw(&state, &ctx, &room, &seen, (Some(notice), StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let id = records::named(&id)?;
    let Sent { label, domain, testcd, detail, reason } = sent;
    let choice = KeptChoice { label, domain, testcd, detail, reason, deed: records::deed(&ctx, &room) };
    match records::keep_choice(&state, &ctx, choice).await {
        Ok(()) => Ok(see_other(&next(format!("/trials/studies/{id}/mapping"))?)),
        Err(No::Refusal(refusal)) => {
            let seen = records::see(&state, &ctx, &id.to_string()).await?;
            let notice = Notice::new(Tone::Bad, "Nothing was decided.", refusal.words);
            draw(&state, &ctx, &room, &seen, (Some(notice), web::status_of(refusal.kind)))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn draw(
    state: &State,
    ctx: &access::Ctx,
    room: &Room,
    seen: &Seen,
    (notice, status): (Option<Notice>, StatusCode),
) -> Reply {
    let built = &seen.finished.built;
    let mut by_activity: BTreeMap<usize, Vec<&Resolution>> = BTreeMap::new();
    for one in &built.resolutions {
        by_activity.entry(one.activity).or_default().push(one);
    }
    let root = format!("/trials/studies/{}", seen.kept.id);
    let mut activities: Vec<Activity> = built
        .activities
        .iter()
        .enumerate()
        .map(|(at, label)| activity(at, label, by_activity.get(&at).map_or(&[], Vec::as_slice), &root))
        .collect();
    activities.sort_by_key(|one| !one.ask);
    let hidden = activities.len().saturating_sub(SHOWN);
    activities.truncate(SHOWN);
    let coverage = built.coverage;
    let body = MappingPage {
        here: format!("{root}/mapping"),
        trace: format!("{root}/trace"),
        token: room.form_token(),
        notice,
        keeps: may(state, ctx, "choice.keep"),
        words: format!(
            "{} of {} known, {} by words, {} without data, {} open",
            coverage.resolved,
            count(coverage.activities, "activity", "activities"),
            coverage.proposed,
            coverage.no_data,
            coverage.unresolved
        ),
        rungs: rungs(&built.resolutions),
        activities,
        hidden,
    };
    page(study_frame(room, &seen.kept, "Mapping", "mapping").status(status), body)
}

const STEPS: [(Step, &str); 7] = [
    (Step::Remembered, "The organisation decided it before"),
    (Step::Specialization, "The protocol names a COSMoS specialisation"),
    (Step::ConceptCode, "The protocol names a concept code"),
    (Step::Synonym, "The label is a term of the terminology"),
    (Step::Topic, "The label tells the topic"),
    (Step::NoData, "Nothing is collected"),
    (Step::Unresolved, "Nobody knows yet"),
];

fn rungs(resolutions: &[Resolution]) -> Vec<(String, String, usize)> {
    let number = |step: Step| resolutions.iter().filter(|one| one.step == step).count();
    let rung = |(step, words): (Step, &str)| (words.to_owned(), format!("{}\u{a0}%", step.confidence()), number(step));
    STEPS.into_iter().map(rung).collect()
}

fn activity(at: usize, label: &str, found: &[&Resolution], root: &str) -> Activity {
    let ask = found.is_empty() || found.iter().any(|one| one.step == Step::Unresolved);
    let proposed = found.iter().any(|one| one.step.is_proposal());
    let tag = match (ask, proposed) {
        (true, _) => Tag::new(Tone::Bad, "Not known"),
        (false, true) if found.iter().all(|one| one.step == Step::NoData) => Tag::new(Tone::Plain, "No data"),
        (false, true) => Tag::new(Tone::Info, "By words"),
        (false, false) => Tag::new(Tone::Good, "Known"),
    };
    let collects = |one: &&&Resolution| (target(&one.target), cut(&one.reason, 260), one.step.confidence());
    let first = found.first().map_or("", |one| one.path.as_str());
    Activity {
        number: at + 1,
        label: cut(label, 200),
        tag,
        collects: found.iter().filter(|one| one.step != Step::Unresolved).take(12).map(|one| collects(&one)).collect(),
        ask,
        why: format!("{root}/trace?protocol={}", escape(first)),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Test { domain, testcd, specimen, .. } if specimen.is_empty() => format!("{domain} · {testcd}"),
        Target::Test { domain, testcd, specimen, .. } => format!("{domain} · {testcd} in {}", specimen.to_lowercase()),
        Target::Form { domain, detail } if detail.is_empty() => format!("{domain} form"),
        Target::Form { domain, detail } => format!("{domain} form · {detail}"),
        Target::NoData => "no data".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "choices.html")]
struct ChoicesPage {
    kept: Vec<Kept>,
}

struct Kept {
    label: String,
    collects: String,
    reason: String,
    by: String,
}

/// What the organisation decided for all its studies.
pub(super) async fn choices(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let (all, _) = records::choices(&state.vault, &ctx).await?;
    let kept = |one: &KeptChoice| Kept {
        label: one.label.clone(),
        collects: match (one.domain.as_str(), one.testcd.as_str()) {
            ("", _) => "no data".to_owned(),
            (domain, "") => format!("{domain} form {}", one.detail),
            (domain, testcd) => format!("{domain} · {testcd}"),
        },
        reason: one.reason.clone(),
        by: format!("{}, {}", one.deed.name, ago(one.deed.at, ctx.now)),
    };
    page(frame(&room, "Remembered choices"), ChoicesPage { kept: all.choices.iter().rev().map(kept).collect() })
}
