//! Patients and practitioners.

use std::collections::BTreeSet;

use model::Time;

use super::names::{ALERTS, DISTRICTS, FAMILIES, MEN, STREETS, TRICKY, WOMEN};
use super::{Generated, Random, begin, days_ago, id};
use crate::fhir::json::{List, Object, object};
use crate::fhir::{FhirId, Type};
use model::fold;

/// Numbers given out, so that none comes twice.
#[derive(Debug, Default)]
pub(super) struct NhsNumbers {
    given: BTreeSet<String>,
}

impl NhsNumbers {
    /// A number of the 999 range with its check digit (NHS Data Model and Dictionary, "NHS NUMBER": modulus 11).
    fn next(&mut self, random: &mut Random) -> String {
        loop {
            let nine = format!("999{:06}", random.below(1_000_000));
            if let Some(check) = check_digit(&nine) {
                let number = format!("{nine}{check}");
                if self.given.insert(number.clone()) {
                    return number;
                }
            }
        }
    }
}

/// The tenth digit; `None` where there is no valid one.
fn check_digit(nine: &str) -> Option<u32> {
    let sum: u32 = nine.chars().filter_map(|c| c.to_digit(10)).zip((2..=10).rev()).map(|(digit, by)| digit * by).sum();
    match 11 - sum % 11 {
        10 => None,
        11 => Some(0),
        check => Some(check),
    }
}

struct Name {
    given: Vec<&'static str>,
    family: String,
    gender: &'static str,
}

fn name(random: &mut Random, number: usize) -> Name {
    if let Some((given, family, gender)) = TRICKY.get(number) {
        return Name { given: given.to_vec(), family: (*family).to_owned(), gender };
    }
    let (names, gender) = match random.below(100) {
        0..49 => (WOMEN, "female"),
        49..98 => (MEN, "male"),
        98 => (WOMEN, "other"),
        _ => (MEN, "unknown"),
    };
    let mut given = vec![random.word(names)];
    if random.one_in(3) {
        given.push(random.word(names));
    }
    let mut family = random.word(FAMILIES).to_owned();
    if random.one_in(20) {
        family = format!("{family}-{}", random.word(FAMILIES));
    }
    Name { given, family, gender }
}

fn put_name(list: &mut List, name: &Name, title: &str) {
    list.object(|object| {
        object.text("use", "official");
        object.text("text", &format!("{title} {} {}", name.given.join(" "), name.family));
        object.text("family", &name.family);
        object.texts("given", name.given.iter().copied());
        object.texts("prefix", [title]);
    });
}

fn title(random: &mut Random, gender: &str, years: u64) -> &'static str {
    match (gender, years) {
        ("male", 0..16) => "Master",
        ("female", 0..16) => "Miss",
        _ if random.one_in(25) => "Dr",
        ("male", _) => "Mr",
        ("female", _) => random.word(&["Mrs", "Ms", "Miss"]),
        _ => "Mx",
    }
}

/// The ages of a town: somewhat more of the middle years, few of the very old.
fn age(random: &mut Random) -> u64 {
    match random.below(100) {
        0..18 => random.below(18),
        18..78 => 18 + random.below(47),
        78..97 => 65 + random.below(20),
        _ => 85 + random.below(16),
    }
}

pub(super) fn patient(
    random: &mut Random,
    number: usize,
    now: Time,
    dentist: Option<&FhirId>,
    numbers: &mut NhsNumbers,
) -> Generated {
    let id = id(random);
    let name = name(random, number);
    let years = age(random);
    let born = days_ago(now, years * 365 + years / 4 + random.below(365));
    // Of some old people only the year is known.
    let born = if years > 70 && random.one_in(15) { born.chars().take(4).collect() } else { born };
    let title = title(random, name.gender, years);
    let text = object(|patient| {
        begin(patient, Type::Patient, &id);
        if random.one_in(6) {
            alert(patient, random.word(ALERTS));
        }
        patient.list("identifier", |list| {
            identifier(list, "official", "https://fhir.nhs.uk/Id/nhs-number", &numbers.next(random));
            identifier(list, "usual", "https://haverbridge.example/patient-number", &format!("HB{:05}", number + 1));
        });
        patient.truth("active", true);
        patient.list("name", |list| put_name(list, &name, title));
        patient.list("telecom", |list| telecoms(list, random, &name, years));
        patient.text("gender", name.gender);
        patient.text("birthDate", &born);
        patient.list("address", |list| address(list, random));
        if years < 16 {
            patient.list("contact", |list| guardian(list, random, &name.family));
        }
        if let Some(dentist) = dentist {
            patient.list("generalPractitioner", |list| {
                list.object(|reference| reference.text("reference", &format!("Practitioner/{dentist}")));
            });
        }
    });
    Generated { of: Type::Patient, id, text }
}

