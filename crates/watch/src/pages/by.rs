use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use web::parts::{Cell, Column, Empty, Row, Table};
use web::{Asker, Reply, Room, page};

use super::overview::encoded;
use super::{Held, attempts, days, frame, grouped, tabs};
use crate::digest::top;
use crate::kinds::Tally;

/// Days that are counted.
const DAYS: i64 = 28;
/// Names that are listed.
const LISTED: usize = 100;

#[derive(Template)]
#[template(path = "by.html")]
struct ByPage {
    heading: &'static str,
    words: String,
    table: Table,
}

/// How attempts are counted.
struct By {
    heading: &'static str,
    column: &'static str,
    here: &'static str,
    /// The parameter of the list that shows one name's attempts.
    parameter: &'static str,
    counts: fn(&Tally) -> &BTreeMap<String, u64>,
}

pub(super) async fn rules(held: Held, asker: Asker, room: Room) -> Reply {
    let by = By {
        heading: "Attempts by rule",
        column: "Rule",
        here: "/attacks/rules",
        parameter: "rule",
        counts: |tally| &tally.rules,
    };
    list(held, asker, room, by).await
}

pub(super) async fn sources(held: Held, asker: Asker, room: Room) -> Reply {
    let by = By {
        heading: "Attempts by source",
        column: "Source",
        here: "/attacks/sources",
        parameter: "source",
        counts: |tally| &tally.sources,
    };
    list(held, asker, room, by).await
}

pub(super) async fn routes(held: Held, asker: Asker, room: Room) -> Reply {
    let by = By {
        heading: "Attempts by route",
        column: "Route",
        here: "/attacks/routes",
        parameter: "route",
        counts: |tally| &tally.routes,
    };
    list(held, asker, room, by).await
}

async fn list(State(watch): Held, Asker(ctx): Asker, room: Room, by: By) -> Reply {
    let mut whole = Tally::default();
    for (_, tally) in watch.tallies(&ctx, &days(ctx.now, DAYS)).await? {
        whole.add(&tally);
    }
    let says = |name: &str| {
        let told = name.parse().ok().and_then(|id| watch.inspector().told(id));
        told.map(|told| told.message).unwrap_or_default()
    };
    let is_rules = by.parameter == "rule";
    let rows = top((by.counts)(&whole), LISTED).into_iter().map(|(name, count)| {
        let mut cells = vec![match name.as_str() {
            "others" => Cell::faint("all others"),
            _ => Cell::link(shown(&name), format!("/attacks?{}={}", by.parameter, encoded(&name))),
        }];
        if is_rules {
            cells.push(Cell::text(says(&name)));
        }
        cells.push(Cell::text(grouped(count)));
        Row(cells)
    });
    let mut columns = vec![Column::text(by.column)];
    if is_rules {
        columns.push(Column::text("What it says"));
    }
    columns.push(Column::number("Attempts"));
    let empty =
        Empty::new("Nothing looked like an attack", "Every request is inspected; what looks like one is counted here.");
    let body = ByPage {
        heading: by.heading,
        words: format!("{} in the last 28 days", attempts(whole.all())),
        table: Table::new(by.heading, columns, rows.collect(), empty),
    };
    page(frame(&room, by.heading).tabs(tabs(by.here)), body)
}

fn shown(name: &str) -> &str {
    if name == "none" { "no route of the house" } else { name }
}
