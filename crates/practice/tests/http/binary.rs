//! Bytes of documents, as what they are and as FHIR.

use axum::http::Method;
use serde_json::json;

use crate::{House, patient_of};

#[tokio::test]
async fn bytes_come_back_as_they_came() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "One")).await.is(201);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let headers = [("content-type", "image/png"), ("x-security-context", "Patient/p-1")];
    let made = house.call(Method::POST, "/Binary", &headers, bytes.clone()).await.is(201);
    let id = made.id();
    assert_eq!(made.json()["securityContext"]["reference"], "Patient/p-1");
    let raw = house.call(Method::GET, &format!("/Binary/{id}"), &[("accept", "*/*")], "").await.is(200);
    assert_eq!((raw.header("content-type"), raw.header("content-disposition")), ("image/png", "attachment"));
    assert_eq!(raw.body, bytes);
    let fhir = [("accept", "application/fhir+json")];
    assert_eq!(house.call(Method::GET, &format!("/Binary/{id}"), &fhir, "").await.json()["contentType"], "image/png");
    let other = [("content-type", "text/plain; charset=utf-8")];
    house.call(Method::PUT, &format!("/Binary/{id}"), &other, "now text").await.is(200);
    let raw = house.call(Method::GET, &format!("/Binary/{id}"), &[("accept", "text/plain")], "").await.is(200);
    assert_eq!(raw.text(), "now text");
}

#[tokio::test]
async fn eight_mebibytes_fit_and_more_do_not() {
    let house = House::new().await;
    let pdf = [("content-type", "application/pdf"), ("prefer", "return=minimal")];
    let made = house.call(Method::POST, "/Binary", &pdf, vec![7; 8 << 20]).await.is(201);
    let place = made.header("location").rsplit('/').nth(2).unwrap().to_owned();
    let raw = house.call(Method::GET, &format!("/Binary/{place}"), &[], "").await.is(200);
    assert_eq!(raw.body.len(), 8 << 20);
    house.call(Method::POST, "/Binary", &pdf, vec![7; (8 << 20) + 1]).await.outcome(413, "too-long");
}

#[tokio::test]
async fn a_binary_whose_owner_is_not_here_yet_is_kept_under_a_key_of_its_own() {
    let house = House::new().await;
    let binary = json!({"resourceType": "Binary", "id": "early", "contentType": "text/plain", "data": "bm90ZQ==",
        "securityContext": {"reference": "DocumentReference/nowhere"}});
    house.put("/Binary/early", binary.to_string()).await.is(201);
    let entries = house.evidence().await;
    let kept = entries.iter().rev().find(|entry| entry["action"] == "create").unwrap();
    assert!(kept["subject"].is_string(), "it can be erased: {kept}");
}

#[tokio::test]
async fn a_binary_that_is_no_base64_is_refused() {
    let house = House::new().await;
    let binary = json!({"resourceType": "Binary", "contentType": "text/plain", "data": "not base64"});
    house.post("/Binary", binary.to_string()).await.outcome(422, "invalid");
}
