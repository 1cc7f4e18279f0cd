//! SMART scopes of backend services: `system/Patient.rs` (version 2) and `system/Patient.read` (version 1).

/// A type of an interface and the noun of its permissions, such as `Patient` and `patient`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopedType {
    /// The FHIR type.
    pub resource: &'static str,
    /// The noun of the permissions `noun.read`, `noun.create`, `noun.update` and `noun.retire`.
    pub noun: &'static str,
}

/// Letters of version 2 in the order in which they must stand, with the verb that each needs.
const LETTERS: [(char, &str); 5] = [('c', "create"), ('r', "read"), ('u', "update"), ('d', "retire"), ('s', "read")];

/// Works out what is granted of what was asked for: the scopes as far as `may` holds, and the permissions behind them.
/// A scope that is not understood, or of which nothing may be granted, is left out (RFC 6749 §3.3).
pub fn grant(asked: &str, types: &[ScopedType], may: impl Fn(&str) -> bool) -> (Vec<String>, Vec<String>) {
    let (mut scopes, mut permissions) = (Vec::new(), Vec::new());
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        let Some((resource, acts)) = scope.strip_prefix("system/").and_then(|rest| rest.split_once('.')) else {
            continue;
        };
        let Some((letters, in_words)) = letters_of(acts) else { continue };
        let wanted: Vec<&ScopedType> = types.iter().filter(|it| resource == "*" || it.resource == resource).collect();
        for letters in granted(&letters, &wanted, &may, &mut permissions) {
            let shown = if in_words && letters.1.len() == acts_len(acts) { acts.to_owned() } else { letters.1 };
            let scope = format!("system/{}.{shown}", letters.0);
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
    }
    permissions.sort();
    permissions.dedup();
    (scopes, permissions)
}

/// For each type the letters that may be granted.
fn granted(
    letters: &str,
    types: &[&ScopedType],
    may: &impl Fn(&str) -> bool,
    permissions: &mut Vec<String>,
) -> Vec<(&'static str, String)> {
    let mut list = Vec::new();
    for one in types {
        let mut held = String::new();
        for (letter, verb) in LETTERS {
            let permission = format!("{}.{verb}", one.noun);
            if letters.contains(letter) && may(&permission) {
                held.push(letter);
                permissions.push(permission);
            }
        }
        if !held.is_empty() {
            list.push((one.resource, held));
        }
    }
    list
}

/// The letters of a scope's end, and whether it is written in words (version 1).
fn letters_of(acts: &str) -> Option<(String, bool)> {
    match acts {
        "read" => Some(("rs".to_owned(), true)),
        "write" => Some(("cud".to_owned(), true)),
        "*" => Some(("cruds".to_owned(), true)),
        _ => {
            // Each letter once, in order, and no search parameters: those would narrow further than is done here.
            let mut rest = LETTERS.iter();
            let in_order = !acts.is_empty() && acts.chars().all(|letter| rest.any(|(known, _)| *known == letter));
            in_order.then(|| (acts.to_owned(), false))
        }
    }
}

fn acts_len(acts: &str) -> usize {
    letters_of(acts).map_or(0, |(letters, _)| letters.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &[ScopedType] = &[
        ScopedType { resource: "Patient", noun: "patient" },
        ScopedType { resource: "Practitioner", noun: "practitioner" },
    ];

    fn check(asked: &str, held: &[&str], scopes: &str, permissions: &[&str]) {
        let (found, needs) = grant(asked, TYPES, |name| held.contains(&name));
        assert_eq!(
            (found.join(" ").as_str(), needs.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
            (scopes, permissions),
            "{asked}"
        );
    }

    #[test]
    fn a_scope_is_granted_as_far_as_its_permissions_are_held() {
        let reads = ["patient.read"];
        check("system/Patient.rs", &reads, "system/Patient.rs", &reads);
        check("system/Patient.cruds", &reads, "system/Patient.rs", &reads);
        check("system/Patient.read", &reads, "system/Patient.read", &reads);
        check("system/Patient.*", &reads, "system/Patient.rs", &reads);
        check("system/*.rs", &reads, "system/Patient.rs", &reads);
        check("system/Patient.rs system/Patient.rs", &reads, "system/Patient.rs", &reads);
        check(
            "system/Patient.write",
            &["patient.create", "patient.update", "patient.retire"],
            "system/Patient.write",
            &["patient.create", "patient.retire", "patient.update"],
        );
    }

    #[test]
    fn what_is_not_held_or_not_understood_is_left_out() {
        for asked in [
            "",
            "system/Patient.c",
            "system/Practitioner.rs",
            "patient/Patient.rs",
            "user/*.rs",
            "system/Patient.sr",
            "system/Patient.rr",
            "system/Patient.rs?name=a",
            "system/Patient",
            "system/patient.rs",
            "openid",
        ] {
            check(asked, &["patient.read"], "", &[]);
        }
    }
}
