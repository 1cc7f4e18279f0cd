//! Support: what operators of the house asked of this organisation; and the operators' own desk.

use access::Ctx;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, RecordId, Refusal, TenantId};
use web::parts::{Area, Button, Cell, Choice, Column, Empty, Field, Html, Kind, Row, Select, Table, Tag, Tone};
use web::{Asker, Fields, Form, FromForm, Next, Reader, Reply, Returned, Room, see_other, status_of};

use super::super::State;
use super::approvals::{named, to};
use super::desk::{Card, Desk, Sheet, Together, Words, frame, moment};
use crate::kinds::{SupportGrant, SupportState};
use crate::rights::HOURS_MAX;

pub(crate) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let identity = &state.identity;
    let may = identity.may_step_up(&ctx, "support.decide");
    let mut rows = Vec::new();
    for (id, grant) in identity.support_grants(&ctx).await? {
        let decided = match &grant.state {
            SupportState::Asked => String::new(),
            SupportState::Approved { by, .. } | SupportState::Refused { by, .. } | SupportState::Ended { by, .. } => {
                format!(" Decided by {}.", identity.name_of(&ctx, *by).await?)
            }
        };
        let hours = if grant.hours == 1 { "one hour".to_owned() } else { format!("{} hours", grant.hours) };
        rows.push(Row(vec![
            Cell::text(&grant.name),
            Cell::text(format!("{} For {hours}.{decided}", grant.reason)),
            Cell::text(moment(grant.asked)),
            Cell::part(&tag(&grant, &ctx)),
            if may { decisions(&room, id, &grant, &ctx) } else { Cell::text("") },
        ]));
    }
    let columns = vec![
        Column::text("Operator"),
        Column::text("Why"),
        Column::short("Asked"),
        Column::short("State"),
        Column::short(""),
    ];
    let none = Empty::new(
        "No operator of the house has asked to be let in.",
        "Nobody of the house sees anything here unless you let them.",
    );
    Desk::new("Support by the house", "Nobody enters unless you let them")
        .with(&Table::new("Requests of operators", columns, rows, none))
        .beside(&Card::new("What a visitor sees", "").with(&Words::new(
            "The people, roles, keys and settings of your organisation, for as long as you agreed to; no patient and no document. Each thing they open is in your audit log under their name.",
        )))
        .answer(frame(&state, &ctx, &room, "Support by the house"))
}

fn tag(grant: &SupportGrant, ctx: &Ctx) -> Tag {
    match (&grant.state, grant.open_until(ctx.now)) {
        (_, Some(until)) => Tag::new(Tone::Warn, format!("Inside until {}", moment(until))),
        (SupportState::Asked, _) if grant.is_waiting(ctx.now) => Tag::new(Tone::Info, "Asks"),
        (SupportState::Asked, _) => Tag::new(Tone::Plain, "Ran out"),
        (SupportState::Approved { .. }, _) => Tag::new(Tone::Plain, "Over"),
        (SupportState::Refused { .. }, _) => Tag::new(Tone::Plain, "Not let in"),
        (SupportState::Ended { .. }, _) => Tag::new(Tone::Plain, "Ended early"),
    }
}

fn decisions(room: &Room, id: RecordId, grant: &SupportGrant, ctx: &Ctx) -> Cell {
    let form = |act: &str, button: Button| Html::of(&Sheet::only(room, format!("/support/{id}/{act}"), &button));
    if grant.is_waiting(ctx.now) {
        return Together::cell(vec![
            form("approve", Button::primary("Let in")),
            form("refuse", Button::quiet("Do not")),
        ]);
    }
    match grant.open_until(ctx.now) {
        Some(_) => Together::cell(vec![form("end", Button::grave("End the visit"))]),
        None => Cell::text(""),
    }
}

pub(crate) async fn approve(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    if sent.is_ok() {
        state.identity.approve_support(&ctx, named(&id)?).await?;
    }
    to("/support")
}

