use crate::claim::{ClaimDecl, Counts, ProbeDecl, Proof, Running};
use crate::house::{Greeting, Offer, exchange, greet};
use crate::probe::{Finding, Trouble, Visit, several};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Only TLS 1.2 and 1.3, with strong ciphers.
pub(super) const CLAIM: ClaimDecl = ClaimDecl {
    id: "tls",
    group: "On the way",
    words: "Connections to us are encrypted with TLS 1.2 or 1.3. Older versions and weak ciphers are refused, and without \
            encryption there is no content.",
    rows: &["L42", "M06"],
    proof: Proof::Negative,
    counts: Counts::Sample,
    cadence_seconds: 15 * 60,
    valid_seconds: 60 * 60,
    how: "The runner opens connections with a hand-made greeting that offers SSL 3.0, TLS 1.0 or TLS 1.1 only, then TLS \
          1.2 with weak ciphers only: RC4, 3DES, null, export, anonymous, and those without forward secrecy. Each must \
          be refused. TLS 1.2 with a strong cipher and TLS 1.3 must be accepted. A request without encryption must get \
          no content. To show that the check can fail, the same greetings go to a local listener that accepts anything, \
          and each must be flagged.",
    probe: ProbeDecl {
        id: "net.tls",
        version: 1,
        source: include_bytes!("tls.rs"),
        parameters: "refused: 3.0 1.0 1.1, weak suites on 1.2; accepted: 1.2 ECDHE AEAD, 1.3",
        run,
    },
};

/// What a client of twenty years ago offers, strong and weak.
const OLD_SUITES: &[u16] =
    &[0xc013, 0xc014, 0xc009, 0xc00a, 0x002f, 0x0035, 0x003c, 0x009c, 0x009d, 0x0033, 0x0039, 0x000a, 0x0005, 0x0004];
const STRONG_SUITES: &[u16] = &[0xc02f, 0xc030, 0xc02b, 0xc02c, 0xcca8, 0xcca9];
const NEW_SUITES: &[u16] = &[0x1301, 0x1302, 0x1303];

const REFUSED: &[(&str, Offer)] = &[
    ("SSL 3.0", Offer { version: 0x0300, suites: OLD_SUITES }),
    ("TLS 1.0", Offer { version: 0x0301, suites: OLD_SUITES }),
    ("TLS 1.1", Offer { version: 0x0302, suites: OLD_SUITES }),
    ("RC4", Offer { version: 0x0303, suites: &[0x0004, 0x0005, 0xc007, 0xc011] }),
    ("3DES", Offer { version: 0x0303, suites: &[0x000a, 0x0016, 0xc008, 0xc012] }),
    ("no encryption at all", Offer { version: 0x0303, suites: &[0x0001, 0x0002, 0x003b, 0xc006, 0xc010] }),
    ("export ciphers", Offer { version: 0x0303, suites: &[0x0003, 0x0006, 0x0008, 0x000b, 0x0014] }),
    ("anonymous key exchange", Offer { version: 0x0303, suites: &[0x0034, 0x003a, 0x006d, 0x00a6, 0xc018, 0xc019] }),
    (
        "RSA key exchange without forward secrecy",
        Offer { version: 0x0303, suites: &[0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d] },
    ),
    ("CBC ciphers", Offer { version: 0x0303, suites: &[0xc013, 0xc014, 0xc027, 0xc028, 0xc009, 0xc00a] }),
];

const ACCEPTED: &[(&str, Offer)] = &[
    ("TLS 1.2 with a strong cipher", Offer { version: 0x0303, suites: STRONG_SUITES }),
    ("TLS 1.3", Offer { version: 0x0304, suites: NEW_SUITES }),
];

fn run<'a>(visit: &'a Visit<'a>) -> Running<'a> {
    Box::pin(check(visit))
}

