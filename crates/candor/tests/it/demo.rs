//! The demo, run as the program that people run.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

pub fn start(dir: &std::path::Path) -> (Child, serde_json::Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_candor"))
        .args(["demo", "--listen", "127.0.0.1:0", "--patients", "5", "--no-runner", "--data"])
        .arg(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

pub fn stop(mut child: Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success(), "a house that is asked to stop stops cleanly");
}

async fn get(ready: &serde_json::Value, path: &str, token: Option<&str>) -> (u16, String) {
    let certificate = std::fs::read(ready["certificate"].as_str().unwrap()).unwrap();
    let client = reqwest::Client::builder().use_preconfigured_tls(tls(&certificate)).build().unwrap();
    let mut request = client.get(format!("{}{path}", ready["address"].as_str().unwrap()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

fn tls(certificate: &[u8]) -> rustls::ClientConfig {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[tokio::test]
async fn a_demo_house_keeps_its_records_and_its_people_when_it_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let (child, first) = start(dir.path());
    let token = first["fhir"][0]["token"].as_str().unwrap();
    let (status, before) = get(&first, "/fhir/r4/Patient?_count=50", Some(token)).await;
    assert_eq!(status, 200);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&before).unwrap()["total"], 5);
    stop(child);
    let (child, second) = start(dir.path());
    assert_eq!(first["sign_ins"], second["sign_ins"]);
    let (status, after) = get(&second, "/fhir/r4/Patient?_count=50", Some(token)).await;
    assert_eq!(status, 200);
    let ids = |text: &str| {
        let bundle: serde_json::Value = serde_json::from_str(text).unwrap();
        bundle["entry"].as_array().unwrap().iter().map(|entry| entry["resource"]["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&before), ids(&after));
    stop(child);
}

#[tokio::test]
async fn one_practices_token_does_not_open_the_others_patient() {
    let dir = tempfile::tempdir().unwrap();
    let (child, ready) = start(dir.path());
    let token = |number: usize| ready["fhir"][number]["token"].as_str().unwrap();
    let (_, list) = get(&ready, "/fhir/r4/Patient?_count=1", Some(token(0))).await;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let id = list["entry"][0]["resource"]["id"].as_str().unwrap();
    let path = format!("/fhir/r4/Patient/{id}");
    assert_eq!(get(&ready, &path, Some(token(0))).await.0, 200);
    assert_eq!(get(&ready, &path, Some(token(1))).await.0, 404);
    assert_eq!(get(&ready, &path, None).await.0, 401);
    stop(child);
}
