//! The editor of an organisation's own role: search, tick, see what it comes to.

use std::collections::BTreeSet;

use access::{Ctx, PermissionDecl};
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{Path, Query as Asked, State as Held};
use axum::http::StatusCode;
use model::{No, Purpose, Refusal};
use serde::Deserialize;
use web::parts::{Area, Button, ButtonLink, Choice, Choices, Field, Kind, Pick};
use web::{Asker, Fields, Form, FromForm, Next, Reader, Reply, Returned, Room, Width, see_other, status_of};

use super::super::State;
use super::desk::{Desk, Sheet, Words, frame};
use super::roles::own;
use crate::kinds::CustomRole;
use crate::rights::RoleDraft;

/// Which role a new one is made from.
#[derive(Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    template: String,
}

/// The editor as it was sent: to be saved, or to be shown again with other permissions in sight.
pub(crate) struct Edited {
    draft: RoleDraft,
    version: u64,
    only_looking: bool,
}

impl FromForm for Edited {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let only_looking = read.ticked("look");
        let words = |text: &str| Ok(text.to_owned());
        let title = match only_looking {
            true => read.optional("title", words).map(Option::unwrap_or_default),
            false => read.required("title", "Give the role a title.", words),
        };
        let description = read.optional("words", words).map(Option::unwrap_or_default);
        let template = read.optional("template", words).map(Option::unwrap_or_default);
        let version = read.optional("version", |text| text.parse().map_err(|_| "Open the page again.".to_owned()));
        let (permissions, purposes) = (read.several("permissions"), read.several("purposes"));
        let draft = RoleDraft { title: title?, words: description?, template: template?, permissions, purposes };
        Some(Self { draft, version: version?.unwrap_or(0), only_looking })
    }
}

pub(crate) async fn ask_new(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Asked(from): Asked<From>,
) -> Reply {
    let registry = state.identity.vault().registry();
    let template = registry.role(&from.template).ok_or_else(Refusal::not_found)?;
    let mut pairs = vec![("template", template.decl.name), ("title", ""), ("words", template.decl.words)];
    pairs.extend(template.decl.permissions.iter().map(|name| ("permissions", *name)));
    let form = Returned { fields: Fields::of(&pairs), ..Returned::blank() };
    editor(&state, &ctx, &room, None, &form, StatusCode::OK)
}

pub(crate) async fn make(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Edited>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return editor(&state, &ctx, &room, None, &form, StatusCode::UNPROCESSABLE_ENTITY),
    };
    if draft.value.only_looking {
        let form = Returned { fields: draft.fields, ..Returned::blank() };
        return editor(&state, &ctx, &room, None, &form, StatusCode::OK);
    }
    match state.identity.create_role(&ctx, draft.value.draft).await {
        Ok(id) => to_role(&CustomRole::held_as(id)),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            editor(&state, &ctx, &room, None, &form, status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

pub(crate) async fn ask_edit(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(name): Path<String>,
) -> Reply {
    let (role, version) = state.identity.role(&ctx, own(&name)?).await?;
    let version = version.to_string();
    let mut pairs = vec![
        ("template", role.template.as_str()),
        ("title", role.title.as_str()),
        ("words", role.words.as_str()),
        ("version", version.as_str()),
    ];
    pairs.extend(role.permissions.iter().map(|name| ("permissions", name.as_str())));
    pairs.extend(role.purposes.iter().map(|name| ("purposes", name.as_str())));
    let form = Returned { fields: Fields::of(&pairs), ..Returned::blank() };
    editor(&state, &ctx, &room, Some(&name), &form, StatusCode::OK)
}

pub(crate) async fn save(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(name): Path<String>,
    Form(sent): Form<Edited>,
) -> Reply {
    let id = own(&name)?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(form) => return editor(&state, &ctx, &room, Some(&name), &form, StatusCode::UNPROCESSABLE_ENTITY),
    };
    if draft.value.only_looking {
        let form = Returned { fields: draft.fields, ..Returned::blank() };
        return editor(&state, &ctx, &room, Some(&name), &form, StatusCode::OK);
    }
    match state.identity.change_role(&ctx, id, draft.value.version, draft.value.draft).await {
        Ok(()) => to_role(&name),
        Err(No::Refusal(refusal)) if !refusal.problems.is_empty() => {
            let form = Returned::refused(draft.fields, &refusal);
            editor(&state, &ctx, &room, Some(&name), &form, status_of(refusal.kind))
        }
        Err(no) => Err(no.into()),
    }
}

fn to_role(name: &str) -> Reply {
    let next = Next::parse(&format!("/roles/{name}")).ok_or_else(Refusal::not_found)?;
    Ok(see_other(&next))
}

/// The permissions of one group, to be ticked.
#[derive(Template)]
#[template(
    source = r#"<fieldset class="field choices"><legend>{{ group }}</legend>{% for (name, words, ticked) in boxes %}<label class="choice"><input type="checkbox" name="permissions" value="{{ name }}"{% if *ticked %} checked{% endif %}><span>{{ words }}<small class="code">{{ name }}</small></span></label>{% endfor %}</fieldset>"#,
    ext = "html"
)]
struct Boxes {
    group: &'static str,
    boxes: Vec<(&'static str, &'static str, bool)>,
}

