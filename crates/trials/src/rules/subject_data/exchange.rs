//! Formats that exist to carry data about subjects and patients.

use super::{Certainty, Reason, Seen};

/// A SAS transport file: its variables tell whether it is about subjects. Trial design datasets have none that do.
pub(super) fn transport(bytes: &[u8], path: &str, seen: &mut Seen) -> bool {
    let start = bytes.get(..80).unwrap_or_default();
    if !start.starts_with(b"HEADER RECORD*******LIB") {
        return false;
    }
    let names = [b"USUBJID ", b"SUBJID  ", b"POOLID  ", b"RSUBJID "];
    // The namestr record gives a variable's name in eight characters behind eight bytes of numbers; the header's
    // own text never holds these words, so that looking for them is enough.
    let about = names.iter().any(|name| bytes.windows(8).any(|eight| eight == *name));
    let wide = bytes.windows(7).any(|seven| seven == b"USUBJID") || start.starts_with(b"HEADER RECORD*******LIBV8");
    if about || wide {
        let words = "A SAS transport file with a column that identifies subjects.";
        seen.add(Reason::SubjectTable, Certainty::Certain, path, words);
    }
    true
}

/// Tables in formats that are not read here.
pub(super) fn opaque(bytes: &[u8], path: &str, seen: &mut Seen) -> bool {
    let dicom = bytes.get(128..132) == Some(b"DICM");
    if dicom {
        seen.add(Reason::ClinicalRecord, Certainty::Certain, path, "A DICOM image.");
        return true;
    }
    const SAS: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xc2, 0xea, 0x81, 0x60];
    let starts: [&[u8]; 7] = [
        &SAS,
        b"$FL2@(#)",
        b"$FL3@(#)",
        b"<stata_dta>",
        b"PAR1",
        b"SQLite format 3\0",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ];
    let known = starts.iter().any(|start| bytes.starts_with(start));
    if known {
        let words = "A file of tables in a format that cannot be looked into here, so it is not taken.";
        seen.add(Reason::Opaque, Certainty::Likely, path, words);
    }
    known
}

/// HL7 version 2 messages with a patient's segment.
pub(super) fn messages(text: &str, path: &str, seen: &mut Seen) -> bool {
    let start = text.get(..4).unwrap_or_default();
    let hl7 = start == "MSH|" || start == "FHS|" || start == "BHS|";
    let patient = hl7 && text.split(['\r', '\n']).any(|line| line.starts_with("PID|"));
    if patient {
        seen.add(Reason::ClinicalRecord, Certainty::Certain, path, "An HL7 version 2 message about a patient.");
    }
    patient
}

/// ODM with data, Dataset-XML, FHIR as XML, clinical documents.
pub(super) fn xml(text: &str, path: &str, seen: &mut Seen) {
    let tags = tags(text);
    let has = |name: &str| tags.iter().any(|tag| tag.name == name);
    let data = has("ItemData")
        || has("ItemDataString")
        || has("ItemGroupData")
        || tags.iter().any(|t| t.name.starts_with("ItemData"));
    if has("SubjectData") || (has("ClinicalData") && data) {
        seen.add(
            Reason::OdmSubjects,
            Certainty::Certain,
            path,
            "ODM clinical data: values that were collected from subjects.",
        );
    }
    if has("ReferenceData") && data {
        let words = "ODM reference data with values; a study definition needs none.";
        seen.add(Reason::OdmSubjects, Certainty::Certain, path, words);
    }
    let root = tags.first();
    let is = |name: &str| root.is_some_and(|root| root.name == name);
    let fhir = text.contains("http://hl7.org/fhir\"") || text.contains("http://hl7.org/fhir'");
    let about = |tag: &Tag| super::records::ABOUT_PATIENTS.contains(&tag.name);
    if fhir && (root.is_some_and(about) || (is("Bundle") && tags.iter().any(about))) {
        seen.add(Reason::ClinicalRecord, Certainty::Certain, path, "A FHIR resource about a patient.");
    }
    if is("ClinicalDocument") && has("recordTarget") {
        seen.add(Reason::ClinicalRecord, Certainty::Certain, path, "A clinical document (CDA) about a patient.");
    }
}

struct Tag<'a> {
    name: &'a str,
}

/// The elements that begin in the text, without their prefixes. No tree: broken documents are looked at too.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    for piece in text.split('<').skip(1) {
        let end = piece.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap_or(piece.len());
        let name = piece.get(..end).unwrap_or_default();
        let name = name.rsplit(':').next().unwrap_or_default();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            tags.push(Tag { name });
        }
    }
    tags
}

/// The document as words: names of elements and attributes stay as labels of the values behind them.
pub(super) fn words_of(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for piece in text.split('<') {
        let (tag, rest) = piece.split_once('>').unwrap_or((piece, ""));
        if tag.starts_with('/') {
            words.push('\n');
        } else {
            let name = |c: char| if c == '=' || c == '"' || c == '\'' { ' ' } else { c };
            words.extend(tag.chars().map(name));
            words.push(' ');
        }
        words.push_str(rest);
    }
    words.replace("&amp;", "&").replace("&#160;", " ").replace("&nbsp;", " ")
}
