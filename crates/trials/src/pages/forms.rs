use askama::Template;
use axum::extract::{Path, Query, State as Held};
use model::Refusal;
use serde::Deserialize;
use web::{Asker, Reply, Room, page};

use super::schedule::escape;
use super::study_frame;
use crate::State;
use crate::design::{Built, EditCheck, Field, FieldKind, Form};
use crate::records;
use crate::rules::readiness::count;

/// Choices that a list shows one by one; more become a list to open.
const RADIOS_MAX: usize = 5;
/// Entries of an opened list.
const OPTIONS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "forms.html")]
struct FormsPage {
    words: String,
    list: Vec<Listed>,
    form: Option<Shown>,
    annotated: bool,
    other: String,
}

struct Listed {
    title: String,
    domain: String,
    fields: usize,
    href: String,
    current: bool,
}

/// A form as an EDC would show it.
struct Shown {
    title: String,
    domain: String,
    because: String,
    placed: String,
    groups: Vec<(String, bool, Vec<Asked>)>,
}

/// One field.
struct Asked {
    name: String,
    prompt: String,
    question: String,
    hint: String,
    required: bool,
    core: String,
    input: Input,
    unit: String,
    notes: Vec<String>,
    checks: Vec<String>,
    why: String,
}

/// What stands there to be filled in.
enum Input {
    Fixed(String),
    Text(usize),
    Number(usize),
    Date,
    Time,
    Radios(Vec<String>),
    List(Vec<String>, usize),
}

#[derive(Deserialize, Default)]
pub(super) struct Wanted {
    form: Option<String>,
    #[serde(default)]
    view: String,
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let seen = records::see(&state, &ctx, &id).await?;
    let built = &seen.finished.built;
    let here = format!("/trials/studies/{}/forms", seen.kept.id);
    let root = format!("/trials/studies/{}", seen.kept.id);
    let form = match &wanted.form {
        Some(oid) => Some(built.forms.iter().find(|form| form.oid == *oid).ok_or_else(Refusal::not_found)?),
        None => {
            built.forms.iter().find(|form| !form.activities.is_empty() && form.groups.len() > 1).or(built.forms.first())
        }
    };
    let annotated = wanted.view == "annotated";
    let current = form.map_or("", |form| form.oid.as_str());
    let with = |oid: &str, annotated: bool| {
        format!("{here}?form={}{}", escape(oid), if annotated { "&view=annotated" } else { "" })
    };
    let listed = |one: &Form| Listed {
        title: one.title.clone(),
        domain: one.domain.clone(),
        fields: one.groups.iter().map(|group| group.fields.len()).sum(),
        href: with(&one.oid, annotated),
        current: one.oid == current,
    };
    let body = FormsPage {
        words: format!(
            "{}, {}",
            count(built.forms.len(), "form", "forms"),
            count(built.checks.len(), "edit check", "edit checks")
        ),
        list: built.forms.iter().map(listed).collect(),
        other: with(current, !annotated),
        form: form.map(|form| shown(built, form, &root)),
        annotated,
    };
    page(study_frame(&room, &seen.kept, "Forms", "forms"), body)
}

fn shown(built: &Built, form: &Form, root: &str) -> Shown {
    let visits: Vec<&str> =
        form.visits.iter().filter_map(|at| built.schedule.visits.get(*at)).map(|visit| visit.name.as_str()).collect();
    let placed = match (form.log, visits.is_empty()) {
        (true, _) => "Filled in whenever there is something to record".to_owned(),
        (false, true) => "Not placed on a visit".to_owned(),
        (false, false) => visits.join(" · "),
    };
    let group = |group: &crate::design::Group| {
        let fields = group.fields.iter().map(|field| asked(field, &built.checks, root)).collect();
        (group.title.clone(), group.repeating, fields)
    };
    Shown {
        title: form.title.clone(),
        domain: form.domain.clone(),
        because: form.added_because.clone(),
        placed,
        groups: form.groups.iter().map(group).collect(),
    }
}

fn asked(field: &Field, checks: &[EditCheck], root: &str) -> Asked {
    let mut messages: Vec<String> =
        checks.iter().filter(|check| check.field == field.oid).map(|check| check.message.clone()).collect();
    messages.dedup();
    Asked {
        name: field.name.clone(),
        prompt: field.prompt.clone(),
        question: field.question.clone(),
        hint: field.hint.clone(),
        required: field.required,
        core: field.core.clone(),
        input: input(field),
        unit: field.unit.clone(),
        notes: field.annotations(),
        checks: messages,
        why: format!("{root}/trace?field={}", escape(&field.oid)),
    }
}

fn input(field: &Field) -> Input {
    if !field.fixed.is_empty() {
        return Input::Fixed(field.fixed.clone());
    }
    match (&field.choices, field.kind) {
        (Some(choices), _) => {
            let words: Vec<String> = choices.choices.iter().map(|choice| choice.text.clone()).collect();
            let all = words.len();
            if all <= RADIOS_MAX {
                Input::Radios(words)
            } else {
                Input::List(words.into_iter().take(OPTIONS_MAX).collect(), all)
            }
        }
        (None, FieldKind::Date) => Input::Date,
        (None, FieldKind::Time) => Input::Time,
        (None, FieldKind::Integer | FieldKind::Decimal) => Input::Number(field.length.clamp(3, 10)),
        (None, _) => Input::Text(field.length),
    }
}
