use std::collections::BTreeMap;

use access::Ctx;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use model::{No, Refusal, Time};
use web::parts::{Area, Button, Cell, Column, Crumbs, Empty, ErrorSummary, Facts, Figures, Row, Table, Tag, Tone};
use web::{Asker, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, page, see_other, status_of};

use super::{Held, frame, grouped, may, moment};
use crate::Watch;
use crate::digest::top;
use crate::kinds::{Digest, Tally};
use crate::rules::week::Week;

/// Weeks that are listed.
const WEEKS: usize = 12;
/// A week is to be signed off within so many days of its end.
const DUE_DAYS: i64 = 7;

#[derive(Template)]
#[template(path = "digests.html")]
struct DigestsPage {
    words: String,
    table: Table,
}

#[derive(Template)]
#[template(path = "digest.html")]
struct DigestPage {
    up: Crumbs,
    heading: String,
    words: String,
    figures: Figures,
    tables: Vec<(&'static str, Table)>,
    signed: Option<(Facts, String)>,
    sign: Option<Sign>,
}

struct Sign {
    action: String,
    token: FormToken,
    summary: ErrorSummary,
    remarks: Area,
    go: Button,
}

/// What the signer says.
pub(super) struct Signing {
    remarks: String,
}

impl FromForm for Signing {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let remarks =
            read.required("remarks", "Say what you looked at, or that nothing was out of the ordinary.", |text| {
                if text.chars().count() <= 2000 {
                    Ok(text.to_owned())
                } else {
                    Err("Say it in fewer words.".to_owned())
                }
            });
        Some(Self { remarks: remarks? })
    }
}

pub(super) async fn list(State(watch): Held, Asker(ctx): Asker, room: Room) -> Reply {
    let mut weeks = vec![Week::of(ctx.now)];
    while weeks.len() < WEEKS {
        weeks.extend(weeks.last().map(|week| week.before()));
    }
    let days: Vec<String> = weeks.iter().rev().flat_map(|week| week.days()).collect();
    let mut by_day: BTreeMap<String, Tally> = BTreeMap::new();
    for some in days.chunks(vault::limits::PAGE_MAX) {
        by_day.extend(watch.tallies(&ctx, some).await?);
    }
    let signed = watch.signed(&ctx, &weeks).await?;
    let rows = weeks.iter().map(|week| {
        let mut tally = Tally::default();
        week.days().iter().filter_map(|day| by_day.get(day)).for_each(|day| tally.add(day));
        let name = week.name();
        Row(vec![
            Cell::link(&name, format!("/attacks/digest/{name}")),
            Cell::text(grouped(tally.blocked)),
            Cell::text(grouped(tally.observed)),
            state(*week, signed.get(&name), &tally, ctx.now),
        ])
    });
    let columns =
        vec![Column::short("Week"), Column::number("Blocked"), Column::number("Observed"), Column::text("Signed off")];
    let table = Table::new("Weeks of attempts", columns, rows.collect(), Empty::new("", ""));
    let due = weeks.iter().filter(|week| is_due(**week, &by_day, signed.contains_key(&week.name()), ctx.now)).count();
    let words = match due {
        0 => "Nothing waits for a signature".to_owned(),
        1 => "1 week waits for a signature".to_owned(),
        due => format!("{due} weeks wait for a signature"),
    };
    page(frame(&room, "Weekly digest"), DigestsPage { words, table })
}

fn is_due(week: Week, by_day: &BTreeMap<String, Tally>, signed: bool, now: Time) -> bool {
    let any = week.days().iter().any(|day| by_day.get(day).is_some_and(|tally| tally.all() > 0));
    any && !signed && week.is_over(now)
}

