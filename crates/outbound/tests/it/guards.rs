use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use outbound::{Call, DataClass, Method, OutboundError, Outcome, Recorder, Settings, Sighting};

use crate::server::{Always, Authority, Rebinding, Server, client, good, ok, say, settings, to, watched};

#[tokio::test]
async fn only_listed_destinations_and_hosts_are_called() {
    let (server, client) = good(|_, _| ok("hello")).await;
    let unknown = client.send(Call::get("nowhere", server.url("/"))).await;
    assert!(matches!(unknown, Err(OutboundError::NotListed(name)) if name == "nowhere"));
    let port = server.address.port();
    for url in [
        "https://example.org/".to_owned(),
        "https://localhost/".to_owned(),
        format!("https://localhost.example.org:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://[::1]:{port}/"),
    ] {
        let answer = client.send(Call::get("there", &url)).await;
        assert!(matches!(answer, Err(OutboundError::NotItsHost { .. })), "{url}: {answer:?}");
    }
    for url in [format!("http://localhost:{port}/"), format!("https://me@localhost:{port}/"), "nonsense".to_owned()] {
        let answer = client.send(Call::get("there", &url)).await;
        assert!(matches!(answer, Err(OutboundError::Malformed(_))), "{url}: {answer:?}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn data_above_the_class_of_a_destination_stays_here() {
    let (server, client) = good(|_, _| ok("hello")).await;
    let call = || Call::post("there", server.url("/"), "text/plain", "a note");
    let answer = client.send_carrying(DataClass::Health, call()).await;
    assert_eq!(answer, Err(OutboundError::TooSensitive("there".to_owned())));
    assert_eq!(server.asked(), 0);
    assert!(client.send_carrying(DataClass::Internal, call()).await.unwrap().is_success());
}

fn guarded(server: &Server, authority: &Authority, resolver: impl outbound::Resolve) -> Settings {
    Settings { danger_private_addresses: false, resolver: Arc::new(resolver), ..settings(server, authority) }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_after_resolution() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", (2026, 2027)), |_, _| ok("hello")).await;
    for addresses in [
        vec!["127.0.0.1"],
        vec!["::1"],
        vec!["::ffff:127.0.0.1"],
        vec!["64:ff9b::7f00:1"],
        vec!["2002:7f00:1::"],
        vec!["169.254.169.254"],
        vec!["8.8.8.8", "127.0.0.1"],
    ] {
        let client = client(guarded(&server, &authority, Always(addresses.clone()))).unwrap();
        let answer = client.send(Call::get("there", server.url("/"))).await;
        assert!(matches!(answer, Err(OutboundError::ForbiddenAddress { .. })), "{addresses:?}: {answer:?}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_address_as_host_is_checked_like_a_resolved_one() {
    let authority = Authority::new();
    let server = Server::start(authority.server("127.0.0.1", (2026, 2027)), |_, _| ok("hello")).await;
    let port = server.address.port();
    let hosts = ["127.0.0.1", "[::1]", "[::ffff:7f00:1]"];
    let destinations = hosts.iter().map(|host| to(host, &format!("{host}:{port}"))).collect();
    let settings = Settings { destinations, ..guarded(&server, &authority, Always(vec!["8.8.8.8"])) };
    let client = client(settings).unwrap();
    for host in hosts {
        let answer = client.send(Call::get(host, format!("https://{host}:{port}/"))).await;
        assert!(matches!(answer, Err(OutboundError::ForbiddenAddress { .. })), "{host}: {answer:?}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_name_that_is_rebound_between_two_tries_does_not_lead_inside() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", (2026, 2027)), |_, _| ok("hello")).await;
    let settings = guarded(&server, &authority, Rebinding(AtomicUsize::new(0)));
    let settings = Settings { connect_time_max: Duration::from_millis(200), ..settings };
    let client = client(settings).unwrap();
    let answer = client.send(Call::get("there", server.url("/")).tries(3)).await;
    assert!(matches!(answer, Err(OutboundError::ForbiddenAddress { .. })), "{answer:?}");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_redirect_within_the_host_is_followed_and_any_other_is_refused() {
    let (server, client) = good(|head, _| match head.split(' ').nth(1).unwrap_or("") {
        "/here" => say("HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 0\r\n\r\n"),
        "/there" => ok("arrived"),
        "/inside" => say("HTTP/1.1 302 Found\r\nlocation: https://169.254.169.254/latest\r\ncontent-length: 0\r\n\r\n"),
        "/plain" => say("HTTP/1.1 301 Moved\r\nlocation: http://localhost/\r\ncontent-length: 0\r\n\r\n"),
        "/double" => say("HTTP/1.1 302 Found\r\nlocation: //example.org/\r\ncontent-length: 0\r\n\r\n"),
        "/slash" => say("HTTP/1.1 302 Found\r\nlocation: /\\example.org/\r\ncontent-length: 0\r\n\r\n"),
        _ => say("HTTP/1.1 302 Found\r\nlocation: /round\r\ncontent-length: 0\r\n\r\n"),
    })
    .await;
    let reply = client.send(Call::get("there", server.url("/here"))).await.unwrap();
    assert_eq!(reply.body, b"arrived");
    for path in ["/inside", "/plain", "/double", "/slash", "/round"] {
        let answer = client.send(Call::get("there", server.url(path))).await;
        assert!(matches!(answer, Err(OutboundError::Redirected { .. })), "{path}: {answer:?}");
    }
    let post = client.send(Call::post("there", server.url("/here"), "text/plain", "x")).await;
    assert!(matches!(post, Err(OutboundError::Redirected { .. })), "{post:?}");
}

#[tokio::test]
async fn headers_that_are_the_clients_own_are_refused() {
    let (server, client) = good(|_, _| ok("hello")).await;
    for (name, value) in [
        ("Host", "inside"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Length", "0"),
        ("Connection", "upgrade"),
        ("bad name", "x"),
        ("x", "a\r\nHost: inside"),
    ] {
        let answer = client.send(Call::get("there", server.url("/")).header(name, value)).await;
        assert!(matches!(answer, Err(OutboundError::Malformed(_))), "{name}: {answer:?}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn every_attempt_is_seen_also_a_refused_one() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", (2026, 2027)), |_, _| ok("hello")).await;
    let (client, tally) = watched(settings(&server, &authority));
    client.send(Call::post("there", server.url("/secret?token=1"), "text/plain", "four")).await.unwrap();
    client.send(Call::get("there", "https://example.org/")).await.unwrap_err();
    client.send(Call::new("nowhere", Method::GET, "https://example.org/")).await.unwrap_err();
    let totals = tally.totals();
    assert_eq!(totals.len(), 3);
    let ((_, host, address), total) = totals.iter().find(|(_, total)| total.answered == 1).unwrap();
    assert_eq!(*host, format!("localhost:{}", server.address.port()));
    assert_eq!(address.unwrap().to_string(), "127.0.0.1");
    assert_eq!((total.sent_bytes, total.received_bytes), (4, 5));
    assert_eq!(totals.iter().map(|(_, total)| total.refused).sum::<u64>(), 2);
    assert!(!format!("{totals:?}").contains("token"));
}

#[tokio::test]
async fn an_attempt_that_nobody_waits_for_is_seen_as_given_up() {
    struct Last(std::sync::Mutex<Vec<Sighting>>);
    impl Recorder for Last {
        fn saw(&self, sighting: &Sighting) {
            self.0.lock().unwrap().push(sighting.clone());
        }
    }
    let authority = Authority::new();
    let hanging = |_: String, _: usize| crate::server::Script { pieces: Vec::new(), then_hang: true };
    let server = Server::start(authority.server("localhost", (2026, 2027)), hanging).await;
    let last = Arc::new(Last(std::sync::Mutex::new(Vec::new())));
    let client = client(Settings { recorder: last.clone(), ..settings(&server, &authority) }).unwrap();
    let answer = client.send(Call::get("there", server.url("/")).patience(Duration::from_secs(2))).await;
    assert!(matches!(answer, Err(OutboundError::TooSlow { .. })), "{answer:?}");
    let seen = last.0.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].outcome, Outcome::GivenUp);
}
