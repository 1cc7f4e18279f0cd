//! Whether bytes that arrive hold data about a real person: the organisation that designs trials takes none.
//!
//! A trial designer works on protocols, forms and terminology. Data about subjects or patients belongs elsewhere, so
//! that every way in asks [`subject_data`] first and refuses, or puts aside, what it reports. The detector looks
//! at what the bytes are (never only at what the sender calls them), opens archives, and reports shapes that hardly occur by
//! chance: exchange formats made for subject data, tables with an identifier column, and identifiers with a valid
//! check digit beside the words that name them. It never repeats the identifier that it saw.

mod exchange;
mod identifiers;
mod records;
mod tables;
mod text;

/// What the sender says the bytes are. It decides only where the bytes themselves leave it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// JSON: a study definition, or anything else in that shape.
    Json,
    /// XML: ODM, Define-XML and their kin.
    Xml,
    /// Comma-separated values, or another separator.
    Csv,
    /// A workbook (XLSX) or another zip archive.
    Spreadsheet,
    /// SAS transport files.
    Transport,
    /// Words: a field of a form, a protocol as text.
    Text,
    /// Not said.
    Unknown,
}

/// How sure a sighting is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The shape of an identifier or of a record about a person: put aside until a person has looked.
    Likely,
    /// A format or a column that exists for data about subjects: refuse.
    Certain,
}

/// What kind of thing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Clinical or reference data in ODM, or subject datasets in Dataset-XML.
    OdmSubjects,
    /// A table (transport file, Dataset-JSON, CSV, workbook) with a column that identifies subjects.
    SubjectTable,
    /// A clinical record: a FHIR resource about a patient, HL7 v2, CDA, DICOM.
    ClinicalRecord,
    /// A national identity or health number with a valid check digit.
    NationalNumber,
    /// A record number of a hospital or a practice beside the words that name it.
    RecordNumber,
    /// A date of birth.
    BirthDate,
    /// A name of a patient with a date, or of a patient at all.
    NamedPatient,
    /// A person's story: age, sex and a full date.
    Narrative,
    /// A format that holds tables and cannot be looked into here.
    Opaque,
}

/// One thing that looks like data about a person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sighting {
    /// What kind of thing.
    pub reason: Reason,
    /// How sure.
    pub certainty: Certainty,
    /// Where: a JSON pointer, a line, a column, a member of an archive. Never the value.
    pub path: String,
    /// Words for a person, without the value.
    pub words: String,
}

/// Reports whatever in the bytes looks like data about a real person; nothing at all for a clean study definition.
///
/// Linear in the size of the bytes; archives are opened two levels deep and 64 MiB wide. At most
/// 50 sightings are listed: one is enough to refuse.
pub fn subject_data(bytes: &[u8], media: Media) -> Vec<Sighting> {
    let mut seen = Seen::default();
    look(bytes, media, "", 0, &mut seen);
    seen.sightings
}

const SIGHTINGS_MAX: usize = 50;
const ARCHIVE_BYTES_MAX: u64 = 64 << 20;
const ARCHIVE_MEMBERS_MAX: usize = 2_000;
const ARCHIVE_DEPTH_MAX: u8 = 2;

/// Collects sightings, a bounded number, each place and reason once.
#[derive(Default)]
struct Seen {
    sightings: Vec<Sighting>,
}

impl Seen {
    fn add(&mut self, reason: Reason, certainty: Certainty, path: &str, words: &str) {
        let known = self.sightings.iter().any(|seen| seen.reason == reason && seen.path == path);
        if !known && self.sightings.len() < SIGHTINGS_MAX {
            let (path, words) = (path.to_owned(), words.to_owned());
            self.sightings.push(Sighting { reason, certainty, path, words });
        }
    }

    fn full(&self) -> bool {
        self.sightings.len() >= SIGHTINGS_MAX
    }
}

fn look(bytes: &[u8], media: Media, path: &str, depth: u8, seen: &mut Seen) {
    if exchange::transport(bytes, path, seen) || exchange::opaque(bytes, path, seen) {
        return;
    }
    if bytes.starts_with(b"PK\x03\x04") {
        archive(bytes, path, depth, seen);
        return;
    }
    let text = decoded(bytes);
    let start = text.trim_start();
    if exchange::messages(start, path, seen) {
        return;
    }
    if start.starts_with(['{', '[']) && records::json(start, path, seen) {
        return;
    }
    if start.starts_with('<') {
        exchange::xml(start, path, seen);
        text::look(&exchange::words_of(start), path, seen);
        return;
    }
    if media != Media::Text {
        tables::separated(start, path, seen);
    }
    text::look(&text, path, seen);
}

/// UTF-8, or UTF-16 where a byte order mark says so; marks and invisible characters are left out, as they hide digits.
fn decoded(bytes: &[u8]) -> String {
    let pairs = |little: bool| {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2).map(|pair| match (pair, little) {
            (&[a, b], true) => u16::from_le_bytes([a, b]),
            (&[a, b], false) => u16::from_be_bytes([a, b]),
            _ => 0,
        });
        char::decode_utf16(units).map(|unit| unit.unwrap_or(' ')).collect::<String>()
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => pairs(true),
        [0xFE, 0xFF, ..] => pairs(false),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    plain(&text)
}

/// Look-alikes as the plain character: spaces, hyphens and digits of other scripts; invisible characters vanish.
fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let one = |letter: char| match letter {
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(letter) - 0xff10, 10),
        '\u{660}'..='\u{669}' => char::from_digit(u32::from(letter) - 0x660, 10),
        other => Some(other),
    };
    text.chars().filter_map(one).collect()
}

/// Every member of an archive, within bounds; what exceeds them is reported, because it was not looked at.
fn archive(bytes: &[u8], path: &str, depth: u8, seen: &mut Seen) {
    use std::io::Read;
    let unread = "This archive could not be looked into, so it is not taken.";
    let opened = zip::ZipArchive::new(std::io::Cursor::new(bytes));
    let (Ok(mut archive), true) = (opened, depth < ARCHIVE_DEPTH_MAX) else {
        seen.add(Reason::Opaque, Certainty::Likely, path, unread);
        return;
    };
    let workbook = archive.file_names().any(|name| name == "xl/workbook.xml");
    if archive.len() > ARCHIVE_MEMBERS_MAX {
        seen.add(Reason::Opaque, Certainty::Likely, path, unread);
    }
    let mut members = Vec::new();
    let mut left = ARCHIVE_BYTES_MAX;
    for at in 0..archive.len().min(ARCHIVE_MEMBERS_MAX) {
        let mut content = Vec::new();
        let read = archive.by_index(at).map_err(|_| ()).and_then(|member| {
            let name = member.name().to_owned();
            member.take(left + 1).read_to_end(&mut content).map_err(|_| ())?;
            Ok(name)
        });
        let size = content.len() as u64;
        match read {
            Ok(name) if size <= left => {
                left -= size;
                members.push((name, content));
            }
            _ => {
                seen.add(Reason::Opaque, Certainty::Likely, path, unread);
                break;
            }
        }
    }
    if workbook {
        tables::workbook(&members, path, seen);
        return;
    }
    for (name, content) in &members {
        if !seen.full() {
            look(content, Media::Unknown, &format!("{path}/{name}"), depth + 1, seen);
        }
    }
}
