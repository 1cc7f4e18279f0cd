//! Shapes of identifiers: labels, dates, national numbers with their check digits.

/// A heading or a member's name as lower-case letters and digits, nothing between.
pub(super) fn label(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(40).map(|c| c.to_ascii_lowercase()).collect()
}

/// Labels of columns and members that hold the identifier of a subject or a patient.
pub(super) fn identifier_label(label: &str) -> bool {
    const LABELS: [&str; 36] = [
        "usubjid",
        "subjid",
        "rsubjid",
        "subjectid",
        "subjectkey",
        "subjectnumber",
        "subjectno",
        "subjectidentifier",
        "subjectcode",
        "patientid",
        "patientnumber",
        "patientno",
        "patientidentifier",
        "patid",
        "patno",
        "ptid",
        "ptno",
        "mrn",
        "medicalrecordnumber",
        "medicalrecordno",
        "hospitalnumber",
        "hospitalno",
        "nhsnumber",
        "nhsno",
        "chinumber",
        "ssn",
        "socialsecuritynumber",
        "socialsecurityno",
        "screeningnumber",
        "randomizationnumber",
        "randomisationnumber",
        "participantid",
        "participantnumber",
        "participantidentifier",
        "uniquesubjectidentifier",
        "nationalid",
    ];
    LABELS.contains(&label)
}

/// Labels of dates of birth.
pub(super) fn birth_label(label: &str) -> bool {
    matches!(
        label,
        "dob"
            | "dateofbirth"
            | "birthdate"
            | "birthdtc"
            | "brthdtc"
            | "brthdat"
            | "patientdob"
            | "subjectdob"
            | "geburtsdatum"
            | "datedenaissance"
            | "fechadenacimiento"
            | "datadinascita"
            | "geboortedatum"
    )
}

/// Labels of people's names in a table. `name` alone is too common to count.
pub(super) fn name_label(label: &str) -> bool {
    matches!(label, "patientname" | "subjectname" | "participantname" | "nameofpatient" | "patientsurname")
}

/// A value shaped like an identifier: no spaces within, at least two digits.
pub(super) fn code_like(value: &str) -> bool {
    let value = value.trim();
    let compact: String = value.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    // A number in groups (943 476 5919) is one value too.
    let one = compact.len() == value.len() || compact.len() == digits;
    let fits = (2..=64).contains(&compact.len()) && digits >= 2;
    one && fits && compact.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c))
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The first full date in the text: where it begins.
pub(super) fn date_at(text: &str) -> Option<usize> {
    let mut parts: Vec<(usize, &str)> = Vec::new();
    let mut from = 0;
    let class = |c: char| {
        if c.is_ascii_digit() {
            0
        } else if c.is_alphabetic() {
            1
        } else {
            2
        }
    };
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let own = class(letter);
        // Every letter between words and numbers is a part of its own, so that separators can be compared.
        if last.is_some_and(|last| last != own || own == 2) {
            parts.push((from, text.get(from..at).unwrap_or_default()));
            from = at;
        }
        last = Some(own);
    }
    parts.push((from, text.get(from..).unwrap_or_default()));
    (0..parts.len())
        .find(|at| is_date_here(parts.get(*at..).unwrap_or_default()))
        .and_then(|at| parts.get(at))
        .map(|part| part.0)
}

/// Whether the whole value is one date.
pub(super) fn is_date(value: &str) -> bool {
    let value = value.trim();
    let serial = value.parse::<u32>().is_ok_and(|days| (3_000..60_000).contains(&days)) && value.len() == 5;
    value.len() <= 30 && (serial || date_at(value) == Some(0))
}

fn is_date_here(parts: &[(usize, &str)]) -> bool {
    let at = |at: usize| parts.get(at).map_or("", |part| part.1);
    let day = |text: &str| text.len() <= 2 && text.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    let year = |text: &str| text.len() == 4 && text.parse::<u16>().is_ok_and(|year| (1900..=2035).contains(&year));
    let short = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    let month = |text: &str| MONTHS.iter().any(|month| text.len() >= 3 && text.to_ascii_lowercase().starts_with(month));
    let joint = |a: usize, b: usize| at(a) == at(b) && ["-", "/", "."].contains(&at(a));
    let skip = |from: usize| {
        (from..from + 4).find(|at_| !matches!(at(*at_), " " | "," | "-" | "/" | "." | "st" | "nd" | "rd" | "th"))
    };
    let packed = at(0).len() == 8 && year(at(0).get(..4).unwrap_or_default()) && {
        let (month, date) = (at(0).get(4..6).unwrap_or_default(), at(0).get(6..).unwrap_or_default());
        month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month)) && day(date)
    };
    let iso = year(at(0)) && joint(1, 3) && day(at(2)) && day(at(4));
    let numbers = day(at(0)) && joint(1, 3) && day(at(2)) && (year(at(4)) || short(at(4)));
    let day_first =
        day(at(0)) && skip(1).is_some_and(|m| month(at(m)) && skip(m + 1).is_some_and(|y| year(at(y)) || short(at(y))));
    let month_first = month(at(0)) && skip(1).is_some_and(|d| day(at(d)) && skip(d + 1).is_some_and(|y| year(at(y))));
    packed || iso || numbers || day_first || month_first
}

