//! Searches: what is found, page by page.

use std::collections::BTreeSet;

use axum::http::Method;

use crate::{House, PATIENT, patient, patient_of};

fn families(bundle: &serde_json::Value) -> Vec<String> {
    let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["resource"]["name"][0]["family"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn patients_are_found_by_name_birth_and_identifier() {
    let house = House::new().await;
    house.put("/Patient/brave.Patient-1", PATIENT).await.is(201);
    house.post("/Patient", patient("Okonkwo", "1988-03-04")).await.is(201);
    house.post("/Patient", patient("Okafor", "1988-12-30")).await.is(201);
    house.post("/Patient", patient("Brien", "1974")).await.is(201);
    for (query, found) in [
        ("family=ok", 2),
        ("family=OKON", 1),
        ("name=sam%20okaf", 1),
        ("name=lukasz", 1),
        ("given=si%C3%B4n", 1),
        ("birthdate=1988", 2),
        ("birthdate=1988-03-04", 1),
        ("birthdate=ge1988-06-01", 1),
        ("birthdate=1974", 2),
        ("birthdate=1974-12-25", 1),
        ("identifier=9990000018", 1),
        ("identifier=https://fhir.nhs.uk/Id/nhs-number%7C9990000018", 1),
        ("identifier=https://other%7C9990000018", 0),
        ("family=ok&birthdate=1988-03", 1),
        ("_id=brave.Patient-1,nobody", 1),
        ("family=brien&gender=male", 1),
        ("family=zzz", 0),
    ] {
        let (said, evidence) = house.leaves(house.get(&format!("/Patient?{query}"))).await;
        let bundle = said.is(200).json();
        assert_eq!(bundle["total"], found, "{query}: {:?}", families(&bundle));
        assert_eq!(evidence, ["search done"], "{query}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let said = house.call(Method::POST, "/Patient/_search", &form, "family=okonkwo").await.is(200).json();
    assert_eq!(families(&said), ["Okonkwo"]);
    house.call(Method::POST, "/Patient/_search", &[], "family=okonkwo").await.outcome(415, "not-supported");
}

#[tokio::test]
async fn pages_show_everybody_once() {
    let house = House::new().await;
    for number in 0..23 {
        house.post("/Patient", patient(&format!("Page{number:02}"), "1990-01-01")).await.is(201);
    }
    let mut seen = BTreeSet::new();
    let mut path = "/Patient?family=page&_count=10".to_owned();
    let mut pages = 0;
    loop {
        let bundle = house.get(&path).await.is(200).json();
        pages += 1;
        for family in families(&bundle) {
            assert!(seen.insert(family), "shown twice");
        }
        let links = bundle["link"].as_array().unwrap();
        let Some(next) = links.iter().find(|link| link["relation"] == "next") else { break };
        path = next["url"].as_str().unwrap().strip_prefix("https://house.example/fhir/r4").unwrap().to_owned();
    }
    assert_eq!((seen.len(), pages), (23, 3));
    assert_eq!(house.get("/Patient?_count=5").await.json()["total"], 23);
    let wide = house.get("/Patient?_count=5000").await.is(200).json();
    assert_eq!(wide["entry"].as_array().unwrap().len(), 23);
}

#[tokio::test]
async fn a_page_of_one_organisation_shows_nothing_of_it_to_another() {
    let house = House::new().await;
    for number in 0..6 {
        house.post("/Patient", patient(&format!("Mine{number}"), "1990-01-01")).await.is(201);
    }
    let other = [("authorization", "Bearer principal-dentist@2")];
    house.call(Method::POST, "/Patient", &other, patient("Theirs", "1990-01-01")).await.is(201);
    let bundle = house.get("/Patient?_count=2").await.is(200).json();
    let links = bundle["link"].as_array().unwrap();
    let next = links.iter().find(|link| link["relation"] == "next").unwrap()["url"].as_str().unwrap();
    let path = next.strip_prefix("https://house.example/fhir/r4").unwrap();
    let theirs = house.call(Method::GET, path, &other, "").await.is(200);
    assert!(!theirs.text().contains("Mine"));
}

#[tokio::test]
async fn a_search_that_cannot_be_answered_names_the_parameter() {
    let house = House::new().await;
    for (query, place) in [
        ("favourite=blue", "http.favourite"),
        ("birthdate=1988-13", "http.birthdate"),
        ("family:contains=x", "http.family"),
        ("_sort=family", "http._sort"),
        ("_page=not-an-id", "http._page"),
    ] {
        let (said, evidence) = house.leaves(house.get(&format!("/Patient?{query}"))).await;
        let body = said.outcome(400, "structure").json();
        assert_eq!(body["issue"][0]["location"][0], place);
        assert_eq!(evidence, ["request refused"], "{query}");
    }
    let lenient = [("prefer", "handling=lenient")];
    house.call(Method::GET, "/Patient?favourite=blue&family=x", &lenient, "").await.is(200);
}

#[tokio::test]
async fn conditions_make_change_and_delete_at_most_one() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "Solo")).await.is(201);
    let unless = [("if-none-exist", "family=solo")];
    assert_eq!(house.call(Method::POST, "/Patient", &unless, patient("Solo", "1990")).await.is(200).id(), "p-1");
    let unless = [("if-none-exist", "family=other")];
    house.call(Method::POST, "/Patient", &unless, patient("Twin", "1990")).await.is(201);
    house.post("/Patient", patient("Twin", "1991")).await.is(201);
    let unless = [("if-none-exist", "family=twin")];
    house.call(Method::POST, "/Patient", &unless, patient("Twin", "1990")).await.outcome(412, "conflict");
    let unless = [("if-none-exist", "")];
    house.call(Method::POST, "/Patient", &unless, patient("Twin", "1990")).await.outcome(428, "required");
    assert_eq!(house.put("/Patient?family=solo", patient("Solo", "1999")).await.is(200).id(), "p-1");
    house.put("/Patient?family=twin", patient("Twin", "1999")).await.outcome(412, "conflict");
    house.call(Method::DELETE, "/Patient?family=twin", &[], "").await.outcome(412, "conflict");
    house.call(Method::DELETE, "/Patient?family=solo", &[], "").await.is(204);
    house.get("/Patient/p-1").await.is(410);
    house.call(Method::DELETE, "/Patient", &[], "").await.outcome(428, "required");
}
