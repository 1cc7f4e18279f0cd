use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use askama::Template;
use axum::extract::{Path, Query, State as Held};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Fault, Refusal, RefusalKind};
use serde::Deserialize;
use web::parts::{ButtonLink, Cell, Column, Empty, Hash, Notice, Row, Table, Tag, Tone, ago};
use web::{Asker, Form, FormToken, Reply, Room, page, see_other};

use super::begin::Nothing;
use super::{in_bytes, may, moment, next, study_frame};
use crate::State;
use crate::kinds::{Artefact, Build};
use crate::records;
use crate::rules::readiness::{approved, count};

/// Reasons that are listed one by one.
const REASONS_SHOWN: usize = 6;

#[derive(Template)]
#[template(path = "builds.html")]
struct BuildsPage {
    here: String,
    token: FormToken,
    orders: bool,
    words: String,
    builds: Vec<Listed>,
    compare: Vec<u64>,
}

struct Listed {
    number: u64,
    href: String,
    words: String,
    detail: String,
    tag: Tag,
    zip: String,
}

pub(super) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let builds: Vec<Build> =
        records::builds(&state, &ctx, kept.id).await?.into_iter().map(|(_, build)| build).collect();
    let approvals: Vec<_> =
        records::approvals(&state, &ctx, kept.id).await?.into_iter().map(|(_, approval)| approval).collect();
    let here = format!("/trials/studies/{}/builds", kept.id);
    let listed = |build: &Build| {
        let done = approved(build, &approvals).len();
        let all = build.artefacts.len();
        let tag = match (build.blocked_by.is_empty(), done == all) {
            (true, true) => Tag::new(Tone::Good, "Released"),
            (true, false) => Tag::new(Tone::Info, format!("{done} of {all} approved")),
            (false, _) => Tag::new(Tone::Warn, "Preview"),
        };
        Listed {
            number: build.number,
            href: format!("{here}/{}", build.number),
            words: format!(
                "Version {} of the protocol, {}",
                build.protocol_version,
                count(all, "artefact", "artefacts")
            ),
            detail: format!(
                "{}, {} · made in {} ms",
                build.ordered.name,
                ago(build.ordered.at, ctx.now),
                build.took_millis
            ),
            tag,
            zip: format!("{here}/{}/all.zip", build.number),
        }
    };
    let body = BuildsPage {
        token: room.form_token(),
        orders: may(&state, &ctx, "build.order"),
        words: match builds.first() {
            Some(latest) if latest.protocol_version == kept.version => {
                "The latest build is of the present version.".to_owned()
            }
            Some(_) => format!("The protocol has changed since: it is at version {}.", kept.version),
            None => "Nothing has been built yet.".to_owned(),
        },
        compare: builds.iter().map(|build| build.number).collect(),
        builds: builds.iter().map(listed).collect(),
        here,
    };
    page(study_frame(&room, &kept, "Builds", "builds"), body)
}

pub(super) async fn order(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Nothing>,
) -> Reply {
    sent.map_err(|_| stale())?;
    let seen = records::see(&state, &ctx, &id).await?;
    let deed = records::deed(&ctx, &room);
    let build = records::order(&state, &ctx, deed, &seen).await?;
    Ok(see_other(&next(format!("/trials/studies/{}/builds/{}", seen.kept.id, build.number))?))
}

/// The page had been open for too long.
pub(super) fn stale() -> Refusal {
    let words = "This page had been open for too long, so nothing was done. Go back, load it again and repeat.";
    Refusal::new(RefusalKind::Invalid, words)
}

