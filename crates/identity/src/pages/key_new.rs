use access::Ctx;
use askama::Template;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::No;
use web::parts::{Area, Button, ButtonLink, Choice, ErrorSummary, Field, Kind, Select};
use web::{Asker, Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Width, page, status_of};

use super::State;
use super::keys::{HERE, attempt, shown};
use crate::keys::{KeyWish, NAME_CHARS_MAX, is_for_programs};
use crate::roles;
use crate::rules::{key_life, network};

/// Lives to choose from, in days.
const LIVES: [i64; 5] = [7, 30, 90, 180, key_life::KEY_DAYS_MAX];

#[derive(Template)]
#[template(path = "key_new.html")]
struct NewPage {
    token: FormToken,
    summary: ErrorSummary,
    attempt: String,
    name: Field,
    days: Select,
    networks: Area,
    roles: Vec<Pick>,
    groups: Vec<Group>,
    problem: String,
    go: Button,
    back: ButtonLink,
}

/// Something to tick.
pub(super) struct Pick {
    pub(super) value: String,
    pub(super) words: String,
    pub(super) hint: String,
    pub(super) chosen: bool,
}

/// Permissions under one heading.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) picks: Vec<Pick>,
    pub(super) open: bool,
}

/// The form as sent.
pub(super) struct Sent {
    wish: KeyWish,
    attempt: String,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let (name, days) = (read_name(read), read_days(read));
        let networks = read.optional("networks", network::parse_list);
        let attempt = read.required("attempt", "Open the page again.", super::attempt_of);
        let (roles, permissions) = (read.several("role"), read.several("permission"));
        let wish = KeyWish { name: name?, roles, permissions, networks: networks?.unwrap_or_default(), days: days? };
        Some(Self { wish, attempt: attempt? })
    }
}

/// What a key or a program is for.
pub(super) fn read_name(read: &mut Reader<'_>) -> Option<String> {
    read.required("name", "Say what it is for.", |text| match text.chars().count() {
        1..=NAME_CHARS_MAX => Ok(text.to_owned()),
        _ => Err(format!("Use up to {NAME_CHARS_MAX} characters.")),
    })
}

/// For how many days it is good.
pub(super) fn read_days(read: &mut Reader<'_>) -> Option<i64> {
    read.required("days", "Choose when it ends. Everything of this kind ends.", |text| {
        text.parse().map_err(|_| "Choose one of these.".to_owned())
    })
}

/// Lives to choose from.
pub(super) fn lives() -> Vec<Choice> {
    LIVES.iter().map(|days| Choice::new(days.to_string(), format!("After {days} days"))).collect()
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
    match state.identity.make_key(&ctx, &draft.value.wish, &draft.value.attempt).await {
        Ok(new) => shown(&state, &room, new, "Your key", String::new()),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let returned = Returned::refused(draft.fields, &refusal);
            new_page(&state, &ctx, &room, &returned, status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

fn new_page(state: &State, ctx: &Ctx, room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let kept = form.fields.value("attempt");
    let problem = [form.problem("permission"), form.problem("role")].join(" ").trim().to_owned();
    let body = NewPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        attempt: if kept.is_empty() { attempt(state) } else { kept.to_owned() },
        name: Field::new("name", "What it is for", Kind::Text, form).hint("Such as “Recall letters, Acme Post”"),
        days: Select::new("days", "It ends", lives(), form),
        networks: Area::new("networks", "Where it may be used from", 2, form)
            .hint("Addresses or networks such as 192.0.2.0/24, with spaces between. Leave empty for anywhere."),
        roles: role_picks(state, ctx, form),
        groups: permission_groups(state, ctx, form),
        problem,
        go: Button::primary("Make the key"),
        back: ButtonLink::quiet("Back", HERE),
    };
    page(super::frame(state, room, "Make a key").width(Width::Reading).status(status), body)
}

fn role_picks(state: &State, ctx: &Ctx, form: &Returned) -> Vec<Pick> {
    let registry = state.identity.vault().registry();
    let own = registry.roles().filter(|role| !roles::is_duty(role.decl.name));
    own.filter(|role| state.identity.may_pass_on_role(ctx, role.decl.name))
        .map(|role| Pick {
            value: role.decl.name.to_owned(),
            words: role.decl.title.to_owned(),
            hint: role.decl.words.to_owned(),
            chosen: form.fields.all("role").any(|chosen| chosen == role.decl.name),
        })
        .collect()
}

pub(super) fn permission_groups(state: &State, ctx: &Ctx, form: &Returned) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let registry = state.identity.vault().registry();
    for decl in registry.permissions() {
        if !is_for_programs(decl) || !state.identity.may_pass_on(ctx, decl.name) {
            continue;
        }
        let chosen = form.fields.all("permission").any(|chosen| chosen == decl.name);
        let pick = Pick { value: decl.name.to_owned(), words: decl.words.to_owned(), hint: String::new(), chosen };
        match groups.iter_mut().find(|group| group.title == decl.group) {
            Some(group) => {
                group.open |= chosen;
                group.picks.push(pick);
            }
            None => groups.push(Group { title: decl.group, picks: vec![pick], open: chosen }),
        }
    }
    groups.sort_by_key(|group| group.title);
    groups
}
