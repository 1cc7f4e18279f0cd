use askama::Template;
use axum::extract::{Query, State as Held};
use model::{RecordId, Refusal, RefusalKind};
use serde::Deserialize;
use vault::limits;
use web::parts::{Button, ButtonLink, Cell, Column, Empty, Field, Kind, Pages, Row, Table, Tabs};
use web::{Asker, Fields, Reply, Returned, Room, page};

use super::{born, frame, listed_name, may, nhs};
use crate::State;
use crate::fhir::Type;
use crate::fhir::search::{Handling, plan};
use crate::records::{self, Page, Part};
use crate::rules::seeking::{Seeking, encode};
use crate::rules::view::Person;

/// Patients on one page.
const SHOWN: usize = limits::PAGE_MAX;
const HERE: &str = "/practice/patients";

#[derive(Template)]
#[template(path = "patients.html")]
struct PatientsPage {
    heading: String,
    words: String,
    new: Option<ButtonLink>,
    find: Field,
    go: Button,
    clear: Option<ButtonLink>,
    table: Table,
    pages: Option<Pages>,
}

/// Which patients.
#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    letter: String,
    after: Option<String>,
    before: Option<String>,
}

/// Where the page stands in the list.
enum Place {
    First,
    After(RecordId),
    Before(RecordId),
}

pub(super) async fn list(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let seeking = Seeking::read(&wanted.q);
    let query = match (seeking.is_empty(), wanted.letter.as_str()) {
        (false, _) => seeking.query(),
        (true, "") => String::new(),
        (true, letter) => format!("family={}", encode(letter)),
    };
    let place = place(&wanted)?;
    let plan = plan(Type::Patient, &query, Handling::Strict, ctx.now)?;
    let (after, newest_first) = match place {
        Place::First => (None, true),
        Place::After(id) => (Some(id), true),
        Place::Before(id) => (Some(id), false),
    };
    let part = Part { limit: SHOWN, after, newest_first };
    let mut found = records::find(&state.vault, &ctx, &plan, part).await?;
    if !newest_first {
        found.found.reverse();
    }
    let mut people = Vec::with_capacity(found.found.len());
    for kept in &found.found {
        people.push((kept.id.clone(), Person::of(&kept.resource()?)));
    }
    let pages = pages(&wanted, &place, &found);
    if pages.is_none() {
        people.sort_by_cached_key(|(_, person)| model::fold(&format!("{} {}", person.family, person.given)));
    }
    let rows = people.iter().map(|(id, person)| {
        Row(vec![
            Cell::link(listed_name(person), format!("{HERE}/{id}")),
            Cell::text(born(person, ctx.now)),
            nhs(person),
            reach(person),
        ])
    });
    let sought = !query.is_empty();
    let new = may(&state, &ctx, "patient.create");
    let table = Table::new("Patients", columns(), rows.collect(), empty(sought, new));
    let fields = Returned { fields: Fields::of(&[("q", wanted.q.trim())]), ..Returned::blank() };
    let body = PatientsPage {
        heading: heading(&wanted, sought),
        words: words(&found, sought, pages.is_none()),
        new: new.then(|| ButtonLink::quiet("New patient", "/practice/patients/new")),
        find: Field::new("q", "Find a patient", Kind::Search, &fields)
            .hint("Any part of the name, a date of birth such as 4/3/1988, or an NHS number."),
        go: Button::primary("Find"),
        clear: sought.then(|| ButtonLink::quiet("Show all", HERE)),
        table,
        pages,
    };
    page(frame(&room, "Patients").tabs(letters(&wanted, sought)), body)
}

fn columns() -> Vec<Column> {
    vec![Column::text("Name"), Column::short("Born"), Column::short("NHS number"), Column::short("Reached by")]
}

fn reach(person: &Person) -> Cell {
    match person.telecoms.first() {
        Some((_, value)) => Cell::text(value),
        None => Cell::faint("nothing recorded"),
    }
}

fn place(wanted: &Wanted) -> Result<Place, Refusal> {
    let id = |text: &str| {
        text.parse().map_err(|_| {
            Refusal::new(RefusalKind::Malformed, "This part of the list does not exist. Begin again with all patients.")
        })
    };
    match (&wanted.after, &wanted.before) {
        (Some(after), _) => Ok(Place::After(id(after)?)),
        (None, Some(before)) => Ok(Place::Before(id(before)?)),
        (None, None) => Ok(Place::First),
    }
}

/// The ways to the parts before and after, if all do not fit one page.
fn pages(wanted: &Wanted, place: &Place, page: &Page) -> Option<Pages> {
    let record = |at: Option<&records::Kept>| at.map(|kept| kept.id.record(Type::Patient).to_string());
    let (first, last) = (record(page.found.first()), record(page.found.last()));
    let more = page.next.is_some();
    let (before, after) = match place {
        Place::First => (None, last.filter(|_| more)),
        Place::After(_) => (first, last.filter(|_| more)),
        Place::Before(_) => (first.filter(|_| more), last),
    };
    if before.is_none() && after.is_none() {
        return None;
    }
    let link = |name: &str, id: String| {
        format!("{HERE}?q={}&letter={}&{name}={id}", encode(wanted.q.trim()), encode(&wanted.letter))
    };
    let shown = page.found.len();
    Some(Pages {
        words: format!("{shown} on this page"),
        before: before.map(|id| link("before", id)),
        after: after.map(|id| link("after", id)),
    })
}

fn heading(wanted: &Wanted, sought: bool) -> String {
    match (sought, wanted.q.trim()) {
        (false, _) => "Patients".to_owned(),
        (true, "") => format!("Patients under {}", wanted.letter.to_uppercase()),
        (true, text) => format!("Patients found for “{text}”"),
    }
}

fn words(page: &Page, sought: bool, whole: bool) -> String {
    let people = |count: usize| if count == 1 { "1 patient".to_owned() } else { format!("{count} patients") };
    match (sought, whole) {
        _ if page.candidates >= limits::CANDIDATES_MAX => "More than 20,000 patients".to_owned(),
        (_, true) => people(page.found.len()),
        (false, false) => people(page.candidates),
        (true, false) => format!("About {}", people(page.candidates)),
    }
}

fn empty(sought: bool, may_add: bool) -> Empty {
    let action = may_add.then(|| ButtonLink::quiet("Add a patient", "/practice/patients/new"));
    if sought {
        let words = "Check the spelling, type less of the name, or search by date of birth.";
        return Empty { heading: "Nobody was found".into(), words: words.into(), action };
    }
    let words = "Everybody who is cared for here will be listed.";
    Empty { heading: "No patients yet".into(), words: words.into(), action }
}

fn letters(wanted: &Wanted, sought: bool) -> Tabs {
    let current = match (sought, wanted.q.trim()) {
        (false, _) => HERE.to_owned(),
        (true, "") => format!("{HERE}?letter={}", wanted.letter.to_uppercase()),
        (true, _) => String::new(),
    };
    let names: Vec<String> = ('A'..='Z').map(String::from).collect();
    let mut pairs = vec![("All", HERE.to_owned())];
    pairs.extend(names.iter().map(|letter| (letter.as_str(), format!("{HERE}?letter={letter}"))));
    Tabs::new("Patients by the first letter of the family name", &pairs, &current)
}
