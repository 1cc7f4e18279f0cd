//! One change to one person's access, each on a page of its own.

use access::{Ctx, Window};
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Answer, No, Refusal, SubjectId, Time};
use web::parts::{Area, Button, ButtonLink, Choice, DateField, Select};
use web::{Asker, Fields, Form, FromForm, Reader, Reply, Returned, Room, Width, status_of};

use super::super::State;
use super::approvals::to;
use super::desk::{Card, Desk, Sheet, Words, frame};
use super::people::{back, named};
use crate::kinds::{Account, HeldRole};
use crate::rights::{EMPOWER, END_GOVERNOR, Empowering, unreadable};
use crate::rules::days;

/// A role to be given.
pub(crate) struct Given {
    role: String,
    window: Window,
    reason: String,
}

impl FromForm for Given {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let role = read.required("role", "Choose a role.", |text| Ok(text.to_owned()));
        let window = read_window(read);
        let reason = read.optional("reason", |text| Ok(text.to_owned())).map(Option::unwrap_or_default);
        Some(Self { role: role?, window: window?, reason: reason? })
    }
}

/// First and last day of belonging to the organisation.
pub(crate) struct Dates(Window);

impl FromForm for Dates {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read_window(read).map(Self)
    }
}

/// Why somebody is kept out.
pub(crate) struct Because(pub String);

impl FromForm for Because {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("reason", "Say why.", |text| Ok(text.to_owned())).map(Self)
    }
}

/// Both days may stay empty.
fn read_window(read: &mut Reader<'_>) -> Option<Window> {
    let from = read.optional_date("from");
    let until = read.optional_date("until");
    Some(Window {
        from: from?.map(|(year, month, day)| days::begins(year, month, day)),
        until: until?.map(|(year, month, day)| days::ends(year, month, day)),
    })
}

pub(crate) async fn ask_role(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let who = named(&id)?;
    role_page(&state, &ctx, &room, who, &Returned::blank(), StatusCode::OK).await
}

