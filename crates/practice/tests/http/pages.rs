//! Pages at the desk.

use axum::http::StatusCode;
use serde_json::json;

use crate::{House, PATIENT, patient, patient_of};

const NEW: &str = "/practice/patients/new";

fn fields<'f>(more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let usual = [("family", "Okonkwo"), ("given", "Adaeze"), ("title", "Ms"), ("born-day", "4"), ("born-month", "3")];
    let usual = usual.into_iter().chain([("born-year", "1988"), ("gender", "female"), ("nhs-number", "943 476 5919")]);
    let kept = usual.filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    kept.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_patient_is_added_at_the_desk_and_found_there() {
    let house = House::new().await;
    let (said, evidence) = house.leaves(house.form("receptionist", NEW, &fields(&[("phone", "01632 960001")]))).await;
    let said = said.is(303);
    assert_eq!(evidence, ["search done", "create done"]);
    let place = said.header("location").to_owned();
    let text = house.page("receptionist", &place).await.is(200).text();
    for words in ["OKONKWO, Adaeze (Ms)", "04-Mar-1988 (38y)", "943 476 5919", "01632 960001"] {
        assert!(text.contains(words), "{words}");
    }
    for query in ["", "?q=okon", "?q=4/3/1988", "?q=943+476+5919", "?q=ada+1988", "?letter=O"] {
        let text = house.page("receptionist", &format!("/practice/patients{query}")).await.is(200).text();
        assert!(text.contains("OKONKWO, Adaeze (Ms)"), "{query}");
    }
    let text = house.page("receptionist", "/practice/patients?q=nobody").await.is(200).text();
    assert!(text.contains("Nobody was found"));
}

