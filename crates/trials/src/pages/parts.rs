use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal, RefusalKind};
use web::parts::{Area, Button, ButtonLink, Choice, ErrorSummary, Field, Kind, Notice, Select, Tag, Tone};
use web::{Asker, Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Width, page, see_other, status_of};

use super::schedule::escape;
use super::{cut, may, next, study_frame};
use crate::State;
use crate::records::{self, Kept};
use crate::rules::parts::{self, Entry, Part, WORDS_CHARS_MAX};
use crate::rules::protocol::{Protocol, ids, items, text, title};

/// Entries of one part that are shown.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "design.html")]
struct DesignPage {
    edits: bool,
    arms: Vec<(String, Vec<(String, String)>)>,
    epochs: Vec<String>,
    parts: Vec<Listed>,
}

struct Listed {
    anchor: &'static str,
    heading: &'static str,
    one: String,
    new: String,
    entries: Vec<(String, String, String, String)>,
    hidden: usize,
}

pub(super) async fn design(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let protocol = kept.protocol()?;
    let root = format!("/trials/studies/{}/design", kept.id);
    let epochs = parts::entries(&protocol, Part::Epochs);
    let body = DesignPage {
        edits: may(&state, &ctx, "study.update"),
        arms: cells(&protocol, &epochs, &root),
        epochs: epochs.into_iter().map(|epoch| cut(&epoch.label, 80)).collect(),
        parts: Part::ALL.into_iter().map(|part| listed(&protocol, part, &root)).collect(),
    };
    page(study_frame(&room, &kept, "Design", "design"), body)
}

/// What each arm gets in each epoch.
fn cells(protocol: &Protocol, epochs: &[Entry], root: &str) -> Vec<(String, Vec<(String, String)>)> {
    let design = protocol.design();
    let element =
        |id: &str| items(design, "elements").iter().find(|one| text(one, "id") == id).map_or("", title).to_owned();
    let cell = |arm: &Entry, epoch: &Entry| {
        let all = items(design, "studyCells").iter();
        let found = all.filter(|one| text(one, "armId") == arm.id && text(one, "epochId") == epoch.id);
        let names: Vec<String> = found.flat_map(|one| ids(one, "elementIds")).map(element).collect();
        let href = format!("{root}/cell?arm={}&epoch={}", escape(&arm.id), escape(&epoch.id));
        (cut(&names.join(" then "), 120), href)
    };
    let arms = parts::entries(protocol, Part::Arms);
    arms.iter()
        .take(40)
        .map(|arm| (cut(&arm.label, 120), epochs.iter().take(40).map(|epoch| cell(arm, epoch)).collect()))
        .collect()
}

fn listed(protocol: &Protocol, part: Part, root: &str) -> Listed {
    let all = parts::entries(protocol, part);
    let hidden = all.len().saturating_sub(SHOWN);
    let kind = |code: &str| part.kinds().iter().find(|(known, _)| *known == code).map_or("", |(_, words)| words);
    let line = |entry: &Entry| {
        let (head, rest) = match part.is_text() {
            true => (cut(&plain(&entry.words), 240), String::new()),
            false if entry.words == entry.label => (cut(&entry.label, 160), String::new()),
            false => (cut(&entry.label, 160), cut(&entry.words, 200)),
        };
        (head, rest, kind(&entry.kind).to_owned(), format!("{root}/{}/{}", part.path(), escape(&entry.id)))
    };
    Listed {
        anchor: part.path(),
        heading: part.heading(),
        one: part.with_article(),
        new: format!("{root}/{}/new", part.path()),
        entries: all.iter().take(SHOWN).map(line).collect(),
        hidden,
    }
}

/// A text without the tags that protocols carry.
fn plain(text: &str) -> String {
    let mut inside = false;
    let shown = text.chars().filter(|letter| {
        let was = inside;
        inside = match letter {
            '<' => true,
            '>' => false,
            _ => inside,
        };
        !was && !inside
    });
    shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Template)]
#[template(path = "part.html")]
struct PartPage {
    here: String,
    heading: String,
    token: FormToken,
    summary: ErrorSummary,
    notice: Option<Notice>,
    version: u64,
    label: Option<Field>,
    words: Area,
    kind: Option<Select>,
    of: Option<Select>,
    rules: Option<(Area, Area)>,
    save: Button,
    remove: Option<Button>,
    back: ButtonLink,
}