pub(crate) async fn give(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Given>,
) -> Reply {
    let who = named(&id)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return role_page(&state, &ctx, &room, who, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let Given { role, window, .. } = &draft.value;
    let held = HeldRole { role: role.clone(), from: window.from, until: window.until, about: None };
    let role = state.identity.holding(&ctx, &held.role).await?;
    if role.is_some_and(|role| state.identity.governs(role.set)) {
        return empower(&state, &ctx, &room, who, held, draft.value.reason, draft.fields).await;
    }
    match state.identity.give_role(&ctx, who, held).await {
        Ok(()) => back(who),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            role_page(&state, &ctx, &room, who, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

/// A role that governs others is proposed, and somebody else has to agree.
async fn empower(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    who: SubjectId,
    held: HeldRole,
    reason: String,
    fields: Fields,
) -> Reply {
    let change = serde_json::to_string(&Empowering { who, held }).map_err(unreadable("writing a proposal"))?;
    match state.identity.propose(ctx, EMPOWER, change, reason).await {
        Ok(id) => to(&format!("/approvals/{id}")),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(fields, &refusal);
            role_page(state, ctx, room, who, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

async fn role_page(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    who: SubjectId,
    form: &Returned,
    status: StatusCode,
) -> Reply {
    let (account, _) = state.identity.account(ctx, who).await?;
    let choices = state.identity.givable(ctx).await?;
    let mut list = vec![Choice::new("", "Choose a role")];
    list.extend(choices.iter().map(|role| Choice::new(&role.name, &role.title)));
    let sheet =
        Sheet::new(room, format!("/people/{who}/roles"))
            .with(&Select::new("role", "Role", list, form).hint("What each lets people do stands on the page Roles."))
            .with(&DateField::new("from", "First day", form).hint("Leave empty to begin now."))
            .with(&DateField::new("until", "Last day", form).hint("Leave empty for no end."))
            .with(&Area::new("reason", "Why", 2, form).hint(
                "Needed for a role that governs others: such a role is proposed, and a second person has to agree.",
            ))
            .button(&Button::primary("Give this role"))
            .button(&ButtonLink::quiet("Back", format!("/people/{who}")));
    Desk::new("Give a role", format!("to {}", account.name))
        .problems(form, status)
        .with(&sheet)
        .answer(frame(state, ctx, room, format!("Give {} a role", account.name)).width(Width::Reading))
}

pub(crate) async fn ask_dates(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
) -> Reply {
    let who = named(&id)?;
    let (account, _) = state.identity.account(&ctx, who).await?;
    let form = Returned { fields: dates_of(account.from, account.until), ..Returned::blank() };
    dates_page(&state, &ctx, &room, who, &account, &form, StatusCode::OK)
}

pub(crate) async fn set_dates(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Dates>,
) -> Reply {
    let who = named(&id)?;
    let answer = match sent {
        Ok(draft) => (state.identity.set_membership(&ctx, who, draft.value.0).await, draft.fields),
        Err(form) => {
            let (account, _) = state.identity.account(&ctx, who).await?;
            return dates_page(&state, &ctx, &room, who, &account, &form, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match answer {
        (Ok(()), _) => back(who),
        (Err(No::Refusal(refusal)), fields) if !refusal.problems.is_empty() => {
            let (account, _) = state.identity.account(&ctx, who).await?;
            let form = Returned::refused(fields, &refusal);
            dates_page(&state, &ctx, &room, who, &account, &form, status_of(refusal.kind))
        }
        (Err(no), _) => Err(no.into()),
    }
}

fn dates_page(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    who: SubjectId,
    account: &Account,
    form: &Returned,
    status: StatusCode,
) -> Reply {
    let sheet = Sheet::new(room, format!("/people/{who}/dates"))
        .with(&DateField::new("from", "First day", form).hint("Leave empty if they may come in already."))
        .with(
            &DateField::new("until", "Last day", form)
                .hint("Leave empty for no end. Access ends at midnight of that day."),
        )
        .button(&Button::primary("Save"))
        .button(&ButtonLink::quiet("Back", format!("/people/{who}")));
    Desk::new("First and last day", format!("of {}", account.name))
        .problems(form, status)
        .with(&Words::new("Before the first and after the last day nothing opens, whatever their roles say, also in sessions that are open."))
        .with(&sheet)
        .answer(frame(state, ctx, room, format!("Dates of {}", account.name)).width(Width::Reading))
}

/// What stands in the boxes of two days.
fn dates_of(from: Option<Time>, until: Option<Time>) -> Fields {
    let mut pairs = Vec::new();
    for (name, date) in [("from", from.map(days::day_at)), ("until", until.map(days::last_day))] {
        let Some((year, month, day)) = date else { continue };
        for (end, value) in [("day", i32::from(day)), ("month", i32::from(month)), ("year", i32::from(year))] {
            pairs.push((format!("{name}-{end}"), value.to_string()));
        }
    }
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Fields::of(&pairs)
}

pub(crate) async fn ask_bar(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let who = named(&id)?;
    bar_page(&state, &ctx, &room, who, &Returned::blank(), StatusCode::OK).await
}

pub(crate) async fn bar(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Because>,
) -> Reply {
    let who = named(&id)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return bar_page(&state, &ctx, &room, who, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.bar(&ctx, who, draft.value.0).await {
        Ok(()) => back(who),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            bar_page(&state, &ctx, &room, who, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

async fn bar_page(state: &State, ctx: &Ctx, room: &Room, who: SubjectId, form: &Returned, status: StatusCode) -> Reply {
    let (account, _): (Account, u64) = account_of(state, ctx, who).await?;
    let sheet = Sheet::new(room, format!("/people/{who}/bar"))
        .with(&Area::new("reason", "Why", 3, form).hint("It is kept with the account and in the audit log's history."))
        .button(&Button::grave("Keep them out now"))
        .button(&ButtonLink::quiet("Back", format!("/people/{who}")));
    let words = "Every session of theirs ends with its next request, and they cannot sign in until somebody lets them in again. Their roles stay as they are.";
    Desk::new(format!("Keep {} out", account.name), "")
        .problems(form, status)
        .with(&Card::new("What this does", "").with(&Words::new(words)))
        .with(&sheet)
        .answer(frame(state, ctx, room, format!("Keep {} out", account.name)).width(Width::Reading))
}

pub(crate) async fn ask_end(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let who = named(&id)?;
    end_page(&state, &ctx, &room, who, &Returned::blank(), StatusCode::OK).await
}

pub(crate) async fn end(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Because>,
) -> Reply {
    let who = named(&id)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return end_page(&state, &ctx, &room, who, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (account, _) = account_of(&state, &ctx, who).await?;
    let answer = match state.identity.is_governor(&ctx, &account).await? {
        true => state
            .identity
            .propose(&ctx, END_GOVERNOR, who.to_string(), draft.value.0)
            .await
            .map(|id| format!("/approvals/{id}")),
        false => state.identity.end_account(&ctx, who).await.map(|()| "/people".to_owned()),
    };
    match answer {
        Ok(next) => to(&next),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            end_page(&state, &ctx, &room, who, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

async fn end_page(state: &State, ctx: &Ctx, room: &Room, who: SubjectId, form: &Returned, status: StatusCode) -> Reply {
    let (account, _): (Account, u64) = account_of(state, ctx, who).await?;
    let governs = state.identity.is_governor(ctx, &account).await?;
    let (words, button) = match governs {
        true => ("They govern others here, so a second person has to agree before it happens.", "Propose to end it"),
        false => ("They can never sign in with it again. What they wrote stays, under their name.", "End the account"),
    };
    let sheet = Sheet::new(room, format!("/people/{who}/end"))
        .with(&Area::new("reason", "Why", 3, form))
        .button(&Button::grave(button))
        .button(&ButtonLink::quiet("Back", format!("/people/{who}")));
    Desk::new(format!("End the account of {}", account.name), "")
        .problems(form, status)
        .with(&Card::new("What this does", "").with(&Words::new(words)))
        .with(&sheet)
        .answer(frame(state, ctx, room, format!("End the account of {}", account.name)).width(Width::Reading))
}

async fn account_of(state: &State, ctx: &Ctx, who: SubjectId) -> Answer<(Account, u64)> {
    if crate::rights::person(ctx).is_ok_and(|own| own == who) {
        return Err(Refusal::not_found().into());
    }
    state.identity.account(ctx, who).await
}
