//! Emergencies: to take a right for some minutes, and to look at those that others took.

use access::Ctx;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal};
use web::parts::{Area, Button, Cell, Choice, Choices, Column, Empty, Field, Kind, Pick, Row, Table, Tag, Tone};
use web::{Asker, Fields, Form, FromForm, Reader, Reply, Returned, Room, Width, status_of};

use super::super::State;
use super::approvals::{named, to};
use super::desk::{Card, Desk, Sheet, Words, frame, moment};
use crate::kinds::Emergency;
use crate::rights::{MINUTES_MAX, person};

/// A right to be taken.
pub(crate) struct Taken {
    role: String,
    minutes: i64,
    reason: String,
}

impl FromForm for Taken {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let role = read.required("role", "Choose what you need.", |text| Ok(text.to_owned()));
        let minutes = read.required("minutes", "For how many minutes?", |text| {
            text.parse().map_err(|_| "Enter a number.".to_owned())
        });
        let reason = read.required("reason", "Say why it cannot wait.", |text| Ok(text.to_owned()));
        Some(Self { role: role?, minutes: minutes?, reason: reason? })
    }
}

/// What somebody found afterwards.
pub(crate) struct Found {
    justified: bool,
    words: String,
}

impl FromForm for Found {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let justified = read.required("justified", "Choose one.", |text| Ok(text == "yes"));
        let words = read.required("reason", "Say what you found.", |text| Ok(text.to_owned()));
        Some(Self { justified: justified?, words: words? })
    }
}

pub(crate) async fn ask(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let form = Returned { fields: Fields::of(&[("minutes", "30")]), ..Returned::blank() };
    glass(&state, &ctx, &room, &form, StatusCode::OK)
}

pub(crate) async fn take(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Taken>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return glass(&state, &ctx, &room, &form, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let Taken { role, minutes, reason } = draft.value;
    match state.identity.break_glass(&ctx, &role, minutes, reason).await {
        Ok(_) => to(state.home),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            glass(&state, &ctx, &room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

fn glass(state: &State, ctx: &Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let roles = state.identity.emergency_roles();
    let choices = roles.into_iter().map(|role| Choice::new(role.name, role.title).hint(role.words)).collect();
    let sheet = Sheet::new(room, "/emergency")
        .with(&Choices::new("role", "What you need", Pick::One, choices, form))
        .with(
            &Field::new("minutes", "For how many minutes", Kind::Digits, form)
                .hint(format!("At most {MINUTES_MAX}."))
                .chars(4),
        )
        .with(&Area::new("reason", "Why it cannot wait", 3, form))
        .button(&Button::grave("Take it now"));
    Desk::new("Emergency", "")
        .problems(form, status)
        .with(&Card::new("What happens", "").with(&Words::new("You have the right at once, and it ends by itself. It is on record with your reason, it is counted on the public trust page, and somebody else looks at it within a day.")))
        .with(&sheet)
        .answer(frame(state, ctx, room, "Emergency").width(Width::Reading))
}

pub(crate) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let identity = &state.identity;
    let mut rows = Vec::new();
    for (id, emergency) in identity.emergencies(&ctx).await? {
        rows.push(Row(vec![
            Cell::link(identity.name_of(&ctx, emergency.by).await?, format!("/emergencies/{id}")),
            Cell::text(identity.title_of(&ctx, &emergency.role).await?),
            Cell::text(moment(emergency.from)),
            Cell::part(&tag(&emergency, &ctx)),
        ]));
    }
    let columns = vec![Column::text("Who"), Column::text("What"), Column::short("When"), Column::short("State")];
    let none = Empty::new("Nobody has needed an emergency here.", "Each one would be listed with its reason.");
    let table = Table::new("Emergencies", columns, rows, none);
    Desk::new("Emergencies", "Somebody else looks at each within a day").with(&table).answer(frame(
        &state,
        &ctx,
        &room,
        "Emergencies",
    ))
}

fn tag(emergency: &Emergency, ctx: &Ctx) -> Tag {
    match &emergency.review {
        Some(review) if review.justified => Tag::new(Tone::Good, "Looked at: rightly"),
        Some(_) => Tag::new(Tone::Bad, "Looked at: wrongly"),
        None if emergency.is_overdue(ctx.now) => Tag::new(Tone::Bad, "Overdue"),
        None if ctx.now < emergency.until => Tag::new(Tone::Warn, "Under way"),
        None => Tag::new(Tone::Warn, "To be looked at"),
    }
}

pub(crate) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    emergency_page(&state, &ctx, &room, &id, &Returned::blank(), StatusCode::OK).await
}

async fn emergency_page(state: &State, ctx: &Ctx, room: &Room, id: &str, form: &Returned, status: StatusCode) -> Reply {
    let identity = &state.identity;
    let wanted = named(id)?;
    let found = identity.emergencies(ctx).await?.into_iter().find(|(id, _)| *id == wanted);
    let (_, emergency) = found.ok_or_else(Refusal::not_found)?;
    let name = identity.name_of(ctx, emergency.by).await?;
    let words = format!(
        "{name} took “{}” from {} until {}.",
        identity.title_of(ctx, &emergency.role).await?,
        moment(emergency.from),
        moment(emergency.until)
    );
    let mut desk = Desk::new("An emergency", name).problems(form, status).with(
        &Card::new("What was taken", "")
            .with(&Words::new(words))
            .with(&Words::new(format!("Why: {}", emergency.reason))),
    );
    let own = person(ctx).is_ok_and(|own| own == emergency.by);
    if let Some(review) = &emergency.review {
        let by = identity.name_of(ctx, review.by).await?;
        let words = format!("{by} looked at it on {}: {}", moment(review.at), review.words);
        desk = desk.with(&Card::new("What was found", "").with(&tag(&emergency, ctx)).with(&Words::new(words)));
    } else if !own && identity.may_step_up(ctx, "emergency.review") {
        let choices = vec![Choice::new("yes", "It was right to take it"), Choice::new("no", "It was not")];
        let sheet = Sheet::new(room, format!("/emergencies/{wanted}"))
            .with(&Choices::new("justified", "What you found", Pick::One, choices, form))
            .with(&Area::new("reason", "In words", 3, form))
            .button(&Button::primary("Write it down"));
        desk = desk.with(&sheet);
    }
    desk.answer(frame(state, ctx, room, "An emergency").width(Width::Reading))
}

pub(crate) async fn review(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Found>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return emergency_page(&state, &ctx, &room, &id, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Found { justified, words } = draft.value;
    match state.identity.review_emergency(&ctx, named(&id)?, justified, words).await {
        Ok(()) => to("/emergencies"),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            emergency_page(&state, &ctx, &room, &id, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}
