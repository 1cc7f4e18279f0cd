use askama::Template;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::No;
use web::parts::{Area, Button, Choice, Choices, ErrorSummary, Field, Kind, Notice, Pick, Tone};
use web::{Asker, Fields, Form, FormToken, FromForm, Reader, Reply, Returned, Room, status_of};

use super::super::State;
use super::joining_page;
use crate::kinds::{SignUpMode, SignUpPolicy};
use crate::rules::sign_up as rules;
use crate::sign_up::Place;

const HERE: &str = "/people/sign-up";

const MODES: [(SignUpMode, &str, &str); 5] = [
    (SignUpMode::Closed, "closed", "Closed"),
    (SignUpMode::Invite, "invite", "By invitation"),
    (SignUpMode::Approval, "approval", "By approval"),
    (SignUpMode::VerifiedDomain, "verified-domain", "Addresses of our domains"),
    (SignUpMode::Open, "open", "Open to everybody"),
];

#[derive(Template)]
#[template(path = "joining_settings.html")]
struct SettingsPage {
    token: FormToken,
    summary: ErrorSummary,
    notice: Option<Notice>,
    sentence: String,
    mode: Choices,
    place: Field,
    domains: Area,
    offered: Choices,
    save: Button,
}

/// A policy as typed.
pub(in super::super) struct Settings(SignUpPolicy);

impl FromForm for Settings {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let mode = read.required("mode", "Choose who may sign up.", |text| {
            let found = MODES.iter().find(|(_, name, _)| *name == text);
            found.map(|(mode, ..)| *mode).ok_or_else(|| "Choose one of these.".to_owned())
        });
        let place = read.optional("place", rules::parse_place);
        let domains = read.optional("domains", rules::parse_domains);
        let offered = read.several("offered");
        Some(Self(SignUpPolicy {
            mode: mode?,
            place: place?.unwrap_or_default(),
            domains: domains?.unwrap_or_default(),
            offered,
        }))
    }
}

pub(in super::super) async fn show(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let place = state.identity.sign_up_of(ctx.tenant, ctx.request, ctx.now).await?;
    let form = Returned { fields: fields(&place.policy), ..Returned::blank() };
    settings_page(&state, &room, &place, &form, None, StatusCode::OK)
}

pub(in super::super) async fn save(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Form(sent): Form<Settings>,
) -> Reply {
    let before = state.identity.sign_up_of(ctx.tenant, ctx.request, ctx.now).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return settings_page(&state, &room, &before, &returned, None, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match state.identity.set_sign_up(&ctx, draft.value.0).await {
        Ok(()) => {
            let place = state.identity.sign_up_of(ctx.tenant, ctx.request, ctx.now).await?;
            let form = Returned { fields: fields(&place.policy), ..Returned::blank() };
            let words = "It holds from now on, also for whoever is signing up at this moment.";
            let notice = Notice::new(Tone::Good, "Saved.", words);
            settings_page(&state, &room, &place, &form, Some(notice), StatusCode::OK)
        }
        Err(No::Refusal(refusal)) => {
            let status = status_of(refusal.kind);
            settings_page(&state, &room, &before, &Returned::refused(draft.fields, &refusal), None, status)
        }
        Err(fault) => Err(fault.into()),
    }
}

fn fields(policy: &SignUpPolicy) -> Fields {
    let mode = MODES.iter().find(|(mode, ..)| *mode == policy.mode).map_or("closed", |(_, name, _)| name);
    let domains = policy.domains.join("\n");
    let mut pairs = vec![("mode", mode), ("place", policy.place.as_str()), ("domains", domains.as_str())];
    pairs.extend(policy.offered.iter().map(|role| ("offered", role.as_str())));
    Fields::of(&pairs)
}

fn settings_page(
    state: &State,
    room: &Room,
    place: &Place,
    form: &Returned,
    notice: Option<Notice>,
    status: StatusCode,
) -> Reply {
    let say = |mode: SignUpMode| rules::sentence(&place.organisation, &SignUpPolicy { mode, ..place.policy.clone() });
    let modes = MODES.iter().map(|(mode, name, words)| Choice::new(*name, *words).hint(say(*mode))).collect();
    let roles = state.identity.roles_to_offer();
    let roles = roles.into_iter().map(|(name, title)| Choice::new(name, title)).collect();
    let body = SettingsPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        notice,
        sentence: place.sentence(),
        mode: Choices::new("mode", "Who may sign up", Pick::One, modes, form)
            .hint("Under each stands the sentence that everybody will read. It is made from this setting."),
        place: Field::new("place", "Short name of the sign-up page", Kind::Text, form)
            .hint("The page is at /sign-up/ and this name."),
        domains: Area::new("domains", "Domains of your own", 3, form)
            .hint("One in a line. Counts only where addresses of your domains join at once."),
        offered: Choices::new("offered", "Roles that can be asked for", Pick::Any, roles, form)
            .hint("Counts only where somebody approves each request."),
        save: Button::primary("Save"),
    };
    joining_page(state, room, "Sign-up settings", HERE, status, body)
}