#[derive(Template)]
#[template(path = "build.html")]
struct BuildPage {
    number: u64,
    words: String,
    notice: Notice,
    reasons: Vec<String>,
    more: usize,
    zip: ButtonLink,
    approve: Option<ButtonLink>,
    groups: Vec<(&'static str, Table)>,
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, number)): Path<(String, u64)>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let (_, build) = records::numbered(&state, &ctx, kept.id, number).await?;
    let approvals: Vec<_> =
        records::approvals(&state, &ctx, kept.id).await?.into_iter().map(|(_, approval)| approval).collect();
    let done = approved(&build, &approvals);
    let root = format!("/trials/studies/{}", kept.id);
    let here = format!("{root}/builds/{number}");
    let body = BuildPage {
        number,
        words: format!(
            "Version {} of the protocol, ordered by {}, {}",
            build.protocol_version,
            build.ordered.name,
            moment(build.ordered.at)
        ),
        notice: standing(&build, done.len()),
        more: build.blocked_by.len().saturating_sub(REASONS_SHOWN),
        reasons: build.blocked_by.iter().take(REASONS_SHOWN).cloned().collect(),
        zip: ButtonLink::primary(format!("Download all, {}", in_bytes(size(&build))), format!("{here}/all.zip")),
        approve: Some(ButtonLink::quiet("Approvals", format!("{root}/approvals"))),
        groups: groups(&build, &done, &here),
    };
    let frame = study_frame(&room, &kept, &format!("Build {number}"), "builds");
    page(frame, body)
}

fn size(build: &Build) -> u64 {
    build.artefacts.iter().map(|one| one.bytes).sum()
}

fn standing(build: &Build, done: usize) -> Notice {
    let all = build.artefacts.len();
    let [blockers, errors, warnings, notes] = build.findings;
    let found = format!(
        "{}, {}, {}, {} stand in the conformance report.",
        count(blockers, "blocker", "blockers"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings"),
        count(notes, "note", "notes")
    );
    match (build.blocked_by.is_empty(), done == all) {
        (true, true) => Notice::new(Tone::Good, "Released: every artefact is approved.", found),
        (true, false) => {
            Notice::new(Tone::Info, format!("Can be released: {done} of {all} artefacts are approved."), found)
        }
        (false, _) => Notice::new(Tone::Warn, "A preview: it cannot be released.", found),
    }
}

/// A heading and the names that stand under it.
type Group = (&'static str, fn(&str) -> bool);

const GROUPS: [Group; 5] = [
    ("Data collection", |name| name.starts_with("forms") || name.starts_with("acrf") || name == "schedule.json"),
    ("Study build", |name| name.starts_with("odm") || name.starts_with("testkit")),
    ("Tabulation", |name| name.starts_with("define") || name.starts_with("mapping")),
    ("Datasets", |name| name.starts_with("data/")),
    ("Evidence", |_| true),
];

fn groups(build: &Build, done: &[&str], here: &str) -> Vec<(&'static str, Table)> {
    let mut rows: BTreeMap<usize, Vec<Row>> = BTreeMap::new();
    for artefact in &build.artefacts {
        let group = GROUPS.iter().position(|(_, holds)| holds(&artefact.name)).unwrap_or(GROUPS.len() - 1);
        let tag = match done.contains(&artefact.name.as_str()) {
            true => Tag::new(Tone::Good, "Approved"),
            false => Tag::new(Tone::Plain, "Not approved"),
        };
        rows.entry(group).or_default().push(Row(vec![
            Cell::link(artefact.name.clone(), format!("{here}/files/{}", artefact.name)),
            Cell::text(in_bytes(artefact.bytes)),
            Cell::part(&Hash::new(artefact.sha256.clone())),
            Cell::part(&tag),
        ]));
    }
    let columns =
        || vec![Column::text("Artefact"), Column::number("Size"), Column::short("SHA-256"), Column::short("Approval")];
    rows.into_iter()
        .filter_map(|(at, rows)| {
            let (name, _) = GROUPS.get(at)?;
            Some((*name, Table::new(*name, columns(), rows, Empty::new("", ""))))
        })
        .collect()
}

/// One artefact, to be kept or opened elsewhere: nothing of it runs here.
pub(super) async fn file(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path((id, number, name)): Path<(String, u64, String)>,
) -> Reply {
    let study = records::named(&id)?;
    let (_, build) = records::numbered(&state, &ctx, study, number).await?;
    let artefact = build.artefacts.iter().find(|one| one.name == name).ok_or_else(Refusal::not_found)?;
    let bytes = records::artefact(&state, &ctx, artefact).await?;
    let last = artefact.name.rsplit('/').next().unwrap_or("artefact");
    download(bytes, &artefact.media, last)
}

fn download(bytes: Vec<u8>, media: &str, name: &str) -> Reply {
    let mut response: Response = bytes.into_response();
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Fault::new("naming a download", error));
    let disposition = format!("attachment; filename=\"{name}\"");
    let pairs: [(HeaderName, &str); 2] = [(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, &disposition)];
    for (name, text) in pairs {
        response.headers_mut().insert(name, value(text)?);
    }
    Ok(response)
}

/// Every artefact of a build in one archive. The same build gives the same bytes.
pub(super) async fn zip(Held(state): Held<State>, Asker(ctx): Asker, Path((id, number)): Path<(String, u64)>) -> Reply {
    let study = records::named(&id)?;
    let (_, build) = records::numbered(&state, &ctx, study, number).await?;
    let mut files = Vec::with_capacity(build.artefacts.len());
    for artefact in &build.artefacts {
        files.push((artefact.name.clone(), records::artefact(&state, &ctx, artefact).await?));
    }
    let archive = tokio::task::spawn_blocking(move || archive(&files)).await;
    let archive = archive.map_err(|error| Fault::new("packing a build", error))??;
    download(archive, "application/zip", &format!("build-{number}.zip"))
}

fn archive(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, Fault> {
    let fault = |error: zip::result::ZipError| Fault::new("packing a build", error);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).map_err(fault)?;
        writer.write_all(bytes).map_err(|error| Fault::new("packing a build", error))?;
    }
    Ok(writer.finish().map_err(fault)?.into_inner())
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    here: String,
    words: String,
    one: u64,
    other: u64,
    compare: Vec<u64>,
    table: Table,
}

