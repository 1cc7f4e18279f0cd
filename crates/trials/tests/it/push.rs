//! A study build goes to a capture system, once, with a receipt.

use std::time::Duration;

use trials::design::File;
use trials::push::{Credential, Place, PushError, Receipt, push};

use crate::server::{Answer, Server, Still};

fn build() -> File {
    let bytes = b"<ODM FileOID=\"x\"><Study OID=\"S\"/></ODM>".to_vec();
    File { name: "odm-2.0.xml".to_owned(), media: "application/xml", bytes }
}

async fn to(server: &Server, file: &File, patience: Option<Duration>) -> Result<Receipt, PushError> {
    let place = Place {
        destination: "there".to_owned(),
        url: server.url(),
        credential: Credential::Bearer("only-for-there".to_owned()),
    };
    push(&server.client(), &Still, &place, "STUDY-1", file, patience).await
}

#[tokio::test]
async fn a_push_leaves_a_receipt() {
    let server =
        Server::start(|_, _| Answer { headers: "location: /imports/7\r\n".to_owned(), ..Answer::new(201, "{}") }).await;
    let receipt = to(&server, &build(), None).await.unwrap();
    assert_eq!(
        (receipt.status, receipt.reference.as_deref(), receipt.duplicate, receipt.rounds),
        (201, Some("/imports/7"), false, 1)
    );
    let asked = server.asked();
    assert!(asked[0].contains("authorization: Bearer only-for-there") && asked[0].contains("<Study OID=\"S\"/>"));
    assert!(asked[0].contains(&format!("idempotency-key: {}", receipt.key)));
    assert!(!format!("{receipt:?}").contains("only-for-there"));
}

#[tokio::test]
async fn a_wrong_credential_is_said_and_not_tried_again() {
    let server = Server::start(|_, _| Answer::new(401, "")).await;
    assert!(matches!(to(&server, &build(), None).await, Err(PushError::NotAllowed(401))));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_breaks_once_gets_the_same_push_again() {
    let server = Server::start(|_, before| Answer::new(if before == 0 { 500 } else { 200 }, r#"{"id":"R-9"}"#)).await;
    let receipt = to(&server, &build(), None).await.unwrap();
    assert_eq!((receipt.rounds, receipt.reference.as_deref()), (2, Some("R-9")));
    let key = format!("idempotency-key: {}", receipt.key);
    assert!(server.asked().iter().all(|request| request.contains(&key)));
}

#[tokio::test]
async fn a_server_that_stays_broken_is_given_up() {
    let server = Server::start(|_, _| Answer::new(500, "")).await;
    assert!(matches!(to(&server, &build(), None).await, Err(PushError::Trouble(500))));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_slow_server_is_not_waited_for() {
    let server = Server::start(|_, _| Answer { pause: Duration::from_secs(30), ..Answer::new(200, "") }).await;
    let answer = to(&server, &build(), Some(Duration::from_millis(600))).await;
    assert!(matches!(answer, Err(PushError::Call(_))), "{answer:?}");
}

#[tokio::test]
async fn the_same_push_twice_is_one_import() {
    let server = Server::start(|_, before| Answer::new(if before == 0 { 201 } else { 409 }, r#"{"id":"R-1"}"#)).await;
    let first = to(&server, &build(), None).await.unwrap();
    let second = to(&server, &build(), None).await.unwrap();
    assert_eq!((first.duplicate, second.duplicate), (false, true));
    assert_eq!((first.key, first.reference), (second.key, second.reference));
}

#[tokio::test]
async fn data_about_subjects_is_not_pushed() {
    let server = Server::start(|_, _| Answer::new(200, "")).await;
    let bytes = b"<ODM><ClinicalData StudyOID=\"S\"><SubjectData SubjectKey=\"1\"/></ClinicalData></ODM>".to_vec();
    let answer = to(&server, &File { bytes, ..build() }, None).await;
    assert!(matches!(answer, Err(PushError::SubjectData)));
    assert!(server.asked().is_empty());
}
