use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, RecordId, Refusal};
use web::parts::{Area, Button, ButtonLink, Code, ErrorSummary, Field, Kind, Select};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of,
};

use super::State;
use super::key_new::{Group, lives, permission_groups, read_days, read_name};
use super::keys::{attempt, day};
use crate::keys::KeyWish;
use crate::programs::{TOKEN_PATH, TOKEN_SECONDS, client_id};
use crate::rules::jwk::{self, PublicKey};
use crate::rules::network;

const HERE: &str = "/programs";

#[derive(Template)]
#[template(path = "programs.html")]
struct ProgramsPage {
    words: String,
    endpoint: Code,
    minutes: i64,
    make: Option<ButtonLink>,
    programs: Vec<Shown>,
}

struct Shown {
    id: String,
    name: String,
    client: Code,
    owner: String,
    may: String,
    keys: String,
    ends: String,
    end: Option<(FormToken, Button)>,
}

#[derive(Template)]
#[template(path = "program_new.html")]
struct NewPage {
    token: FormToken,
    summary: ErrorSummary,
    attempt: String,
    name: Field,
    days: Select,
    networks: Area,
    keys: Area,
    groups: Vec<Group>,
    problem: String,
    go: Button,
    back: ButtonLink,
}

/// The form as sent.
pub(super) struct Sent {
    wish: KeyWish,
    keys: Vec<PublicKey>,
    attempt: String,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let (name, days) = (read_name(read), read_days(read));
        let networks = read.optional("networks", network::parse_list);
        let keys = read.required("keys", "Paste the program's public keys.", jwk::parse_set);
        let attempt = read.required("attempt", "Open the page again.", super::attempt_of);
        let permissions = read.several("permission");
        let networks = networks?.unwrap_or_default();
        let wish = KeyWish { name: name?, roles: Vec::new(), permissions, networks, days: days? };
        Some(Self { wish, keys: keys?, attempt: attempt? })
    }
}

pub(super) async fn list(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let may_end = super::may(&state, &ctx, "key.retire");
    let mut programs = Vec::new();
    for (id, program) in state.identity.programs(&ctx).await? {
        let owner = state.identity.owner_name(&ctx, program.owner).await?;
        let keys: Vec<String> = program.keys.iter().map(|key| format!("{} ({})", key.name, key.algorithm())).collect();
        programs.push(Shown {
            id: id.to_string(),
            client: Code(client_id(ctx.tenant, id)),
            owner: owner.unwrap_or_else(|| "somebody who has left".to_owned()),
            may: program.permissions.join(", "),
            keys: keys.join(", "),
            ends: if program.ends <= ctx.now { "ended".to_owned() } else { day(program.ends) },
            name: program.name,
            end: may_end.then(|| (room.form_token(), Button::grave("End this registration"))),
        });
    }
    let words = match programs.len() {
        1 => "1 program".to_owned(),
        count => format!("{count} programs"),
    };
    let endpoint = state.identity.link(TOKEN_PATH).unwrap_or_else(|_| TOKEN_PATH.to_owned());
    let make =
        super::may(&state, &ctx, "key.create").then(|| ButtonLink::primary("Register a program", "/programs/new"));
    let body = ProgramsPage { words, endpoint: Code(endpoint), minutes: TOKEN_SECONDS / 60, make, programs };
    page(super::frame(&state, &room, "Programs").width(Width::Page), body)
}

pub(super) async fn ask(Held(state): Held<State>, Asker(ctx): Asker, room: Room) -> Reply {
    let form = Returned { fields: Fields::of(&[("days", "90")]), ..Returned::blank() };
    new_page(&state, &ctx, &room, &form, StatusCode::OK)
}

pub(super) async fn make(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Sent>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return new_page(&state, &ctx, &room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let Sent { wish, keys, attempt } = draft.value;
    match state.identity.register_program(&ctx, &wish, keys, &attempt).await {
        Ok(_) => Ok(see_other(&Next::own(HERE))),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let returned = Returned::refused(draft.fields, &refusal);
            new_page(&state, &ctx, &room, &returned, status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

pub(super) async fn end(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(sent): Form<super::Nothing>,
) -> Reply {
    let id: RecordId = id.parse().map_err(|_| Refusal::not_found())?;
    if sent.is_ok() {
        state.identity.revoke_program(&ctx, id).await?;
    }
    Ok(see_other(&Next::own(HERE)))
}

fn new_page(state: &State, ctx: &access::Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let kept = form.fields.value("attempt");
    let body = NewPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        attempt: if kept.is_empty() { attempt(state) } else { kept.to_owned() },
        name: Field::new("name", "What it is for", Kind::Text, form).hint("Such as “Recall letters, Acme Post”"),
        days: Select::new("days", "The registration ends", lives(), form),
        networks: Area::new("networks", "Where it may be used from", 2, form)
            .hint("Addresses or networks such as 192.0.2.0/24, with spaces between. Leave empty for anywhere."),
        keys: Area::new("keys", "Its public keys", 8, form)
            .hint("The JSON Web Key Set that the program's maker gave you: RSA for RS384, or P-384 for ES384. Public keys only."),
        groups: permission_groups(state, ctx, form),
        problem: form.problem("permission").to_owned(),
        go: Button::primary("Register the program"),
        back: ButtonLink::quiet("Back", HERE),
    };
    page(super::frame(state, room, "Register a program").width(Width::Reading).status(status), body)
}
