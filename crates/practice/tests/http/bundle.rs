//! Transactions and batches.

use axum::http::Method;
use serde_json::{Value, json};

use crate::{House, TRANSACTION, patient_of};

/// The fixture without what depends on resources that are not there.
fn transaction() -> String {
    let mut bundle: Value = serde_json::from_str(TRANSACTION).unwrap();
    let entries = bundle["entry"].as_array_mut().unwrap();
    entries[3]["request"].as_object_mut().unwrap().remove("ifMatch");
    entries[2]["resource"]["author"].as_array_mut().unwrap().remove(0);
    bundle.to_string()
}

#[tokio::test]
async fn a_transaction_does_all_of_it_and_links_what_it_makes() {
    let house = House::new().await;
    let (said, evidence) = house.leaves(house.post("", transaction())).await;
    let bundle = said.is(200).json();
    assert_eq!(bundle["type"], "transaction-response");
    let statuses: Vec<&str> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["response"]["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["201 Created", "201 Created", "201 Created", "201 Created", "204 No Content", "200 OK"]);
    assert_eq!(evidence, ["create done", "create done", "create done", "create done", "search done"]);
    let id = bundle["entry"][0]["resource"]["id"].as_str().unwrap();
    let document = &bundle["entry"][2]["resource"];
    assert_eq!(document["subject"]["reference"], format!("Patient/{id}"));
    let binary = bundle["entry"][1]["resource"]["id"].as_str().unwrap();
    assert_eq!(document["content"][0]["attachment"]["url"], format!("Binary/{binary}"));
    assert_eq!(bundle["entry"][5]["resource"]["total"], 1);
    let found = house.get(&format!("/DocumentReference?patient={id}")).await.is(200).json();
    assert_eq!(found["total"], 1);
    house.post("/", transaction()).await.is(200);
}

#[tokio::test]
async fn a_transaction_with_one_entry_that_cannot_be_does_nothing() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "There")).await.is(201);
    let entry = |id: &str, more: Value| {
        let mut request = json!({"method": "PUT", "url": format!("Patient/{id}")});
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"resource": serde_json::from_str::<Value>(&patient_of(id, "New")).unwrap(), "request": request})
    };
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        entry("p-2", json!({})), entry("p-1", json!({"ifMatch": "W/\"7\""})), entry("p-3", json!({})),
    ]});
    let before = house.stored().await;
    let (said, evidence) = house.leaves(house.post("", bundle.to_string())).await;
    said.outcome(412, "conflict");
    assert_eq!(evidence, ["revise refused"]);
    assert_eq!(house.stored().await, before);
    house.get("/Patient/p-2").await.is(404);
    assert_eq!(house.get("/Patient/p-1").await.json()["name"][0]["family"], "There");
}

#[tokio::test]
async fn a_type_that_is_not_held_is_refused_by_name_and_nothing_is_stored() {
    let house = House::new().await;
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": serde_json::from_str::<Value>(&patient_of("p-2", "New")).unwrap(),
         "request": {"method": "PUT", "url": "Patient/p-2"}},
        {"resource": {"resourceType": "Observation"}, "request": {"method": "POST", "url": "Observation"}},
    ]});
    let (said, evidence) = house.leaves(house.post("", bundle.to_string())).await;
    let body = said.outcome(404, "not-supported").text();
    assert!(body.contains("Observation (1)"), "{body}");
    assert_eq!(evidence, ["request refused"]);
    assert_eq!(house.stored().await, (0, 0));
}

#[tokio::test]
async fn a_batch_does_what_it_can_and_records_what_it_cannot() {
    let house = House::new().await;
    house.put("/Patient/p-0", patient_of("p-0", "Old")).await.is(201);
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"resource": serde_json::from_str::<Value>(&patient_of("p-1", "New")).unwrap(),
         "request": {"method": "PUT", "url": "Patient/p-1"}},
        {"resource": {"resourceType": "Observation"}, "request": {"method": "POST", "url": "Observation"}},
        {"request": {"method": "GET", "url": "Patient/nobody"}},
        {"request": {"method": "GET", "url": "Patient/p-1"}},
        {"request": {"method": "DELETE", "url": "Patient/p-0"}},
    ]});
    let (said, evidence) = house.leaves(house.post("", bundle.to_string())).await;
    let bundle = said.is(200).json();
    let status = |at: usize| bundle["entry"][at]["response"]["status"].as_str().unwrap().to_owned();
    assert_eq!(
        (0..5).map(status).collect::<Vec<_>>(),
        ["201 Created", "404 Not Found", "404 Not Found", "200 OK", "204 No Content"]
    );
    assert_eq!(evidence, ["create done", "bundle-entry refused", "read not-found", "read done", "retire done"]);
}

#[tokio::test]
async fn a_repeated_transaction_answers_as_the_first_one_did() {
    let house = House::new().await;
    let key = [("idempotency-key", "bundle-1")];
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": {"resourceType": "Patient", "name": [{"family": "Fresh"}]},
         "request": {"method": "POST", "url": "Patient"}},
        {"resource": serde_json::from_str::<Value>(&patient_of("p-1", "New")).unwrap(),
         "request": {"method": "PUT", "url": "Patient/p-1"}},
    ]})
    .to_string();
    let first = house.call(Method::POST, "", &key, bundle.clone()).await.is(200).json();
    let again = house.call(Method::POST, "", &key, bundle).await.is(200).json();
    assert_eq!(first, again);
    assert_eq!(house.get("/Patient").await.json()["total"], 2);
    house.call(Method::POST, "", &key, transaction()).await.outcome(409, "conflict");
}

#[tokio::test]
async fn a_binary_belongs_to_the_patient_of_its_document() {
    let house = House::new().await;
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059",
         "resource": {"resourceType": "Binary", "contentType": "text/plain", "data": "bm90ZQ=="},
         "request": {"method": "POST", "url": "Binary"}},
        {"resource": {"resourceType": "DocumentReference", "status": "current",
            "subject": {"reference": "Patient/p-1"},
            "content": [{"attachment": {"url": "urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059"}}]},
         "request": {"method": "POST", "url": "DocumentReference"}},
    ]});
    house.post("", bundle.to_string()).await.is(200);
    let evidence = house.evidence().await;
    let subjects: Vec<&Value> = evidence.iter().map(|entry| &entry["subject"]).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects[0].is_string() && subjects[0] == subjects[1], "{subjects:?}");
}