#[tokio::test]
async fn a_form_with_mistakes_comes_back_with_all_of_them_and_stores_nothing() {
    let house = House::new().await;
    let wrong = fields(&[
        ("family", ""),
        ("born-day", "31"),
        ("born-month", "2"),
        ("nhs-number", "943 476 5918"),
        ("email", "x"),
    ]);
    let said = house.form("receptionist", NEW, &wrong).await;
    assert_eq!(said.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = said.text();
    for anchor in ["#family", "#born", "#nhs-number", "#email"] {
        assert!(text.contains(&format!("href=\"{anchor}\"")), "{anchor}");
    }
    assert!(text.contains("There are 4 problems") && text.contains("value=\"943 476 5918\""));
    house.form("receptionist", NEW, &fields(&[("born-year", "2099")])).await.is(422);
    assert_eq!(house.get("/Patient").await.json()["total"], 0);
}

#[tokio::test]
async fn nobody_is_added_twice_under_one_nhs_number() {
    let house = House::new().await;
    house.form("receptionist", NEW, &fields(&[])).await.is(303);
    let text = house.form("receptionist", NEW, &fields(&[("family", "Other")])).await.is(409).text();
    assert!(text.contains("has this NHS number already"));
    assert_eq!(house.get("/Patient").await.json()["total"], 1);
}

#[tokio::test]
async fn a_change_at_the_desk_keeps_what_the_desk_does_not_know() {
    let house = House::new().await;
    house.put("/Patient/brave.Patient-1", PATIENT).await.is(201);
    let place = "/practice/patients/brave.Patient-1/edit";
    let sent = [
        ("version", "1"),
        ("family", "Brave"),
        ("given", "Siôn Ærøn"),
        ("born-day", "25"),
        ("born-month", "12"),
        ("born-year", "1974"),
        ("gender", "male"),
        ("nhs-number", "9990000018"),
    ];
    house.form("receptionist", place, &sent).await.is(303);
    let text = house.get("/Patient/brave.Patient-1").await.is(200).text();
    assert!(
        text.contains("12345678901234567890.0100") && text.contains("1.50") && text.contains("\"family\":\"Brave\"")
    );
    assert!(text.contains("patient-birthTime") && text.contains("HB|77"));
    let history = house.page("receptionist", "/practice/patients/brave.Patient-1/history").await.is(200).text();
    for words in ["Version 2", "Family name", "Brave", "The record begins."] {
        assert!(history.contains(words), "{words}");
    }
    let stale = house.form("receptionist", place, &[&sent[..1], &[("family", "Late")], &sent[2..]].concat()).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert!(stale.text().contains("Somebody changed this since you opened it"));
    assert!(!house.get("/Patient/brave.Patient-1").await.text().contains("Late"));
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let house = House::new().await;
    let request = axum::http::Request::builder()
        .method("POST")
        .uri(NEW)
        .header("cookie", "__Host-candor=receptionist")
        .header("host", "house.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("family=X&born-year=1988&gender=male".into())
        .unwrap();
    house.send(request).await.is(422);
    assert_eq!(house.get("/Patient").await.json()["total"], 0);
}

async fn with_documents() -> House {
    let house = House::new().await;
    for (id, family) in [("p-1", "One"), ("p-2", "Two")] {
        house.put(&format!("/Patient/{id}"), patient_of(id, family)).await.is(201);
    }
    let binary = json!({"resourceType": "Binary", "id": "b-1", "contentType": "text/html",
        "securityContext": {"reference": "Patient/p-1"}, "data": "PHNjcmlwdD4="});
    house.put("/Binary/b-1", binary.to_string()).await.is(201);
    let binary = json!({"resourceType": "Binary", "id": "b-2", "contentType": "text/plain",
        "securityContext": {"reference": "Patient/p-1"}, "data": "PGI+U291bmQuPC9iPg=="});
    house.put("/Binary/b-2", binary.to_string()).await.is(201);
    for (id, about, binary, media) in
        [("d-1", "p-1", "b-1", "text/html"), ("d-2", "p-1", "b-2", "text/plain"), ("d-3", "p-2", "b-2", "text/plain")]
    {
        let document = json!({"resourceType": "DocumentReference", "id": id, "status": "current",
            "type": {"text": "Clinical note"}, "subject": {"reference": format!("Patient/{about}")},
            "date": "2026-01-02T10:00:00Z",
            "content": [{"attachment": {"contentType": media, "url": format!("Binary/{binary}"), "title": "A \"note\"\r\n<b>"}}]});
        house.put(&format!("/DocumentReference/{id}"), document.to_string()).await.is(201);
    }
    house
}

#[tokio::test]
async fn a_note_is_shown_as_text_and_everything_else_is_downloaded() {
    let house = with_documents().await;
    let who = "associate-dentist";
    let list = house.page(who, "/practice/patients/p-1").await.is(200).text();
    assert!(list.contains("Clinical note") && list.contains("02 Jan 2026") && list.contains("2 documents"));
    let (said, evidence) = house.leaves(house.page(who, "/practice/patients/p-1/documents/d-2")).await;
    assert!(said.is(200).text().contains("&#60;b&#62;Sound.&#60;/b&#62;"));
    assert_eq!(evidence, ["read done", "read done", "read done"]);
    let text = house.page(who, "/practice/patients/p-1/documents/d-1").await.is(200).text();
    assert!(!text.contains("script&#62;") && text.contains("Download"));
    let bytes = house.page(who, "/practice/patients/p-1/documents/d-1/content/0").await.is(200);
    assert_eq!(bytes.body, b"<script>");
    assert_eq!(bytes.header("content-disposition"), "attachment; filename=\"a-note-b.bin\"");
    assert!(bytes.header("content-security-policy").contains("default-src 'none'"));
    house.page(who, "/practice/patients/p-1/documents/d-1/content/1").await.is(404);
}

#[tokio::test]
async fn a_document_is_shown_in_its_own_patient_s_record_only() {
    let house = with_documents().await;
    let who = "associate-dentist";
    house.page(who, "/practice/patients/p-2/documents/d-1").await.is(404);
    house.page(who, "/practice/patients/p-2/documents/d-1/content/0").await.is(404);
    house.page(who, "/practice/patients/p-2/documents/d-3").await.is(404);
}

#[tokio::test]
async fn a_receptionist_sees_no_documents_and_leaves_no_trace_of_trying() {
    let house = with_documents().await;
    let (said, evidence) = house.leaves(house.page("receptionist", "/practice/patients/p-1")).await;
    let text = said.is(200).text();
    assert!(text.contains("Your role does not open them") && !text.contains("Clinical note"));
    assert_eq!(evidence, ["read done"]);
    let (said, evidence) = house.leaves(house.page("receptionist", "/practice/patients/p-1/documents/d-1")).await;
    said.is(404);
    assert_eq!(evidence, ["open-route refused"]);
}

#[tokio::test]
async fn a_long_list_goes_on_and_back() {
    let house = House::new().await;
    for number in 0..60 {
        house.post("/Patient", patient(&format!("Page{number:02}"), "1990-01-01")).await.is(201);
    }
    let names = |text: &str| text.matches("PAGE").count();
    let link = |text: &str, rel: &str| {
        let from = text.find(&format!("rel=\"{rel}\""))?;
        let rest = &text[from..];
        Some(rest.split("href=\"").nth(1)?.split('"').next()?.replace("&#38;", "&"))
    };
    let first = house.page("receptionist", "/practice/patients").await.is(200).text();
    assert_eq!((names(&first), link(&first, "prev")), (50, None));
    let second = house.page("receptionist", &link(&first, "next").unwrap()).await.is(200).text();
    assert_eq!((names(&second), link(&second, "next")), (10, None));
    let back = house.page("receptionist", &link(&second, "prev").unwrap()).await.is(200).text();
    assert_eq!((names(&back), link(&back, "prev")), (50, None));
    house.page("receptionist", "/practice/patients?after=nonsense").await.is(400);
}

#[tokio::test]
async fn practitioners_are_listed() {
    let house = House::new().await;
    practice::furnish(&house.vault, &house.ctx(practice::FURNISH), 1, 1).await.unwrap();
    let text = house.page("receptionist", "/practice/practitioners").await.is(200).text();
    assert!(text.contains("6 practitioners") && text.contains("SYNTHETIC-0001"));
}