impl HtmlSafe for Boxes {}

fn editor(state: &State, ctx: &Ctx, room: &Room, name: Option<&str>, form: &Returned, status: StatusCode) -> Reply {
    let registry = state.identity.vault().registry();
    let template = form.fields.value("template");
    let (title, action, back) = match name {
        None => ("A role of your own".to_owned(), "/roles/new".to_owned(), format!("/roles/{template}")),
        Some(name) => ("Change a role".to_owned(), format!("/roles/{name}/edit"), format!("/roles/{name}")),
    };
    let ticked: BTreeSet<&str> = form.fields.all("permissions").collect();
    let allowed = state.identity.may_put(ctx, template);
    let offered = |decl: &&PermissionDecl| {
        let known = registry.permission(decl.name);
        ticked.contains(decl.name) || known.is_some_and(|permission| allowed.contains(permission))
    };
    let sought = form.fields.value("find").trim().to_lowercase();
    let in_sight = |decl: &PermissionDecl| {
        let text = format!("{} {} {}", decl.name, decl.words, decl.group).to_lowercase();
        sought.split_whitespace().all(|word| text.contains(word))
    };
    let mut sheet = Sheet::new(room, action)
        .hidden("template", template)
        .hidden("version", form.fields.value("version"))
        .with(
            &Field::new("title", "Title", Kind::Text, form)
                .hint("What people will call it, such as Weekend receptionist."),
        )
        .with(&Area::new("words", "What it is for", 2, form))
        .with(
            &Field::new("find", "Find a permission", Kind::Search, form).hint("Any word. What is ticked stays ticked."),
        )
        .with(&Button::quiet("Show these").sends("look", "yes"));
    let mut offers: Vec<&PermissionDecl> = registry.permissions().iter().filter(offered).collect();
    offers.sort_by_key(|decl| (decl.group, decl.name));
    let mut shown = 0;
    let mut groups: Vec<Boxes> = Vec::new();
    for decl in offers {
        let is_ticked = ticked.contains(decl.name);
        if !in_sight(decl) {
            sheet = if is_ticked { sheet.hidden("permissions", decl.name) } else { sheet };
            continue;
        }
        shown += 1;
        let entry = (decl.name, decl.words, is_ticked);
        match groups.last_mut() {
            Some(last) if last.group == decl.group => last.boxes.push(entry),
            _ => groups.push(Boxes { group: decl.group, boxes: vec![entry] }),
        }
    }
    for group in &groups {
        sheet = sheet.with(group);
    }
    if shown == 0 {
        sheet = sheet.with(&Words::new(
            "No permission that you could put here has such a word. Try another, or show all with an empty box.",
        ));
    }
    let purposes = Purpose::ALL.map(|purpose| Choice::new(purpose.name(), purpose_words(purpose)));
    sheet = sheet
        .with(
            &Choices::new("purposes", "Only for these purposes", Pick::Any, purposes.to_vec(), form)
                .hint("Tick none for no limit."),
        )
        .button(&Button::primary("Save this role"))
        .button(&ButtonLink::quiet("Back", back));
    let from = registry.role(template).map_or(template, |role| role.decl.title);
    Desk::new(&title, format!("made from {from}"))
        .problems(form, status)
        .with(&Words::new("Here stands what the role it is made from permits, and what you may do yourself. Whoever holds the role has a change from their next request on."))
        .with(&sheet)
        .answer(frame(state, ctx, room, title).width(Width::Reading))
}

/// A purpose, for people.
pub(crate) const fn purpose_words(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::DirectCare => "Giving care to patients",
        Purpose::Security => "Keeping the house safe",
        Purpose::Administration => "Running the organisation",
        Purpose::Assurance => "Showing that promises are kept",
        Purpose::TrialDesign => "Designing clinical trials",
    }
}
