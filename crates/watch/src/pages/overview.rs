use askama::Template;
use axum::extract::{Query, State};
use model::{Kind, RecordId};
use serde::Deserialize;
use vault::{Clause, Needle, limits};
use web::parts::{Bars, ButtonLink, Cell, Column, Day, Empty, Figures, Pages, Row, Table, Tag, Tone};
use web::{Asker, Reply, Room, page};

use super::{Held, attempts, days, frame, grouped, moment, named, sorts, tabs};
use crate::kinds::{Attempt, Tally, Verdict};

/// Days in the picture.
const DAYS: i64 = 7;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    heading: String,
    words: String,
    figures: Option<Figures>,
    bars: Option<Bars>,
    all: Option<ButtonLink>,
    table: Table,
    pages: Option<Pages>,
}

/// Which attempts.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    rule: Option<u32>,
    source: Option<String>,
    route: Option<String>,
    sort: Option<String>,
    after: Option<String>,
}

impl Wanted {
    fn clauses(&self) -> Vec<Clause> {
        let exact = |field: &'static str, value: &Option<String>| {
            value.as_ref().map(|value| Clause { field, any: vec![Needle::Exact(value.clone())] })
        };
        let rule = self.rule.map(|rule| rule.to_string());
        let all = [
            exact("rules", &rule),
            exact("source", &self.source),
            exact("route", &self.route),
            exact("sorts", &self.sort),
        ];
        all.into_iter().flatten().collect()
    }

    fn words(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.rule.map(|rule| format!("by rule {rule}")));
        words.extend(self.source.as_ref().map(|source| format!("from {source}")));
        words.extend(self.route.as_ref().map(|route| format!("on {route}")));
        words.extend(self.sort.as_ref().map(|sort| format!("of the sort {sort}")));
        words.join(" ")
    }

    fn href(&self, after: RecordId) -> String {
        let mut href = format!("/attacks?after={after}");
        for (name, value) in [
            ("rule", self.rule.map(|rule| rule.to_string())),
            ("source", self.source.clone()),
            ("route", self.route.clone()),
            ("sort", self.sort.clone()),
        ] {
            if let Some(value) = value {
                href.push_str(&format!("&{name}={}", encoded(&value)));
            }
        }
        href
    }
}

pub(super) async fn show(State(watch): Held, Asker(ctx): Asker, room: Room, Query(wanted): Query<Wanted>) -> Reply {
    let after = wanted.after.as_deref().map(named).transpose()?;
    let clauses = wanted.clauses();
    let is_all = clauses.is_empty();
    let tallies = match is_all && after.is_none() {
        true => watch.tallies(&ctx, &days(ctx.now, DAYS)).await?,
        false => Vec::new(),
    };
    let query = vault::Query { clauses, after, limit: limits::PAGE_MAX, ..vault::Query::all(Attempt::DECL) };
    let found = watch.vault().search(&ctx, &query).await?;
    let mut rows = Vec::with_capacity(found.page.len());
    for opened in &found.page {
        rows.push(row(opened.id, &opened.record()?));
    }
    let columns = vec![
        Column::short("When"),
        Column::text("What"),
        Column::text("Route"),
        Column::short("From"),
        Column::short("Decision"),
    ];
    let empty =
        Empty::new("Nothing looked like an attack", "Every request is inspected; what looks like one stands here.");
    let mut week = Tally::default();
    tallies.iter().for_each(|(_, tally)| week.add(tally));
    let first = !tallies.is_empty();
    let body = Overview {
        heading: if is_all { "Attacks".to_owned() } else { format!("Attempts {}", wanted.words()) },
        words: match (is_all, first) {
            (true, true) => format!("{} in the last seven days", attempts(week.all())),
            (true, false) => "Earlier attempts".to_owned(),
            (false, _) => format!("{} records", grouped(found.total as u64)),
        },
        figures: first.then(|| {
            Figures::new(&[
                (week.blocked, "went no further"),
                (week.observed, "were only observed"),
                (week.sources.len() as u64, if week.sources.len() == 1 { "source" } else { "sources" }),
                (week.rules.len() as u64, if week.rules.len() == 1 { "rule matched" } else { "rules matched" }),
            ])
        }),
        bars: first.then(|| bars(&tallies, &week)),
        all: (!is_all).then(|| ButtonLink::quiet("Show all", "/attacks")),
        table: Table::new("Attempts, newest first", columns, rows, empty),
        pages: found.next.map(|next| Pages {
            words: format!("{} on this page", found.page.len()),
            before: None,
            after: Some(wanted.href(next)),
        }),
    };
    page(frame(&room, "Attacks").tabs(tabs(if is_all { "/attacks" } else { "" })), body)
}

/// One row of the list.
fn row(id: RecordId, attempt: &Attempt) -> Row {
    let what = match attempt.count {
        1 => sorts(attempt),
        count => format!("{}: {}", attempts(count), sorts(attempt)),
    };
    Row(vec![
        Cell::link(moment(attempt.at), format!("/attacks/one/{id}")),
        Cell::text(what),
        Cell::text(format!("{} {}", attempt.method, attempt.route)),
        Cell::text(&attempt.source),
        decision(attempt),
    ])
}

/// What was decided, with an icon and a word.
pub(super) fn decision(attempt: &Attempt) -> Cell {
    let tone = match attempt.verdict {
        Verdict::Blocked => Tone::Plain,
        Verdict::Observed => Tone::Warn,
    };
    Cell::part(&Tag::new(tone, attempt.verdict.words()))
}

/// Every hour of seven days.
fn bars(tallies: &[(String, Tally)], week: &Tally) -> Bars {
    let mut counts = Vec::with_capacity(tallies.len() * 24);
    let mut labels = Vec::new();
    for (day, tally) in tallies {
        labels.push((
            counts.len(),
            Day::parse(day).map_or_else(|| day.clone(), |day| day.short().chars().take(6).collect()),
        ));
        for (hour, count) in tally.hours.iter().enumerate() {
            counts.push((*count, format!("{day} {hour:02}:00 UTC: {}", attempts(*count))));
        }
    }
    let days: Vec<String> = tallies.iter().map(|(day, tally)| format!("{day} {}", tally.all())).collect();
    let words = format!("{} in seven days, by hour. By day: {}.", attempts(week.all()), days.join(", "));
    Bars::new(words, &counts, labels)
}

/// A value as it stands in a query.
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
