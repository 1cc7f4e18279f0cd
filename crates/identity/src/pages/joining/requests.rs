use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal, SubjectId, Time};
use web::parts::{Area, Button, Cell, Choice, Column, Empty, ErrorSummary, Facts, Row, Select, Table, Tag, Tone, ago};
use web::{Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, see_other, status_of};

use super::super::State;
use super::joining_page;
use crate::kinds::{AccessRequest, Outcome, Way};
use crate::sign_up::Verdict;

const HERE: &str = "/people/requests";

#[derive(Template)]
#[template(path = "joining_requests.html")]
struct RequestsPage {
    waiting: usize,
    requests: Table,
}

#[derive(Template)]
#[template(path = "joining_request.html")]
struct RequestPage {
    name: String,
    facts: Facts,
    state: Tag,
    form: Option<Decide>,
}

struct Decide {
    token: FormToken,
    summary: ErrorSummary,
    action: String,
    role: Select,
    reason: Area,
    accept: Button,
    decline: Button,
}

/// A decision as typed.
pub(in super::super) struct Decided {
    verdict: Verdict,
    reason: String,
}

impl FromForm for Decided {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let role = read.required("role", "Choose what they will do here.", |text| Ok(text.to_owned()));
        let accepts = read.required("verdict", "Accept or decline.", |text| match text {
            "accept" => Ok(true),
            "decline" => Ok(false),
            _ => Err("Accept or decline.".to_owned()),
        });
        let reason =
            read.required("reason", "Say why. It is kept, and a decline is told to whoever asked.", |text| match text
                .chars()
                .count()
            {
                0..=500 => Ok(text.to_owned()),
                _ => Err("Use at most 500 characters.".to_owned()),
            });
        let role = role?;
        let verdict = if accepts? { Verdict::Accept { role } } else { Verdict::Decline };
        Some(Self { verdict, reason: reason? })
    }
}

pub(in super::super) async fn list(Held(state): Held<State>, room: Room, Asker(ctx): Asker) -> Reply {
    let requests = state.identity.requests(&ctx).await?;
    let waiting = requests.iter().filter(|one| stands(one, ctx.now).0 == WAITS).count();
    let columns = vec![
        Column::text("Who"),
        Column::text("As"),
        Column::text("How"),
        Column::short("When"),
        Column::short("State"),
    ];
    let rows = requests.iter().map(|one| {
        let (words, tone) = stands(one, ctx.now);
        Row(vec![
            Cell::link(one.name.clone(), format!("{HERE}/{}", one.person)),
            Cell::text(state.identity.title(&one.role)),
            Cell::text(way(one.way)),
            Cell::text(ago(one.since, ctx.now)),
            Cell::part(&Tag::new(tone, words)),
        ])
    });
    let empty = Empty::new(
        "Nobody has asked yet",
        "Whoever asks for access, or joins by invitation or by policy, stands here.",
    );
    let body = RequestsPage { waiting, requests: Table::new("Requests for access", columns, rows.collect(), empty) };
    joining_page(&state, &room, "Requests for access", HERE, StatusCode::OK, body)
}

pub(in super::super) async fn show(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Path(who): Path<String>,
) -> Reply {
    let request = state.identity.request(&ctx, named(&who)?).await?.request;
    let form = Returned { fields: Fields::of(&[("role", &request.role)]), ..Returned::blank() };
    request_page(&state, &room, &request, &form, StatusCode::OK)
}

pub(in super::super) async fn decide(
    Held(state): Held<State>,
    room: Room,
    Asker(ctx): Asker,
    Path(who): Path<String>,
    Form(sent): Form<Decided>,
) -> Reply {
    let asked = state.identity.request(&ctx, named(&who)?).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => {
            return request_page(&state, &room, &asked.request, &returned, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    let request = asked.request.clone();
    match state.identity.decide_request(&ctx, asked, draft.value.verdict, draft.value.reason).await {
        Ok(()) => Ok(see_other(&Next::own(HERE))),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            request_page(&state, &room, &request, &returned, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

const WAITS: &str = "Waits";

fn stands(request: &AccessRequest, now: Time) -> (&'static str, Tone) {
    match &request.decision {
        None if now >= request.answer_by => ("Over, unanswered", Tone::Plain),
        None => (WAITS, Tone::Warn),
        Some(decision) if decision.outcome == Outcome::Accepted => ("Accepted", Tone::Good),
        Some(_) => ("Declined", Tone::Plain),
    }
}

const fn way(way: Way) -> &'static str {
    match way {
        Way::Approval => "Asked",
        Way::Invitation { .. } => "Was invited",
        Way::VerifiedDomain => "Address of your domain",
        Way::Open => "Open sign-up",
    }
}

fn named(who: &str) -> Result<SubjectId, Refusal> {
    who.parse().map_err(|_| Refusal::not_found())
}

fn request_page(state: &State, room: &Room, request: &AccessRequest, form: &Returned, status: StatusCode) -> Reply {
    let (words, tone) = stands(request, room.now());
    let mut facts = vec![
        ("E-mail address", Cell::text(format!("{} (proven by a code)", request.email))),
        ("As", Cell::text(state.identity.title(&request.role))),
        ("How", Cell::text(way(request.way))),
        ("Since", Cell::text(ago(request.since, room.now()))),
    ];
    if let Some(decision) = &request.decision {
        facts.push(("Decided", Cell::text(ago(decision.at, room.now()))));
        facts.push((
            "By",
            Cell::text(decision.by.map_or("the policy for signing up".to_owned(), |by| format!("account {by}"))),
        ));
        facts.push(("Reason", Cell::text(decision.reason.clone())));
    }
    let roles = state.identity.roles_to_offer().into_iter().map(|(name, title)| Choice::new(name, title)).collect();
    let open = request.decision.is_none() && room.now() < request.answer_by;
    let decide = open.then(|| Decide {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        action: format!("{HERE}/{}", request.person),
        role: Select::new("role", "What they will do here", roles, form),
        reason: Area::new("reason", "Reason", 3, form)
            .hint("It is kept as evidence. If you decline, it is told to whoever asked."),
        accept: Button::primary("Accept").sends("verdict", "accept"),
        decline: Button::quiet("Decline").sends("verdict", "decline"),
    });
    let body = RequestPage {
        name: request.name.clone(),
        facts: Facts::new(facts),
        state: Tag::new(tone, words),
        form: decide,
    };
    joining_page(state, room, "Request for access", HERE, status, body)
}
