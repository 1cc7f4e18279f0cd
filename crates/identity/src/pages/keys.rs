use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, RecordId, Refusal, Time};
use web::parts::{
    Button, ButtonLink, Cell, Choice, Column, Day, Empty, ErrorSummary, Facts, Notice, Row, Select, Table, Tag, Tone,
    ago,
};
use web::{Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other};

use super::State;
use crate::keys::{KeptKey, NewKey};
use crate::kinds::Bound;
use crate::rules::key_life;

pub(super) const HERE: &str = "/keys";
/// Days before its end from which a key is shown to be running out.
const SOON_DAYS: i64 = 14;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    words: String,
    make: Option<ButtonLink>,
    table: Table,
    unused_days: i64,
    shown_days: i64,
}

#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    name: String,
    state: Tag,
    owner: String,
    bound: bool,
    rights: Vec<(String, String)>,
    facts: Facts,
    root: String,
    replace: Option<ButtonLink>,
    revoke: Option<Revoke>,
}

#[derive(Template)]
#[template(path = "key_replace.html")]
struct ReplacePage {
    name: String,
    action: String,
    summary: ErrorSummary,
    token: FormToken,
    attempt: String,
    overlap: Select,
    go: Button,
    back: ButtonLink,
}

struct Revoke {
    token: FormToken,
    go: Button,
}

#[derive(Template)]
#[template(path = "key_shown.html")]
struct ShownPage {
    heading: String,
    notice: Notice,
    key: String,
    ends: String,
    old: String,
    done: ButtonLink,
}

pub(super) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let keys = state.identity.keys(&ctx).await?;
    let mut rows = Vec::with_capacity(keys.len());
    for kept in &keys {
        rows.push(row(&state, &ctx, kept).await?);
    }
    let columns = vec![
        Column::text("For"),
        Column::short("Ends in"),
        Column::text("Answers for it"),
        Column::short("Last used"),
        Column::short("Ends"),
        Column::short("State"),
    ];
    let may_make = super::may(&state, &ctx, "key.create");
    let make = may_make.then(|| ButtonLink::primary("Make a key", "/keys/new"));
    let empty = Empty::new("No keys yet", "Programs that use the interface need one each.");
    let words = match keys.len() {
        1 => "1 key".to_owned(),
        count => format!("{count} keys"),
    };
    let body = KeysPage {
        words,
        make,
        table: Table::new("API keys", columns, rows, empty),
        unused_days: key_life::UNUSED_DAYS_MAX,
        shown_days: key_life::SHOWN_AFTER_DAYS,
    };
    page(super::frame(&state, &room, "API keys"), body)
}

async fn row(state: &State, ctx: &access::Ctx, kept: &KeptKey) -> Result<Row, No> {
    let key = &kept.key;
    Ok(Row(vec![
        Cell::link(key.name.clone(), format!("{HERE}/{}", kept.id)),
        Cell::part(&web::parts::Code(format!("…{}", key.hint))),
        Cell::text(owner(state, ctx, kept).await?),
        used(kept, ctx.now),
        Cell::text(day(key.ends)),
        Cell::part(&tag(kept, ctx.now)),
    ]))
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let kept = state.identity.key(&ctx, id_of(&id)?).await?;
    key_page(&state, &ctx, &room, &kept).await
}

async fn key_page(state: &State, ctx: &access::Ctx, room: &Room, kept: &KeptKey) -> Reply {
    let key = &kept.key;
    let registry = state.identity.vault().registry();
    let mut rights = Vec::new();
    for held in &key.roles {
        let title = registry.role(&held.role).map_or("a role that no longer exists", |role| role.decl.title);
        rights.push((held.role.clone(), title.to_owned()));
    }
    for name in &key.permissions {
        let decl = registry.permissions().iter().find(|decl| decl.name == name);
        rights.push((name.clone(), decl.map_or("A permission that no longer exists.", |decl| decl.words).to_owned()));
    }
    let networks: Vec<String> = key.networks.iter().map(ToString::to_string).collect();
    let from = if networks.is_empty() { "any address".to_owned() } else { networks.join(", ") };
    let owner = owner(state, ctx, kept).await?;
    let facts = Facts::new(vec![
        ("Ends in", Cell::part(&web::parts::Code(format!("…{}", key.hint)))),
        ("Owner", Cell::text(owner.clone())),
        ("Made", Cell::text(day(kept.made))),
        ("Ends", Cell::text(day(key.ends))),
        ("Last used", used(kept, ctx.now)),
        ("From", Cell::text(from)),
    ]);
    let alive = ctx.now < key.ends;
    let replace = (alive && key.successor.is_none() && super::may(state, ctx, "key.update"))
        .then(|| ButtonLink::quiet("Put a new key in its place", format!("{HERE}/{}/replace", kept.id)));
    let revoke = super::may(state, ctx, "key.retire")
        .then(|| Revoke { token: room.form_token(), go: Button::grave("Revoke this key") });
    let body = KeyPage {
        name: key.name.clone(),
        state: tag(kept, ctx.now),
        owner,
        bound: key.bound == Bound::Owner,
        rights,
        facts,
        root: format!("{HERE}/{}", kept.id),
        replace,
        revoke,
    };
    page(super::frame(state, room, key.name.clone()), body)
}

