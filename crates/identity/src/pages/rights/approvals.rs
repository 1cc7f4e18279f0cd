//! Changes that take two people: what waits, what was decided, and the form to propose an erasure.

use access::Ctx;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Answer, No, RecordId, Refusal};
use web::parts::{Area, Button, ButtonLink, Cell, Column, Empty, Facts, Field, Kind, Row, Table, Tag, Tone};
use web::{Asker, Form, FromForm, Next, Reader, Reply, Returned, Room, Width, see_other, status_of};

use super::super::State;
use super::desk::{Card, Desk, Sentences, Sheet, Words, frame, moment};
use crate::kinds::{Proposal, ProposalState};
use crate::rights::{ERASE, person};

pub(crate) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let identity = &state.identity;
    let (mut waiting, mut past) = (Vec::new(), Vec::new());
    for (id, proposal) in identity.proposals(&ctx).await? {
        let words = identity.proposal_words(&ctx, &proposal).await.unwrap_or_else(|_| proposal.class.clone());
        let row = Row(vec![
            Cell::link(words, format!("/approvals/{id}")),
            Cell::text(identity.name_of(&ctx, proposal.by).await?),
            Cell::text(moment(proposal.at)),
            Cell::part(&tag(&proposal, &ctx)),
        ]);
        if proposal.is_open(ctx.now) { waiting.push(row) } else { past.push(row) }
    }
    let columns =
        || vec![Column::text("Change"), Column::text("Proposed by"), Column::short("When"), Column::short("State")];
    let count = waiting.len();
    let none = Empty::new("Nothing waits for a second person.", "Changes that nobody makes alone appear here.");
    let waiting = Table::new("Waiting", columns(), waiting, none);
    let none = Empty::new("Nothing has been decided yet.", "");
    let past = Table::new("Decided", columns(), past, none);
    let words = match count {
        0 => "Nothing waits".to_owned(),
        1 => "One change waits for a second person".to_owned(),
        more => format!("{more} changes wait for a second person"),
    };
    let classes = identity.classes().into_iter().map(|class| format!("{}.", class.words)).collect();
    let mut desk = Desk::new("Approvals", words)
        .with(&Card::new("Waiting", "A proposal that nobody decides runs out after seven days").with(&waiting))
        .with(&Card::new("Decided", "").with(&past))
        .beside(&Card::new("What takes two people", "").with(&Sentences {
            heading: "One proposes, somebody else agrees with their second factor shown once more.".to_owned(),
            lines: classes,
        }));
    if identity.may_step_up(&ctx, "subject.erase") && identity.may(&ctx, "approval.create") {
        let erase = ButtonLink::quiet("Propose to erase a person", "/approvals/erase");
        desk = desk.beside(
            &Card::new("Erasure", "")
                .with(&Words::small("When somebody has the right to be forgotten and no law keeps their record."))
                .action(&erase),
        );
    }
    desk.answer(frame(&state, &ctx, &room, "Approvals"))
}

fn tag(proposal: &Proposal, ctx: &Ctx) -> Tag {
    match proposal.state {
        ProposalState::Open if proposal.is_open(ctx.now) => Tag::new(Tone::Warn, "Waits"),
        ProposalState::Open => Tag::new(Tone::Plain, "Ran out"),
        ProposalState::Done { .. } => Tag::new(Tone::Good, "Done"),
        ProposalState::DoneAlone { .. } => Tag::new(Tone::Bad, "Done alone"),
        ProposalState::Declined { .. } => Tag::new(Tone::Plain, "Declined"),
        ProposalState::Withdrawn { .. } => Tag::new(Tone::Plain, "Taken back"),
    }
}

pub(crate) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    proposal_page(&state, &ctx, &room, named(&id)?, &Returned::blank(), StatusCode::OK).await
}

async fn proposal_page(
    state: &State,
    ctx: &Ctx,
    room: &Room,
    id: RecordId,
    form: &Returned,
    status: StatusCode,
) -> Reply {
    let identity = &state.identity;
    let (proposal, _) = identity.proposal(ctx, id).await?;
    let words = identity.proposal_words(ctx, &proposal).await.unwrap_or_else(|_| proposal.class.clone());
    let own = person(ctx).is_ok_and(|own| own == proposal.by);
    let here = format!("/approvals/{id}");
    let facts = Facts::new(vec![
        ("Proposed", Cell::text(format!("{} by {}", moment(proposal.at), identity.name_of(ctx, proposal.by).await?))),
        ("Runs out", Cell::text(moment(proposal.expires))),
        ("State", Cell::part(&tag(&proposal, ctx))),
    ]);
    let mut desk = Desk::new("A change that takes two people", "")
        .problems(form, status)
        .with(&Card::new(words, "").with(&Words::new(format!("Why: {}", proposal.reason))).with(&facts));
    if let Some(decided) = decided(state, ctx, &proposal).await? {
        desk = desk.with(&Words::new(decided));
    }
    let may_decide = identity.may_step_up(ctx, "approval.decide") && proposal.is_open(ctx.now);
    if may_decide && own {
        let back = Sheet::only(room, format!("{here}/withdraw"), &Button::quiet("Take it back"));
        let alone = Sheet::only(room, format!("{here}/alone"), &Button::grave("Do it alone, in an emergency"));
        desk = desk.with(
            &Card::new("Your own proposal", "Somebody else has to agree")
                .with(&Words::small("Alone it can be done only inside an emergency that you have declared; everybody sees it, and somebody looks at it within a day."))
                .action(&back)
                .action(&alone),
        );
    } else if may_decide {
        let agree = Sheet::only(room, format!("{here}/agree"), &Button::primary("Agree, and do it now"));
        let decline = Sheet::new(room, format!("{here}/decline"))
            .with(&Area::new("reason", "Why not", 2, form))
            .button(&Button::quiet("Decline"));
        desk = desk.with(&Card::new("Agree", "It happens in the same moment").with(&agree));
        desk = desk.with(&Card::new("Or decline", "").with(&decline));
    }
    desk.answer(frame(state, ctx, room, "A change that takes two people").width(Width::Reading))
}