/// A part as the form sends it.
pub(super) struct Sent {
    entry: Entry,
    version: u64,
    remove: bool,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let bounded = |text: &str| match text.chars().count() <= WORDS_CHARS_MAX {
            true => Ok(text.to_owned()),
            false => Err(format!("Use at most {WORDS_CHARS_MAX} characters.")),
        };
        let mut field = |name: &str| read.optional(name, bounded).map(Option::unwrap_or_default);
        let entry = Entry {
            id: String::new(),
            label: field("label")?,
            words: field("words")?,
            kind: field("kind")?,
            start: field("start")?,
            end: field("end")?,
            of: field("of")?,
        };
        let version = read.required("version", "Open the page again.", |text| {
            text.parse().map_err(|_| "Open the page again.".to_owned())
        })?;
        Some(Self { entry, version, remove: read.ticked("remove") })
    }
}

fn part_of(name: &str) -> Result<Part, Refusal> {
    Part::parse(name).ok_or_else(Refusal::not_found)
}

pub(super) async fn open(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, part, item)): Path<(String, String, String)>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let part = part_of(&part)?;
    let protocol = kept.protocol()?;
    let entry = match item.as_str() {
        "new" => Entry::default(),
        id => parts::entries(&protocol, part).into_iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)?,
    };
    let fields = [
        ("label", entry.label.as_str()),
        ("words", &entry.words),
        ("kind", &entry.kind),
        ("of", &entry.of),
        ("start", &entry.start),
        ("end", &entry.end),
    ];
    let form = Returned { fields: Fields::of(&fields), ..Returned::blank() };
    draw(&room, &kept, &protocol, (part, &item), &form, (None, StatusCode::OK))
}