/// How long the old key goes on working, and which form this is.
pub(super) struct Replacing {
    overlap_hours: i64,
    attempt: String,
}

impl FromForm for Replacing {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let overlap_hours = read.required("overlap", "Choose how long the old key goes on working.", |text| {
            let hours = text.parse().ok().filter(|hours| key_life::OVERLAP_HOURS.contains(hours));
            hours.ok_or_else(|| "Choose one of these times.".to_owned())
        });
        let attempt = read.required("attempt", "Open the page again.", super::attempt_of);
        Some(Self { overlap_hours: overlap_hours?, attempt: attempt? })
    }
}

pub(super) async fn ask_replace(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
) -> Reply {
    let usual = Returned { fields: Fields::of(&[("overlap", "24")]), problems: Vec::new() };
    replace_page(&state, &ctx, &room, id_of(&id)?, &usual).await
}

async fn replace_page(state: &State, ctx: &access::Ctx, room: &Room, id: RecordId, form: &Returned) -> Reply {
    let kept = state.identity.key(ctx, id).await?;
    let body = ReplacePage {
        name: kept.key.name,
        action: format!("{HERE}/{id}/replace"),
        summary: ErrorSummary::of(form),
        token: room.form_token(),
        attempt: attempt(state),
        overlap: overlap(form),
        go: Button::primary("Make the new key"),
        back: ButtonLink::quiet("Back", format!("{HERE}/{id}")),
    };
    let status = if form.problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page(super::frame(state, room, "A new key in its place").width(Width::Reading).status(status), body)
}

pub(super) async fn replace(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Replacing>,
) -> Reply {
    let id = id_of(&id)?;
    let sent = match sent {
        Ok(draft) => draft.value,
        Err(returned) => return replace_page(&state, &ctx, &room, id, &returned).await,
    };
    let new = state.identity.replace_key(&ctx, id, sent.overlap_hours, &sent.attempt).await?;
    let old = match sent.overlap_hours {
        0 => "The old key has ended.".to_owned(),
        1 => "The old key goes on working for one hour, so that you can put this one in its place.".to_owned(),
        hours => format!("The old key goes on working for {hours} hours, so that you can put this one in its place."),
    };
    shown(&state, &room, new, "The new key", old)
}

pub(super) async fn revoke(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Nothing>,
) -> Reply {
    let id = id_of(&id)?;
    if sent.is_ok() {
        state.identity.revoke_key(&ctx, id).await?;
    }
    Ok(see_other(&Next::own(HERE)))
}

/// The one page that shows a token.
pub(super) fn shown(state: &State, room: &Room, new: NewKey, heading: &str, old: String) -> Reply {
    let words = "It is shown this once and kept nowhere: the house knows only its digest. Put it where the program reads \
                 it, not into a message or a document.";
    let body = ShownPage {
        heading: heading.to_owned(),
        notice: Notice::new(Tone::Warn, "Copy the key now.", words),
        key: new.token,
        ends: day(new.ends),
        old,
        done: ButtonLink::primary("I have copied it", format!("{HERE}/{}", new.id)),
    };
    page(super::frame(state, room, heading).width(Width::Reading), body)
}

/// A fresh name for a form.
pub(super) fn attempt(state: &State) -> String {
    state.identity.vault().outside().uuid().to_string()
}

async fn owner(state: &State, ctx: &access::Ctx, kept: &KeptKey) -> Result<String, No> {
    if kept.key.bound == Bound::House {
        return Ok("The house".to_owned());
    }
    let name = state.identity.owner_name(ctx, kept.key.owner).await?;
    Ok(name.unwrap_or_else(|| "Somebody who has left".to_owned()))
}

fn overlap(form: &Returned) -> Select {
    let choice = |hours: &i64| {
        let words = match hours {
            0 => "At once".to_owned(),
            1 => "After 1 hour".to_owned(),
            hours => format!("After {hours} hours"),
        };
        Choice::new(hours.to_string(), words)
    };
    let choices = key_life::OVERLAP_HOURS.iter().map(choice).collect();
    Select::new("overlap", "The old key ends", choices, form)
}

fn used(kept: &KeptKey, now: Time) -> Cell {
    match &kept.used {
        Some(used) if used.last.plus_seconds(key_life::USE_NOTED_SECONDS) > now => Cell::text("in the last hour"),
        Some(used) => Cell::text(ago(used.last, now)),
        None => Cell::faint("never"),
    }
}

fn tag(kept: &KeptKey, now: Time) -> Tag {
    let key = &kept.key;
    match () {
        () if key.ends <= now => Tag::new(Tone::Plain, "Ended"),
        () if key.successor.is_some() => Tag::new(Tone::Warn, "Being replaced"),
        () if key.ends <= now.plus_seconds(SOON_DAYS * 86_400) => Tag::new(Tone::Warn, "Ends soon"),
        () => Tag::new(Tone::Good, "Good"),
    }
}

pub(super) fn day(time: Time) -> String {
    Day::of(time).map_or_else(|| time.date(), Day::short)
}

/// The id in an address. What is no id names nothing.
fn id_of(text: &str) -> Result<RecordId, Refusal> {
    text.parse().map_err(|_| Refusal::not_found())
}