async fn decided(state: &State, ctx: &Ctx, proposal: &Proposal) -> Answer<Option<String>> {
    let identity = &state.identity;
    Ok(match &proposal.state {
        ProposalState::Open => None,
        ProposalState::Done { by, at } => {
            Some(format!("{} agreed on {}, and it was done.", identity.name_of(ctx, *by).await?, moment(*at)))
        }
        ProposalState::DoneAlone { at, .. } => Some(format!("Done alone in an emergency on {}.", moment(*at))),
        ProposalState::Declined { by, at, reason } => {
            Some(format!("{} declined on {}: {reason}", identity.name_of(ctx, *by).await?, moment(*at)))
        }
        ProposalState::Withdrawn { at } => Some(format!("Taken back on {}.", moment(*at))),
    })
}

pub(crate) async fn agree(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let id = named(&id)?;
    if sent.is_ok() {
        state.identity.agree(&ctx, id).await?;
    }
    to(&format!("/approvals/{id}"))
}

pub(crate) async fn withdraw(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let id = named(&id)?;
    if sent.is_ok() {
        state.identity.withdraw(&ctx, id).await?;
    }
    to(&format!("/approvals/{id}"))
}

pub(crate) async fn alone(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Only>,
) -> Reply {
    let id = named(&id)?;
    if sent.is_ok() {
        state.identity.do_alone(&ctx, id).await?;
    }
    to(&format!("/approvals/{id}"))
}

pub(crate) async fn decline(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<super::person::Because>,
) -> Reply {
    let id = named(&id)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return proposal_page(&state, &ctx, &room, id, &form, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match state.identity.decline(&ctx, id, draft.value.0).await {
        Ok(()) => to(&format!("/approvals/{id}")),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            proposal_page(&state, &ctx, &room, id, &form, status_of(refusal.kind)).await
        }
        Err(no) => Err(no.into()),
    }
}

/// A person to be erased.
pub(crate) struct Erasure {
    person: String,
    reason: String,
}

impl FromForm for Erasure {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let person = read.required("person", "Enter the person's id.", |text| Ok(text.to_owned()));
        let reason = read.required("reason", "Say why.", |text| Ok(text.to_owned()));
        Some(Self { person: person?, reason: reason? })
    }
}

pub(crate) async fn ask_erase(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    erase_page(&state, &ctx, &room, &Returned::blank(), StatusCode::OK)
}

pub(crate) async fn erase(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Erasure>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return erase_page(&state, &ctx, &room, &form, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match state.identity.propose(&ctx, ERASE, draft.value.person, draft.value.reason).await {
        Ok(id) => to(&format!("/approvals/{id}")),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            erase_page(&state, &ctx, &room, &form, status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

fn erase_page(state: &State, ctx: &Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let sheet = Sheet::new(room, "/approvals/erase")
        .with(
            &Field::new("person", "The person's id", Kind::Text, form)
                .hint("It stands in the address of their record."),
        )
        .with(&Area::new("reason", "Why", 3, form))
        .button(&Button::grave("Propose it"))
        .button(&ButtonLink::quiet("Back", "/approvals"));
    Desk::new("Propose to erase a person", "Takes two people")
        .problems(form, status)
        .with(&Words::new("Their key is destroyed. Every record about them becomes unreadable, in every copy, for everybody and for good. The audit log keeps that it was done."))
        .with(&sheet)
        .answer(frame(state, ctx, room, "Propose to erase a person").width(Width::Reading))
}

/// On to an address of this house.
pub(crate) fn to(path: &str) -> Reply {
    Ok(see_other(&Next::parse(path).ok_or_else(Refusal::not_found)?))
}

/// The record in an address.
pub(crate) fn named(id: &str) -> Result<RecordId, Refusal> {
    id.parse().map_err(|_| Refusal::not_found())
}
