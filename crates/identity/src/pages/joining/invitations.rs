use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, RecordId, Refusal};
use web::parts::{Button, Choice, ErrorSummary, Field, Kind, Select, ago};
use web::{Asker, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, see_other, status_of};

use super::super::State;
use super::joining_page;
use crate::rules::email::EmailAddress;
use crate::sign_up::Invited;

const HERE: &str = "/people/invitations";

#[derive(Template)]
#[template(path = "joining_invitations.html")]
struct InvitationsPage {
    token: FormToken,
    summary: ErrorSummary,
    sentence: String,
    email: Field,
    role: Select,
    send: Button,
    open: Vec<Open>,
}

struct Open {
    email: String,
    role: &'static str,
    since: String,
    is_over: bool,
    href: String,
    token: FormToken,
}

/// Whom to invite, as what.
pub(in super::super) struct Guest {
    email: EmailAddress,
    role: String,
}

impl FromForm for Guest {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let email = read.required("email", "Enter the address of whom you invite.", EmailAddress::parse);
        let role = read.required("role", "Choose what they will do here.", |text| Ok(text.to_owned()));
        Some(Self { email: email?, role: role? })
    }
}

pub(in super::super) async fn list(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    invitations_page(&state, &room, &ctx, &Returned::blank(), StatusCode::OK).await
}

pub(in super::super) async fn invite(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Guest>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return invitations_page(&state, &room, &ctx, &returned, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    match state.identity.invite(&ctx, &draft.value.email, &draft.value.role).await {
        Ok(()) => Ok(see_other(&Next::own(HERE))),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            invitations_page(&state, &room, &ctx, &returned, status_of(refusal.kind)).await
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(in super::super) async fn withdraw(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::super::Nothing>,
) -> Reply {
    let id: RecordId = id.parse().map_err(|_| Refusal::not_found())?;
    if sent.is_ok() {
        state.identity.withdraw_invitation(&ctx, id).await?;
    }
    Ok(see_other(&Next::own(HERE)))
}

async fn invitations_page(state: &State, room: &Room, ctx: &access::Ctx, form: &Returned, status: StatusCode) -> Reply {
    let place = state.identity.sign_up_of(ctx.tenant, ctx.request, ctx.now).await?;
    let open = state.identity.invitations(ctx).await?;
    let open = open.into_iter().map(|Invited { id, invitation }| Open {
        role: state.identity.title(&invitation.role),
        since: ago(invitation.since, ctx.now),
        is_over: invitation.until <= ctx.now,
        href: format!("/people/invitations/{id}/withdraw"),
        email: invitation.email,
        token: room.form_token(),
    });
    let roles = state.identity.roles_to_offer().into_iter().map(|(name, title)| Choice::new(name, title)).collect();
    let body = InvitationsPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        sentence: place.sentence(),
        email: Field::new("email", "E-mail address", Kind::Email, form)
            .hint("The invitation is good for this address only, once and for seven days."),
        role: Select::new("role", "What they will do here", roles, form)
            .hint("You can give what you have yourself. To make somebody an administrator takes two people, later."),
        send: Button::primary("Send the invitation"),
        open: open.collect(),
    };
    joining_page(state, room, "Invitations", HERE, status, body)
}
