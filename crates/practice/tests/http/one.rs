//! One resource: made, read, changed, taken out of use.

use axum::http::Method;
use serde_json::Value;

use crate::{House, PATIENT, patient, patient_of};

#[tokio::test]
async fn what_is_made_can_be_read_and_has_a_version() {
    let house = House::new().await;
    let (made, evidence) = house.leaves(house.post("/Patient", patient("Okonkwo", "1988-03-04"))).await;
    let made = made.is(201);
    assert_eq!(evidence, ["create done"]);
    let id = made.id();
    assert_eq!(made.header("etag"), "W/\"1\"");
    assert_eq!(made.header("location"), format!("https://house.example/fhir/r4/Patient/{id}/_history/1"));
    assert!(made.header("last-modified").ends_with(" GMT"));
    let (read, evidence) = house.leaves(house.get(&format!("/Patient/{id}"))).await;
    assert_eq!(evidence, ["read done"]);
    assert_eq!(read.is(200).text(), made.text());
    house.get(&format!("/Patient/{id}/_history/1")).await.is(200);
    house.get(&format!("/Patient/{id}/_history/2")).await.outcome(404, "not-found");
}

#[tokio::test]
async fn an_update_is_a_new_version_and_the_old_one_stays() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "Before")).await.is(201);
    let (said, evidence) = house.leaves(house.put("/Patient/p-1", patient_of("p-1", "After"))).await;
    let said = said.is(200);
    assert_eq!(evidence, ["revise done"]);
    assert_eq!(said.header("etag"), "W/\"2\"");
    assert_eq!(said.json()["meta"]["versionId"], "2");
    assert_eq!(house.get("/Patient/p-1").await.json()["name"][0]["family"], "After");
    let old = house.get("/Patient/p-1/_history/1").await.is(200).json();
    assert_eq!((&old["name"][0]["family"], &old["meta"]["versionId"]), (&Value::from("Before"), &Value::from("1")));
    let history = house.get("/Patient/p-1/_history").await.is(200).json();
    assert_eq!((&history["total"], history["entry"].as_array().unwrap().len()), (&Value::from(2), 2));
}

#[tokio::test]
async fn a_stale_if_match_changes_nothing_and_leaves_one_entry() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "One")).await.is(201);
    house.put("/Patient/p-1", patient_of("p-1", "Two")).await.is(200);
    let stale = house.call(Method::PUT, "/Patient/p-1", &[("if-match", "W/\"1\"")], patient_of("p-1", "Three"));
    let (said, evidence) = house.leaves(stale).await;
    said.outcome(412, "conflict");
    assert_eq!(evidence, ["revise refused"]);
    assert_eq!(house.get("/Patient/p-1").await.json()["name"][0]["family"], "Two");
    house.call(Method::PUT, "/Patient/p-1", &[("if-match", "W/\"2\"")], patient_of("p-1", "Three")).await.is(200);
    house.call(Method::PUT, "/Patient/none", &[("if-match", "W/\"2\"")], patient_of("none", "No")).await.is(412);
    house.call(Method::DELETE, "/Patient/p-1", &[("if-match", "W/\"1\"")], "").await.outcome(412, "conflict");
    house.call(Method::PUT, "/Patient/p-1", &[("if-match", "three")], patient_of("p-1", "x")).await.is(400);
}

#[tokio::test]
async fn what_is_deleted_is_gone_but_its_history_stays() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "One")).await.is(201);
    let (said, evidence) = house.leaves(house.call(Method::DELETE, "/Patient/p-1", &[], "")).await;
    said.is(204);
    assert_eq!(evidence, ["retire done"]);
    house.get("/Patient/p-1").await.outcome(410, "deleted");
    house.call(Method::DELETE, "/Patient/p-1", &[], "").await.is(204);
    house.put("/Patient/p-1", patient_of("p-1", "Back")).await.outcome(410, "deleted");
    house.get("/Patient/p-1/_history/1").await.is(200);
    let history = house.get("/Patient/p-1/_history").await.is(200).json();
    assert_eq!(history["entry"][0]["request"]["method"], "DELETE");
    assert_eq!(house.get("/Patient?family=one").await.json()["total"], 0);
    house.call(Method::DELETE, "/Patient/never", &[], "").await.outcome(404, "not-found");
}

