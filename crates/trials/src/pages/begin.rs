use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{No, Refusal, RefusalKind};
use web::parts::{Area, Button, ButtonLink, ErrorSummary, Field, Kind};
use web::{
    Asker, Form, FormToken, FromForm, Reader, Reply, Returned, Room, Upload, Uploaded, Width, page, see_other,
    status_of,
};

use super::{frame, next};
use crate::State;
use crate::records;
use crate::rules::edit::NAME_CHARS_MAX;
use crate::rules::readiness::count;
use crate::rules::sheet::{self, Plan};
use crate::rules::skeleton::{self, Beginning};

/// Activities of a spreadsheet that are shown before it becomes a study.
const SHOWN: usize = 400;
/// Arms that a study begins with.
const ARMS_MAX: usize = 12;

#[derive(Template)]
#[template(path = "begin.html")]
struct NewPage {
    token: FormToken,
    summary: ErrorSummary,
    title: Area,
    identifier: Field,
    acronym: Field,
    sponsor: Field,
    arms: Area,
    save: Button,
    back: ButtonLink,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    token: FormToken,
    summary: ErrorSummary,
    problem: String,
    save: Button,
    back: ButtonLink,
}

impl FromForm for Beginning {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let bounded = |max: usize| {
            move |text: &str| match text.chars().count() <= max {
                true => Ok(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                false => Err(format!("Use at most {max} characters.")),
            }
        };
        let title = read.required("title", "Enter the title of the study.", bounded(600));
        let identifier = read.required("identifier", "Enter what you call the study, such as ABC-101.", bounded(40));
        let acronym = read.optional("acronym", bounded(60));
        let sponsor = read.optional("sponsor", bounded(NAME_CHARS_MAX));
        let arms = read.optional("arms", |text| {
            let arms: Vec<String> =
                text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
            let different: std::collections::HashSet<String> = arms.iter().map(|arm| arm.to_lowercase()).collect();
            match () {
                () if arms.len() > ARMS_MAX => Err(format!("A study begins with at most {ARMS_MAX} arms.")),
                () if arms.iter().any(|arm| arm.chars().count() > NAME_CHARS_MAX) => {
                    Err(format!("Use at most {NAME_CHARS_MAX} characters for each arm."))
                }
                () if different.len() < arms.len() => Err("Give each arm a name of its own.".to_owned()),
                () => Ok(arms),
            }
        });
        Some(Self {
            title: title?,
            identifier: identifier?,
            acronym: acronym?.unwrap_or_default(),
            sponsor: sponsor?.unwrap_or_default(),
            arms: arms?.unwrap_or_default(),
        })
    }
}

