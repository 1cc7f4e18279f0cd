use std::time::{Duration, Instant};

use outbound::{Call, Method};

use crate::server::{Script, good, ok, say};

fn failing_twice(_: String, before: usize) -> Script {
    match before {
        0 => say("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"),
        1 => say(""),
        _ => ok("at last"),
    }
}

#[tokio::test]
async fn what_may_pass_is_tried_again_if_it_may_be_repeated() {
    let (server, client) = good(failing_twice).await;
    let reply = client.send(Call::get("there", server.url("/")).tries(3)).await.unwrap();
    assert_eq!((reply.body.as_slice(), server.asked()), (b"at last".as_slice(), 3));

    let (server, client) = good(failing_twice).await;
    let keyed = Call::post("there", server.url("/"), "text/plain", "x").header("Idempotency-Key", "1").tries(3);
    assert_eq!((client.send(keyed).await.unwrap().status, server.asked()), (200, 3));
}

#[tokio::test]
async fn a_post_without_a_key_is_sent_once() {
    let (server, client) = good(failing_twice).await;
    let reply = client.send(Call::post("there", server.url("/"), "text/plain", "x").tries(3)).await.unwrap();
    assert_eq!((reply.status, server.asked()), (503, 1));
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    let (server, client) = good(|_, _| say("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n")).await;
    let reply = client.send(Call::new("there", Method::PUT, server.url("/")).tries(5)).await.unwrap();
    assert_eq!((reply.status, server.asked()), (404, 1));
}

#[tokio::test]
async fn a_server_that_asks_for_a_pause_gets_it_within_patience() {
    let (server, client) = good(|_, before| match before {
        0 => say("HTTP/1.1 429 Slow\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"),
        1 => ok("thanks"),
        _ => say("HTTP/1.1 429 Slow\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n"),
    })
    .await;
    let began = Instant::now();
    let patient = || Call::get("there", server.url("/")).tries(2).patience(Duration::from_secs(20));
    assert_eq!(client.send(patient()).await.unwrap().status, 200);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(client.send(patient()).await.unwrap().status, 429);
    assert!(began.elapsed() < Duration::from_secs(19));
}
