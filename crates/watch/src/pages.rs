//! *Attacks*, and the address where programs read them.

mod by;
mod digests;
mod exclude;
mod exclusions;
mod feed;
mod one;
mod overview;

use std::sync::Arc;

use access::{Ask, Assurance, Ctx, Reason, decide};
use model::{RecordId, Refusal, Time};
use web::parts::{Day, Tabs};
use web::{Frame, NavItem, Needs, Room, Site, problem_json};

use crate::Watch;
use crate::kinds::Attempt;

/// The addresses of watching in the top bar.
pub const NAV: [NavItem; 3] = [
    NavItem { words: "Attacks", href: "/attacks" },
    NavItem { words: "Exclusions", href: "/attacks/exclusions" },
    NavItem { words: "Weekly digest", href: "/attacks/digest" },
];

/// What pages hold.
pub(crate) type Held = axum::extract::State<Arc<Watch>>;

/// Every page of watching.
pub fn site(watch: Arc<Watch>) -> Site {
    let may = Needs::Permission;
    let pages = Site::pages()
        .get("/attacks", may("attack.read"), "Show what looked like attacks, newest first, and when.", overview::show)
        .get("/attacks/rules", may("attack.read"), "Show attempts by rule.", by::rules)
        .get("/attacks/sources", may("attack.read"), "Show attempts by source.", by::sources)
        .get("/attacks/routes", may("attack.read"), "Show attempts by route.", by::routes)
        .get("/attacks/one/{id}", may("attack.read"), "Show one attempt.", one::show)
        .get("/attacks/one/{id}/content", may("attack.open"), "Show what an attempt contained.", one::content)
        .post("/attacks/one/{id}/again", may("attack.open"), "Judge an attempt by the rules of today.", one::again)
        .get(
            "/attacks/one/{id}/exclude",
            may("exclusion.create"),
            "Show what an exclusion for a place of an attempt would do.",
            exclude::ask,
        )
        .post("/attacks/one/{id}/exclude", may("exclusion.create"), "Make an exclusion.", exclude::make)
        .get("/attacks/exclusions", may("exclusion.read"), "List exclusions.", exclusions::list)
        .post("/attacks/exclusions/{id}/revoke", may("exclusion.revoke"), "Revoke an exclusion.", exclusions::revoke)
        .get("/attacks/digest", may("attack.read"), "List weeks of attempts and who signed them off.", digests::list)
        .get("/attacks/digest/{week}", may("attack.read"), "Show a week of attempts.", digests::show)
        .post("/attacks/digest/{week}", may("digest.sign"), "Sign off a week of attempts.", digests::sign)
        .with_state(Arc::clone(&watch));
    let feed = Site::api("/watch", problem_json)
        .get("/watch/attempts", may("attack.read"), "List attempts for programs, newest first.", feed::attempts)
        .with_state(watch);
    pages.join(feed)
}

fn frame(room: &Room, title: impl Into<String>) -> Frame {
    room.frame(title).nav(&NAV).home("/attacks")
}

/// The tabs of the overview.
fn tabs(current: &str) -> Tabs {
    let pairs = [
        ("Time", "/attacks".to_owned()),
        ("Rules", "/attacks/rules".to_owned()),
        ("Sources", "/attacks/sources".to_owned()),
        ("Routes", "/attacks/routes".to_owned()),
    ];
    Tabs::new("Attempts", &pairs, current)
}

/// Whether the asker holds a permission, so that a page offers only what may be done. Showing a second factor once more
/// may still be needed, and the door asks for it.
fn may(watch: &Watch, ctx: &Ctx, permission: &str) -> bool {
    let Some(permission) = watch.vault().registry().permission(permission) else { return false };
    match decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }) {
        Ok(_) => true,
        Err(denied) => denied.reason == Reason::TooWeak && ctx.assurance >= Assurance::TwoFactors,
    }
}

/// The id in an address. What is no id names nothing.
fn named(id: &str) -> Result<RecordId, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}

/// `22 Nov 2026, 00:14:09`.
fn moment(at: Time) -> String {
    let text = at.to_string();
    let clock = text.get(11..19).unwrap_or_default();
    match Day::of(at) {
        Some(day) => format!("{}, {clock}", day.short()),
        None => text,
    }
}

/// The days up to a moment, `YYYY-MM-DD`, the oldest first.
fn days(now: Time, count: i64) -> Vec<String> {
    (0..count).rev().map(|back| now.plus_seconds(-back * 86_400).date()).collect()
}

/// What an attempt was, in a few words: `sql, script`.
fn sorts(attempt: &Attempt) -> String {
    if attempt.sorts.is_empty() { "other".to_owned() } else { attempt.sorts.join(", ") }
}

/// `1 attempt`, `1,204 attempts`.
fn attempts(count: u64) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{} attempts", grouped(count)) }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
