use access::Ctx;
use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Answer, Fault, No, Refusal, RefusalKind};
use vault::{Change, Changes, Expected};
use web::parts::{Area, Button, ButtonLink, Choice, Choices, DateField, ErrorSummary, Field, Kind, Pick};
use web::{
    Asker, Fields, Form, FormToken, FromForm, Next, Reader, Reply, Returned, Room, Width, page, see_other, status_of,
};

use super::{frame, patient_frame, patient_of};
use crate::State;
use crate::fhir::search::{Handling, plan};
use crate::fhir::{FhirId, Resource, Type, VersionId};
use crate::records::{self, Part};
use crate::rules::birth::Birth;
use crate::rules::details::Details;
use crate::rules::nhs_number::{self, NhsNumber};
use crate::rules::seeking::encode;
use crate::rules::view::Person;

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    heading: String,
    action: String,
    token: FormToken,
    summary: ErrorSummary,
    version: String,
    title: Field,
    given: Field,
    family: Field,
    born: DateField,
    gender: Choices,
    nhs_number: Field,
    phone: Field,
    email: Field,
    lines: Area,
    town: Field,
    postcode: Field,
    save: Button,
    back: ButtonLink,
}

/// The form as it was sent: the details, and the version they were taken from.
#[derive(Debug)]
pub(super) struct Sent {
    details: Details,
    version: Option<u64>,
}

impl FromForm for Sent {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let short = |text: &str| bounded(text, 100);
        let title = read.optional("title", |text| bounded(text, 35));
        let given = read.optional("given", short);
        let family = read.required("family", "Enter the family name. Somebody with only one name has it here.", short);
        let born = born(read);
        let gender = read.required("gender", "Choose a gender, or “not known”.", |text| match text {
            "female" | "male" | "other" | "unknown" => Ok(text.to_owned()),
            _ => Err("Choose one of these.".to_owned()),
        });
        let nhs_number = read.optional("nhs-number", NhsNumber::parse);
        let phone = read.optional("phone", phone);
        let email = read.optional("email", email);
        let lines = read.optional("lines", |text| bounded(text, 300));
        let town = read.optional("town", short);
        let postcode = read.optional("postcode", |text| bounded(text, 12).map(|text| text.to_uppercase()));
        let version = read.optional("version", |text| text.parse().map_err(|_| "Open the page again.".to_owned()));
        Some(Self {
            details: Details {
                title: title?.unwrap_or_default(),
                given: given?.unwrap_or_default(),
                family: family?,
                born: Some(born?),
                gender: gender?,
                nhs_number: nhs_number?,
                phone: phone?.unwrap_or_default(),
                email: email?.unwrap_or_default(),
                lines: lines?.unwrap_or_default(),
                town: town?.unwrap_or_default(),
                postcode: postcode?.unwrap_or_default(),
            },
            version: version?,
        })
    }
}

/// A date of birth in three boxes, of which day and month may stay empty.
fn born(read: &mut Reader<'_>) -> Option<Birth> {
    let mut part = |name| read.optional(name, |text| Ok::<_, String>(text.to_owned())).map(Option::unwrap_or_default);
    let (day, month, year) = (part("born-day")?, part("born-month")?, part("born-year")?);
    if [&day, &month, &year].into_iter().all(|text| text.is_empty()) {
        return read.wrong("born", "Enter the date of birth.");
    }
    match Birth::parse(&day, &month, &year) {
        Ok(birth) => Some(birth),
        Err(words) => read.wrong("born", words),
    }
}

fn bounded(text: &str, chars_max: usize) -> Result<String, String> {
    match text.chars().count() <= chars_max {
        true => Ok(text.to_owned()),
        false => Err(format!("Use at most {chars_max} characters.")),
    }
}

fn phone(text: &str) -> Result<String, String> {
    let fits = text.chars().all(|letter| letter.is_ascii_digit() || " +()-.x".contains(letter));
    let digits = text.chars().filter(char::is_ascii_digit).count();
    match fits && (6..=20).contains(&digits) {
        true => Ok(text.to_owned()),
        false => Err("Enter a telephone number, such as 01632 960001.".to_owned()),
    }
}

