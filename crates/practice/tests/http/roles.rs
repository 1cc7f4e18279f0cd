//! Who may do what in a practice.

use axum::http::Method;
use serde_json::json;

use crate::{House, patient_of};

async fn with_a_note() -> House {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "One")).await.is(201);
    let binary = json!({"resourceType": "Binary", "id": "b-1", "contentType": "text/plain",
        "securityContext": {"reference": "Patient/p-1"}, "data": "c2VjcmV0IG5vdGU="});
    house.put("/Binary/b-1", binary.to_string()).await.is(201);
    let document = json!({"resourceType": "DocumentReference", "id": "d-1", "status": "current",
        "type": {"text": "Clinical note"}, "subject": {"reference": "Patient/p-1"}, "date": "2026-01-02T10:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "url": "Binary/b-1", "title": "Clinical note"}}]});
    house.put("/DocumentReference/d-1", document.to_string()).await.is(201);
    house
}

#[tokio::test]
async fn a_receptionist_cannot_open_a_clinical_document() {
    let house = with_a_note().await;
    for role in ["receptionist", "practice-manager"] {
        let token = format!("Bearer {role}");
        let who = [("authorization", token.as_str())];
        house.call(Method::GET, "/Patient/p-1", &who, "").await.is(200);
        for path in [
            "/DocumentReference/d-1",
            "/DocumentReference/d-1/_history",
            "/DocumentReference/d-1/_history/1",
            "/DocumentReference?patient=p-1",
            "/Binary/b-1",
        ] {
            let (said, evidence) = house.leaves(house.call(Method::GET, path, &who, "")).await;
            let text = said.outcome(404, "not-found").text();
            assert!(!text.contains("note"), "{text}");
            assert_eq!(evidence, ["open-route refused"], "{path}");
        }
        let batch = json!({"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "GET", "url": "DocumentReference/d-1"}},
            {"request": {"method": "GET", "url": "Binary/b-1"}},
            {"request": {"method": "GET", "url": "DocumentReference?patient=p-1"}},
        ]});
        let (said, evidence) = house.leaves(house.call(Method::POST, "", &who, batch.to_string())).await;
        let bundle = said.is(200).json();
        for entry in bundle["entry"].as_array().unwrap() {
            assert_eq!(entry["response"]["status"], "404 Not Found");
            assert!(entry.get("resource").is_none());
        }
        assert_eq!(evidence, ["read refused", "read refused", "search refused"]);
    }
    for role in ["principal-dentist", "associate-dentist", "hygienist", "dental-nurse", "integration"] {
        let token = format!("Bearer {role}");
        house.call(Method::GET, "/DocumentReference/d-1", &[("authorization", &token)], "").await.is(200);
    }
}

#[tokio::test]
async fn a_nurse_reads_a_document_and_cannot_change_it() {
    let house = with_a_note().await;
    let who = [("authorization", "Bearer dental-nurse")];
    let text = house.call(Method::GET, "/DocumentReference/d-1", &who, "").await.is(200).text();
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": serde_json::from_str::<serde_json::Value>(&text).unwrap(),
         "request": {"method": "PUT", "url": "DocumentReference/d-1"}}]});
    let (said, evidence) = house.leaves(house.call(Method::POST, "", &who, bundle.to_string())).await;
    said.outcome(403, "forbidden");
    assert_eq!(evidence, ["revise refused"]);
    house.call(Method::DELETE, "/DocumentReference/d-1", &who, "").await.is(404);
}

#[tokio::test]
async fn whoever_may_change_patients_but_not_add_them_cannot_add_one_by_update() {
    let house = House::new().await;
    let who = [("authorization", "Bearer hygienist")];
    let (said, evidence) = house.leaves(house.call(Method::PUT, "/Patient/p-9", &who, patient_of("p-9", "New"))).await;
    said.outcome(403, "forbidden");
    assert_eq!(evidence, ["create refused"]);
}
