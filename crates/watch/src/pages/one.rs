use access::Ctx;
use askama::Template;
use axum::extract::{Path, State};
use model::{Answer, RecordId};
use shield::Decision;
use web::parts::{Button, ButtonLink, Cell, Code, Column, Crumbs, Empty, Facts, Notice, Row, Table, Tone};
use web::{Asker, Form, FormToken, FromForm, Reader, Reply, Room, page};

use super::overview::{decision, encoded};
use super::{Held, attempts, frame, may, moment, named, sorts};
use crate::Watch;
use crate::kinds::{Attempt, Content};
use crate::rules::narrow;

#[derive(Template)]
#[template(path = "one.html")]
struct OnePage {
    up: Crumbs,
    heading: String,
    notice: Option<Notice>,
    facts: Facts,
    table: Table,
    content: Option<ButtonLink>,
    again: Option<(String, FormToken, Button)>,
    words: &'static str,
}

#[derive(Template)]
#[template(path = "content.html")]
struct ContentPage {
    up: Crumbs,
    facts: Facts,
    table: Table,
    body: String,
    whole: bool,
}

/// Nothing but the form token.
pub(super) struct Nothing;

impl FromForm for Nothing {
    fn from_form(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

pub(super) async fn show(State(watch): Held, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let id = named(&id)?;
    let (attempt, _) = watch.vault().read_as::<Attempt>(&ctx, id).await?;
    one(&watch, &ctx, &room, id, &attempt, None)
}

fn one(watch: &Watch, ctx: &Ctx, room: &Room, id: RecordId, attempt: &Attempt, notice: Option<Notice>) -> Reply {
    let root = format!("/attacks/one/{id}");
    let opens = attempt.has_content() && may(watch, ctx, "attack.open");
    let excludes = attempt.count == 1 && attempt.route != "none" && may(watch, ctx, "exclusion.create");
    let mut rows = Vec::new();
    for noted in &attempt.noted {
        let places = if noted.places.is_empty() { &[String::new()] as &[String] } else { &noted.places };
        for place in places {
            let way = match narrow::field(place) {
                Some(_) if excludes => {
                    let href = format!("{root}/exclude?rule={}&place={}", noted.rule, encoded(place));
                    Cell::link("Not an attack", href)
                }
                _ => Cell::faint(""),
            };
            let rule = Cell::link(noted.rule.to_string(), format!("/attacks?rule={}", noted.rule));
            rows.push(Row(vec![rule, Cell::text(&noted.words), Cell::part(&Code(place.clone())), way]));
        }
    }
    let columns = vec![
        Column::short("Rule"),
        Column::text("What it says"),
        Column::text("Where"),
        Column::short("If it is wrong"),
    ];
    let empty = Empty::new("No rule matched", "The request went beyond a limit.");
    let heading = match attempt.count {
        1 => format!("Attempt: {}", sorts(attempt)),
        count => format!("{} within a minute", attempts(count)),
    };
    let body = OnePage {
        up: Crumbs { up: vec![("Attacks".to_owned(), "/attacks".to_owned())] },
        heading: heading.clone(),
        notice,
        facts: facts(attempt),
        table: Table::new("Rules that matched", columns, rows, empty),
        content: opens.then(|| ButtonLink::quiet("Open what it contained", format!("{root}/content"))),
        again: opens.then(|| {
            (format!("{root}/again"), room.form_token(), Button::quiet("Judge it again by the rules of today"))
        }),
        words: match attempt.has_content() {
            true => "What it contained can be somebody's health data. Opening it is recorded.",
            false => "What it contained is not kept.",
        },
    };
    page(frame(room, heading), body)
}

fn facts(attempt: &Attempt) -> Facts {
    let mut pairs = vec![
        ("When", Cell::text(format!("{} UTC", moment(attempt.at)))),
        ("Decision", decision(attempt)),
        ("Route", Cell::text(format!("{} {}", attempt.method, attempt.route))),
        ("From", Cell::link(&attempt.source, format!("/attacks?source={}", encoded(&attempt.source)))),
        ("Who", attempt.who.as_ref().map_or_else(|| Cell::faint("nobody known"), Cell::text)),
        ("Score", Cell::text(attempt.score.to_string())),
    ];
    if let Some(limit) = &attempt.limit {
        pairs.push(("Limit", Cell::text(limit)));
    }
    if let Some(request) = attempt.request {
        pairs.push(("Request", Cell::part(&Code(request.to_string()))));
    }
    Facts::new(pairs)
}

/// The content, which the vault records as opened.
pub(super) async fn content(State(watch): Held, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let id = named(&id)?;
    let (content, _) = watch.vault().read_as::<Content>(&ctx, id).await?;
    let rows = content.shown.iter().map(|shown| {
        Row(vec![
            Cell::text(shown.rule.to_string()),
            Cell::part(&Code(shown.place.clone())),
            Cell::part(&Code(shown.text.clone())),
        ])
    });
    let columns = vec![Column::short("Rule"), Column::text("Where"), Column::text("What stood there")];
    let empty = Empty::new("Nothing was matched", "The request went beyond a limit.");
    let kept = &content.kept;
    let up = vec![("Attacks".to_owned(), "/attacks".to_owned()), ("Attempt".to_owned(), format!("/attacks/one/{id}"))];
    let body = ContentPage {
        up: Crumbs { up },
        facts: Facts::new(vec![
            ("Address", Cell::part(&Code(format!("{} {}", kept.method, kept.uri)))),
            ("Kept until", Cell::text(format!("{} UTC", moment(content.ends)))),
        ]),
        table: Table::new("What rules matched", columns, rows.collect(), empty),
        body: content.body_text()?,
        whole: kept.whole,
    };
    page(frame(&room, "What an attempt contained"), body)
}

pub(super) async fn again(
    State(watch): Held,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(form): Form<Nothing>,
) -> Reply {
    let id = named(&id)?;
    let (attempt, _) = watch.vault().read_as::<Attempt>(&ctx, id).await?;
    let notice = match form {
        Err(_) => Notice::new(Tone::Warn, "Nothing was done", "This page had been open for too long. Try again."),
        Ok(_) => judged(&watch, &ctx, id, &attempt).await?,
    };
    one(&watch, &ctx, &room, id, &attempt, Some(notice))
}

/// What the rules of today say of a kept request, exclusions of today included.
async fn judged(watch: &Watch, ctx: &Ctx, id: RecordId, attempt: &Attempt) -> Answer<Notice> {
    let (content, _) = watch.vault().read_as::<Content>(ctx, id).await?;
    let verdict = content.judge(watch, ctx.tenant, ctx.request, ctx.now)?;
    let mut ids: Vec<String> = verdict.ids().iter().map(u32::to_string).collect();
    ids.dedup();
    let part =
        if content.kept.whole { "" } else { " Only part of the request is kept, so it may be judged differently." };
    let was = format!("It scored {} then, and scores {} today.", attempt.score, verdict.score);
    Ok(match verdict.decision {
        Decision::Pass if ids.is_empty() => {
            Notice::new(Tone::Good, "Today it would pass", format!("{was} No rule matches.{part}"))
        }
        Decision::Pass => Notice::new(
            Tone::Good,
            "Today it would pass",
            format!("{was} These rules match: {}.{part}", ids.join(", ")),
        ),
        Decision::Block(_) | Decision::WouldBlock(_) => Notice::new(
            Tone::Warn,
            "Today it would be blocked again",
            format!("{was} These rules match: {}.{part}", ids.join(", ")),
        ),
    })
}
