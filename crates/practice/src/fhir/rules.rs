//! What R4 asks beyond structure, and dates that make sense. Invariants are named as in R4.

use model::{Problem, Time};

use super::json::{Kind, Node, path_step};
use super::{FhirId, Type, codes, dates};

/// Longest string, in bytes (R4 datatypes, `string`), but for base64.
const STRING_BYTES_MAX: usize = 1 << 20;

/// How far ahead of the house's clock a birth or a document may be dated: zones and clocks differ.
const AHEAD_SECONDS_MAX: i64 = 24 * 60 * 60;

/// Extensions in extensions. R4's own go three deep; the model's decoder recurses with large frames (some
/// 85 KiB for each unoptimised), so more could end a worker's stack.
const EXTENSIONS_MAX: usize = 6;

/// Whether the structure can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    Fits,
    TooDeep,
}

/// Elements of R4's date types in the held types and their datatypes.
const DATES: &[&str] = &[
    "birthDate",
    "creation",
    "date",
    "deceasedDateTime",
    "end",
    "lastUpdated",
    "recorded",
    "start",
    "time",
    "valueDate",
    "valueDateTime",
    "valueInstant",
    "when",
];

/// Ends of the paths of base64 elements (`SampledData.data` is another thing).
const BASE64: &[&str] =
    &["Binary.data", ".attachment.data", ".photo.data", ".valueAttachment.data", ".valueSignature.data"];

struct Walk<'f> {
    of: Type,
    contained: Vec<String>,
    /// With indices, for people; and without, for the tables.
    path: String,
    plain: String,
    nesting: Nesting,
    found: &'f mut Vec<Problem>,
}

pub(crate) fn check(root: Node<'_>, of: Type, now: Time, found: &mut Vec<Problem>) -> Nesting {
    let contained = root.member("contained").into_iter().flat_map(Node::children);
    let contained = contained.filter_map(|inner| inner.member_text("id")).map(|id| id.into_owned()).collect();
    let mut walk =
        Walk { of, contained, path: of.name().to_owned(), plain: of.name().to_owned(), nesting: Nesting::Fits, found };
    // The model takes any string as an id.
    if root.member("id").is_some_and(|id| id.text().is_none_or(|id| FhirId::parse(&id).is_none())) {
        walk.no_at("id", "An id has 1 to 64 letters, digits, hyphens or dots.");
    }
    walk.node(root);
    walk.life(root, now);
    walk.nesting
}

