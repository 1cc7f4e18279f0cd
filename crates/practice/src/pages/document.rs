use access::Ctx;
use askama::Template;
use axum::extract::{Path, State as Held};
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Answer, Fault, Refusal, RefusalKind, SubjectId};
use web::parts::{ButtonLink, Cell, Crumbs, Day, Facts};
use web::{Asker, Reply, Room, page};

use super::{moment, named, patient_frame, patient_of};
use crate::State;
use crate::fhir::json::Node;
use crate::fhir::{FhirId, Resource, Type};
use crate::kinds;
use crate::records::{self, Kept};
use crate::rules::view::concept;

/// The longest text that is shown on the page; more is downloaded.
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    crumbs: Crumbs,
    title: String,
    facts: Facts,
    parts: Vec<Shown>,
}

/// One attachment on the page.
struct Shown {
    title: String,
    form: &'static str,
    text: Option<String>,
    download: Option<ButtonLink>,
}

/// An attachment of a document.
struct Attachment {
    title: String,
    media_type: String,
    size: Option<u64>,
    place: Place,
}

/// Where the bytes are.
enum Place {
    /// In a Binary here.
    Binary(FhirId),
    /// In the document itself, in base64.
    Inside(String),
    /// At an address that the house does not follow.
    Elsewhere,
}

pub(super) async fn show(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    room: Room,
    Path((id, doc)): Path<(String, String)>,
) -> Reply {
    let (patient, person) = patient_of(&state, &ctx, &id).await?;
    let (document, subject) = document_of(&state, &ctx, &patient.id, &doc).await?;
    let resource = document.resource()?;
    let here = format!("/practice/patients/{}/documents/{}", patient.id, document.id);
    let mut parts = Vec::new();
    for (number, attachment) in attachments(&resource).into_iter().enumerate() {
        parts.push(shown(&state, &ctx, subject, attachment, format!("{here}/content/{number}")).await?);
    }
    let title = resource.root().member("type").and_then(concept).unwrap_or_else(|| "Document".to_owned());
    let root = format!("/practice/patients/{}", patient.id);
    let body = DocumentPage {
        crumbs: Crumbs { up: vec![("Documents".to_owned(), root.clone())] },
        title,
        facts: facts(&resource, &document),
        parts,
    };
    page(patient_frame(&room, &ctx, &patient.id, &person, &root), body)
}

pub(super) async fn download(
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path((id, doc, number)): Path<(String, String, usize)>,
) -> Reply {
    let (document, subject) = document_of(&state, &ctx, &named(&id)?, &doc).await?;
    let attachment = attachments(&document.resource()?).into_iter().nth(number).ok_or_else(Refusal::not_found)?;
    let name = file_name(&attachment);
    let (media_type, bytes) = bytes(&state, &ctx, subject, &attachment).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let unknown = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&media_type).unwrap_or(unknown));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|error| Fault::new("naming a download", error))?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// The document of an address, if it is about that patient.
async fn document_of(state: &State, ctx: &Ctx, patient: &FhirId, doc: &str) -> Answer<(Kept, Option<SubjectId>)> {
    let id = named(doc)?;
    let opened = state.vault.read(ctx, kinds::DOCUMENT, id.record(Type::DocumentReference)).await?;
    let subject = opened.subject;
    if subject != Some(records::person(Type::Patient, patient)) {
        return Err(Refusal::not_found().into());
    }
    Ok((Kept::named(opened, Type::DocumentReference, id)?, subject))
}

fn attachments(document: &Resource) -> Vec<Attachment> {
    document.root().follow(&["content", "attachment"]).into_iter().map(attachment).collect()
}

fn attachment(node: Node<'_>) -> Attachment {
    let text = |name: &str| node.member_text(name).unwrap_or_default().into_owned();
    let place = match (node.member_text("data"), records::binary_of(&text("url"))) {
        (Some(data), _) => Place::Inside(data.into_owned()),
        (None, Some(id)) => Place::Binary(id),
        (None, None) => Place::Elsewhere,
    };
    let size = node.member("size").and_then(Node::number).and_then(|number| number.parse().ok());
    Attachment { title: text("title"), media_type: text("contentType"), size, place }
}

