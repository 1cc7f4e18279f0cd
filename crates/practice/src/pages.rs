//! Pages for people who work in a practice.

mod document;
mod edit;
mod history;
mod patient;
mod patients;
mod practitioners;

use access::{Ask, Ctx, decide};
use model::{Answer, Refusal, Time};
use web::parts::{Cell, Day, PatientBanner, PatientName, Tabs};
use web::{Frame, NavItem, Needs, Room, Site};

use crate::State;
use crate::fhir::{FhirId, Type};
use crate::kinds;
use crate::records::Kept;
use crate::rules::nhs_number;
use crate::rules::view::Person;

/// The practice's addresses in the top bar.
pub const NAV: [NavItem; 2] = [
    NavItem { words: "Patients", href: "/practice/patients" },
    NavItem { words: "Practitioners", href: "/practice/practitioners" },
];

/// Every page of the practice.
pub(crate) fn site(state: State) -> Site {
    let may = Needs::Permission;
    Site::pages()
        .get("/practice/patients", may("patient.read"), "Find patients.", patients::list)
        .get("/practice/patients/new", may("patient.create"), "Enter a new patient's details.", edit::begin)
        .post("/practice/patients/new", may("patient.create"), "Add a patient.", edit::add)
        .get("/practice/patients/{id}", may("patient.read"), "Show a patient.", patient::show)
        .get(
            "/practice/patients/{id}/edit",
            may("patient.update"),
            "Show a patient's details to be changed.",
            edit::open,
        )
        .post("/practice/patients/{id}/edit", may("patient.update"), "Change a patient's details.", edit::save)
        .get(
            "/practice/patients/{id}/history",
            may("patient.read"),
            "Show what changed in a patient's details.",
            history::show,
        )
        .get(
            "/practice/patients/{id}/documents/{doc}",
            may("document.read"),
            "Show a clinical document.",
            document::show,
        )
        .get(
            "/practice/patients/{id}/documents/{doc}/content/{n}",
            may("document.read"),
            "Download the bytes of a clinical document.",
            document::download,
        )
        .get("/practice/practitioners", may("practitioner.read"), "List who gives care here.", practitioners::list)
        .with_state(state)
}

/// The frame of every page of the practice.
fn frame(room: &Room, title: impl Into<String>) -> Frame {
    room.frame(title).nav(&NAV)
}

/// Whether the asker holds a permission, so that a page asks only for what may be shown: an attempt would be recorded
/// as one that nobody made.
fn may(state: &State, ctx: &Ctx, permission: &str) -> bool {
    let wanted = state.vault.registry().permission(permission);
    wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
}

/// The id in an address. What is no id names nothing.
fn named(id: &str) -> Result<FhirId, Refusal> {
    FhirId::parse(id).ok_or_else(Refusal::not_found)
}

/// Reads the patient of an address.
async fn patient_of(state: &State, ctx: &Ctx, id: &str) -> Answer<(Kept, Person)> {
    let id = named(id)?;
    let opened = state.vault.read(ctx, kinds::PATIENT, id.record(Type::Patient)).await?;
    let kept = Kept::named(opened, Type::Patient, id)?;
    let person = Person::of(&kept.resource()?);
    Ok((kept, person))
}

/// The page about one patient, with the banner on top and the tabs of the record.
fn patient_frame(room: &Room, ctx: &Ctx, id: &FhirId, person: &Person, current: &str) -> Frame {
    let root = format!("/practice/patients/{id}");
    let pairs = [("Summary", root.clone()), ("History", format!("{root}/history"))];
    frame(room, listed_name(person)).patient(banner(person, ctx.now)).tabs(Tabs::new("Patient", &pairs, current))
}

fn banner(person: &Person, now: Time) -> PatientBanner {
    PatientBanner {
        name: listed_name(person),
        born: born(person, now),
        nhs_number: person.nhs_number.as_deref().map(nhs_number::spaced),
        facts: Vec::new(),
        alerts: person.alerts.clone(),
    }
}

/// `SURNAME, Forename (Title)`, or the name as it is recorded where it has no family part.
fn listed_name(person: &Person) -> String {
    if !person.has_family() {
        return person.natural();
    }
    let name = PatientName { family: person.family.clone(), given: person.given.clone(), title: person.title.clone() };
    name.to_string()
}

/// `04-Mar-1988 (38y)`, or as much of it as is known.
fn born(person: &Person, now: Time) -> String {
    match (Day::parse(&person.born), Day::of(now)) {
        (Some(day), Some(today)) => format!("{} ({}y)", day.dashed(), day.years_until(today)),
        _ if person.born.is_empty() => "not known".to_owned(),
        _ => month(&person.born),
    }
}

/// `Mar-1988` or `1948`, where the day is not known.
fn month(born: &str) -> String {
    let first = Day::parse(&format!("{born}-01")).map(|day| day.dashed());
    first.and_then(|dashed| dashed.split_once('-').map(|(_, rest)| rest.to_owned())).unwrap_or_else(|| born.to_owned())
}

/// A NHS number in 3-3-4, or that there is none.
fn nhs(person: &Person) -> Cell {
    match &person.nhs_number {
        Some(number) => Cell::text(nhs_number::spaced(number)),
        None => Cell::faint("none"),
    }
}

/// `12 Nov 2026, 14:32 UTC`
fn moment(time: Time) -> String {
    let text = time.to_string();
    let clock = text.get(11..16).unwrap_or_default();
    match Day::of(time) {
        Some(day) => format!("{}, {clock} UTC", day.short()),
        None => text,
    }
}

/// A gender in words.
fn gender(code: &str) -> &'static str {
    match code {
        "male" => "Male",
        "female" => "Female",
        "other" => "Other",
        _ => "Not known",
    }
}
