//! What stands before the door: strict heads, budgets, proxies, redirects. Over real connections, byte by byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use web::{Budget, Budgets, Challenges, Limits, Listen, Proxies, Running, Says, redirect, serve};

use super::house::{House, house_with};

pub struct Edge {
    pub running: Running,
    pub house: House,
    roots: Arc<rustls::RootCertStore>,
}

pub async fn edge(limits: Limits, budgets: Budgets) -> Edge {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let house = house_with(|options| {
        options.handler_time_max = Duration::from_secs(20);
        options.budgets = budgets;
    });
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        certificate_pem: made.cert.pem().into_bytes(),
        key_pem: made.signing_key.serialize_pem().into_bytes(),
        limits,
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()).unwrap();
    let running = serve(listen, house.router.clone()).await.unwrap();
    Edge { running, house, roots: Arc::new(roots) }
}

impl Edge {
    pub async fn connect(&self, protocol: &str) -> TlsStream<TcpStream> {
        self.agree(TcpStream::connect(self.running.address).await.unwrap(), protocol).await.unwrap()
    }

    async fn agree(&self, stream: TcpStream, protocol: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config =
            rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_root_certificates(self.roots.clone())
                .with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Sends bytes and reads until the house closes or says nothing for a while.
    async fn say(&self, bytes: &str) -> String {
        let mut stream = self.connect("http/1.1").await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        hear(&mut stream).await
    }
}

pub async fn hear(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut heard = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(Ok(read)) = tokio::time::timeout(Duration::from_secs(2), stream.read(&mut chunk)).await
        && read > 0
    {
        heard.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&heard).into_owned()
}

fn answers(heard: &str) -> usize {
    heard.matches("HTTP/1.1 ").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_answered_with_the_houses_own_headers() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let many = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "a: b\r\n".repeat(150));
    let long = format!("GET /hello HTTP/1.1\r\nHost: localhost\r\na: {}\r\n\r\n", "b".repeat(40_000));
    for (sent, status) in
        [("nonsense\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"), (&many, "431"), (&long, "431")]
    {
        let heard = edge.say(sent).await;
        assert!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{heard}");
        for header in [
            "strict-transport-security: max-age=",
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
            "cross-origin-opener-policy: same-origin",
            "cache-control: no-store",
            "connection: close",
        ] {
            assert!(heard.contains(header), "{header} is missing from {heard}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_smuggled_behind_another() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let hidden = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for head in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        "Content-Length: 0, 44\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
        "X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let heard = edge.say(&format!("POST /note HTTP/1.1\r\nHost: localhost\r\n{head}{hidden}")).await;
        assert!(heard.starts_with("HTTP/1.1 400 "), "{head:?}: {heard}");
        assert_eq!(answers(&heard), 1, "{head:?}: {heard}");
    }
    let chunked = "POST /note HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["5;a=\nb\r\nhello\r\n0\r\n\r\n", "0\r\nX: y\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n"] {
        let heard = edge.say(&format!("{chunked}{body}{hidden}")).await;
        assert!(!heard.contains("HTTP/1.1 200"), "{body:?}: {heard}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_requests_that_follow_one_another_are_all_answered() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let get = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let post = "POST /nowhere HTTP/1.1\r\nHost: localhost\r\n";
    let chunked = format!("{post}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n");
    let length = format!("{post}Content-Length: 3\r\n\r\nabc");
    let heard = edge.say(&format!("{get}{chunked}{get}{length}\r\n{get}")).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 3, "{heard}");
    assert_eq!(heard.matches("HTTP/1.1 404").count(), 2, "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_or_a_packed_body_are_refused_in_words() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let heard = edge.say("GET https://elsewhere/hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 400 ") && heard.contains("two different hosts"), "{heard}");
    let heard = edge.say("GET https://localhost/hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
    let packed = "POST /note HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
    let heard = edge.say(packed).await;
    assert!(heard.starts_with("HTTP/1.1 415 ") && heard.contains("strict-transport-security"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let two = Budget { requests: 2, seconds: 60 };
    let edge = edge(Limits::default(), Budgets { address: two, ..Budgets::default() }).await;
    let get = "GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
    let heard = edge.say(&get.repeat(3)).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 2, "{heard}");
    let refused = heard.split("HTTP/1.1 429").nth(1).unwrap();
    assert!(refused.contains("ratelimit-policy: \"address\";q=2;w=60"), "{refused}");
    assert!(refused.contains("ratelimit: \"address\";r=0;t=60"), "{refused}");
    assert!(refused.contains("retry-after: 30") && refused.contains("A little slower, please"), "{refused}");
    assert!(refused.contains("strict-transport-security"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_that_asks_too_often_does_not_stop_its_neighbour() {
    let three = Budget { requests: 3, seconds: 60 };
    let edge = edge(Limits::default(), Budgets { organisation: three, ..Budgets::default() }).await;
    let get = "GET /fhir/t/Patient HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer dentist\r\n\r\n";
    let heard = edge.say(&get.repeat(4)).await;
    assert_eq!(heard.matches("HTTP/1.1 200").count(), 3, "{heard}");
    assert!(heard.contains("ratelimit: \"organisation\";r=2"), "{heard}");
    assert!(heard.contains("HTTP/1.1 429") && heard.contains("OperationOutcome"), "{heard}");
    let heard = edge.say("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_behind_a_proxy_is_known_only_if_the_proxy_is() {
    let knocked = |edge: &Edge| edge.house.porter.knocks.lock().unwrap().last().unwrap().peer.unwrap().to_string();
    let get =
        |line: &str| format!("GET /mine HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-candor=dentist\r\n{line}\r\n");
    let from = |network: &str, says| Limits {
        proxies: Some(Proxies { from: vec![network.parse().unwrap()], says }),
        ..Limits::default()
    };
    let believed = edge(from("127.0.0.0/8", Says::XForwardedFor), Budgets::default()).await;
    assert!(believed.say(&get("X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n")).await.starts_with("HTTP/1.1 200"));
    assert_eq!(knocked(&believed), "192.0.2.7");
    let stranger = edge(from("10.0.0.0/8", Says::XForwardedFor), Budgets::default()).await;
    assert!(stranger.say(&get("X-Forwarded-For: 192.0.2.7\r\n")).await.starts_with("HTTP/1.1 200"));
    assert_eq!(knocked(&stranger), "127.0.0.1");

    let proxied = edge(from("127.0.0.1", Says::ProxyProtocol), Budgets::default()).await;
    let mut stream = TcpStream::connect(proxied.running.address).await.unwrap();
    stream.write_all(b"PROXY TCP4 192.0.2.9 127.0.0.1 4000 443\r\n").await.unwrap();
    let mut stream = proxied.agree(stream, "http/1.1").await.unwrap();
    stream.write_all(get("X-Forwarded-For: 6.6.6.6\r\n").as_bytes()).await.unwrap();
    assert!(hear(&mut stream).await.starts_with("HTTP/1.1 200"));
    assert_eq!(knocked(&proxied), "192.0.2.9");
    let silent = TcpStream::connect(proxied.running.address).await.unwrap();
    assert!(proxied.agree(silent, "http/1.1").await.is_err(), "a proxy that does not say for whom is not served");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_connections_and_no_more() {
    let edge = edge(Limits { connections_per_address_max: 2, ..Limits::default() }, Budgets::default()).await;
    let (_first, second) = (edge.connect("h2").await, edge.connect("h2").await);
    let third = TcpStream::connect(edge.running.address).await.unwrap();
    assert!(edge.agree(third, "h2").await.is_err());
    drop(second);
    tokio::time::sleep(Duration::from_millis(500)).await;
    edge.connect("h2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_there_is_only_a_redirect() {
    let challenges = Challenges::default();
    challenges.offer("token", "token.thumbprint");
    let plain = redirect(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), 8443, challenges.clone()).await.unwrap();
    let say = async |bytes: &str| {
        let mut stream = TcpStream::connect(plain.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        hear(&mut stream).await
    };
    let heard = say("GET /trust?a=b HTTP/1.1\r\nHost: house.example:80\r\n\r\n").await;
    assert!(heard.starts_with("HTTP/1.1 308 "), "{heard}");
    assert!(heard.contains("location: https://house.example:8443/trust?a=b\r\n"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n"), "no body: {heard}");
    assert!(!heard.contains("strict-transport-security"));
    let heard = say("POST https://evil.example/x HTTP/1.1\r\nHost: house.example\r\nContent-Length: 0\r\n\r\n").await;
    assert!(heard.contains("location: https://house.example:8443/x\r\n"), "{heard}");
    for host in ["evil.example/a", "a@b", "\"", ""] {
        let heard = say(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(!heard.contains("location"), "{host}: {heard}");
    }
    let asked = "GET /.well-known/acme-challenge/token HTTP/1.1\r\nHost: house.example\r\n\r\n";
    assert!(say(asked).await.ends_with("\r\n\r\ntoken.thumbprint"));
    challenges.withdraw("token");
    assert!(say(asked).await.starts_with("HTTP/1.1 308 "));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_certificate_does_not_replace_a_good_one() {
    let edge = edge(Limits::default(), Budgets::default()).await;
    let ends = edge.running.certificates().ends();
    let (one, other) =
        (rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap(), rcgen::KeyPair::generate().unwrap());
    assert!(edge.running.renew(b"none", b"none").is_err());
    assert!(edge.running.renew(one.cert.pem().as_bytes(), other.serialize_pem().as_bytes()).is_err(), "not its key");
    assert_eq!(edge.running.certificates().ends(), ends);
    edge.connect("h2").await;
    edge.running.renew(one.cert.pem().as_bytes(), one.signing_key.serialize_pem().as_bytes()).unwrap();
    let stream = TcpStream::connect(edge.running.address).await.unwrap();
    assert!(edge.agree(stream, "h2").await.is_err(), "the new one is served, which this client does not know");
}
