use model::{Refusal, RefusalKind};
use practice::fhir::capability::{Interaction, Offer, statement};
use practice::fhir::json::{Document, Limits};
use practice::fhir::{Type, outcome, search};

use crate::now;

const KINDS: [RefusalKind; 17] = [
    RefusalKind::NotSignedIn,
    RefusalKind::SecondFactorNeeded,
    RefusalKind::NotAllowed,
    RefusalKind::NotFound,
    RefusalKind::Gone,
    RefusalKind::Malformed,
    RefusalKind::Invalid,
    RefusalKind::TooLarge,
    RefusalKind::WrongMediaType,
    RefusalKind::NotAcceptable,
    RefusalKind::WrongMethod,
    RefusalKind::NotSupported,
    RefusalKind::Conflict,
    RefusalKind::PreconditionFailed,
    RefusalKind::PreconditionRequired,
    RefusalKind::TooManyRequests,
    RefusalKind::Busy,
];

/// R4 value set issue-type, http://hl7.org/fhir/issue-type.
const ISSUE_TYPES: [&str; 31] = [
    "invalid",
    "structure",
    "required",
    "value",
    "invariant",
    "security",
    "login",
    "unknown",
    "expired",
    "forbidden",
    "suppressed",
    "processing",
    "not-supported",
    "duplicate",
    "multiple-matches",
    "not-found",
    "deleted",
    "too-long",
    "code-invalid",
    "extension",
    "too-costly",
    "business-rule",
    "conflict",
    "transient",
    "lock-error",
    "no-store",
    "exception",
    "timeout",
    "incomplete",
    "throttled",
    "informational",
];

fn valid_outcome(text: &str) {
    let (_, issues) = fhirkit::from_json::<fhirkit::r4::OperationOutcome>(text).unwrap();
    assert!(issues.is_empty(), "{issues:?}\n{text}");
}

#[test]
fn every_refusal_is_a_valid_operation_outcome() {
    for kind in KINDS {
        assert!(ISSUE_TYPES.contains(&outcome::code(kind)), "{kind:?}");
        valid_outcome(&outcome::of_refusal(&Refusal::new(kind, "No.")));
        let with = Refusal::new(kind, "No.").at("Patient.name[0]", "Wrong \"here\".").at("http.name", "And here.");
        let text = outcome::of_refusal(&with);
        valid_outcome(&text);
        let document = Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap();
        let place = |name: &str| document.root().follow(&["issue", name])[0].text().unwrap().into_owned();
        assert_eq!((place("expression").as_str(), place("location").as_str()), ("Patient.name[0]", "http.name"));
    }
    valid_outcome(&outcome::of_success("Deleted."));
    valid_outcome(&outcome::of_ignored(&["a".to_owned()]));
    valid_outcome(&outcome::of_fault("request 1"));
}

#[test]
fn the_capability_statement_is_valid_and_says_what_the_tables_say() {
    let interactions =
        [Interaction::Read, Interaction::Vread, Interaction::Create, Interaction::Update, Interaction::SearchType];
    let offer = Offer {
        software: "Candor",
        version: "0.1.0",
        base: "https://h.example/fhir",
        interactions: &interactions,
        date: now(),
    };
    let text = statement(&offer);
    let (_, issues) = fhirkit::from_json::<fhirkit::r4::CapabilityStatement>(&text).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    let document = Document::read(text.as_bytes(), &Limits::RESOURCE).unwrap();
    let resources = document.root().follow(&["rest", "resource"]);
    assert_eq!(resources.len(), Type::ALL.len());
    for (resource, of) in resources.iter().zip(Type::ALL) {
        assert_eq!(resource.member_text("type").unwrap(), of.name());
        let listed: Vec<String> = resource
            .follow(&["searchParam", "name"])
            .into_iter()
            .map(|name| name.text().unwrap().into_owned())
            .collect();
        assert!(search::params(of).iter().all(|param| listed.iter().any(|name| name == param.name)), "{of}");
        let codes = resource.follow(&["interaction", "code"]).len();
        assert_eq!(codes, if of == Type::Binary { 4 } else { 5 }, "a Binary is not searched");
        assert!(text.contains("versioned-update"));
    }
}
