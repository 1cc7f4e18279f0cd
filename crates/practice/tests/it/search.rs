use std::collections::BTreeSet;

use model::{Refusal, Search};
use practice::fhir::search::{By, COUNT_MAX, Handling, Plan, fields, params, plan, terms};
use practice::fhir::{Resource, Type};
use proptest::prelude::*;

use crate::{BINARY, DOCUMENT, PATIENT, PRACTITIONER, now, read};

fn patients(query: &str) -> Plan {
    plan(Type::Patient, query, Handling::Strict, now()).unwrap_or_else(|no| panic!("{query}: {:?}", no.problems))
}

fn refusal(of: Type, query: &str) -> Refusal {
    plan(of, query, Handling::Strict, now()).expect_err(query)
}

/// What the index does: terms of prefixes for words, of year, month and day for buckets, of the whole else.
fn indexed(resource: &Resource) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    for term in terms(resource) {
        let field = fields(resource.of()).iter().find(|field| field.name == term.field).expect(term.field);
        match field.search {
            Search::Words => {
                let ends = term.value.char_indices().map(|(at, c)| at + c.len_utf8());
                found.extend(ends.map(|end| (field.name, term.value[..end].to_owned())));
            }
            Search::Bucket(_) => {
                let lengths = [4, 7, 10].into_iter().filter(|length| *length <= term.value.len());
                found.extend(lengths.map(|length| (field.name, term.value[..length].to_owned())));
            }
            Search::Exact => {
                found.insert((field.name, term.value));
            }
            Search::Never | Search::Ordered => panic!("{} is not indexed", field.name),
        }
    }
    found
}

/// Whether the index yields the resource as a candidate.
fn candidate(plan: &Plan, resource: &Resource) -> bool {
    let there = indexed(resource);
    plan.all.iter().all(|any| any.any.iter().any(|term| there.contains(&(term.field, term.value.clone()))))
}

/// Whether the search finds it, and never without the index knowing.
fn finds(plan: &Plan, resource: &Resource) -> bool {
    assert!(!plan.holds(resource) || candidate(plan, resource), "the index misses what was asked: {plan:?}");
    candidate(plan, resource) && plan.holds(resource)
}

#[test]
fn a_patient_is_found_by_the_beginning_of_any_word_of_the_name() {
    let patient = read(PATIENT);
    for query in [
        "name=obr",
        "family=O%27BRIEN",
        "family=lukasz",
        "family=brien",
        "given=si%C3%B4n",
        "given=SION",
        "given=aer",
        "name=Shaun",
        "name=brave",
        "name=sion+luk",
        "family=nobody,obri",
        "name:exact=Shaun+the+Brave",
        "family:exact=O%27Brien-%C5%81ukasz",
        "name=lukasz&birthdate=1974-12-25&gender=male",
    ] {
        assert!(finds(&patients(query), &patient), "{query}");
    }
    for query in [
        "family=rien",
        "given=obrien",
        "family=sion",
        "name=nobody",
        "name=sion+nobody",
        "family:exact=o%27brien",
        "family:exact=O%27Brien",
        "name=lukasz&gender=female",
        "family=brave",
    ] {
        assert!(!finds(&patients(query), &patient), "{query}");
    }
}

#[test]
fn a_patient_is_found_by_an_identifier_with_or_without_its_system() {
    let patient = read(PATIENT);
    for query in [
        "identifier=9990000018",
        "identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C9990000018",
        "identifier=%7Chb%5C%7C77",
        "identifier=HB%5C%7C77",
    ] {
        assert!(finds(&patients(query), &patient), "{query}");
    }
    for query in ["identifier=999000001", "identifier=%7C9990000018", "identifier=other%7C9990000018"] {
        assert!(!finds(&patients(query), &patient), "{query}");
    }
}

