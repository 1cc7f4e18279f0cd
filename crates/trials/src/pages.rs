//! Pages for people who design studies.

mod approvals;
mod assets;
mod begin;
mod builds;
mod changes;
mod findings;
mod forms;
mod mapping;
mod overview;
mod parts;
mod register;
mod schedule;
mod studies;
mod trace;

use std::time::Duration;

use access::{Ask, Ctx, decide};
use axum::http::Method;
use model::{Fault, Time};
use web::parts::{Day, Tabs};
use web::{Frame, NavItem, Needs, Next, Room, RouteDecl, Site};

use crate::State;
use crate::records::Kept;

/// The trial designer's addresses in the top bar.
pub const NAV: [NavItem; 3] = [
    NavItem { words: "Studies", href: "/trials/studies" },
    NavItem { words: "Choices", href: "/trials/choices" },
    NavItem { words: "AI register", href: "/trials/ai" },
];

/// Every page of the trial designer.
pub(crate) fn site(state: State) -> Site {
    begin_and_list(Site::pages().add(assets::route(), assets::serve), state.clone())
        .join(design(state.clone()))
        .join(built(state))
}

const MAY: fn(&'static str) -> Needs = Needs::Permission;

/// The longest time that a page may take that builds a study first.
const BUILD_TIME_MAX: Duration = Duration::from_secs(60);

fn reads(path: &'static str, words: &'static str) -> RouteDecl {
    RouteDecl::new(Method::GET, path, MAY("study.read"), words).time_max(BUILD_TIME_MAX)
}

fn does(path: &'static str, permission: &'static str, words: &'static str) -> RouteDecl {
    RouteDecl::new(Method::POST, path, MAY(permission), words).time_max(BUILD_TIME_MAX)
}

/// The list, and the ways in.
fn begin_and_list(site: Site<State>, state: State) -> Site {
    let import = does(
        "/trials/studies/import",
        "study.create",
        "Bring a study as a USDM document, or its schedule as a spreadsheet.",
    );
    site.get("/trials/studies", MAY("study.read"), "List the studies.", studies::list)
        .get("/trials/studies/new", MAY("study.create"), "Ask for the first facts of a new study.", begin::ask)
        .add(does("/trials/studies/new", "study.create", "Begin a study from nothing."), begin::begin)
        .get("/trials/studies/import", MAY("study.create"), "Ask for a study as a file.", begin::ask_file)
        .add(import.body_bytes_max(11 * 1024 * 1024), begin::import)
        .add(
            RouteDecl::new(
                Method::GET,
                "/trials/sheets/{id}",
                MAY("study.create"),
                "Show what was read from a spreadsheet.",
            ),
            begin::sheet,
        )
        .add(does("/trials/sheets/{id}", "study.create", "Begin a study from a spreadsheet."), begin::from_sheet)
        .get(
            "/trials/choices",
            MAY("study.read"),
            "Show what the organisation decided about activities.",
            mapping::choices,
        )
        .get("/trials/ai", MAY("study.read"), "Show the register of AI functions.", register::show)
        .with_state(state)
}

/// The study as it is written.
fn design(state: State) -> Site {
    let cell = "/trials/studies/{id}/design/cell";
    let part = "/trials/studies/{id}/design/{part}/{item}";
    Site::pages()
        .add(reads("/trials/studies/{id}", "Show a study and how far it is from release."), overview::show)
        .add(reads("/trials/studies/{id}/protocol.json", "Download the protocol of a study."), overview::protocol)
        .add(does("/trials/studies/{id}/retire", "study.retire", "Take a study out of use."), overview::retire)
        .add(
            reads("/trials/studies/{id}/schedule", "Show the schedule of activities of a study.").own_scripts(),
            schedule::show,
        )
        .add(
            does("/trials/studies/{id}/schedule", "study.update", "Change the schedule of activities."),
            schedule::edit,
        )
        .add(reads("/trials/studies/{id}/schedule.csv", "Download the schedule as a table."), schedule::csv)
        .add(reads("/trials/studies/{id}/design", "Show the design of a study."), parts::design)
        .get(cell, MAY("study.update"), "Show what an arm gets in an epoch.", parts::cell)
        .add(does(cell, "study.update", "Change what an arm gets in an epoch."), parts::save_cell)
        .get(part, MAY("study.update"), "Show a part of the design to be changed.", parts::open)
        .add(does(part, "study.update", "Write a part of the design."), parts::save)
        .with_state(state)
}

/// What is built from it, and what people decide about that.
fn built(state: State) -> Site {
    let builds = "/trials/studies/{id}/builds";
    Site::pages()
        .add(reads("/trials/studies/{id}/forms", "Show the forms of a study as sites would see them."), forms::show)
        .add(reads("/trials/studies/{id}/mapping", "Show what each activity collects."), mapping::show)
        .add(
            does("/trials/studies/{id}/mapping", "choice.keep", "Decide for all studies what an activity collects."),
            mapping::choose,
        )
        .add(reads("/trials/studies/{id}/trace", "Follow the way from the protocol to the data."), trace::show)
        .add(reads("/trials/studies/{id}/trace.csv", "Download the trace as a table."), trace::csv)
        .add(reads("/trials/studies/{id}/trace.json", "Download the trace for programs."), trace::json)
        .add(reads("/trials/studies/{id}/findings", "Show findings and proposals."), findings::show)
        .add(does("/trials/studies/{id}/findings", "finding.decide", "Accept or reject proposals."), findings::decide)
        .add(reads("/trials/studies/{id}/changes", "Compare two versions of a study."), changes::show)
        .add(reads("/trials/studies/{id}/changes.json", "Download the comparison of two versions."), changes::json)
        .add(reads(builds, "List the builds of a study."), builds::list)
        .add(does(builds, "build.order", "Build every artefact of a study."), builds::order)
        .add(reads("/trials/studies/{id}/builds/compare", "Show two builds side by side."), builds::compare)
        .add(reads("/trials/studies/{id}/builds/{number}", "Show a build and its artefacts."), builds::show)
        .add(reads("/trials/studies/{id}/builds/{number}/all.zip", "Download all artefacts of a build."), builds::zip)
        .add(
            reads("/trials/studies/{id}/builds/{number}/files/{*name}", "Download an artefact of a build."),
            builds::file,
        )
        .add(reads("/trials/studies/{id}/approvals", "Show what is approved and what waits."), approvals::show)
        .add(
            does("/trials/studies/{id}/approvals", "build.approve", "Approve artefacts of a build."),
            approvals::approve,
        )
        .with_state(state)
}

/// The frame of every page of the trial designer.
fn frame(room: &Room, title: impl Into<String>) -> Frame {
    room.frame(title).nav(&NAV).style(assets::style())
}

/// The frame of a page of one study.
fn study_frame(room: &Room, kept: &Kept, title: &str, page: &str) -> Frame {
    let root = format!("/trials/studies/{}", kept.id);
    let at = |page: &str| if page.is_empty() { root.clone() } else { format!("{root}/{page}") };
    let pairs = [
        ("Overview", at("")),
        ("Schedule", at("schedule")),
        ("Design", at("design")),
        ("Forms", at("forms")),
        ("Mapping", at("mapping")),
        ("Findings", at("findings")),
        ("Changes", at("changes")),
        ("Builds", at("builds")),
        ("Approvals", at("approvals")),
    ];
    let name = name(kept);
    let whole = if title.is_empty() { name } else { format!("{title} · {name}") };
    frame(room, whole).tabs(Tabs::new("Study", &pairs, &at(page)))
}

/// What a study is called in short: the sponsor's identifier, or its title.
fn name(kept: &Kept) -> String {
    let study = &kept.study;
    if study.identifier.is_empty() { cut(&study.title, 60) } else { cut(&study.identifier, 60) }
}

/// At most so many characters, with an ellipsis where some are missing.
fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// Whether the asker holds a permission, so that a page offers only what may be done.
fn may(state: &State, ctx: &Ctx, permission: &str) -> bool {
    let wanted = state.vault.registry().permission(permission);
    wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
}

/// An address that was put together from ids and words of the code.
fn next(path: String) -> Result<Next, Fault> {
    Next::parse(&path).ok_or_else(|| Fault::new("sending a browser on", "the address is none of this house"))
}

/// `12 Nov 2026, 14:32 UTC`
fn moment(time: Time) -> String {
    let text = time.to_string();
    let clock = text.get(11..16).unwrap_or_default();
    match Day::of(time) {
        Some(day) => format!("{}, {clock} UTC", day.short()),
        None => text,
    }
}

/// `12 kB`, `1.4 MB`
fn in_bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
        _ => format!("{:.1} MB", size as f64 / 1_000_000.0),
    }
}
