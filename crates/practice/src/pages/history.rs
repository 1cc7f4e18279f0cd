use askama::Template;
use axum::extract::{Path, State as Held};
use vault::Past;
use web::parts::{Cell, Column, Day, Empty, Row, Table};
use web::{Asker, Reply, Room, page};

use super::{moment, named, patient_frame};
use crate::State;
use crate::fhir::Type;
use crate::kinds;
use crate::records::Kept;
use crate::rules::compare::{Difference, differences};
use crate::rules::view::Person;

/// Differences told of one version.
const TOLD: usize = 20;
/// Longest value shown of one difference.
const VALUE_CHARS_MAX: usize = 120;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    versions: Vec<Version>,
}

/// One version and what changed with it.
struct Version {
    heading: String,
    when: String,
    words: String,
    table: Option<Table>,
}

pub(super) async fn show(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let id = named(&id)?;
    let past = state.vault.history(&ctx, kinds::PATIENT, id.record(Type::Patient)).await?;
    let mut kept = Vec::with_capacity(past.len());
    let mut versions = Vec::new();
    for one in past {
        match one {
            Past::Version(opened) => kept.push(Kept::named(opened, Type::Patient, id.clone())?),
            Past::Retired { version, at } => versions.push(Version {
                heading: format!("Version {version}"),
                when: moment(at),
                words: "Taken out of use.".to_owned(),
                table: None,
            }),
        }
    }
    let mut person = Person::default();
    for (at, this) in kept.iter().enumerate() {
        let resource = this.resource()?;
        if at == 0 {
            person = Person::of(&resource);
        }
        let before = kept.get(at + 1).map(Kept::resource).transpose()?;
        let told = before.map(|before| differences(&before, &resource));
        versions.push(version(this, told));
    }
    let here = format!("/practice/patients/{id}/history");
    page(patient_frame(&room, &ctx, &id, &person, &here), HistoryPage { versions })
}

fn version(kept: &Kept, told: Option<Vec<Difference>>) -> Version {
    let heading = format!("Version {}", kept.version);
    let when = moment(kept.updated);
    let Some(told) = told else {
        let words =
            if kept.version.number() == 1 { "The record begins." } else { "Older versions are not listed here." };
        return Version { heading, when, words: words.to_owned(), table: None };
    };
    let words = match told.len() {
        0 => "Written again without a difference.".to_owned(),
        1 => "1 difference from the version before.".to_owned(),
        count if count > TOLD => format!("{count} differences from the version before, of which {TOLD} are shown."),
        count => format!("{count} differences from the version before."),
    };
    let rows: Vec<Row> = told
        .iter()
        .take(TOLD)
        .map(|one| Row(vec![Cell::text(&one.what), value(&one.before), value(&one.after)]))
        .collect();
    let columns = vec![Column::text("What"), Column::text("Before"), Column::text("After")];
    let table = (!rows.is_empty()).then(|| Table::new(&heading, columns, rows, Empty::new("", "")));
    Version { heading, when, words, table }
}

fn value(text: &str) -> Cell {
    if text.is_empty() {
        return Cell::faint("nothing");
    }
    let shown = match Day::parse(text) {
        Some(day) => day.long(),
        None if text.chars().count() > VALUE_CHARS_MAX => text.chars().take(VALUE_CHARS_MAX).chain(['…']).collect(),
        None => text.to_owned(),
    };
    Cell::text(shown)
}