#[test]
fn dates_compare_as_r4_says() {
    let born = |date: &str| read(&format!(r#"{{"resourceType":"Patient","birthDate":"{date}"}}"#));
    for (date, query, found) in [
        ("1974-12-25", "1974-12-25", true),
        ("1974-12-25", "1974-12", true),
        ("1974-12-25", "eq1974", true),
        ("1974-12-25", "1974-12-24", false),
        ("1974", "1974-12-25", false),
        ("1974", "1974", true),
        ("1974-12", "1974", true),
        ("1974-12-25", "ge1974-12-25", true),
        ("1974-12-25", "gt1974-12-25", false),
        ("1974-12-25", "gt1974-12-24", true),
        ("1974-12-25", "lt1974-12-25", false),
        ("1974-12-25", "le1974-12-25", true),
        ("1974-12-25", "le1974", true),
        ("1974-12-25", "sa1974-11", true),
        ("1974-12-25", "sa1974", false),
        ("1974-12-25", "eb1975", true),
        ("1974-12-25", "eb1974-12-25", false),
        ("1974", "ge1974-06-15", true),
        ("1974-06", "gt1974-06-15", true),
        ("1974", "lt1974-06-15", true),
        ("1974", "sa1973", true),
        ("2026-11-21", "ge1850", true),
        ("1850-01-01", "lt1990", true),
    ] {
        assert_eq!(finds(&patients(&format!("birthdate={query}")), &born(date)), found, "{date} {query}");
    }
    let between = patients("birthdate=ge1974-12-20&birthdate=lt1975-01-03");
    assert_eq!(between.all.len(), 1, "two ends of one range are one condition");
    assert!(finds(&between, &born("1974-12-25")));
    assert!(!finds(&between, &born("1975-01-03")));
}

#[test]
fn an_open_range_is_a_bounded_number_of_terms() {
    let count = |query: &str| patients(query).all.iter().map(|any| any.any.len()).sum::<usize>();
    assert!(count("birthdate=1974") <= 4, "a year and the partial dates at its ends");
    assert!(count("birthdate=ge1990") <= 37 + 4);
    assert!(count("birthdate=ge1850-01-02&birthdate=le2026-12-30") <= 177 + 60 + 22 + 4);
    assert_eq!(count("birthdate=gt2100"), 0);
    assert!(!finds(&patients("birthdate=gt2100"), &read(PATIENT)));
}

#[test]
fn a_document_is_found_by_its_patient_identifier_and_date() {
    let document = read(DOCUMENT);
    let find = |query: &str| finds(&plan(Type::DocumentReference, query, Handling::Strict, now()).unwrap(), &document);
    for query in [
        "patient=brave.Patient-1",
        "patient=Patient/brave.Patient-1",
        "subject=Patient/brave.Patient-1&status=current",
        "subject:Patient=brave.Patient-1",
        "identifier=urn:oid:1.2.3",
        // 2024-05-01T23:30 two hours west of Greenwich is the next day in UTC.
        "date=2024-05-02",
        "date=ge2024-05-02T01:30:00Z",
        "patient=brave.Patient-1&type=http://loinc.org%7C34108-1",
        "patient=brave.Patient-1&type=34108-1",
        "patient=other,brave.Patient-1",
    ] {
        assert!(find(query), "{query}");
    }
    for query in [
        "patient=brave.patient-1",
        "subject=Group/brave.Patient-1",
        "date=2024-05-01",
        "date=gt2024-05-02T01:30:00Z",
        "patient=brave.Patient-1&status=superseded",
        "patient=brave.Patient-1&type=other%7C34108-1",
    ] {
        assert!(!find(query), "{query}");
    }
}

#[test]
fn a_practitioner_is_found_by_name() {
    let find =
        |query: &str| finds(&plan(Type::Practitioner, query, Handling::Strict, now()).unwrap(), &read(PRACTITIONER));
    assert!(find("name=suil") && find("family=o+suilleabhain") && find("identifier=synthetic-9"));
    assert!(!find("name=dr"), "titles are not indexed");
}

#[test]
fn ids_and_counts_are_read() {
    let found = patients("_id=a,b&_count=5000&_page=tok");
    assert_eq!(found.ids.as_ref().map(Vec::len), Some(2));
    assert_eq!((found.count, found.page.as_deref()), (COUNT_MAX, Some("tok")));
    assert!(patients("_id=brave.Patient-1").holds(&read(PATIENT)));
    assert!(!patients("_id=other").holds(&read(PATIENT)));
    assert!(patients("").is_everything());
    assert_eq!(patients("name=a%26b&name=&_count=3&_page=x").query_of_page("y z"), "name=a%26b&_count=3&_page=y%20z");
}

#[test]
fn what_is_not_offered_is_refused_by_name() {
    for (query, path) in [
        ("favourite=blue", "http.favourite"),
        ("_sort=name", "http._sort"),
        ("_summary=count", "http._summary"),
        ("_total=accurate", "http._total"),
        ("_include=Patient:link", "http._include"),
        ("name:contains=a", "http.name"),
        ("name:phonetic=a", "http.name"),
        ("birthdate=ne1990", "http.birthdate"),
        ("birthdate=ap1990", "http.birthdate"),
        ("birthdate=2026-02-30", "http.birthdate"),
        ("birthdate=yesterday", "http.birthdate"),
        ("identifier=system%7C", "http.identifier"),
        ("name=,", "http.name"),
        ("name=%27%27", "http.name"),
        ("name:exact=--", "http.name"),
        ("gender=male", "http.gender"),
        ("_lastUpdated=ge2020", "http._lastUpdated"),
        ("_id=a/b", "http._id"),
        ("_count=many", "http._count"),
        ("name=%ff", "http.query"),
        ("name=%4", "http.query"),
        ("name=%00", "http.query"),
        ("name=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u", "http.name"),
    ] {
        let no = refusal(Type::Patient, query);
        assert_eq!(no.problems[0].path, path, "{query}: {no:?}");
    }
    assert!(refusal(Type::Patient, &"a".repeat(5000)).problems[0].words.contains("4096"));
    assert!(refusal(Type::Patient, &"name=a&".repeat(40)).problems[0].words.contains("32"));
    assert!(refusal(Type::Patient, "favourite=blue").problems[0].words.contains("handling=lenient"));
    assert!(refusal(Type::Binary, "name=a").problems[0].words.contains("_id"));
}

#[test]
fn a_lenient_search_says_what_it_ignored() {
    let handling = Handling::of_prefer(Some("return=minimal, handling=lenient"));
    let found = plan(Type::Patient, "favourite=blue&name=a", handling, now()).unwrap();
    assert_eq!(found.ignored, ["favourite"]);
    assert_eq!(found.self_query(), "name=a");
    assert_eq!(Handling::of_prefer(None), Handling::Strict);
}

#[test]
fn every_parameter_finds_by_declared_fields() {
    for of in Type::ALL {
        for param in params(of) {
            let named: Vec<&str> = match param.by {
                By::Index(fields) => fields.to_vec(),
                By::Dates(field, partial) => vec![field, partial],
                By::Narrowing => Vec::new(),
            };
            for name in named {
                assert!(fields(of).iter().any(|field| field.name == name), "{of}.{name}");
            }
        }
    }
    for text in [PATIENT, PRACTITIONER, DOCUMENT, BINARY] {
        indexed(&read(text));
    }
}

proptest! {
    #[test]
    fn any_query_is_planned_or_refused(query in "([a-z_:]{0,12}=[ -~é%]{0,20}&?){0,4}") {
        for of in Type::ALL {
            if let Err(no) = plan(of, &query, Handling::Strict, now()) {
                prop_assert!(!no.problems.is_empty());
            }
        }
    }

    #[test]
    fn folding_twice_gives_the_same(text in "\\PC{0,30}") {
        let once = model::fold(&text);
        prop_assert_eq!(model::fold(&once), once);
        for word in model::words(&text) {
            prop_assert_eq!(model::fold(&word), word);
        }
    }

    /// The question decides; the index may only be wider.
    #[test]
    fn the_index_never_misses_a_date(
        year in 1850i32..2026, month in 1u32..=12, day in 1u32..=28, exact in 0usize..3,
        asked_year in 1850i32..2027, asked_month in 1u32..=12, asked_day in 1u32..=28, asked_exact in 0usize..3,
        prefix in prop::sample::select(vec!["", "eq", "gt", "ge", "lt", "le", "sa", "eb"]),
    ) {
        let text = |year, month, day, exact: usize| format!("{year}-{month:02}-{day:02}")[..[4, 7, 10][exact]].to_owned();
        let patient = read(&format!(r#"{{"resourceType":"Patient","birthDate":"{}"}}"#, text(year, month, day, exact)));
        let asked = text(asked_year, asked_month, asked_day, asked_exact);
        finds(&patients(&format!("birthdate={prefix}{asked}")), &patient);
    }

    #[test]
    fn whoever_has_a_name_is_found_by_any_beginning_of_it(family in "\\PC{1,20}", take in 1usize..6) {
        let folded = model::fold(&family);
        prop_assume!(!folded.is_empty());
        let beginning: String = folded.split(' ').next().unwrap().chars().take(take).collect();
        let name = serde_json::to_string(&family).unwrap();
        let patient = read(&format!(r#"{{"resourceType":"Patient","name":[{{"family":{name}}}]}}"#));
        let query: String = beginning.bytes().map(|byte| format!("%{byte:02x}")).collect();
        prop_assert!(finds(&patients(&format!("family={query}")), &patient), "{beginning}");
    }
}