pub(super) fn practitioner(random: &mut Random, number: usize) -> Generated {
    let id = id(random);
    // Practitioners come after the names that trip software up: those are for patients.
    let name = name(random, TRICKY.len() + number);
    let title = if random.one_in(2) { "Dr" } else { "Mx" };
    let text = object(|practitioner| {
        begin(practitioner, Type::Practitioner, &id);
        practitioner.list("identifier", |list| {
            let value = format!("SYNTHETIC-{:04}", number + 1);
            identifier(list, "official", "https://haverbridge.example/not-a-gdc-number", &value);
        });
        practitioner.truth("active", true);
        practitioner.list("name", |list| put_name(list, &name, title));
        practitioner.list("telecom", |list| {
            contact(list, "email", "work", &email(&name, number));
            contact(list, "phone", "work", &format!("01632 960{:03}", random.below(1000)));
        });
        practitioner.text("gender", name.gender);
        practitioner.list("qualification", |list| {
            list.object(|qualification| {
                qualification.object("code", |code| {
                    code.text("text", random.word(&["Dentist", "Dentist", "Dental hygienist", "Dental therapist"]));
                });
            });
        });
    });
    Generated { of: Type::Practitioner, id, text }
}

fn alert(patient: &mut Object, words: &str) {
    patient.list("extension", |list| {
        list.object(|extension| {
            extension.text("url", "https://haverbridge.example/fhir/StructureDefinition/medical-alert");
            extension.text("valueString", words);
        });
    });
}

fn identifier(list: &mut List, usage: &str, system: &str, value: &str) {
    list.object(|identifier| {
        identifier.text("use", usage);
        identifier.text("system", system);
        identifier.text("value", value);
    });
}

fn contact(list: &mut List, system: &str, usage: &str, value: &str) {
    list.object(|contact| {
        contact.text("system", system);
        contact.text("value", value);
        contact.text("use", usage);
    });
}

/// Ofcom's numbers for drama: 01632 960000 to 960999 and 07700 900000 to 900999.
fn telecoms(list: &mut List, random: &mut Random, name: &Name, years: u64) {
    if years < 12 || random.one_in(3) {
        contact(list, "phone", "home", &format!("01632 960{:03}", random.below(1000)));
    }
    if years >= 12 {
        contact(list, "phone", "mobile", &format!("07700 900{:03}", random.below(1000)));
        let number = usize::try_from(random.below(90)).unwrap_or(0) + 10;
        contact(list, "email", "home", &email(name, number));
    }
}

fn email(name: &Name, number: usize) -> String {
    let plain = |text: &str| fold(text).chars().filter(char::is_ascii_alphanumeric).take(20).collect::<String>();
    let given = name.given.first().map(|given| plain(given)).unwrap_or_default();
    let family = plain(&name.family);
    match (given.as_str(), family.as_str()) {
        ("", _) | (_, "") => format!("patient{number}@example.org"),
        _ => format!("{given}.{family}{number}@example.org"),
    }
}

fn address(list: &mut List, random: &mut Random) {
    list.object(|address| {
        address.text("use", "home");
        let line = format!("{} {}", 1 + random.below(140), random.word(STREETS));
        address.texts("line", [line.as_str()]);
        address.text("city", random.word(DISTRICTS));
        // No postcode area begins with Q (Royal Mail), so these lead nowhere.
        let letters =
            ["A", "B", "D", "E", "F", "G", "H", "J", "L", "N", "P", "Q", "R", "S", "T", "U", "W", "X", "Y", "Z"];
        let (first, second) = (random.word(&letters), random.word(&letters));
        let code = format!("QZ{} {}{first}{second}", 1 + random.below(20), random.below(10));
        address.text("postalCode", &code);
        address.text("country", "GB");
    });
}

fn guardian(list: &mut List, random: &mut Random, family: &str) {
    list.object(|contact| {
        contact.list("relationship", |list| {
            list.object(|code| code.text("text", "Parent or guardian"));
        });
        contact.object("name", |name| {
            name.text("family", family);
            name.texts("given", [random.word(WOMEN)]);
        });
        contact.list("telecom", |list| {
            self::contact(list, "phone", "mobile", &format!("07700 900{:03}", random.below(1000)));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_digit_is_that_of_the_published_example() {
        // NHS Data Model and Dictionary: 943 476 5919 is the example number.
        assert_eq!(check_digit("943476591"), Some(9));
    }
}
