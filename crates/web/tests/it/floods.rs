//! Clients that keep the house busy: slow ones, and those that flood it with frames. Frames are made by hand.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use web::{Budgets, Limits};

use super::edge::{edge, hear};

/// Whether the house ends the connection in a while; what it said before is read and dropped.
async fn is_ended(stream: &mut (impl AsyncReadExt + Unpin), within: Duration) -> bool {
    let mut chunk = [0; 16 * 1024];
    let ended = async { while matches!(stream.read(&mut chunk).await, Ok(read) if read > 0) {} };
    tokio::time::timeout(within, ended).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_drips_is_given_up() {
    let limits = Limits { header_time_max: Duration::from_millis(800), ..Limits::default() };
    let edge = edge(limits, Budgets::default()).await;
    let mut stream = edge.connect("http/1.1").await;
    let began = Instant::now();
    for byte in b"GET /hello HTTP/1.1\r\nHost: localhost\r\nX: ".iter().cycle() {
        if stream.write_all(&[*byte]).await.is_err() || began.elapsed() > Duration::from_secs(15) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(began.elapsed() < Duration::from_secs(15), "it was let drip on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_is_given_up() {
    let limits = Limits { answer_grace: Duration::from_secs(1), ..Limits::default() };
    let edge = edge(limits, Budgets::danger_unbounded()).await;
    let mut stream = edge.connect("http/1.1").await;
    let get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500);
    let began = Instant::now();
    // The answers fill every buffer on the way; then the house can write no more, and then it gives up.
    let pushing = async { while stream.write_all(get.as_bytes()).await.is_ok() {} };
    let gave_up = tokio::time::timeout(Duration::from_secs(40), pushing).await;
    assert!(gave_up.is_ok(), "still open after {:?}", began.elapsed());
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET https://localhost/slow` in HPACK: indexed method and scheme, literal path and authority.
fn get_slow() -> Vec<u8> {
    let mut block = vec![0x82, 0x87, 0x04, 5];
    block.extend(b"/slow");
    block.extend([0x01, 9]);
    block.extend(b"localhost");
    block
}

fn open() -> Vec<u8> {
    [PREFACE.to_vec(), frame(SETTINGS, 0, 0, &[])].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_taken_back_at_once_end_the_connection() {
    let edge = edge(Limits::default(), Budgets::danger_unbounded()).await;
    let mut stream = edge.connect("h2").await;
    stream.write_all(&open()).await.unwrap();
    let mut sent = 0;
    let flood = async {
        for number in 0..20_000u32 {
            let id = 2 * number + 1;
            let pair = [
                frame(HEADERS, END_STREAM | END_HEADERS, id, &get_slow()),
                frame(RST_STREAM, 0, id, &8u32.to_be_bytes()),
            ];
            if stream.write_all(&pair.concat()).await.is_err() {
                break;
            }
            sent += 1;
            if number % 16 == 0 {
                // Slowly enough that each is taken up before it is taken back.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), flood).await.ok();
    assert!(sent < 20_000, "all of them were taken");
    assert!(is_ended(&mut stream, Duration::from_secs(5)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_goes_on_for_ever_ends_the_connection() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let mut stream = edge.connect("h2").await;
    stream.write_all(&open()).await.unwrap();
    stream.write_all(&frame(HEADERS, END_STREAM, 1, &get_slow())).await.unwrap();
    // A literal header without indexing: name "a", a value of 100 bytes.
    let mut field = vec![0, 1, b'a', 100];
    field.extend([b'b'; 100]);
    let more = frame(CONTINUATION, 0, 1, &field.repeat(100));
    let mut sent = 0;
    while sent < 5_000 && stream.write_all(&more).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 5_000, "50 MB of one head were taken");
    let mut empty = edge.connect("h2").await;
    empty.write_all(&open()).await.unwrap();
    empty.write_all(&frame(HEADERS, END_STREAM, 1, &get_slow())).await.unwrap();
    let nothing = frame(CONTINUATION, 0, 1, &[]).repeat(100);
    let mut sent = 0;
    while sent < 5_000 && empty.write_all(&nothing).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 5_000, "half a million empty frames of one head were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_requests_at_a_time_than_allowed_are_refused_and_pings_do_not_pile_up() {
    let edge = edge(Limits { streams_max: 4, ..Limits::default() }, Budgets::default()).await;
    let mut stream = edge.connect("h2").await;
    let many = (0..40).map(|number| frame(HEADERS, END_STREAM | END_HEADERS, 2 * number + 1, &get_slow()));
    stream.write_all(&[open(), many.collect::<Vec<_>>().concat()].concat()).await.unwrap();
    let mut heard = vec![0; 4096];
    let mut refused = 0;
    for _ in 0..10 {
        let Ok(Ok(read)) = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut heard)).await else { break };
        let mut rest = &heard[..read];
        while rest.len() >= 9 {
            let length = usize::from(rest[0]) << 16 | usize::from(rest[1]) << 8 | usize::from(rest[2]);
            // REFUSED_STREAM is 7.
            refused += usize::from(rest[3] == RST_STREAM && rest.get(9..13) == Some(&[0, 0, 0, 7]));
            rest = rest.get(9 + length..).unwrap_or(&[]);
        }
        if refused >= 36 || read == 0 {
            break;
        }
    }
    assert!(refused >= 30, "{refused} of 36 were refused");
    drop(stream);
    // Pings whose answers nobody reads.
    let mut stream = edge.connect("h2").await;
    stream.write_all(&open()).await.unwrap();
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(1000);
    let pushing = async {
        for _ in 0..2_000 {
            if stream.write_all(&pings).await.is_err() {
                return true;
            }
        }
        false
    };
    // Either the house ends it, or it takes no more before its memory fills: both stop the flood.
    let stopped = tokio::time::timeout(Duration::from_secs(20), pushing).await;
    assert!(!matches!(stopped, Ok(false)), "34 MB of pings were taken and answered into nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_drips_is_given_up() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let mut stream = edge.connect("http/1.1").await;
    let head = "POST /note HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut heard = String::new();
    while heard.is_empty() && began.elapsed() < Duration::from_secs(40) {
        if stream.write_all(b"x").await.is_err() {
            break;
        }
        heard = hear(&mut stream).await;
    }
    assert!(began.elapsed() < Duration::from_secs(40), "it was let drip on");
    assert!(!heard.contains("HTTP/1.1 2") && !heard.contains("HTTP/1.1 303"), "{heard}");
}