pub(super) async fn save(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, part, item)): Path<(String, String, String)>,
    Form(sent): Form<Sent>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let part = part_of(&part)?;
    let mut protocol = kept.protocol()?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return draw(&room, &kept, &protocol, (part, &item), &returned, (None, status));
        }
    };
    if draft.value.version != kept.version {
        let words = "Somebody changed the study since you opened this page. What you wrote is still here: look at the \
                     study, then save again.";
        let notice = Notice::new(Tone::Warn, "Not saved yet.", words);
        let form = Returned { fields: draft.fields, ..Returned::blank() };
        let status = StatusCode::PRECONDITION_FAILED;
        return draw(&room, &kept, &protocol, (part, &item), &form, (Some(notice), status));
    }
    let new = item == "new";
    let (done, words) = match (draft.value.remove, new) {
        (true, false) => (parts::remove(&mut protocol, part, &item), format!("removed {}", part.with_article())),
        _ => {
            let id = if new { String::new() } else { item.clone() };
            let entry = Entry { id, ..draft.value.entry };
            let verb = if new { "added" } else { "changed" };
            (parts::write(&mut protocol, part, &entry), format!("{verb} {}", part.with_article()))
        }
    };
    let done = match done {
        Ok(()) => records::save(&state, &ctx, records::deed(&ctx, &room), &kept, &protocol, words).await.map(drop),
        Err(refusal) => Err(refusal.into()),
    };
    match done {
        Ok(()) => Ok(see_other(&next(format!("/trials/studies/{}/design#{}", kept.id, part.path()))?)),
        Err(No::Refusal(refusal)) => {
            let form = Returned::refused(draft.fields, &refusal);
            draw(&room, &kept, &protocol, (part, &item), &form, (None, status_of(refusal.kind)))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn draw(
    room: &Room,
    kept: &Kept,
    protocol: &Protocol,
    (part, item): (Part, &str),
    form: &Returned,
    (notice, status): (Option<Notice>, StatusCode),
) -> Reply {
    let root = format!("/trials/studies/{}/design", kept.id);
    let new = item == "new";
    let choice = |(code, words): &(&str, &str)| Choice::new(*code, *words);
    let objectives = || {
        let all = parts::entries(protocol, Part::Objectives).into_iter();
        all.map(|one| Choice::new(one.id, cut(&plain(&one.words), 90))).collect()
    };
    let heading = match new {
        true => format!("New {}", part.one()),
        false => format!("{}{}", part.one().get(..1).unwrap_or("").to_uppercase(), part.one().get(1..).unwrap_or("")),
    };
    let label = if part.is_text() { "Text" } else { "Description" };
    let body = PartPage {
        here: format!("{root}/{}/{}", part.path(), escape(item)),
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        notice,
        version: kept.version,
        label: (!part.is_text()).then(|| Field::new("label", "Name", Kind::Text, form)),
        words: Area::new("words", label, if part.is_text() { 6 } else { 2 }, form),
        kind: (!part.kinds().is_empty())
            .then(|| Select::new("kind", "Type", part.kinds().iter().map(choice).collect(), form)),
        of: (part == Part::Endpoints && new).then(|| Select::new("of", "Objective", objectives(), form)),
        rules: (part == Part::Elements)
            .then(|| (Area::new("start", "It begins with", 2, form), Area::new("end", "It ends with", 2, form))),
        save: Button::primary("Save"),
        remove: (!new).then(|| Button::grave("Remove").sends("remove", "yes")),
        back: ButtonLink::quiet("Back", format!("{root}#{}", part.path())),
        heading: heading.clone(),
    };
    page(study_frame(room, kept, &heading, "design").status(status).width(Width::Reading), body)
}

/// Which arm in which epoch.
#[derive(serde::Deserialize)]
pub(super) struct Where {
    arm: String,
    epoch: String,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct CellPage {
    here: String,
    heading: String,
    token: FormToken,
    version: u64,
    choices: Vec<(String, String, bool)>,
    save: Button,
    back: ButtonLink,
    tag: Option<Tag>,
}

pub(super) async fn cell(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    axum::extract::Query(place): axum::extract::Query<Where>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let protocol = kept.protocol()?;
    let found = |part: Part, id: &str| {
        parts::entries(&protocol, part).into_iter().find(|one| one.id == id).ok_or_else(Refusal::not_found)
    };
    let (arm, epoch) = (found(Part::Arms, &place.arm)?, found(Part::Epochs, &place.epoch)?);
    let cells = items(protocol.design(), "studyCells").iter();
    let here: Vec<&str> = cells
        .filter(|one| text(one, "armId") == arm.id && text(one, "epochId") == epoch.id)
        .flat_map(|one| ids(one, "elementIds"))
        .collect();
    let elements = parts::entries(&protocol, Part::Elements).into_iter();
    let choices: Vec<_> =
        elements.map(|one| (one.id.clone(), cut(&one.label, 160), here.contains(&one.id.as_str()))).collect();
    let root = format!("/trials/studies/{}/design", kept.id);
    let body = CellPage {
        here: format!("{root}/cell?arm={}&epoch={}", escape(&arm.id), escape(&epoch.id)),
        heading: format!("{} in {}", cut(&arm.label, 80), cut(&epoch.label, 80)),
        token: room.form_token(),
        version: kept.version,
        tag: (here.is_empty()).then(|| Tag::new(Tone::Warn, "No element yet")),
        choices,
        save: Button::primary("Save"),
        back: ButtonLink::quiet("Back", root),
    };
    page(study_frame(&room, &kept, "Elements", "design").width(Width::Reading), body)
}

/// The elements of a cell as the form sends them.
pub(super) struct Elements {
    chosen: Vec<String>,
    version: u64,
}

impl FromForm for Elements {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let version = read.required("version", "Open the page again.", |text| {
            text.parse().map_err(|_| "Open the page again.".to_owned())
        })?;
        Some(Self { chosen: read.several("element"), version })
    }
}

pub(super) async fn save_cell(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    axum::extract::Query(place): axum::extract::Query<Where>,
    Form(sent): Form<Elements>,
) -> Reply {
    let sent = sent.map_err(|_| super::builds::stale())?.value;
    let kept = records::open(&state, &ctx, &id).await?;
    if sent.version != kept.version {
        let words = "Somebody changed the study since you opened this page. Open it again and repeat your change.";
        return Err(Refusal::new(RefusalKind::PreconditionFailed, words).into());
    }
    let mut protocol = kept.protocol()?;
    parts::set_cell(&mut protocol, &place.arm, &place.epoch, &sent.chosen)?;
    let words = "changed which elements an arm has".to_owned();
    records::save(&state, &ctx, records::deed(&ctx, &room), &kept, &protocol, words).await?;
    Ok(see_other(&next(format!("/trials/studies/{}/design", kept.id))?))
}
