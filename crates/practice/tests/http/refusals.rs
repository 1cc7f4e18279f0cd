//! Every no: in the interface's own words, recorded once, and nothing half done.

use axum::body::Body;
use axum::http::{Method, Request};

use crate::{House, patient, patient_of};

#[tokio::test]
async fn bad_input_is_refused_at_its_place_recorded_once_and_stores_nothing() {
    let house = House::new().await;
    let deep = format!("{{\"resourceType\":\"Patient\",\"extension\":{}1{}}}", "[".repeat(90), "]".repeat(90));
    for (body, status, code, place) in [
        ("{\"resourceType\":\"Patient\",\"birthDate\":\"1988-02-30\"}", 422, "invalid", "Patient.birthDate"),
        ("{\"resourceType\":\"Patient\",\"colour\":\"blue\"}", 422, "invalid", "Patient.colour"),
        ("{\"resourceType\":\"Patient\",\"active\":true,\"active\":false}", 400, "structure", "active"),
        ("{\"resourceType\":\"Patient\",", 400, "structure", ""),
        ("[1]", 400, "structure", "Resource"),
        (deep.as_str(), 413, "too-long", ""),
        ("{\"resourceType\":\"Observation\"}", 404, "not-supported", "Resource.resourceType"),
    ] {
        let (said, evidence) = house.leaves(house.post("/Patient", body.to_owned())).await;
        let status_said = said.status.as_u16();
        assert!(status_said == status || (status == 413 && status_said == 400), "{status_said}: {}", said.text());
        let issue = said.json()["issue"][0].clone();
        if status_said == status {
            assert_eq!(issue["code"], code, "{issue}");
        }
        assert!(issue["expression"][0].as_str().unwrap_or_default().contains(place), "{issue}");
        assert_eq!(evidence, ["request refused"], "{body}");
    }
    let (said, evidence) = house.leaves(house.post("/Patient", b"{\"resourceType\":\"Pati\xff\"}".to_vec())).await;
    said.is(400);
    assert_eq!(evidence, ["request refused"]);
    assert_eq!(house.stored().await, (0, 0));
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let house = House::new().await;
    let (said, evidence) = house.leaves(house.post("/Patient", vec![b' '; 12 * 1024 * 1024 + 1])).await;
    said.outcome(413, "too-long");
    assert!(evidence.len() <= 1, "{evidence:?}");
    let chunks = futures_util::stream::iter((0..13).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024 * 1024])));
    let (said, evidence) = house.leaves(house.post("/Patient", Body::from_stream(chunks))).await;
    said.outcome(413, "too-long");
    assert_eq!(evidence, ["request refused"]);
}

#[tokio::test]
async fn other_media_types_are_refused() {
    let house = House::new().await;
    for media_type in ["application/fhir+xml", "text/plain", "application/fhir+json; charset=utf-16"] {
        let said = house.call(Method::POST, "/Patient", &[("content-type", media_type)], patient("A", "1990")).await;
        said.outcome(415, "not-supported");
    }
    for accept in ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=3.0"] {
        let (said, evidence) = house.leaves(house.call(Method::GET, "/Patient", &[("accept", accept)], "")).await;
        said.outcome(406, "not-supported");
        assert_eq!(evidence, ["request refused"]);
    }
    house.get("/Patient?_format=xml").await.is(406);
    house.call(Method::GET, "/Patient?_format=json", &[("accept", "text/html")], "").await.is(200);
}

#[tokio::test]
async fn what_is_not_offered_is_refused_by_name() {
    let house = House::new().await;
    for (path, words) in [
        ("/Observation", "Observation is not supported yet"),
        ("/Observation/1", "Observation is not supported yet"),
        ("/Observation/1/_history/1", "Observation is not supported yet"),
        ("/Sandwich", "not the name of a FHIR R4 resource type"),
        ("/Patient/1/$everything", "$everything on Patient is not offered"),
        ("/$export", "$export is not offered"),
        ("/_history", "_history is not offered"),
        ("", "A search or history over all types is not offered"),
    ] {
        let (said, evidence) = house.leaves(house.get(path)).await;
        let text = said.outcome(404, "not-supported").text();
        assert!(text.contains(words), "{path}: {text}");
        assert_eq!(evidence, ["request refused"], "{path}");
    }
    let said = house.call(Method::PATCH, "/Patient/1", &[], "[]").await.outcome(405, "not-supported");
    assert_eq!(said.header("allow"), "DELETE, GET, HEAD, PUT");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let house = House::new().await;
    let request = Request::builder().uri("/fhir/r4/Patient/1").body(Body::empty()).unwrap();
    let said = house.send(request).await.outcome(401, "login");
    assert!(said.header("www-authenticate").starts_with("Bearer"));
    let request = Request::builder().uri("/fhir/r4/metadata").body(Body::empty()).unwrap();
    let said = house.send(request).await.is(200);
    let statement = said.json();
    assert_eq!(
        (&statement["resourceType"], &statement["fhirVersion"]),
        (&"CapabilityStatement".into(), &"4.0.1".into())
    );
    assert!(said.header("cache-control").contains("max-age=10"), "{}", said.header("cache-control"));
}

#[tokio::test]
async fn another_organisation_s_record_is_not_there() {
    let house = House::new().await;
    house.put("/Patient/p-1", patient_of("p-1", "Mine")).await.is(201);
    let other = [("authorization", "Bearer principal-dentist@2")];
    for path in ["/Patient/p-1", "/Patient/p-1/_history", "/Patient/p-1/_history/1"] {
        house.call(Method::GET, path, &other, "").await.outcome(404, "not-found");
    }
    house.call(Method::DELETE, "/Patient/p-1", &other, "").await.outcome(404, "not-found");
    assert_eq!(house.call(Method::GET, "/Patient?family=mine", &other, "").await.json()["total"], 0);
    house.call(Method::PUT, "/Patient/p-1", &other, patient_of("p-1", "Theirs")).await.is(201);
    assert_eq!(house.get("/Patient/p-1").await.json()["name"][0]["family"], "Mine");
}