pub(crate) async fn refuse(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    if sent.is_ok() {
        state.identity.refuse_support(&ctx, named(&id)?).await?;
    }
    to("/support")
}

pub(crate) async fn end(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    if sent.is_ok() {
        state.identity.end_support(&ctx, named(&id)?).await?;
    }
    to("/support")
}

/// A visit that an operator asks for.
pub(crate) struct Wish {
    organisation: TenantId,
    hours: i64,
    reason: String,
}

impl FromForm for Wish {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let choose = |text: &str| text.parse().map_err(|_| "Choose an organisation.".to_owned());
        let organisation = read.required("organisation", "Choose an organisation.", choose);
        let hours = read
            .required("hours", "For how many hours?", |text| text.parse().map_err(|_| "Enter a number.".to_owned()));
        let reason = read.required("reason", "Say why.", |text| Ok(text.to_owned()));
        Some(Self { organisation: organisation?, hours: hours?, reason: reason? })
    }
}

pub(crate) async fn desk(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let form = Returned { fields: Fields::of(&[("hours", "1")]), ..Returned::blank() };
    desk_page(&state, &ctx, &room, &form, StatusCode::OK).await
}

pub(crate) async fn ask(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Wish>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return desk_page(&state, &ctx, &room, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Wish { organisation, hours, reason } = draft.value;
    match state.identity.ask_support(&ctx, organisation, hours, reason).await {
        Ok(_) => to("/support/desk"),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            desk_page(&state, &ctx, &room, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

async fn desk_page(state: &State, ctx: &Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let identity = &state.identity;
    let mut rows = Vec::new();
    for (tenant, name, id, grant) in identity.own_requests(ctx).await? {
        let enter = match grant.open_until(ctx.now) {
            Some(_) => {
                let enter = Sheet::only(room, format!("/support/desk/{tenant}/{id}"), &Button::quiet("Enter"));
                Together::cell(vec![Html::of(&enter)])
            }
            None => Cell::text(""),
        };
        rows.push(Row(vec![
            Cell::text(name),
            Cell::text(&grant.reason),
            Cell::text(moment(grant.asked)),
            Cell::part(&tag(&grant, ctx)),
            enter,
        ]));
    }
    let columns = vec![
        Column::text("Organisation"),
        Column::text("Why"),
        Column::short("Asked"),
        Column::short("State"),
        Column::short(""),
    ];
    let none = Empty::new("You have asked nobody yet.", "An organisation decides whether you may look into it.");
    let mut list = vec![Choice::new("", "Choose an organisation")];
    list.extend(identity.organisations(ctx).await?.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)));
    let sheet = Sheet::new(room, "/support/desk")
        .with(&Select::new("organisation", "Organisation", list, form))
        .with(
            &Field::new("hours", "For how many hours", Kind::Digits, form)
                .hint(format!("At most {HOURS_MAX}."))
                .chars(4),
        )
        .with(&Area::new("reason", "Why", 3, form).hint("Its administrator reads this before deciding."))
        .button(&Button::primary("Ask"));
    Desk::new("Visits", "As an operator you hold nothing in any organisation until it lets you in")
        .problems(form, status)
        .with(&Table::new("Your requests", columns, rows, none))
        .with(&Card::new("Ask to be let in", "").with(&sheet))
        .answer(frame(state, ctx, room, "Visits"))
}

pub(crate) async fn enter(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path((tenant, id)): Path<(String, String)>,
    Form(sent): Form<super::Only>,
) -> Reply {
    if sent.is_err() {
        return to("/support/desk");
    }
    let tenant: TenantId = tenant.parse().map_err(|_| Refusal::not_found())?;
    let token = state.identity.enter_visit(&ctx, tenant, named(&id)?).await?;
    let mut response = see_other(&Next::own("/people"));
    web::set_session(response.headers_mut(), &token);
    Ok(response)
}