fn state(week: Week, signed: Option<&Digest>, tally: &Tally, now: Time) -> Cell {
    match signed {
        Some(digest) => Cell::text(format!("{} by {}", moment(digest.signed), digest.name)),
        None if !week.is_over(now) => Cell::faint("still running"),
        None if tally.all() == 0 => Cell::faint("nothing to sign"),
        None if week.is_over(now.plus_seconds(-DUE_DAYS * 86_400)) => Cell::part(&Tag::new(Tone::Warn, "overdue")),
        None => Cell::part(&Tag::new(Tone::Accent, "to sign")),
    }
}

pub(super) async fn show(State(watch): Held, Asker(ctx): Asker, room: Room, Path(week): Path<String>) -> Reply {
    let week = Week::named(&week, ctx.now).ok_or_else(Refusal::not_found)?;
    one(&watch, &ctx, &room, week, &Returned::blank(), StatusCode::OK).await
}

pub(super) async fn sign(
    State(watch): Held,
    Asker(ctx): Asker,
    room: Room,
    Path(week): Path<String>,
    Form(form): Form<Signing>,
) -> Reply {
    let week = Week::named(&week, ctx.now).ok_or_else(Refusal::not_found)?;
    let (returned, status) = match form {
        Ok(draft) => {
            let name = room.account().map_or_else(String::new, |account| account.name.clone());
            match watch.sign(&ctx, week, name, draft.value.remarks).await {
                Ok(()) => return Ok(see_other(&Next::own("/attacks/digest"))),
                Err(No::Refusal(refusal)) => (Returned::refused(draft.fields, &refusal), status_of(refusal.kind)),
                Err(fault) => return Err(fault.into()),
            }
        }
        Err(returned) => (returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    one(&watch, &ctx, &room, week, &returned, status).await
}

async fn one(watch: &Watch, ctx: &Ctx, room: &Room, week: Week, form: &Returned, status: StatusCode) -> Reply {
    let tally = watch.week(ctx, week).await?;
    let name = week.name();
    let digest = watch.signed(ctx, &[week]).await?.remove(&name);
    let signs = digest.is_none() && week.is_over(ctx.now) && may(watch, ctx, "digest.sign");
    let days = week.days();
    let words = match (days.first(), days.last()) {
        (Some(first), Some(last)) => format!("{first} to {last}"),
        _ => String::new(),
    };
    let body = DigestPage {
        up: Crumbs { up: vec![("Weekly digest".to_owned(), "/attacks/digest".to_owned())] },
        heading: format!("Week {name}"),
        words,
        figures: Figures::new(&[
            (tally.blocked, "went no further"),
            (tally.observed, "were only observed"),
            (tally.sources.len() as u64, "sources"),
        ]),
        tables: vec![
            ("Sorts", counted("Sort", &tally.sorts)),
            ("Rules", counted("Rule", &tally.rules)),
            ("Routes", counted("Route", &tally.routes)),
            ("Sources", counted("Source", &tally.sources)),
        ],
        signed: digest.map(|digest| {
            let facts = Facts::new(vec![
                ("Signed off by", Cell::text(&digest.name)),
                ("When", Cell::text(format!("{} UTC", moment(digest.signed)))),
                ("Exclusions in force then", Cell::text(digest.exclusions.to_string())),
            ]);
            (facts, digest.remarks)
        }),
        sign: signs.then(|| Sign {
            action: format!("/attacks/digest/{name}"),
            token: room.form_token(),
            summary: ErrorSummary::of(form),
            remarks: Area::new("remarks", "What did you look at, and what follows from it?", 4, form),
            go: Button::primary("Sign off this week"),
        }),
    };
    page(frame(room, format!("Week {name}")).status(status), body)
}

fn counted(column: &str, counts: &BTreeMap<String, u64>) -> Table {
    let rows = top(counts, 10).into_iter().map(|(name, count)| Row(vec![Cell::text(name), Cell::text(grouped(count))]));
    let columns = vec![Column::text(column), Column::number("Attempts")];
    Table::new(column, columns, rows.collect(), Empty::new("None", ""))
}