#[tokio::test]
async fn a_resource_reads_back_as_it_came_but_for_what_the_house_owns() {
    let house = House::new().await;
    house.put("/Patient/brave.Patient-1", PATIENT).await.is(201);
    let back = house.get("/Patient/brave.Patient-1").await.is(200).text();
    assert!(back.contains("1.50") && back.contains("12345678901234567890.0100") && back.contains("\\u00f4"));
    let mut value: Value = serde_json::from_str(&back).unwrap();
    let meta = value.as_object_mut().unwrap().remove("meta").unwrap();
    assert_eq!(meta["versionId"], "1");
    assert_eq!(value, serde_json::from_str::<Value>(PATIENT).unwrap());
}

#[tokio::test]
async fn the_published_examples_of_held_types_go_in_and_come_back_equal() {
    let house = House::new().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let near = ["../shared/data/fhir/examples", "../../shared/data/fhir/examples"].map(|path| root.join(path));
    let Some(dir) = near.into_iter().find(|dir| dir.exists()) else { return };
    let mut seen = 0;
    for name in ["patient-example", "documentreference-example", "binary-example", "practitioner-example"] {
        let Ok(text) = std::fs::read_to_string(dir.join(format!("{name}.json"))) else { continue };
        let given: Value = serde_json::from_str(&text).unwrap();
        let place = format!("/{}/{}", given["resourceType"].as_str().unwrap(), given["id"].as_str().unwrap());
        house.put(&place, text).await.is(201);
        let accept = [("accept", "application/fhir+json")];
        let back = house.call(Method::GET, &place, &accept, "").await.is(200).json();
        let (back, given) = (unowned(back), unowned(given));
        assert_eq!(back, given, "{name}");
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} examples were found");
}

/// Without the two elements of `meta` that the house owns.
fn unowned(mut resource: Value) -> Value {
    let members = resource.as_object_mut().unwrap();
    if let Some(meta) = members.get_mut("meta").and_then(Value::as_object_mut) {
        meta.remove("versionId");
        meta.remove("lastUpdated");
        if meta.is_empty() {
            members.remove("meta");
        }
    }
    resource
}

#[tokio::test]
async fn a_client_that_has_the_version_gets_only_its_number() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "One")).await.is(201);
    let said = house.call(Method::GET, "/Patient/p-1", &[("if-none-match", "W/\"1\"")], "").await.is(304);
    assert!(said.body.is_empty());
    assert_eq!(said.header("etag"), "W/\"1\"");
    house.call(Method::GET, "/Patient/p-1", &[("if-none-match", "W/\"9\"")], "").await.is(200);
}

#[tokio::test]
async fn a_writer_gets_back_what_it_prefers() {
    let house = House::new().await;
    for (prefer, found) in [("return=minimal", ""), ("return=OperationOutcome", "OperationOutcome"), ("x", "Patient")] {
        let said = house.call(Method::POST, "/Patient", &[("prefer", prefer)], patient("A", "1990")).await.is(201);
        match found {
            "" => assert!(said.body.is_empty()),
            name => assert_eq!(said.json()["resourceType"], name),
        }
        assert_eq!(said.header("etag"), "W/\"1\"");
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_patient() {
    let house = House::new().await;
    let key = [("idempotency-key", "k-1")];
    let first = house.call(Method::POST, "/Patient", &key, patient("Once", "1990")).await.is(201);
    let again = house.call(Method::POST, "/Patient", &key, patient("Once", "1990")).await.is(201);
    assert_eq!(first.id(), again.id());
    assert_eq!(house.get("/Patient?family=once").await.json()["total"], 1);
    house.call(Method::POST, "/Patient", &key, patient("Other", "1990")).await.outcome(409, "conflict");
}

#[tokio::test]
async fn an_id_that_is_not_that_of_the_address_is_refused() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-2", "One")).await.outcome(400, "structure");
    house.put("/Patient/under_score", patient_of("under_score", "One")).await.is(400);
    house.put("/Practitioner/p-1", patient_of("p-1", "One")).await.outcome(422, "invalid");
}
