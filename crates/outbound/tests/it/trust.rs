use std::sync::Arc;

use outbound::{Call, OutboundError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::server::{Always, Authority, Server, client, good, ok, settings, to};

async fn refused(call: Call, client: &outbound::Client) -> String {
    match client.send(call).await {
        Err(OutboundError::Untrusted { cause, .. }) => cause,
        other => panic!("not refused as untrusted: {other:?}"),
    }
}

#[tokio::test]
async fn a_good_certificate_is_accepted() {
    let (server, client) = good(|_, _| ok("hello")).await;
    let reply = client.send(Call::get("there", server.url("/a?b=c"))).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (200, b"hello".as_slice()));
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = Server::start(other.server("localhost", (2026, 2027)), |_, _| ok("hello")).await;
    let client = client(settings(&server, &authority)).unwrap();
    assert!(refused(Call::get("there", server.url("/")), &client).await.contains("invalid peer certificate"));
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    for (years, word) in [((2020, 2026), "xpired"), ((2027, 2030), "not valid yet")] {
        let server = Server::start(authority.server("localhost", years), |_, _| ok("hello")).await;
        let client = client(settings(&server, &authority)).unwrap();
        let cause = refused(Call::get("there", server.url("/")), &client).await;
        assert!(cause.contains(word), "{cause}");
        assert_eq!(server.asked(), 0);
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let server = Server::start(authority.server("elsewhere.example", (2026, 2027)), |_, _| ok("hello")).await;
    let client = client(settings(&server, &authority)).unwrap();
    assert!(refused(Call::get("there", server.url("/")), &client).await.contains("not valid for name"));
    assert_eq!(server.asked(), 0);
}

/// A server hello with a version and a suite, whatever was offered.
async fn old_server(version: [u8; 2], suite: [u8; 2]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 2048];
            stream.read(&mut hello).await.ok();
            let mut body = version.to_vec();
            body.extend([9; 32]);
            body.push(0);
            body.extend(suite);
            body.push(0);
            let mut record = vec![22, 3, 3, 0, body.len() as u8 + 4, 2, 0, 0, body.len() as u8];
            record.extend(body);
            stream.write_all(&record).await.ok();
            stream.read(&mut hello).await.ok();
        }
    });
    port
}

#[tokio::test]
async fn old_versions_and_weak_suites_are_refused() {
    let weak = [
        ([3, 1], [0xc0, 0x13], "TLS 1.0"),
        ([3, 2], [0xc0, 0x13], "TLS 1.1"),
        ([3, 3], [0x00, 0x2f], "no forward secrecy"),
        ([3, 3], [0xc0, 0x13], "CBC"),
        ([3, 3], [0x00, 0x05], "RC4"),
    ];
    for (version, suite, name) in weak {
        let port = old_server(version, suite).await;
        let settings = outbound::Settings {
            destinations: vec![to("old", &format!("localhost:{port}"))],
            danger_private_addresses: true,
            resolver: Arc::new(Always(vec!["127.0.0.1"])),
            ..outbound::Settings::default()
        };
        let client = client(settings).unwrap();
        let cause = refused(Call::get("old", format!("https://localhost:{port}/")), &client).await;
        assert!(!cause.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn a_root_that_is_no_certificate_is_refused_at_once() {
    let settings = outbound::Settings {
        extra_roots_pem: vec![b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()],
        ..outbound::Settings::default()
    };
    assert!(matches!(client(settings), Err(OutboundError::Settings(_))));
}