pub(super) async fn ask(room: Room) -> Reply {
    new_page(&room, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn begin(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Form(sent): Form<Beginning>,
) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return new_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let bytes = skeleton::begin(&draft.value).to_bytes();
    let deed = records::deed(&ctx, &room);
    match records::add(&state, &ctx, deed, bytes, "began the study from nothing", None).await {
        Ok(id) => Ok(see_other(&next(format!("/trials/studies/{id}"))?)),
        Err(No::Refusal(refusal)) => {
            new_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn new_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = NewPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        title: Area::new("title", "Official title", 3, form),
        identifier: Field::new("identifier", "Study identifier", Kind::Text, form)
            .chars(20)
            .hint("What the sponsor calls the study. It becomes STUDYID in every dataset."),
        acronym: Field::new("acronym", "Acronym (optional)", Kind::Text, form).chars(20),
        sponsor: Field::new("sponsor", "Sponsor (optional)", Kind::Text, form),
        arms: Area::new("arms", "Arms (optional)", 3, form)
            .hint("One to a line. The study begins with screening, treatment and follow-up; all of it can be changed."),
        save: Button::primary("Begin the study"),
        back: ButtonLink::quiet("Back", "/trials/studies"),
    };
    page(frame(room, "New study").status(status).width(Width::Reading), body)
}

/// A form that has nothing besides its file.
pub(super) struct Nothing;

impl FromForm for Nothing {
    fn from_form(_: &mut Reader<'_>) -> Option<Self> {
        Some(Self)
    }
}

pub(super) async fn ask_file(room: Room) -> Reply {
    import_page(&room, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn import(Held(state): Held<State>, Asker(ctx): Asker, room: Room, upload: Upload<Nothing>) -> Reply {
    let draft = match upload.form {
        Ok(draft) => draft,
        Err(returned) => return import_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let taken = match upload.file {
        None => Err(Refusal::new(RefusalKind::Invalid, "Choose a file.").into()),
        Some(file) => take(&state, &ctx, &room, file).await,
    };
    match taken {
        Ok(to) => Ok(see_other(&next(to)?)),
        Err(No::Refusal(refusal)) => {
            let mut returned = Returned::refused(draft.fields, &refusal);
            returned.problems.iter_mut().for_each(|problem| problem.path = "file".to_owned());
            import_page(&room, &returned, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Takes a file in and says where it can be seen: a document becomes a study, a spreadsheet is looked at first.
async fn take(state: &State, ctx: &access::Ctx, room: &Room, file: Uploaded) -> model::Answer<String> {
    let first = file.bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let table = sheet::is_workbook(&file.bytes) || (file.name.to_lowercase().ends_with(".csv") && first != Some(&b'{'));
    if table {
        let id = records::keep_sheet(state, ctx, file.bytes.to_vec()).await?;
        return Ok(format!("/trials/sheets/{id}"));
    }
    let words = format!("brought the study from {}", if file.name.is_empty() { "a file" } else { &file.name });
    let id = records::add(state, ctx, records::deed(ctx, room), file.bytes.to_vec(), &words, None).await?;
    Ok(format!("/trials/studies/{id}"))
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct SheetPage {
    here: String,
    token: FormToken,
    summary: ErrorSummary,
    plan: Plan,
    grid: Vec<(String, Vec<Option<String>>)>,
    words: String,
    title: Area,
    identifier: Field,
    sponsor: Field,
    arms: Area,
    save: Button,
    back: ButtonLink,
}

/// What was understood of a spreadsheet, before it becomes a study.
pub(super) async fn sheet(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let plan = records::plan(&state, &ctx, records::named(&id)?).await?;
    sheet_page(&room, &id, plan, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn from_sheet(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Beginning>,
) -> Reply {
    let record = records::named(&id)?;
    let plan = records::plan(&state, &ctx, record).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return sheet_page(&room, &id, plan, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let made = match sheet::study(&plan, &draft.value) {
        Ok(protocol) => {
            let words = "began the study from a spreadsheet";
            let deed = records::deed(&ctx, &room);
            records::add(&state, &ctx, deed, protocol.to_bytes(), words, Some(record)).await
        }
        Err(refusal) => Err(refusal.into()),
    };
    match made {
        Ok(id) => Ok(see_other(&next(format!("/trials/studies/{id}/schedule"))?)),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            sheet_page(&room, &id, plan, &returned, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

fn sheet_page(room: &Room, id: &str, plan: Plan, form: &Returned, status: StatusCode) -> Reply {
    let line = |one: &sheet::Activity| {
        let at = |visit: usize| one.marks.iter().find(|(place, _)| *place == visit).map(|(_, signs)| signs.join(" "));
        (one.label.clone(), (0..plan.visits.len()).map(at).collect())
    };
    let grid = plan.activities.iter().take(SHOWN).map(line).collect();
    let marks: usize = plan.activities.iter().map(|one| one.marks.len()).sum();
    let body = SheetPage {
        here: format!("/trials/sheets/{id}"),
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        grid,
        words: format!(
            "{}, {}, {}, {}",
            count(plan.visits.len(), "visit", "visits"),
            count(plan.activities.len(), "activity", "activities"),
            count(marks, "mark", "marks"),
            count(plan.notes.len(), "footnote", "footnotes")
        ),
        title: Area::new("title", "Official title", 2, form),
        identifier: Field::new("identifier", "Study identifier", Kind::Text, form).chars(20),
        sponsor: Field::new("sponsor", "Sponsor (optional)", Kind::Text, form),
        arms: Area::new("arms", "Arms (optional)", 2, form).hint("One to a line."),
        save: Button::primary("Make a study of it"),
        back: ButtonLink::quiet("Bring another file", "/trials/studies/import"),
        plan,
    };
    page(frame(room, "A schedule from a spreadsheet").status(status), body)
}

fn import_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = ImportPage {
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        problem: form.problem("file").to_owned(),
        save: Button::primary("Bring it in"),
        back: ButtonLink::quiet("Back", "/trials/studies"),
    };
    page(frame(room, "Bring a study").status(status).width(Width::Reading), body)
}
