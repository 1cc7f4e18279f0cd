use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use model::{No, Refusal};
use serde::Deserialize;
use web::parts::{Area, Button, ButtonLink, Cell, Code, Crumbs, ErrorSummary, Facts};
use web::{Asker, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of};

use super::{Held, frame, named};
use crate::Watch;
use crate::exclusions::{Narrow, Pair};
use crate::kinds::Attempt;
use crate::rules::narrow;

#[derive(Template)]
#[template(path = "exclude.html")]
struct ExcludePage {
    up: Crumbs,
    action: String,
    token: FormToken,
    summary: ErrorSummary,
    facts: Facts,
    rule: u32,
    place: String,
    reason: Area,
    go: Button,
    back: ButtonLink,
}

/// Which rule, and where.
#[derive(Deserialize)]
pub(super) struct Wanted {
    rule: u32,
    place: String,
}

pub(super) struct Draft {
    rule: u32,
    place: String,
    reason: String,
}

impl FromForm for Draft {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let rule = read.required("rule", "Begin again from the attempt.", |text| {
            text.parse().map_err(|_| "Begin again from the attempt.".to_owned())
        });
        let place = read.required("place", "Begin again from the attempt.", |text| Ok(text.to_owned()));
        let reason = read.required("reason", "Say why the rule is wrong here.", |text| match text.chars().count() {
            10..=1000 => Ok(text.to_owned()),
            0..10 => Err("Say it in a sentence, so that others understand it later.".to_owned()),
            _ => Err("Say it in fewer than 1,000 characters.".to_owned()),
        });
        Some(Self { rule: rule?, place: place?, reason: reason? })
    }
}

pub(super) async fn ask(
    State(watch): Held,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let (attempt, _) = watch.vault().read_as::<Attempt>(&ctx, named(&id)?).await?;
    let pair = Pair { rule: wanted.rule, place: wanted.place };
    show(&watch, &room, &id, &attempt, &pair, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn make(
    State(watch): Held,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(form): Form<Draft>,
) -> Reply {
    let attempt = named(&id)?;
    let (returned, pair, status) = match form {
        Ok(draft) => {
            let pair = Pair { rule: draft.value.rule, place: draft.value.place };
            let narrow = Narrow { attempt, pair: pair.clone(), reason: draft.value.reason };
            match watch.exclude(&ctx, &narrow).await {
                Ok(_) => return Ok(see_other(&Next::own("/attacks/exclusions"))),
                Err(No::Refusal(refusal)) => {
                    let status = status_of(refusal.kind);
                    (Returned::refused(draft.fields, &refusal), pair, status)
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(returned) => {
            let rule = returned.fields.value("rule").parse().map_err(|_| Refusal::not_found())?;
            let place = returned.fields.value("place").to_owned();
            (returned, Pair { rule, place }, StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let (record, _) = watch.vault().read_as::<Attempt>(&ctx, attempt).await?;
    show(&watch, &room, &id, &record, &pair, &returned, status)
}

fn show(
    watch: &Watch,
    room: &Room,
    id: &str,
    attempt: &Attempt,
    pair: &Pair,
    form: &Returned,
    status: StatusCode,
) -> Reply {
    let says = watch.inspector().told(pair.rule).map(|told| told.message).unwrap_or_default();
    let field = narrow::field(&pair.place).ok_or_else(Refusal::not_found)?;
    let root = format!("/attacks/one/{id}");
    let up = vec![("Attacks".to_owned(), "/attacks".to_owned()), ("Attempt".to_owned(), root.clone())];
    let body = ExcludePage {
        up: Crumbs { up },
        action: format!("{root}/exclude"),
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        facts: Facts::new(vec![
            ("Rule", Cell::text(format!("{} · {says}", pair.rule))),
            ("Route", Cell::text(format!("{} {}", attempt.method, attempt.route))),
            ("Field", Cell::part(&Code(field.clone()))),
        ]),
        rule: pair.rule,
        place: pair.place.clone(),
        reason: Area::new("reason", "Why is this not an attack?", 3, form)
            .hint("For whoever looks at this exclusion in a year. No names of patients."),
        go: Button::primary("Let it pass from now on"),
        back: ButtonLink::quiet("Back", root),
    };
    page(frame(room, "Not an attack").width(Width::Reading).status(status), body)
}