/// Two builds side by side.
#[derive(Deserialize)]
pub(super) struct Two {
    a: u64,
    b: u64,
}

pub(super) async fn compare(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(Two { a, b }): Query<Two>,
) -> Reply {
    let kept = records::open(&state, &ctx, &id).await?;
    let numbers = records::builds(&state, &ctx, kept.id).await?.iter().map(|(_, build)| build.number).collect();
    let one = records::numbered(&state, &ctx, kept.id, a).await?.1;
    let other = records::numbered(&state, &ctx, kept.id, b).await?.1;
    let rows = side_by_side(&one, &other);
    let differ = rows.iter().filter(|(differs, _)| *differs).count();
    let columns = vec![
        Column::text("Artefact"),
        Column::short(format!("Build {a}")),
        Column::short(format!("Build {b}")),
        Column::short("Bytes"),
    ];
    let all = rows.len();
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    let body = ComparePage {
        here: format!("/trials/studies/{}/builds", kept.id),
        words: format!(
            "{differ} of {} differ; the others are the same byte for byte.",
            count(all, "artefact", "artefacts")
        ),
        one: a,
        other: b,
        compare: numbers,
        table: Table::new("Artefacts of two builds", columns, rows, Empty::new("No artefacts", "")),
    };
    page(study_frame(&room, &kept, "Builds side by side", "builds"), body)
}

fn side_by_side(one: &Build, other: &Build) -> Vec<(bool, Row)> {
    let mut both: BTreeMap<&str, [Option<&Artefact>; 2]> = BTreeMap::new();
    for (at, build) in [one, other].into_iter().enumerate() {
        for artefact in &build.artefacts {
            if let Some(place) = both.entry(artefact.name.as_str()).or_default().get_mut(at) {
                *place = Some(artefact);
            }
        }
    }
    let cell = |artefact: Option<&Artefact>| match artefact {
        Some(one) => Cell::part(&Hash::new(one.sha256.clone())),
        None => Cell::faint("not there"),
    };
    let mut rows: Vec<(bool, Row)> = both
        .into_iter()
        .map(|(name, [one, other])| {
            let same = one.map(|one| &one.sha256) == other.map(|one| &one.sha256);
            let tag = if same { Tag::new(Tone::Plain, "Same") } else { Tag::new(Tone::Info, "Differs") };
            (!same, Row(vec![Cell::text(name), cell(one), cell(other), Cell::part(&tag)]))
        })
        .collect();
    rows.sort_by_key(|(differs, _)| !differs);
    rows
}
