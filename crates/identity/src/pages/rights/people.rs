//! Who may sign in, what they hold, and from when until when.

use access::Ctx;
use axum::extract::{Path, Query as Asked, State as Held};
use model::{Answer, Kind as _, RecordId, Refusal, SubjectId, Time};
use serde::Deserialize;
use vault::{Clause, Needle, Query, limits};
use web::parts::{Button, ButtonLink, Cell, Column, Empty, Facts, Field, Html, Kind, Pages, Row, Table, Tag, Tone};
use web::{Asker, Fields, Form, FromForm, Next, Reader, Reply, Returned, Room, see_other};

use super::super::State;
use super::desk::{Card, Desk, Sheet, Together, Words, day, frame, last, moment, window};
use crate::kinds::{Account, HeldRole};
use crate::rights::standing;

/// Which people.
#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

pub(crate) async fn list(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Asked(wanted): Asked<Wanted>,
) -> Reply {
    let after = wanted.after.as_deref().map(|text| text.parse::<RecordId>().map_err(|_| Refusal::not_found()));
    let sought: Vec<Clause> = wanted
        .q
        .split_whitespace()
        .map(|word| Clause { field: "name", any: vec![Needle::Beginning(word.to_owned())] })
        .collect();
    let searched = !sought.is_empty();
    let query =
        Query { clauses: sought, limit: limits::PAGE_MAX, after: after.transpose()?, ..Query::all(Account::DECL) };
    let found = state.identity.vault().search(&ctx, &query).await?;
    let mut people = Vec::with_capacity(found.page.len());
    for opened in &found.page {
        people.push((SubjectId::of_record(opened.id), opened.record::<Account>()?));
    }
    people.sort_by_cached_key(|(_, account)| account.name.to_lowercase());
    let mut rows = Vec::with_capacity(people.len());
    for (id, account) in &people {
        rows.push(Row(vec![
            Cell::link(&account.name, format!("/people/{id}")),
            Cell::text(&account.email),
            Cell::text(titles(&state, &ctx, account).await?),
            state_cell(account, ctx.now),
        ]));
    }
    let columns = vec![Column::text("Name"), Column::text("E-mail"), Column::text("Roles"), Column::short("Access")];
    let empty = match searched {
        true => Empty::new("Nobody here has such a name.", "Try the beginning of a first or last name."),
        false => Empty::new("Nobody has an account here yet.", "People appear here as soon as they have one."),
    };
    let words = match found.total {
        1 => "One person".to_owned(),
        total => format!("{total} people"),
    };
    let fields = Returned { fields: Fields::of(&[("q", wanted.q.trim())]), ..Returned::blank() };
    let mut desk = Desk::new("People", words)
        .with(&Find {
            field: Field::new("q", "Find somebody", Kind::Search, &fields),
            go: Button::primary("Find"),
            all: searched.then(|| ButtonLink::quiet("Show all", "/people")),
        })
        .with(&Table::new("People with an account", columns, rows, empty));
    if let Some(next) = found.next {
        let after = Some(format!("/people?after={next}"));
        desk = desk.with(&Pages { words: format!("{} shown", people.len()), before: None, after });
    }
    desk.answer(frame(&state, &ctx, &room, "People"))
}

#[derive(askama::Template)]
#[template(
    source = r#"<form class="find" method="get" action="/people" role="search">{{ field }}<div class="actions">{{ go }}{% if let Some(all) = all %}{{ all }}{% endif %}</div></form>"#,
    ext = "html"
)]
struct Find {
    field: Field,
    go: Button,
    all: Option<ButtonLink>,
}

impl askama::filters::HtmlSafe for Find {}

async fn titles(state: &State, ctx: &Ctx, account: &Account) -> Answer<String> {
    let mut titles = Vec::new();
    for held in &account.roles {
        titles.push(state.identity.title_of(ctx, &held.role).await?);
    }
    Ok(if titles.is_empty() { "none".to_owned() } else { titles.join(", ") })
}

/// Whether somebody can come in at this moment, in a word.
pub(crate) fn state_tag(account: &Account, now: Time) -> Tag {
    let standing = standing(account);
    match standing.out_at(now) {
        Some(access::Reason::Barred) => Tag::new(Tone::Bad, "Kept out"),
        Some(_) if account.from.is_some_and(|from| now < from) => Tag::new(Tone::Info, "Not yet"),
        Some(_) => Tag::new(Tone::Plain, "Ended"),
        None if account.factors.is_empty() => Tag::new(Tone::Warn, "No second factor yet"),
        None if account.until.is_some() => Tag::new(Tone::Good, "Until a day"),
        None => Tag::new(Tone::Good, "Open"),
    }
}

fn state_cell(account: &Account, now: Time) -> Cell {
    Cell::part(&state_tag(account, now))
}

