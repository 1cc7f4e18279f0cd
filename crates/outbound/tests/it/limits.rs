use std::time::Duration;

use outbound::{Call, OutboundError, Phase, Settings};

use crate::server::{Authority, Script, Server, client, good, ok, say, settings};

#[tokio::test]
async fn an_answer_that_is_announced_or_grows_too_long_is_refused() {
    let (server, client) = good(|head, _| match head.starts_with("GET /announced") {
        true => Script {
            pieces: vec![(Duration::ZERO, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n".to_vec())],
            then_hang: true,
        },
        false => {
            let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
            say(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(64)))
        }
    })
    .await;
    for path in ["/announced", "/grows"] {
        let call = Call { reply_bytes_max: 10_000, ..Call::get("there", server.url(path)) };
        let answer = client.send(call).await;
        assert!(matches!(answer, Err(OutboundError::TooLarge { bytes_max: 10_000, .. })), "{path}: {answer:?}");
    }
    let whole = client.send(Call::get("there", server.url("/grows"))).await.unwrap();
    assert_eq!(whole.body.len(), 64 * 0x1000);
}

#[tokio::test]
async fn a_compressed_answer_is_refused_unread() {
    let (server, client) = good(|head, _| {
        assert!(head.to_ascii_lowercase().contains("accept-encoding: identity"));
        let name = if head.starts_with("GET /twice") { "identity\r\ncontent-encoding: br" } else { "gzip" };
        say(format!("HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ncontent-length: 3\r\n\r\nabc"))
    })
    .await;
    for path in ["/once", "/twice"] {
        let answer = client.send(Call::get("there", server.url(path))).await;
        assert!(matches!(answer, Err(OutboundError::Compressed { .. })), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let (server, client) = good(|head, _| match head.starts_with("GET /many") {
        true => say(format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "a: b\r\n".repeat(100))),
        false => say(format!("HTTP/1.1 200 OK\r\na: {}\r\ncontent-length: 0\r\n\r\n", "b".repeat(200_000))),
    })
    .await;
    for path in ["/many", "/long"] {
        let answer = client.send(Call::get("there", server.url(path))).await;
        assert!(matches!(answer, Err(OutboundError::Broken { .. })), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_or_drips_is_given_up() {
    let authority = Authority::new();
    let server = Server::start(authority.server("localhost", (2026, 2027)), |head, _| {
        let mut pieces = vec![(Duration::ZERO, b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec())];
        pieces.extend((0..100).map(|_| (Duration::from_millis(100), b"x".to_vec())));
        match head.starts_with("GET /drip") {
            true => Script { pieces, then_hang: true },
            false => Script { pieces: Vec::new(), then_hang: true },
        }
    })
    .await;
    let settings = Settings { first_byte_time_max: Duration::from_secs(1), ..settings(&server, &authority) };
    let client = client(settings).unwrap();
    let answer = client.send(Call::get("there", server.url("/mute"))).await;
    assert!(matches!(answer, Err(OutboundError::TooSlow { phase: Phase::FirstByte, .. })), "{answer:?}");
    let answer = client.send(Call::get("there", server.url("/drip")).patience(Duration::from_secs(3))).await;
    assert!(matches!(answer, Err(OutboundError::TooSlow { phase: Phase::Whole, .. })), "{answer:?}");
}

#[tokio::test]
async fn what_is_not_http_is_no_answer() {
    let (server, client) = good(|head, _| match head.starts_with("GET /cut") {
        true => say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
        false => say("220 mail.example.org ESMTP\r\n\r\n"),
    })
    .await;
    for path in ["/cut", "/smtp"] {
        let answer = client.send(Call::get("there", server.url(path))).await;
        assert!(matches!(answer, Err(OutboundError::Broken { .. })), "{path}: {answer:?}");
    }
    let (server, client) = good(|_, _| ok("")).await;
    assert!(client.send(Call::get("there", server.url("/"))).await.unwrap().body.is_empty());
}