fn digits(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// NHS number: ten digits, the last one checks modulo 11.
pub(super) fn is_nhs(text: &str) -> bool {
    let digits = digits(text);
    let [first @ .., last] = digits.as_slice() else { return false };
    let sum: u32 = first.iter().zip((2..=10).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = match 11 - sum % 11 {
        11 => 0,
        check => check,
    };
    let all_same = digits.iter().all(|digit| digit == last);
    digits.len() == 10 && check == *last && !all_same
}

/// Social Security number (US) as it is written: area, group and serial that are given out.
pub(super) fn is_ssn(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    let (area, group, serial) = (part(0..3), part(3..5), part(5..9));
    digits.len() == 9 && !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000"
}

/// French NIR: thirteen digits and a key modulo 97.
pub(super) fn is_nir(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let number = digits.get(..13).and_then(|number| number.parse::<u64>().ok());
    let key = digits.get(13..15).and_then(|key| key.parse::<u64>().ok());
    let month = digits.get(3..5).and_then(|month| month.parse::<u8>().ok());
    let born = digits.starts_with(['1', '2']) && month.is_some_and(|month| (1..=12).contains(&month));
    digits.len() == 15 && born && number.zip(key).is_some_and(|(number, key)| 97 - number % 97 == key)
}

/// Italian codice fiscale: sixteen characters, the last one checks.
pub(super) fn is_codice_fiscale(text: &str) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |letter: u8| u32::from(if letter.is_ascii_digit() { letter - b'0' } else { letter.wrapping_sub(b'A') });
    let bytes = text.as_bytes();
    let sum: u32 = bytes
        .iter()
        .take(15)
        .enumerate()
        .map(|(at, letter)| match at % 2 {
            0 => ODD.get(value(*letter) as usize).copied().unwrap_or(0),
            _ => value(*letter),
        })
        .sum();
    bytes.len() == 16 && bytes.get(15).is_some_and(|last| value(*last) == sum % 26)
}

/// Swedish personal number: a date and a check digit after Luhn.
pub(super) fn is_personnummer(text: &str) -> bool {
    let all = digits(text);
    let ten = all.get(all.len().saturating_sub(10)..).unwrap_or_default();
    let (month, day) = match ten {
        [_, _, a, b, c, d, ..] => (a * 10 + b, c * 10 + d),
        _ => return false,
    };
    let luhn: u32 = ten
        .iter()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    ten.len() == 10 && (1..=12).contains(&month) && (1..=31).contains(&day) && luhn.is_multiple_of(10)
}

/// Finnish personal identity code: a date, a century sign, three digits, a check character modulo 31.
pub(super) fn is_hetu(text: &str) -> bool {
    const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let number: String = text.chars().filter(char::is_ascii_digit).take(9).collect();
    let (day, month) = (number.get(..2).unwrap_or_default(), number.get(2..4).unwrap_or_default());
    let valid = |text: &str, max: u8| text.parse::<u8>().is_ok_and(|value| (1..=max).contains(&value));
    let check = number.parse::<u32>().ok().and_then(|number| CHECK.get((number % 31) as usize));
    number.len() == 9 && valid(day, 31) && valid(month, 12) && check == text.as_bytes().last()
}

/// Polish PESEL: eleven digits, the last one checks.
pub(super) fn is_pesel(text: &str) -> bool {
    let digits = digits(text);
    let sum: u32 = digits.iter().zip([1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 11 && sum.is_multiple_of(10)
}

/// Dutch BSN: nine digits, the eleven test.
pub(super) fn is_bsn(text: &str) -> bool {
    let digits = digits(text);
    let sum: i64 =
        digits.iter().zip([9, 8, 7, 6, 5, 4, 3, 2, -1]).map(|(digit, weight)| i64::from(*digit) * weight).sum();
    digits.len() == 9 && sum != 0 && sum % 11 == 0
}
