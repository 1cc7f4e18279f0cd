use model::{Refusal, RefusalKind};
use practice::fhir::bundle::{
    Act, BundleType, Draft, EntryAnswer, Found, Match, Naming, Role, Settled, history, pick, response, searchset,
};
use practice::fhir::json::{Document, Limits};
use practice::fhir::search::{Handling, plan};
use practice::fhir::{FhirId, Resource, Type, VersionId};
use proptest::prelude::*;

use crate::{PATIENT, TRANSACTION, now};

fn settle(text: &str, found: &[Found]) -> Result<Settled, Refusal> {
    let mut next = 0;
    let mut fresh = || {
        next += 1;
        FhirId::parse(&format!("new-{next}")).unwrap()
    };
    Draft::read(text.as_bytes(), now())?.settle(found, &mut fresh)
}

fn refused(text: &str) -> Refusal {
    settle(text, &[]).expect_err("this should be refused")
}

fn one(id: &str) -> Found {
    Found::One(FhirId::parse(id).unwrap())
}

fn bundle(kind: &str, entries: &[&str]) -> String {
    format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{}]}}"#, entries.join(","))
}

const NEW: &str = r#"{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#;

#[test]
fn a_transaction_is_settled_in_the_order_of_r4_with_its_links_written() {
    let draft = Draft::read(TRANSACTION.as_bytes(), now()).unwrap();
    assert_eq!(draft.len(), 6);
    let conditions: Vec<_> = draft.conditions().iter().map(|found| (found.entry, found.role.clone())).collect();
    assert_eq!(conditions, [(2, Role::Reference("Practitioner?identifier=gdc|7".to_owned()))]);

    let settled = settle(TRANSACTION, &[one("p1")]).unwrap();
    let order: Vec<usize> = settled.steps.iter().map(|step| step.entry).collect();
    assert_eq!(order, [4, 0, 1, 2, 3, 5]);
    let text = |entry: usize| {
        let step = settled.steps.iter().find(|step| step.entry == entry).unwrap();
        match step.act.as_ref().unwrap() {
            Act::Create { resource, .. } | Act::Update { resource, .. } => resource.text(),
            other => panic!("{other:?}"),
        }
    };
    assert!(text(0).contains(r#"href=\"Binary/new-2\""#), "{}", text(0));
    assert!(text(1).contains(r#""reference":"Patient/new-1""#));
    let document = text(2);
    assert!(document.contains(r#""subject":{"reference":"Patient/new-1"}"#));
    assert!(document.contains(r#""url":"Binary/new-2""#));
    assert!(document.contains(r#"{"reference":"Practitioner/p1"}"#));
    assert!(document.contains("urn:uuid:00000000-0000-4000-8000-000000000000"), "what is not in the Bundle stays");
    assert!(document.contains(r#""value":"urn:uuid:61ebe359"#), "an identifier is not a link");
    let update = settled.steps.iter().find(|step| step.entry == 3).unwrap();
    assert!(matches!(&update.act, Ok(Act::Update { if_match: Some(tags), .. }) if tags.hold(VersionId::new(3))));
}

#[test]
fn a_relative_reference_resolves_against_its_own_entry() {
    let text = bundle(
        "transaction",
        &[
            r#"{"fullUrl":"http://a.example/fhir/Patient/9","resource":{"resourceType":"Patient","id":"9"},"request":{"method":"POST","url":"Patient"}}"#,
            r#"{"fullUrl":"http://a.example/fhir/Binary/8","resource":{"resourceType":"Binary","contentType":"a/b","securityContext":{"reference":"Patient/9"}},"request":{"method":"POST","url":"Binary"}}"#,
            r#"{"fullUrl":"http://b.example/fhir/Binary/7","resource":{"resourceType":"Binary","contentType":"a/b","securityContext":{"reference":"Patient/9"}},"request":{"method":"POST","url":"Binary"}}"#,
        ],
    );
    let settled = settle(&text, &[]).unwrap();
    let references: Vec<String> = settled.steps[1..]
        .iter()
        .map(|step| match step.act.as_ref().unwrap() {
            Act::Create { resource, .. } => {
                resource.root().follow(&["securityContext", "reference"])[0].text().unwrap().into_owned()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(references, ["Patient/new-1", "Patient/9"]);
}

#[test]
fn a_transaction_with_types_that_are_not_held_is_refused_naming_each() {
    let observation = r#"{"resource":{"resourceType":"Observation"},"request":{"method":"POST","url":"Observation"}}"#;
    let claim = r#"{"resource":{"resourceType":"Claim"},"request":{"method":"POST","url":"Claim"}}"#;
    let no = refused(&bundle("transaction", &[NEW, observation, claim, observation]));
    assert_eq!(no.kind, RefusalKind::NotSupported);
    assert_eq!(
        no.words,
        "Nothing of this transaction was stored: it holds types that are not supported yet: Claim (1), Observation (2). Supported: Patient, Practitioner, DocumentReference, Binary."
    );
    assert_eq!(no.problems[1].path, "Bundle.entry[1].resource");

    let settled = settle(&bundle("batch", &[NEW, observation]), &[]).unwrap();
    assert!(matches!(settled.steps[0].act, Ok(Act::Create { .. })));
    assert_eq!(settled.steps[1].act.as_ref().unwrap_err().kind, RefusalKind::NotSupported);
}

#[test]
fn one_wrong_entry_refuses_a_transaction_and_only_itself_in_a_batch() {
    let wrong = r#"{"resource":{"resourceType":"Patient","birthDate":"2026-02-30"},"request":{"method":"POST","url":"Patient"}}"#;
    let no = refused(&bundle("transaction", &[NEW, wrong]));
    assert_eq!((no.kind, no.problems[0].path.as_str()), (RefusalKind::Invalid, "Bundle.entry[1].resource.birthDate"));
    let settled = settle(&bundle("batch", &[wrong, NEW]), &[]).unwrap();
    assert!(settled.steps[0].act.is_err() && settled.steps[1].act.is_ok());
}

#[test]
fn what_is_wrong_with_a_request_is_said_with_its_path() {
    for (entry, path) in [
        (r#"{"resource":{"resourceType":"Patient"}}"#, "request"),
        (r#"{"request":{"method":"POST","url":"Patient"}}"#, "resource"),
        (r#"{"request":{"method":"PATCH","url":"Patient/1"}}"#, "request.method"),
        (r#"{"request":{"method":"BREW","url":"Patient/1"}}"#, "request.method"),
        (r#"{"request":{"method":"POST","url":"Patient/1"},"resource":{"resourceType":"Patient"}}"#, "request.url"),
        (r#"{"request":{"method":"PUT","url":"Patient"},"resource":{"resourceType":"Patient"}}"#, "request.url"),
        (r#"{"request":{"method":"GET","url":"../secrets"}}"#, "request.url"),
        (r#"{"request":{"method":"GET","url":"http://elsewhere/Patient/1"}}"#, "request.url"),
        (r#"{"request":{"method":"GET","url":"Patient?_sort=a"}}"#, "request.url"),
        (
            r#"{"request":{"method":"PUT","url":"Patient/1"},"resource":{"resourceType":"Patient","id":"2"}}"#,
            "resource.id",
        ),
        (
            r#"{"request":{"method":"PUT","url":"Patient/1","ifMatch":"3"},"resource":{"resourceType":"Patient","id":"1"}}"#,
            "request.ifMatch",
        ),
        (
            r#"{"request":{"method":"POST","url":"Patient","ifNoneExist":"_count=1"},"resource":{"resourceType":"Patient"}}"#,
            "request.ifNoneExist",
        ),
        (r#"{"request":{"method":"DELETE","url":"Patient?"}}"#, "request.url"),
        (
            r#"{"request":{"method":"POST","url":"Binary"},"resource":{"resourceType":"Patient"}}"#,
            "resource.resourceType",
        ),
        (r#"{"bogus":1,"request":{"method":"GET","url":"Patient/1"}}"#, "bogus"),
    ] {
        let no = refused(&bundle("transaction", &[entry]));
        assert_eq!(no.problems[0].path, format!("Bundle.entry[0].{path}"), "{entry}: {no:?}");
    }
    for text in [
        r#"{"resourceType":"Patient"}"#.to_owned(),
        bundle("collection", &[NEW]),
        r#"{"resourceType":"Bundle","type":"batch","entry":[]}"#.to_owned(),
        r#"{"resourceType":"Bundle","type":"batch","bogus":1}"#.to_owned(),
        r#"{"resourceType":"Bundle","type":"batch","entry":[1]}"#.to_owned().replace("batch", "transaction"),
    ] {
        assert!(!refused(&text).problems.is_empty(), "{text}");
    }
}

#[test]
fn two_entries_cannot_be_one_resource() {
    let full =
        r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#;
    assert_eq!(refused(&bundle("transaction", &[full, full])).problems[0].path, "Bundle.entry[1].fullUrl");
    let put = r#"{"resource":{"resourceType":"Patient","id":"1"},"request":{"method":"PUT","url":"Patient/1"}}"#;
    let delete = r#"{"request":{"method":"DELETE","url":"Patient/1"}}"#;
    assert_eq!(refused(&bundle("transaction", &[put, delete])).problems[0].path, "Bundle.entry[1].request.url");
    let by_search = r#"{"request":{"method":"DELETE","url":"Patient?identifier=a"}}"#;
    let no = settle(&bundle("transaction", &[put, by_search]), &[one("1")]).unwrap_err();
    assert_eq!(no.problems[0].path, "Bundle.entry[1].request.url");
}

#[test]
fn conditions_decide_what_is_done() {
    let create = r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient","ifNoneExist":"identifier=a|b"}}"#;
    let linked = r#"{"resource":{"resourceType":"Binary","contentType":"a/b","securityContext":{"reference":"urn:uuid:1"}},"request":{"method":"POST","url":"Binary"}}"#;
    let settled = settle(&bundle("transaction", &[create, linked]), &[one("there")]).unwrap();
    assert!(matches!(&settled.steps[0].act, Ok(Act::Exists { of: Type::Patient, id }) if id.as_str() == "there"));
    assert!(
        matches!(&settled.steps[1].act, Ok(Act::Create { resource, .. }) if resource.text().contains("Patient/there"))
    );
    let no = settle(&bundle("transaction", &[create]), &[Found::Several]).unwrap_err();
    assert_eq!(
        (no.kind, no.problems[0].path.as_str()),
        (RefusalKind::PreconditionFailed, "Bundle.entry[0].request.ifNoneExist")
    );
    assert!(matches!(
        settle(&bundle("transaction", &[create]), &[Found::Nothing]).unwrap().steps[0].act,
        Ok(Act::Create { .. })
    ));

    let update = |id: &str| {
        bundle(
            "transaction",
            &[&format!(
                r#"{{"resource":{{"resourceType":"Patient"{id}}},"request":{{"method":"PUT","url":"Patient?identifier=a"}}}}"#
            )],
        )
    };
    let act =
        |id: &str, found: Found| settle(&update(id), &[found]).map(|mut settled| settled.steps.remove(0).act.unwrap());
    assert!(matches!(act("", Found::Nothing), Ok(Act::Create { .. })));
    assert!(matches!(act(r#","id":"x""#, Found::Nothing), Ok(Act::Update { id, .. }) if id.as_str() == "x"));
    assert!(matches!(act("", one("y")), Ok(Act::Update { id, .. }) if id.as_str() == "y"));
    assert!(act(r#","id":"x""#, one("y")).is_err());
    assert!(act("", Found::Several).is_err());

    let delete = bundle("transaction", &[r#"{"request":{"method":"DELETE","url":"Patient?identifier=a"}}"#]);
    assert!(matches!(settle(&delete, &[Found::Nothing]).unwrap().steps[0].act, Ok(Act::DeleteNothing { .. })));
    assert!(matches!(settle(&delete, &[one("z")]).unwrap().steps[0].act, Ok(Act::Delete { .. })));
    assert!(settle(&delete, &[Found::Several]).is_err());
    assert!(settle(TRANSACTION, &[Found::Nothing]).is_err(), "a reference by search that matches nothing");
}

#[test]
fn in_a_batch_entries_cannot_refer_to_each_other() {
    let full =
        r#"{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}}"#;
    let linked = r#"{"resource":{"resourceType":"Binary","contentType":"a/b","securityContext":{"reference":"urn:uuid:1"}},"request":{"method":"POST","url":"Binary"}}"#;
    let settled = settle(&bundle("batch", &[full, linked]), &[]).unwrap();
    assert!(settled.steps[1].act.as_ref().unwrap_err().words.contains("batch"));
}

#[test]
fn what_can_be_taken_is_picked_out_of_any_bundle() {
    let observation = r#"{"resource":{"resourceType":"Observation"},"request":{"method":"POST","url":"Observation"}}"#;
    let patient = format!(r#"{{"fullUrl":"urn:uuid:1","resource":{PATIENT}}}"#);
    let text = bundle("collection", &[observation, &patient, observation]);
    let picked = pick(text.as_bytes(), &Type::ALL, Naming::Own).unwrap();
    assert_eq!((picked.taken, picked.left_out.get("Observation")), (1, Some(&2)));
    let settled = settle(&picked.text, &[]).unwrap();
    let Ok(Act::Update { id, resource, .. }) = &settled.steps[0].act else { panic!("{settled:?}") };
    assert_eq!((id.as_str(), resource.text()), ("brave.Patient-1", PATIENT.trim()));
    let picked = pick(text.as_bytes(), &[Type::Patient], Naming::AsAsked).unwrap();
    assert!(matches!(settle(&picked.text, &[]).unwrap().steps[0].act, Ok(Act::Create { .. })));
    let none = pick(text.as_bytes(), &[], Naming::Own).unwrap();
    assert!(settle(&none.text, &[]).unwrap().steps.is_empty());
    assert!(pick(b"{}", &Type::ALL, Naming::Own).is_err());
}

/// The structure of R4, as the model reads it.
pub(crate) fn valid_bundle(text: &str) {
    let (_, issues) = fhirkit::from_json::<fhirkit::r4::Bundle>(text).unwrap();
    assert!(issues.is_empty(), "{issues:?}\n{text}");
}

#[test]
fn answers_are_valid_r4() {
    let answer = |status: &str, resource: Option<&str>, outcome: Option<String>| EntryAnswer {
        status: status.to_owned(),
        location: Some("Patient/1/_history/1".to_owned()),
        version: Some(VersionId::FIRST),
        modified: Some(now()),
        resource: resource.map(str::to_owned),
        outcome,
    };
    let refusal = practice::fhir::outcome::of_refusal(&Refusal::not_found());
    let text = response(
        BundleType::Batch,
        &[answer("201 Created", Some(PATIENT), None), answer("404 Not Found", None, Some(refusal))],
    );
    valid_bundle(&text);
    assert!(text.contains(r#""etag":"W/\"1\"""#));
    valid_bundle(&response(BundleType::Transaction, &[]));

    let id = FhirId::parse("brave.Patient-1").unwrap();
    let asked = plan(Type::Patient, "name=o%27b&bogus=1", Handling::Lenient, now()).unwrap();
    let text = searchset("https://h.example/fhir", &asked, &[Match { id: &id, text: PATIENT }], Some("t1"));
    valid_bundle(&text);
    let document = Document::read(text.as_bytes(), &Limits::BUNDLE).unwrap();
    let links: Vec<String> =
        document.root().follow(&["link", "url"]).into_iter().map(|url| url.text().unwrap().into_owned()).collect();
    assert_eq!(
        links,
        ["https://h.example/fhir/Patient?name=o%27b", "https://h.example/fhir/Patient?name=o%27b&_page=t1"]
    );
    assert!(text.contains("were ignored: bogus"));
    valid_bundle(&searchset("https://h.example/fhir", &asked, &[], None));

    let text = history(
        "https://h.example/fhir",
        Type::Patient,
        &id,
        &[
            (VersionId::new(3), now(), None),
            (VersionId::new(2), now(), Some(PATIENT)),
            (VersionId::FIRST, now(), Some(PATIENT)),
        ],
    );
    valid_bundle(&text);
    valid_bundle(&history("https://h.example/fhir", Type::Patient, &id, &[]));
    assert!(Resource::kept(PATIENT).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_damaged_bundle_is_read_or_refused_with_a_path(at in any::<usize>(), with in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = TRANSACTION.as_bytes().to_vec();
        let at = at % bytes.len();
        if cut {
            bytes.remove(at);
        } else {
            bytes[at] = with;
        }
        let found = Draft::read(&bytes, now()).and_then(|draft| {
            let found = vec![Found::Nothing; draft.conditions().len()];
            draft.settle(&found, &mut || FhirId::parse("n").unwrap())
        });
        if let Err(no) = found {
            prop_assert!(!no.problems.is_empty());
            prop_assert!(no.problems.iter().all(|problem| !problem.path.is_empty()));
        }
    }
}
