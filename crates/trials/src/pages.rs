//! Pages for people who design studies.

mod assets;
mod begin;
mod overview;
mod studies;

use std::time::Duration;

use access::{Ask, Ctx, decide};
use axum::http::Method;
use model::{Fault, Time};
use web::parts::{Day, Tabs};
use web::{Frame, NavItem, Needs, Next, Room, RouteDecl, Site};

use crate::State;
use crate::records::Kept;

/// The trial designer's addresses in the top bar.
pub const NAV: [NavItem; 1] = [NavItem { words: "Studies", href: "/trials/studies" }];

/// Every page of the trial designer.
pub(crate) fn site(state: State) -> Site {
    let may = Needs::Permission;
    let import = RouteDecl::new(
        Method::POST,
        "/trials/studies/import",
        may("study.create"),
        "Bring a study as a USDM document.",
    );
    Site::pages()
        .add(assets::route(), assets::serve)
        .get("/trials/studies", may("study.read"), "List the studies.", studies::list)
        .get("/trials/studies/new", may("study.create"), "Ask for the first facts of a new study.", begin::ask)
        .post("/trials/studies/new", may("study.create"), "Begin a study from nothing.", begin::begin)
        .get("/trials/studies/import", may("study.create"), "Ask for a study as a file.", begin::ask_file)
        .add(import.body_bytes_max(11 * 1024 * 1024).time_max(Duration::from_secs(60)), begin::import)
        .get("/trials/studies/{id}", may("study.read"), "Show a study and how far it is from release.", overview::show)
        .get(
            "/trials/studies/{id}/protocol.json",
            may("study.read"),
            "Download the protocol of a study.",
            overview::protocol,
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
    let pairs = [("Overview", at(""))];
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
