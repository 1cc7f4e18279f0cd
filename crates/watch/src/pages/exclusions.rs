use askama::Template;
use axum::extract::{Path, State};
use model::Kind;
use vault::limits;
use web::parts::{Button, Cell, Code, Facts, Tag, Tone};
use web::{Asker, Form, FormToken, FromForm, Next, Reader, Reply, Room, page, see_other};

use super::{Held, frame, may, moment, named};
use crate::kinds::Exclusion;

#[derive(Template)]
#[template(path = "exclusions.html")]
struct ExclusionsPage {
    words: String,
    entries: Vec<Entry>,
}

struct Entry {
    heading: String,
    tag: Tag,
    reason: String,
    facts: Facts,
    revoke: Option<(String, FormToken, Button)>,
}

/// Nothing but the form token.
pub(super) struct Nothing;

impl FromForm for Nothing {
    fn from_form(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

pub(super) async fn list(State(watch): Held, Asker(ctx): Asker, room: Room) -> Reply {
    let query = vault::Query { limit: limits::PAGE_MAX, ..vault::Query::all(Exclusion::DECL) };
    let found = watch.vault().search(&ctx, &query).await?;
    let revokes = may(&watch, &ctx, "exclusion.revoke");
    let mut entries = Vec::new();
    let mut in_force = 0;
    for opened in &found.page {
        let exclusion: Exclusion = opened.record()?;
        let is_in_force = exclusion.is_in_force();
        in_force += usize::from(is_in_force);
        let revoke = (is_in_force && revokes).then(|| {
            let action = format!("/attacks/exclusions/{}/revoke", opened.id);
            (action, room.form_token(), Button::grave("Revoke"))
        });
        entries.push(Entry {
            heading: format!("Rule {} · {}", exclusion.rule, exclusion.words),
            tag: match is_in_force {
                true => Tag::new(Tone::Accent, "in force"),
                false => Tag::new(Tone::Plain, "revoked"),
            },
            facts: facts(&exclusion),
            reason: exclusion.reason,
            revoke,
        });
    }
    // Those in force first; within each, the newest first.
    entries.sort_by_key(|entry| entry.revoke.is_none());
    let words = match in_force {
        0 => "None in force".to_owned(),
        1 => "1 in force".to_owned(),
        count => format!("{count} in force"),
    };
    page(frame(&room, "Exclusions"), ExclusionsPage { words, entries })
}

fn facts(exclusion: &Exclusion) -> Facts {
    let mut pairs = vec![
        ("Route", Cell::text(format!("{} {}", exclusion.method, exclusion.route))),
        ("Field", Cell::part(&Code(exclusion.field.clone()))),
        ("Made", Cell::text(format!("{} UTC by {}", moment(exclusion.made), exclusion.made_by))),
        ("Because of", Cell::link("this attempt", format!("/attacks/one/{}", exclusion.attempt))),
    ];
    if let (Some(by), Some(at)) = (&exclusion.revoked_by, exclusion.revoked) {
        pairs.push(("Revoked", Cell::text(format!("{} UTC by {by}", moment(at)))));
    }
    Facts::new(pairs)
}

pub(super) async fn revoke(
    State(watch): Held,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    Form(form): Form<Nothing>,
) -> Reply {
    if form.is_ok() {
        watch.revoke(&ctx, named(&id)?).await?;
    }
    Ok(see_other(&Next::own("/attacks/exclusions")))
}