pub(crate) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let who = named(&id)?;
    let (account, _) = state.identity.account(&ctx, who).await?;
    let here = format!("/people/{who}");
    let own = crate::rights::person(&ctx).is_ok_and(|own| own == who);
    let mut rows = Vec::new();
    for held in &account.roles {
        rows.push(role_row(&state, &ctx, &room, &here, held, own).await?);
    }
    let columns = vec![Column::text("Role"), Column::text("When"), Column::short("Now"), Column::short("")];
    let empty = Empty::new("They hold no role.", "Without a role somebody can sign in and see nothing.");
    let may = |permission| !own && state.identity.may_step_up(&ctx, permission);
    let mut roles = Card::new("Roles", "What they may do here").with(&Table::new("Roles", columns, rows, empty));
    if may("account.grant") {
        roles = roles.action(&ButtonLink::quiet("Give a role", format!("{here}/roles")));
    }
    let mut desk = Desk::new(&account.name, &account.email).with(&roles);
    if own {
        desk = desk.with(&Words::small("This is you. Nobody changes their own access; another administrator can."));
    }
    desk.with(&access_card(&state, &ctx, &room, &here, &account, own)).beside(&facts(&account, ctx.now)).answer(frame(
        &state,
        &ctx,
        &room,
        &account.name,
    ))
}

async fn role_row(state: &State, ctx: &Ctx, room: &Room, here: &str, held: &HeldRole, own: bool) -> Answer<Row> {
    let title = state.identity.title_of(ctx, &held.role).await?;
    let window_words = match held.about {
        None => window(held.from, held.until),
        Some(_) => format!("{}, on one person's records", window(held.from, held.until)),
    };
    let now = access::Window { from: held.from, until: held.until };
    let tag = match now.holds(ctx.now) {
        true => Tag::new(Tone::Good, "Holds"),
        false if held.from.is_some_and(|from| ctx.now < from) => Tag::new(Tone::Info, "Not yet"),
        false => Tag::new(Tone::Plain, "Over"),
    };
    let take = if own || !state.identity.may_step_up(ctx, "account.grant") {
        Cell::text("")
    } else {
        let form = Sheet::only(room, format!("{here}/roles/take"), &Button::quiet("Take away"))
            .hidden("role", &held.role)
            .hidden("about", held.about.map(|about| about.to_string()).unwrap_or_default());
        Together::cell(vec![Html::of(&form)])
    };
    let link = Cell::link(title, format!("/roles/{}", held.role));
    Ok(Row(vec![link, Cell::text(window_words), Cell::part(&tag), take]))
}

fn access_card(state: &State, ctx: &Ctx, room: &Room, here: &str, account: &Account, own: bool) -> Card {
    let may = |permission| !own && state.identity.may_step_up(ctx, permission);
    let words = match &account.barred {
        Some(barred) => format!("Kept out since {}: {}", moment(barred.at), barred.reason),
        None => format!("Belongs to the organisation {}.", window(account.from, account.until)),
    };
    let mut card =
        Card::new("Access as a whole", "Checked on every request, also in open sessions").with(&Words::new(words));
    if may("account.schedule") {
        card = card.action(&ButtonLink::quiet("Set first and last day", format!("{here}/dates")));
    }
    if may("session.end") {
        let sign_out = Button::quiet("Sign out everywhere");
        card = card.action(&Sheet::only(room, format!("{here}/sign-out"), &sign_out));
    }
    if may("account.retire") {
        card = card.action(&ButtonLink::quiet("End the account", format!("{here}/end")));
    }
    match (&account.barred, may("account.bar")) {
        (_, false) => card,
        (None, true) => card.action(&ButtonLink::quiet("Keep out", format!("{here}/bar"))),
        (Some(_), true) => card.action(&Sheet::only(room, format!("{here}/readmit"), &Button::primary("Let in again"))),
    }
}

fn facts(account: &Account, now: Time) -> Card {
    let factors = account.factors.len();
    let second = match factors {
        0 => "none yet".to_owned(),
        1 => "one".to_owned(),
        more => format!("{more}"),
    };
    Card::new("Now", "").with(&Facts::new(vec![
        ("Access", state_cell(account, now)),
        ("First day", Cell::text(account.from.map_or("not set".to_owned(), day))),
        ("Last day", Cell::text(account.until.map_or("not set".to_owned(), last))),
        ("Factors", Cell::text(second)),
    ]))
}

/// A form that only names a role.
pub(crate) struct Taken {
    role: String,
    about: Option<SubjectId>,
}

impl FromForm for Taken {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let role = read.required("role", "Open the page again.", |text| Ok(text.to_owned()));
        let about = read.optional("about", |text| text.parse().map_err(|_| "Open the page again.".to_owned()));
        Some(Self { role: role?, about: about? })
    }
}

pub(crate) async fn take(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<Taken>,
) -> Reply {
    let who = named(&id)?;
    if let Ok(draft) = sent {
        state.identity.take_role(&ctx, who, &draft.value.role, draft.value.about).await?;
    }
    back(who)
}

pub(crate) async fn sign_out(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let who = named(&id)?;
    if sent.is_ok() {
        state.identity.end_sessions(&ctx, who).await?;
    }
    back(who)
}

pub(crate) async fn readmit(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let who = named(&id)?;
    if sent.is_ok() {
        state.identity.readmit(&ctx, who).await?;
    }
    back(who)
}

/// Back to the person's page.
pub(crate) fn back(who: SubjectId) -> Reply {
    let next = Next::parse(&format!("/people/{who}")).ok_or_else(Refusal::not_found)?;
    Ok(see_other(&next))
}

/// The person in an address.
pub(crate) fn named(id: &str) -> Result<SubjectId, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}
