//! Words: identifiers and dates of birth beside the words that name them.
//!
//! A protocol is full of numbers and dates, and none of them is a person's. So a number counts only with a valid check digit and
//! words (or a grouping) that make it what it is, and a date only when it is called somebody's birth.

use std::sync::LazyLock;

use regex::Regex;

use super::identifiers::{
    date_at, is_bsn, is_codice_fiscale, is_hetu, is_nhs, is_nir, is_personnummer, is_pesel, is_ssn,
};
use super::{Certainty, Reason, Seen};

type Pattern = LazyLock<Option<Regex>>;

static BIRTH: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:d\.o\.b\.?|dob|date of birth|dateofbirth|birth ?date|brthdtc|born|geburtsdatum|geb\. ?am|date de naissance|n[ée]e? le|fecha de nacimiento|data di nascita|geboortedatum)\b",
    )
    .ok()
});
static LIMIT: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:before|after|between|since|prior|earlier|later|until|from|to|or)\b").ok());
static RECORD: Pattern = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:mrn|medical ?record ?(?:number|no\.?)|hospital ?(?:number|no\.?)|patient ?(?:id|identifier|number|no\.?))[\s:#=.]{1,4}(?:is |was )?([a-z]{0,3}-?\d[\d-]{4,12})\b",
    )
    .ok()
});
static TEN: Pattern = LazyLock::new(|| Regex::new(r"(?:^|[^\w.-])(\d{3}([ -]?)\d{3}[ -]?\d{4})(?:$|[^\w-])").ok());
static SSN: Pattern = LazyLock::new(|| Regex::new(r"(?:^|[^\w-])(\d{3}-\d{2}-\d{4})(?:$|[^\w-])").ok());
static SSN_NAMED: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:ssn|social security (?:number|no\.?))[\s:#=]{1,3}(\d{3}[ -]?\d{2}[ -]?\d{4})\b").ok()
});
static LONG: Pattern = LazyLock::new(|| {
    Regex::new(concat!(
        r"\b(?:([12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2})",
        r"|([A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z])",
        r"|((?:19|20)?\d{6}-\d{4})",
        r"|(\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]))\b"
    ))
    .ok()
});
static NAMED_NUMBER: Pattern =
    LazyLock::new(|| Regex::new(r"(?i)\b(?:(pesel)|(bsn|burgerservicenummer))[\s:#=]{1,3}(\d{9,11})\b").ok());
static PATIENT: Pattern = LazyLock::new(|| {
    Regex::new(
        r"\b(?:(?i:patient(?:'s)? name|subject(?:'s)? name|participant(?:'s)? name|name of (?:the )?patient|patient|pt)\s*[:=]|M(?:r|rs|s)\.?)\s+\p{Lu}[\p{L}'-]+,?\s+\p{Lu}[\p{L}'-]+",
    )
    .ok()
});
static NAME_LABEL: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(?i:patient(?:'s)? name|name of (?:the )?patient)\s*[:=]\s*\p{Lu}[\p{L}'-]+,?\s+\p{Lu}[\p{L}'-]+")
        .ok()
});
static STORY: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b\d{1,3}[- ]year[- ]old (?:\w+ ){0,2}(?:man|woman|male|female|boy|girl|patient|gentleman|lady)\b")
        .ok()
});
static ABOUT: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:nhs|patient|subject|participant|mr|mrs|ms|dob|born|date of birth|surname|chi number)\b").ok()
});
static PHONE: Pattern = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\+\d{1,3}[ (-]*|\b(?:tel|telephone|phone|fax|call|mobile|cell|hotline|toll)\b\D{0,12})$").ok()
});

/// Looks at words.
pub(super) fn look(text: &str, path: &str, seen: &mut Seen) {
    // Every shape has at least two digits, but for a name that is called one.
    let digits = text.bytes().filter(u8::is_ascii_digit).take(6).count();
    each(&NAME_LABEL, text, |start, _| {
        seen.add(Reason::NamedPatient, Certainty::Likely, &place(text, start, path), "A patient's name.");
    });
    if digits < 5 || seen.full() {
        return;
    }
    births(text, path, seen);
    records(text, path, seen);
    numbers(text, path, seen);
    people(text, path, seen);
}