impl Walk<'_> {
    fn no(&mut self, words: impl Into<String>) {
        self.found.push(Problem { path: self.path.clone(), words: words.into() });
    }

    fn no_at(&mut self, step: &str, words: &str) {
        self.found.push(Problem { path: format!("{}.{step}", self.path), words: words.to_owned() });
    }

    fn node(&mut self, node: Node<'_>) {
        match node.kind() {
            Kind::Object => self.object(node),
            Kind::List => {
                for (index, item) in node.children().enumerate() {
                    let was = self.path.len();
                    self.path.push_str(&format!("[{index}]"));
                    self.node(item);
                    self.path.truncate(was);
                }
            }
            Kind::Text => self.text(node),
            Kind::Null | Kind::Bool | Kind::Number => {}
        }
    }

    fn object(&mut self, object: Node<'_>) {
        if object.children().next().is_none() {
            return self.no("An empty object is not allowed; leave the element out.");
        }
        if self.extensions() > EXTENSIONS_MAX {
            self.nesting = Nesting::TooDeep;
            return self.no(format!("Extensions stand more than {EXTENSIONS_MAX} deep in each other."));
        }
        self.invariants(object);
        for member in object.children() {
            let name = member.name().unwrap_or_default();
            let (path, plain) = (self.path.len(), self.plain.len());
            self.path.push('.');
            self.path.push_str(&path_step(&name));
            self.plain.push('.');
            self.plain.push_str(&name);
            self.node(member);
            self.path.truncate(path);
            self.plain.truncate(plain);
        }
    }

    fn extensions(&self) -> usize {
        self.plain.split('.').filter(|step| matches!(*step, "extension" | "modifierExtension")).count()
    }

    fn element(&self) -> &str {
        self.plain.rsplit('.').next().unwrap_or_default()
    }

    fn text(&mut self, node: Node<'_>) {
        let Some(text) = node.text() else { return };
        let base64 = BASE64.iter().any(|end| self.plain.ends_with(end));
        if text.len() > STRING_BYTES_MAX && !base64 {
            self.no("A string may have 1 MiB at most.");
        }
        if text.chars().any(|c| c < ' ' && !matches!(c, '\t' | '\n' | '\r')) {
            self.no("A string may hold no control characters but tab, carriage return and line feed.");
        }
        if DATES.binary_search(&self.element()).is_ok()
            && fhirkit::primitive::is_datetime(&text)
            && let Err(words) = dates::read(&text)
        {
            self.no(words);
        }
        if let Some(codes) = codes::required_at(&self.plain)
            && !codes.contains(&&*text)
        {
            self.no(format!("This code is not one of R4's: {}.", codes.join(", ")));
        }
        match self.element() {
            "data" if base64 && !is_base64(&text) => self.no("This is not base64 (RFC 4648 §4)."),
            "contentType" if !codes::is_media_type(&text) => self.no("This is not a media type such as image/png."),
            "div" if self.plain.ends_with(".text.div") => {
                if let Some(words) = narrative(&text) {
                    self.no(words);
                }
            }
            "reference" => self.local_reference(&text),
            _ => {}
        }
    }

    /// ref-1: a reference to a contained resource names one that is there.
    fn local_reference(&mut self, reference: &str) {
        let Some(id) = reference.strip_prefix('#') else { return };
        if !id.is_empty() && !self.contained.iter().any(|there| there == id) {
            self.no("This refers to a contained resource that is not there (ref-1).");
        }
    }

    fn invariants(&mut self, object: Node<'_>) {
        let has = |name: &str| object.member(name).is_some();
        match self.element() {
            "extension" | "modifierExtension" => {
                let value = object
                    .children()
                    .any(|member| member.name().is_some_and(|name| name.trim_start_matches('_').starts_with("value")));
                if value == has("extension") {
                    self.no("An extension has either a value or extensions, not both and not neither (ext-1).");
                }
            }
            "telecom" if has("value") && !has("system") && !has("_system") => {
                self.no_at("system", "A contact with a value needs its system (cpt-2).");
            }
            "attachment" | "photo" if has("data") && !has("contentType") && !has("_contentType") => {
                self.no_at("contentType", "Attached data needs its media type (att-1).");
            }
            "contact"
                if self.plain == "Patient.contact"
                    && !["name", "telecom", "address", "organization"].iter().any(|name| has(name)) =>
            {
                self.no("A contact needs a name, a telecom, an address or an organization (pat-1).");
            }
            "period" => self.period(object),
            _ => {}
        }
    }

    /// per-1: a period does not end before it starts.
    fn period(&mut self, period: Node<'_>) {
        let read = |name: &str| dates::read(&period.member_text(name)?).ok();
        if let (Some(start), Some(end)) = (read("start"), read("end"))
            && end.moments.until <= start.moments.from
        {
            self.no("A period ends before it starts (per-1).");
        }
    }

    /// Dates that people have lived and written at.
    fn life(&mut self, root: Node<'_>, now: Time) {
        let elements: &[&str] = match self.of {
            Type::Patient => &["birthDate", "deceasedDateTime"],
            Type::Practitioner => &["birthDate"],
            Type::DocumentReference => &["date"],
            Type::Binary => &[],
        };
        let read = |name: &str| dates::read(&root.member_text(name)?).ok();
        for name in elements {
            let Some(date) = read(name) else { continue };
            if date.moments.from > now.plus_seconds(AHEAD_SECONDS_MAX) {
                self.no_at(name, "This lies in the future.");
            }
            if date.year < dates::YEAR_MIN {
                let words = format!("This lies before the year {}, the earliest that is taken.", dates::YEAR_MIN);
                self.no_at(name, &words);
            }
        }
        if let (Type::Patient, Some(birth), Some(death)) = (self.of, read("birthDate"), read("deceasedDateTime"))
            && death.moments.until <= birth.moments.from
        {
            self.no_at("deceasedDateTime", "Death lies before birth.");
        }
    }
}

/// Base64 with its padding at the end and nowhere else; space between is allowed.
fn is_base64(text: &str) -> bool {
    let mut length = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        length += 1;
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
    }
    length > 0 && length.is_multiple_of(4) && padding <= 2
}

/// Elements that a narrative cannot have (txt-1): what acts, loads or frames.
const ACTIVE: &[&str] = &[
    "applet", "base", "body", "button", "embed", "form", "frame", "frameset", "head", "html", "iframe", "input",
    "link", "meta", "object", "script", "select", "style", "svg", "textarea",
];

/// txt-1: a narrative is a `div` of plain, passive XHTML. Says what is wrong.
fn narrative(html: &str) -> Option<&'static str> {
    if !html.trim_start().starts_with("<div") || !html.trim_end().ends_with('>') {
        return Some("A narrative is one XHTML div (txt-1).");
    }
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default().trim_start_matches('/');
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        if ACTIVE.binary_search(&name.to_ascii_lowercase().as_str()).is_ok() {
            return Some("A narrative holds no scripts, forms, frames, objects or other active elements (txt-1).");
        }
        let tag = tag.to_ascii_lowercase();
        let event = tag
            .split(|c: char| c.is_whitespace() || c == '"' || c == '\'' || c == '/')
            .any(|part| part.starts_with("on") && part.split_once('=').is_some_and(|(name, _)| name.len() > 2));
        let script = tag.replace(|c: char| c.is_whitespace() || c.is_control(), "").contains("javascript:");
        if event || script {
            return Some("A narrative holds no event attributes and no script addresses (txt-1).");
        }
    }
    None
}
