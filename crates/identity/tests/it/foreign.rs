//! Services elsewhere, played by a small server in this process that speaks their verify protocol.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use identity::post::{Envelope, Letter, Post, PostError, SendGrid, Sender};
use identity::{Foreign, Guarded, Service};
use model::{RefusalKind, TenantId};
use outbound::{Client, DataClass, Destination, Settings};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use seal::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::house::{House, REQUEST, address, refused};

/// A server that answers every request with this status and body, or never.
struct Server {
    host: String,
    client: Client,
    heard: Arc<Mutex<Vec<String>>>,
}

async fn serve(house: &House, answer: Option<(u16, String)>) -> Server {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("localhost:{}", listener.local_addr().unwrap().port());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ears = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, answer, ears) = (acceptor.clone(), answer.clone(), Arc::clone(&ears));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let request = read(&mut stream).await;
                ears.lock().unwrap().push(request);
                let Some((status, body)) = answer else {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    return;
                };
                let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(reply.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            });
        }
    });
    let destination =
        |name: &str| Destination { name: name.to_owned(), hosts: vec![host.clone()], data: DataClass::Identifying };
    let settings = Settings {
        destinations: vec![destination("bot-challenge"), destination("mail")],
        extra_roots_pem: vec![certified.cert.pem().into_bytes()],
        danger_private_addresses: true,
        first_byte_time_max: Duration::from_millis(500),
        ..Settings::default()
    };
    Server { client: Client::new(settings, house.outside.clone()).unwrap(), host, heard }
}

/// A request with its whole body.
async fn read(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut text = String::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut chunk).await {
            Ok(read) if read > 0 => text.push_str(&String::from_utf8_lossy(&chunk[..read])),
            _ => return text,
        }
    }
}

fn foreign(server: &Server, service: Service) -> Foreign {
    Foreign {
        service,
        site_key: "the-site-key".into(),
        secret: Secret::new("the secret&half"),
        hostname: "candor.test".into(),
        client: server.client.clone(),
        host: server.host.clone(),
    }
}

const SERVICES: [Service; 3] = [Service::Recaptcha, Service::Hcaptcha, Service::Turnstile];

#[tokio::test]
async fn a_clear_yes_for_this_house_counts_once() {
    for service in SERVICES {
        let house = House::new().await;
        let said = r#"{"success":true,"hostname":"candor.test","challenge_ts":"2026-11-18T10:26:40Z","action":""}"#;
        house.outside.set("2026-11-18T10:27:00Z");
        let server = serve(&house, Some((200, said.into()))).await;
        house.identity.ask_elsewhere(foreign(&server, service));
        let take =
            async |answer: &str| house.identity.take_challenge(Guarded::SignUp, answer, REQUEST, house.now()).await;
        take("an answer+of/it").await.unwrap();
        assert_eq!(refused(take("an answer+of/it").await).kind, RefusalKind::Invalid, "used up");
        let heard = server.heard.lock().unwrap().concat();
        assert!(heard.starts_with(&format!("POST {} HTTP/1.1", service.checks_at().1)), "{heard}");
        assert!(heard.contains("secret=the%20secret%26half&response=an%20answer%2Bof%2Fit"), "{heard}");
        assert!(!heard.contains("remoteip"), "{heard}");
        let work = house.identity.challenge(Guarded::SignUp, house.now()).await.unwrap();
        let work = identity::rules::work::solve(&work).unwrap();
        server.heard.lock().unwrap().clear();
        assert!(take(&work).await.is_ok(), "the same server says yes to anything");
        assert_eq!(server.heard.lock().unwrap().len(), 1, "but it was asked: work of our own does not count beside it");
    }
}

#[tokio::test]
async fn whatever_is_not_a_clear_yes_for_this_house_now_is_a_no() {
    let body = |success: bool, host: &str, at: &str, action: &str| {
        format!(r#"{{"success":{success},"hostname":"{host}","challenge_ts":"{at}","action":"{action}"}}"#)
    };
    let now = "2026-11-18T10:26:40Z";
    for (case, status, body, kind) in [
        ("no", 200, body(false, "candor.test", now, ""), RefusalKind::Invalid),
        ("another house's", 200, body(true, "foe.example", now, ""), RefusalKind::Invalid),
        ("no house's", 200, format!(r#"{{"success":true,"challenge_ts":"{now}"}}"#), RefusalKind::Invalid),
        ("an old one", 200, body(true, "candor.test", "2026-11-18T10:20:00Z", ""), RefusalKind::Invalid),
        ("another page's", 200, body(true, "candor.test", now, "reset"), RefusalKind::Invalid),
        ("no JSON", 200, "yes".into(), RefusalKind::Busy),
        ("out of order", 500, String::new(), RefusalKind::Busy),
    ] {
        let house = House::new().await;
        house.outside.set(now);
        let server = serve(&house, Some((status, body))).await;
        house.identity.ask_elsewhere(foreign(&server, Service::Turnstile));
        let taken = house.identity.take_challenge(Guarded::SignUp, "an answer", REQUEST, house.now()).await;
        assert_eq!(refused(taken).kind, kind, "{case}");
    }
    let house = House::new().await;
    let server = serve(&house, None).await;
    house.identity.ask_elsewhere(foreign(&server, Service::Hcaptcha));
    let taken = house.identity.take_challenge(Guarded::SignUp, "an answer", REQUEST, house.now()).await;
    assert_eq!(refused(taken).kind, RefusalKind::Busy, "a service that does not answer lets nobody in");
}

fn letter() -> Letter {
    let to = address("ada@example.org");
    let envelope = Envelope { tenant: TenantId::from_bytes([6; 16]), organisation: "Brightwater", to: &to };
    Letter::activation(envelope, "1234 5678", 15)
}

#[tokio::test]
async fn sendgrid_is_asked_to_track_nothing_and_its_no_is_told_apart_from_its_later() {
    let house = House::new().await;
    for (status, later) in [(202, None), (401, Some(false)), (429, Some(true)), (503, Some(true))] {
        let server = serve(&house, Some((status, String::new()))).await;
        let sender = Sender::parse("Candor <no-reply@practice.example>").unwrap();
        let post = SendGrid::new(sender, Secret::new("SG.key"), server.client.clone(), &*server.host);
        let sent = post.send(&letter()).await;
        match later {
            None => sent.unwrap(),
            Some(true) => assert!(matches!(sent, Err(PostError::Later(_))), "{status}"),
            Some(false) => assert!(matches!(sent, Err(PostError::Never(_))), "{status}"),
        }
        let heard = server.heard.lock().unwrap().concat();
        assert!(heard.starts_with("POST /v3/mail/send HTTP/1.1"), "{heard}");
        let body: serde_json::Value = serde_json::from_str(heard.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["personalizations"][0]["to"][0]["email"], "ada@example.org");
        assert_eq!(body["from"]["email"], "no-reply@practice.example");
        for tracking in ["click_tracking", "open_tracking", "subscription_tracking", "ganalytics"] {
            assert_eq!(body["tracking_settings"][tracking]["enable"], false, "{tracking}");
        }
    }
}