/// Calls back with the place of each match, and of its first group when it has one.
fn each(pattern: &Pattern, text: &str, mut found: impl FnMut(usize, &str)) {
    if let Some(pattern) = pattern.as_ref() {
        for captures in pattern.captures_iter(text).take(200) {
            let group = captures.iter().skip(1).flatten().next();
            if let Some(shape) = group.or_else(|| captures.get(0)) {
                found(shape.start(), shape.as_str());
            }
        }
    }
}

fn matches(pattern: &Pattern, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// The place of a sighting: the path, with the line where the words have several.
fn place(text: &str, at: usize, path: &str) -> String {
    match text.contains('\n') {
        true => format!("{path}/line {}", text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1),
        false => path.to_owned(),
    }
}

/// Up to so many bytes behind a place, cut at letters.
fn behind(text: &str, at: usize, bytes: usize) -> &str {
    let mut end = (at + bytes).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}

/// Up to so many bytes before a place, cut at letters.
fn before(text: &str, at: usize, bytes: usize) -> &str {
    let mut start = at.saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

fn births(text: &str, path: &str, seen: &mut Seen) {
    let Some(pattern) = BIRTH.as_ref() else { return };
    for label in pattern.find_iter(text).take(200) {
        let window = behind(text, label.end(), 40);
        let Some(at) = date_at(window) else { continue };
        let between = window.get(..at).unwrap_or_default();
        // "born on or before 1 January 1950" is a criterion.
        if !matches(&LIMIT, between) {
            let words = "A date of birth.";
            seen.add(Reason::BirthDate, Certainty::Likely, &place(text, label.start(), path), words);
        }
    }
}

fn records(text: &str, path: &str, seen: &mut Seen) {
    each(&RECORD, text, |start, shape| {
        if shape.bytes().filter(u8::is_ascii_digit).count() >= 5 {
            let words = "The record number of a patient.";
            seen.add(Reason::RecordNumber, Certainty::Likely, &place(text, start, path), words);
        }
    });
}

fn numbers(text: &str, path: &str, seen: &mut Seen) {
    let mut add = |start: usize, words: &str| {
        seen.add(Reason::NationalNumber, Certainty::Likely, &place(text, start, path), words);
    };
    each(&TEN, text, |start, shape| {
        let grouped = shape.contains([' ', '-']);
        let lead = before(text, start, 80);
        let nearby = [lead, behind(text, start + shape.len(), 40)];
        let about = nearby.iter().any(|part| matches(&ABOUT, part));
        let alone = grouped && text.trim() == shape;
        if is_nhs(shape) && !matches(&PHONE, before(text, start, 30)) && (about || alone) {
            add(start, "A number with the check digit of an NHS number.");
        }
    });
    for pattern in [&SSN, &SSN_NAMED] {
        each(pattern, text, |start, shape| {
            if is_ssn(shape) {
                add(start, "A number shaped like a Social Security number.");
            }
        });
    }
    each(&LONG, text, |start, shape| {
        let known =
            [is_nir(shape), is_codice_fiscale(shape), is_hetu(shape), is_personnummer(shape) && shape.len() <= 13];
        if known.contains(&true) {
            add(start, "A national identity number with a valid check character.");
        }
    });
    if let Some(pattern) = NAMED_NUMBER.as_ref() {
        for captures in pattern.captures_iter(text).take(200) {
            let Some(number) = captures.get(3) else { continue };
            if (captures.get(1).is_some() && is_pesel(number.as_str()))
                || (captures.get(2).is_some() && is_bsn(number.as_str()))
            {
                add(number.start(), "A national identity number with a valid check digit.");
            }
        }
    }
}

/// Names beside dates, and stories.
fn people(text: &str, path: &str, seen: &mut Seen) {
    for (pattern, window, reason, words) in [
        (&PATIENT, 60, Reason::NamedPatient, "A patient's name with a date."),
        (&STORY, 160, Reason::Narrative, "A person's story: age, sex and a full date."),
    ] {
        let Some(pattern) = pattern.as_ref() else { continue };
        for found in pattern.find_iter(text).take(200) {
            let around = [behind(text, found.end(), window), before(text, found.start(), window)];
            if around.iter().any(|part| date_at(part).is_some()) {
                seen.add(reason, Certainty::Likely, &place(text, found.start(), path), words);
            }
        }
    }
}
