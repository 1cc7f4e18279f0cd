//! The listener itself, over real connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::http::Version;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use web::{Limits, Listen, Running, ServeError, serve};

use super::house::house;

struct Papers {
    certificate: String,
    key: String,
}

fn papers() -> Papers {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    Papers { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
}

async fn open(papers: &Papers, limits: Limits) -> Running {
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        certificate_pem: papers.certificate.clone().into_bytes(),
        key_pem: papers.key.clone().into_bytes(),
        limits,
    };
    serve(listen, house().router).await.unwrap()
}

fn client(papers: &Papers, running: &Running) -> reqwest::Client {
    builder(papers, running).build().unwrap()
}

fn builder(papers: &Papers, running: &Running) -> reqwest::ClientBuilder {
    // A second installation in the same process changes nothing, so its outcome says nothing.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(papers.certificate.as_bytes()).unwrap())
        .resolve("localhost", running.address)
        .timeout(Duration::from_secs(10))
}

fn at(running: &Running, path: &str) -> String {
    format!("https://localhost:{}{path}", running.address.port())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_served_over_http_2_and_the_listener_stops() {
    let papers = papers();
    let running = open(&papers, Limits::default()).await;
    let client = client(&papers, &running);
    let heard = client.get(at(&running, "/hello")).send().await.unwrap();
    assert_eq!((heard.status().as_u16(), heard.version()), (200, Version::HTTP_2));
    assert!(heard.headers().contains_key("strict-transport-security"));
    let address = running.address;
    drop((heard, client));
    running.stop(Duration::from_secs(2)).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_too_many_is_closed_and_its_place_comes_back() {
    let papers = papers();
    let running = open(&papers, Limits { connections_max: 1, ..Limits::default() }).await;
    let first = client(&papers, &running);
    assert!(first.get(at(&running, "/hello")).send().await.is_ok());
    let second = client(&papers, &running);
    assert!(second.get(at(&running, "/hello")).send().await.is_err(), "the house is full");
    drop(first);
    let mut came_in = false;
    for _ in 0..50 {
        came_in |= client(&papers, &running).get(at(&running, "/hello")).send().await.is_ok();
        if came_in {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(came_in, "the place is free again");
    running.stop(Duration::from_secs(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shakes_no_hands_is_dropped() {
    let papers = papers();
    let limits = Limits { handshake_time_max: Duration::from_millis(100), ..Limits::default() };
    let running = open(&papers, limits).await;
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    let mut buffer = [0u8; 16];
    let read = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut buffer)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "a silent connection is closed");
    let mut plain = TcpStream::connect(running.address).await.unwrap();
    plain.write_all(b"GET /hello HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), plain.read_to_end(&mut answer)).await;
    assert!(read.is_ok() && !String::from_utf8_lossy(&answer).contains("HTTP/"), "plain HTTP gets no answer");
    running.stop(Duration::from_secs(2)).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_is_none_is_said_to_be_none() {
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        certificate_pem: b"none".to_vec(),
        key_pem: b"none".to_vec(),
        limits: Limits::default(),
    };
    assert!(matches!(serve(listen, house().router).await, Err(ServeError::Certificate(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_still_sending_a_refused_body_gets_to_hear_why() {
    let papers = papers();
    let running = open(&papers, Limits::default()).await;
    let client = builder(&papers, &running).http1_only().build().unwrap();
    for round in 0..3 {
        let sent = client.post(at(&running, "/nowhere")).body(vec![b'x'; 4 << 20]).send().await;
        assert_eq!(sent.unwrap().status(), 404, "round {round}");
    }
    running.stop(Duration::from_secs(1)).await.unwrap();
}