fn email(text: &str) -> Result<String, String> {
    let halves = text.split_once('@');
    let right = halves.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    match right && text.len() <= 254 && !text.contains(char::is_whitespace) {
        true => Ok(text.to_owned()),
        false => Err("Enter an e-mail address like name@example.org.".to_owned()),
    }
}

pub(super) async fn begin(room: Room) -> Reply {
    new_page(&room, &Returned::blank(), StatusCode::OK)
}

pub(super) async fn add(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Form(sent): Form<Sent>) -> Reply {
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return new_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    match added(&state, &ctx, &draft.value.details).await {
        Ok(id) => Ok(see_other(&to_patient(&id)?)),
        Err(No::Refusal(refusal)) => {
            new_page(&room, &Returned::refused(draft.fields, &refusal), status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

pub(super) async fn open(Held(state): Held<State>, Asker(ctx): Asker, room: Room, Path(id): Path<String>) -> Reply {
    let (kept, person) = patient_of(&state, &ctx, &id).await?;
    let fields = fields(&Details::of(&kept.resource()?), kept.version);
    let form = Returned { fields, ..Returned::blank() };
    edit_page(&room, &ctx, &kept.id, &person, &form, StatusCode::OK)
}

pub(super) async fn save(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Reply {
    let (kept, person) = patient_of(&state, &ctx, &id).await?;
    let draft = match sent {
        Ok(draft) => draft,
        Err(returned) => return edit_page(&room, &ctx, &kept.id, &person, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let saved = match draft.value.version {
        Some(version) => saved(&state, &ctx, &kept, &draft.value.details, version).await,
        None => {
            Err(Refusal::new(RefusalKind::PreconditionRequired, "Open the page again and repeat your change.").into())
        }
    };
    match saved {
        Ok(()) => Ok(see_other(&to_patient(&kept.id)?)),
        Err(No::Refusal(refusal)) => {
            let returned = Returned::refused(draft.fields, &refusal);
            edit_page(&room, &ctx, &kept.id, &person, &returned, status_of(refusal.kind))
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn added(state: &State, ctx: &Ctx, details: &Details) -> Answer<FhirId> {
    details.check(ctx.now)?;
    refuse_double(state, ctx, details, None).await?;
    let resource = checked(&details.begin(), ctx)?;
    let id = FhirId::of_record(state.vault.outside().record_id());
    let (draft, _) = records::draft(&resource, &id, VersionId::FIRST, ctx.now, None);
    state.vault.commit(ctx, Changes::new().and(Change::Create(draft))).await?;
    Ok(id)
}

/// Writes the details over the version that the form was taken from; if somebody changed it meanwhile, nothing.
async fn saved(state: &State, ctx: &Ctx, kept: &records::Kept, details: &Details, version: u64) -> Answer<()> {
    details.check(ctx.now)?;
    let before = kept.resource()?;
    let was = Details::of(&before);
    if was == *details && kept.version.number() == version {
        return Ok(());
    }
    if was.nhs_number != details.nhs_number {
        refuse_double(state, ctx, details, Some(&kept.id)).await?;
    }
    let resource = checked(&details.write_into(&before), ctx)?;
    let next = VersionId::new(version + 1);
    let (draft, _) = records::draft(&resource, &kept.id, next, ctx.now, None);
    state.vault.commit(ctx, Changes::new().and(Change::Revise(draft, Expected::Version(version)))).await?;
    Ok(())
}

/// What the form makes is checked like anything from outside.
fn checked(text: &str, ctx: &Ctx) -> Result<Resource, Refusal> {
    Resource::read_as(Type::Patient, text.as_bytes(), ctx.now)
}

/// Two records of one person are the beginning of harm, so a number that somebody has already is refused.
async fn refuse_double(state: &State, ctx: &Ctx, details: &Details, own: Option<&FhirId>) -> Answer<()> {
    let Some(number) = &details.nhs_number else { return Ok(()) };
    let query = format!("identifier={}%7C{}", encode(nhs_number::SYSTEM), number.as_str());
    let plan = plan(Type::Patient, &query, Handling::Strict, ctx.now)?;
    let page = records::find(&state.vault, ctx, &plan, Part { limit: 2, after: None, newest_first: true }).await?;
    if page.found.iter().all(|kept| Some(&kept.id) == own) {
        return Ok(());
    }
    let words = "Somebody here has this NHS number already. Find them by it before you go on, or check the number.";
    Err(Refusal::new(RefusalKind::Conflict, words).at("nhs-number", words).into())
}

fn to_patient(id: &FhirId) -> Result<Next, Fault> {
    let to = Next::parse(&format!("/practice/patients/{id}"));
    to.ok_or_else(|| Fault::new("going to a patient", "the id does not fit an address"))
}

fn fields(details: &Details, version: VersionId) -> Fields {
    let [day, month, year] = details.born.as_ref().map(Birth::boxes).unwrap_or_default();
    let number = details.nhs_number.as_ref().map(ToString::to_string).unwrap_or_default();
    Fields::of(&[
        ("version", &version.to_string()),
        ("title", &details.title),
        ("given", &details.given),
        ("family", &details.family),
        ("born-day", &day),
        ("born-month", &month),
        ("born-year", &year),
        ("gender", &details.gender),
        ("nhs-number", &number),
        ("phone", &details.phone),
        ("email", &details.email),
        ("lines", &details.lines),
        ("town", &details.town),
        ("postcode", &details.postcode),
    ])
}

fn new_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let save = Button::primary("Add the patient");
    let back = ButtonLink::quiet("Back to the list", "/practice/patients");
    let body = body(room, form, "New patient".to_owned(), "/practice/patients/new".to_owned(), save, back);
    page(frame(room, "New patient").width(Width::Reading).status(status), body)
}

fn edit_page(room: &Room, ctx: &Ctx, id: &FhirId, person: &Person, form: &Returned, status: StatusCode) -> Reply {
    let root = format!("/practice/patients/{id}");
    let save = Button::primary("Save the details");
    let back = ButtonLink::quiet("Leave it as it was", root.clone());
    let body = body(room, form, "Change details".to_owned(), format!("{root}/edit"), save, back);
    page(patient_frame(room, ctx, id, person, "").width(Width::Reading).status(status), body)
}

fn body(room: &Room, form: &Returned, heading: String, action: String, save: Button, back: ButtonLink) -> EditPage {
    let genders = [("female", "Female"), ("male", "Male"), ("other", "Other"), ("unknown", "Not known")];
    let genders = genders.map(|(value, words)| Choice::new(value, words)).to_vec();
    EditPage {
        heading,
        action,
        token: room.form_token(),
        summary: ErrorSummary::of(form),
        version: form.fields.value("version").to_owned(),
        title: Field::new("title", "Title", Kind::Text, form).chars(10),
        given: Field::new("given", "Given names", Kind::Text, form),
        family: Field::new("family", "Family name", Kind::Text, form),
        born: DateField::new("born", "Date of birth", form)
            .hint("For example, 4 3 1988. Leave day and month empty if only the year is known."),
        gender: Choices::new("gender", "Gender", Pick::One, genders, form)
            .hint("For administration, as in the NHS record."),
        nhs_number: Field::new("nhs-number", "NHS number", Kind::Digits, form)
            .chars(20)
            .hint("10 digits, such as 999 012 3457. Leave it empty if it is not known."),
        phone: Field::new("phone", "Telephone", Kind::Telephone, form).chars(20),
        email: Field::new("email", "E-mail address", Kind::Email, form),
        lines: Area::new("lines", "Address", 3, form).hint("Line by line, without town and postcode."),
        town: Field::new("town", "Town", Kind::Text, form),
        postcode: Field::new("postcode", "Postcode", Kind::Text, form).chars(10),
        save,
        back,
    }
}