async fn check(visit: &Visit<'_>) -> Result<Finding, Trouble> {
    let house = visit.wire.socket()?;
    let mut finding = Finding::default();
    for (name, offer) in REFUSED {
        let greeting = greet(house, *offer, visit.outside).await?;
        finding.saw(&format!("offered {name}"), words(greeting));
        finding.check(greeting == Greeting::Refused, || format!("{name} was not refused: {}.", words(greeting)));
    }
    for (name, offer) in ACCEPTED {
        let greeting = greet(house, *offer, visit.outside).await?;
        finding.saw(&format!("offered {name}"), words(greeting));
        let right = matches!(greeting, Greeting::Accepted { version, suite } if version == offer.version && offer.suites.contains(&suite));
        finding.check(right, || format!("{name} was not accepted: {}.", words(greeting)));
    }
    let plain = exchange(house, b"GET /trust HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    finding.saw("asked without encryption", plain_words(&plain));
    finding.check(!has_content(&plain), || "A request without encryption was answered with content.".to_owned());
    let tried = (REFUSED.len() + ACCEPTED.len() + 1) as u64;
    let told = format!(
        "{}: {} refused, {} accepted",
        several(tried, "connection", "connections"),
        REFUSED.len() + 1,
        ACCEPTED.len()
    );
    finding.counted(tried, tried, told);
    control(visit, &mut finding).await?;
    Ok(finding)
}

fn words(greeting: Greeting) -> String {
    match greeting {
        Greeting::Accepted { version, suite } => format!("accepted as {version:#06x} with suite {suite:#06x}"),
        Greeting::Refused => "refused".to_owned(),
        Greeting::Strange => "answered with something that is not TLS".to_owned(),
    }
}

/// Whether an answer to an unencrypted request holds anything but a redirect to encryption or a bare error.
fn has_content(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some(rest) = text.strip_prefix("HTTP/1.") else { return false };
    let success = rest.get(2..3) == Some("2");
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    success || !body.trim().is_empty()
}

fn plain_words(answer: &[u8]) -> String {
    match answer {
        [] => "closed without a word".to_owned(),
        [21, ..] => "a TLS alert".to_owned(),
        _ if has_content(answer) => "content".to_owned(),
        _ => "no content".to_owned(),
    }
}

/// The same greetings to a listener that takes anything.
async fn control(visit: &Visit<'_>, finding: &mut Finding) -> Result<(), Trouble> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let careless = listener.local_addr()?;
    let serving = tokio::spawn(take_anything(listener));
    let mut caught = 0;
    for (_, offer) in REFUSED {
        caught += usize::from(is_flagged(careless, *offer, visit).await?);
    }
    let plain = exchange(careless, b"GET / HTTP/1.1\r\n\r\n").await?;
    caught += usize::from(has_content(&plain));
    serving.abort();
    let all = REFUSED.len() + 1;
    let told = format!("The same greetings to a listener that takes anything: {caught} of {all} flagged.");
    finding.control(caught == all, told, visit.now());
    Ok(())
}

async fn is_flagged(careless: SocketAddr, offer: Offer, visit: &Visit<'_>) -> Result<bool, Trouble> {
    Ok(greet(careless, offer, visit.outside).await? != Greeting::Refused)
}

/// Accepts what is offered: a server hello with the client's own version and first suite, or a page.
async fn take_anything(listener: TcpListener) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut hello = [0u8; 1024];
        let Ok(read) = stream.read(&mut hello).await else { continue };
        let answer = match hello.get(..read) {
            Some([22, _, _, _, _, _, _, _, _, major, minor, rest @ ..]) => {
                let suite = rest.get(35..37).unwrap_or(&[0, 0]);
                let mut hello = vec![22, 3, 1, 0, 42, 2, 0, 0, 38, *major, *minor];
                hello.extend([7u8; 32]);
                hello.push(0);
                hello.extend(suite);
                hello.push(0);
                hello
            }
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec(),
        };
        // A client that is gone is no matter here.
        if stream.write_all(&answer).await.is_err() {
            continue;
        }
    }
}