async fn shown(
    state: &State,
    ctx: &Ctx,
    subject: Option<SubjectId>,
    attachment: Attachment,
    href: String,
) -> Answer<Shown> {
    let is_text = attachment.media_type.split(';').next().is_some_and(|essence| essence.trim() == "text/plain");
    let small = attachment.size.is_none_or(|size| size <= TEXT_BYTES_MAX as u64);
    let elsewhere = matches!(attachment.place, Place::Elsewhere);
    let mut text = None;
    if is_text && small && !elsewhere {
        let (_, bytes) = bytes(state, ctx, subject, &attachment).await?;
        text = String::from_utf8(bytes).ok().filter(|text| text.len() <= TEXT_BYTES_MAX);
    }
    let words = match attachment.size {
        Some(size) => format!("Download, {}", in_bytes(size)),
        None => "Download".to_owned(),
    };
    let download = (!elsewhere).then(|| match text {
        Some(_) => ButtonLink::quiet(words, href),
        None => ButtonLink::primary(words, href),
    });
    Ok(Shown { title: attachment.title, form: form(&attachment.media_type), text, download })
}

/// The media type and bytes of an attachment. A Binary about somebody else is not shown in this patient's record.
async fn bytes(
    state: &State,
    ctx: &Ctx,
    subject: Option<SubjectId>,
    attachment: &Attachment,
) -> Answer<(String, Vec<u8>)> {
    match &attachment.place {
        Place::Inside(data) => {
            let plain: String = data.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
            let bytes = STANDARD.decode(plain).map_err(|error| Fault::new("decoding an attachment", error))?;
            Ok((attachment.media_type.clone(), bytes))
        }
        Place::Binary(id) => {
            let opened = state.vault.read(ctx, kinds::BINARY, id.record(Type::Binary)).await?;
            if opened.subject.is_some() && opened.subject != subject {
                return Err(Refusal::not_found().into());
            }
            let binary = Kept::named(opened, Type::Binary, id.clone())?.resource()?;
            Ok(crate::interface::content(&binary)?)
        }
        Place::Elsewhere => {
            let words = "This document is kept outside the house, at an address that the house does not follow.";
            Err(Refusal::new(RefusalKind::NotSupported, words).into())
        }
    }
}

fn facts(resource: &Resource, kept: &Kept) -> Facts {
    let root = resource.root();
    let made = root.member_text("date").unwrap_or_default().into_owned();
    let made = made.get(..10).and_then(Day::parse).map_or_else(|| Cell::faint("no date"), |day| Cell::text(day.long()));
    let status = match &*root.member_text("status").unwrap_or_default() {
        "current" => "Current",
        "superseded" => "Replaced by a later one",
        _ => "Entered in error",
    };
    Facts::new(vec![
        ("Made", made),
        ("Status", Cell::text(status)),
        ("Version", Cell::text(format!("{}, written {}", kept.version, moment(kept.updated)))),
        ("Kept", Cell::text("As a clinical record, with every version.")),
    ])
}

/// What form bytes have, in a word.
pub(super) fn form(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "text/plain" => "Text",
        "application/pdf" => "PDF",
        "application/dicom" => "DICOM",
        essence if essence.starts_with("image/") => "Picture",
        essence if essence.starts_with("text/") => "Text",
        _ => "File",
    }
}

/// A name for the downloaded file: plain letters of the title, and the ending of its form.
fn file_name(attachment: &Attachment) -> String {
    let title = model::fold(&attachment.title);
    let plain: String =
        title.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).take(60).collect();
    let ending = match attachment.media_type.split(';').next().unwrap_or_default().trim() {
        "text/plain" => "txt",
        "application/pdf" => "pdf",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "application/dicom" => "dcm",
        _ => "bin",
    };
    let stem = plain.trim_matches('-');
    format!("{}.{ending}", if stem.is_empty() { "document" } else { stem })
}

fn in_bytes(size: u64) -> String {
    match size {
        0..1_000 => format!("{size} bytes"),
        1_000..1_000_000 => format!("{} kB", size.div_ceil(1_000)),
        _ => format!("{:.1} MB", size as f64 / 1_000_000.0),
    }
}
