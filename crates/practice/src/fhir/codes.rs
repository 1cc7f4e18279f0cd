//! Elements whose codes R4 fixes (required bindings), for the types that the house holds.
//! Source: HL7 FHIR R4 (4.0.1) StructureDefinitions of Patient, Practitioner, DocumentReference and the
//! datatypes HumanName, Address, ContactPoint, Identifier, Narrative. Media types are checked by shape.

const GENDER: &[&str] = &["male", "female", "other", "unknown"];

/// The end of the element's path without indices, and its codes.
const REQUIRED: &[(&str, &[&str])] = &[
    ("Patient.gender", GENDER),
    ("Patient.contact.gender", GENDER),
    ("Practitioner.gender", GENDER),
    ("Patient.link.type", &["replaced-by", "replaces", "refer", "seealso"]),
    ("DocumentReference.status", &["current", "superseded", "entered-in-error"]),
    ("DocumentReference.docStatus", &["preliminary", "final", "amended", "entered-in-error"]),
    ("DocumentReference.relatesTo.code", &["replaces", "transforms", "signs", "appends"]),
    ("Patient.text.status", NARRATIVE),
    ("Practitioner.text.status", NARRATIVE),
    ("DocumentReference.text.status", NARRATIVE),
    (".name.use", &["usual", "official", "temp", "nickname", "anonymous", "old", "maiden"]),
    (".address.use", &["home", "work", "temp", "old", "billing"]),
    (".address.type", &["postal", "physical", "both"]),
    (".telecom.system", &["phone", "fax", "pager", "email", "other", "url", "sms"]),
    (".telecom.use", &["home", "work", "temp", "old", "mobile"]),
    (".identifier.use", &["usual", "official", "temp", "secondary", "old"]),
];

const NARRATIVE: &[&str] = &["generated", "extensions", "additional", "empty"];

/// The codes that the element at `path` (without indices) may have, if R4 fixes them.
pub(crate) fn required_at(path: &str) -> Option<&'static [&'static str]> {
    let found = REQUIRED.iter().find(|(end, _)| if end.starts_with('.') { path.ends_with(end) } else { path == *end });
    found.map(|(_, codes)| *codes)
}

/// Whether the text has the shape of a media type (RFC 6838 §4.2), parameters allowed. R4's own examples
/// give only the part before the slash in places, so a lone token passes too.
pub(crate) fn is_media_type(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let token = |part: &str| {
        (1..=127).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    essence.split('/').count() <= 2 && essence.split('/').all(token)
}
