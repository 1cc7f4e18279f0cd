//! Letters by SMTP, against a small mail server in this process.

use std::sync::{Arc, Mutex};

use identity::post::{Encryption, Envelope, Letter, Post, PostError, Sender, Smtp, SmtpSettings};
use model::TenantId;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::house::{House, address};

/// How the mail server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Server {
    Starttls,
    Implicit,
    WithoutTls,
    Full,
}

/// What it heard: every line of every conversation, TLS or not, told apart.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(bool, String)>>>);

impl Heard {
    fn lines(&self, under_tls: bool) -> String {
        let all = self.0.lock().unwrap();
        all.iter().filter(|(tls, _)| *tls == under_tls).map(|(_, line)| format!("{line}\n")).collect()
    }
}

struct Running {
    port: u16,
    authority: Vec<u8>,
    heard: Heard,
}

async fn serve(how: Server, name: &str) -> Running {
    let certified = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap();
    let authority = certified.cert.pem().into_bytes();
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
    let port = listener.local_addr().unwrap().port();
    let heard = Heard::default();
    let ears = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, ears) = (acceptor.clone(), ears.clone());
            tokio::spawn(async move {
                if how == Server::Implicit {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    converse(stream, how, true, true, &ears).await;
                } else if let Some(stream) = converse(stream, how, false, true, &ears).await {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    converse(stream, how, true, false, &ears).await;
                }
            });
        }
    });
    Running { port, authority, heard }
}

/// One conversation; the stream comes back when it goes on under TLS.
async fn converse<S: AsyncReadExt + AsyncWriteExt + Unpin>(
    stream: S,
    how: Server,
    tls: bool,
    greet: bool,
    heard: &Heard,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if greet {
        stream.write_all(b"220 mail.test ESMTP\r\n").await.ok()?;
    }
    let mut in_letter = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        heard.0.lock().unwrap().push((tls, line.clone()));
        let verb = line.split(' ').next().unwrap_or("").to_uppercase();
        let answer: &str = match verb.as_str() {
            _ if in_letter && line == "." => {
                in_letter = false;
                "250 taken\r\n"
            }
            _ if in_letter => continue,
            "EHLO" if !tls && how != Server::WithoutTls => "250-mail.test\r\n250 STARTTLS\r\n",
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN\r\n",
            "STARTTLS" => {
                stream.write_all(b"220 go on\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            "AUTH" => "235 known\r\n",
            "MAIL" if how == Server::Full => "452 no room\r\n",
            "RCPT" if line.contains("nobody@") => "550 nobody here called nobody@example.org\r\n",
            "MAIL" | "RCPT" | "NOOP" => "250 yes\r\n",
            "DATA" => {
                in_letter = true;
                "354 go on\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "502 what\r\n",
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn smtp(server: &Running, encryption: Encryption, authority: Option<Vec<u8>>) -> Smtp {
    let settings = SmtpSettings {
        host: "localhost".into(),
        port: server.port,
        encryption,
        credentials: Some(("house".into(), seal::Secret::new("the mail password"))),
        authority_pem: authority,
    };
    let sender = Sender::parse("Candor <no-reply@practice.example>").unwrap();
    Smtp::new(sender, settings, House::new().await.outside).unwrap()
}

fn letter(to: &str) -> Letter {
    let to = address(to);
    let envelope = Envelope { tenant: TenantId::from_bytes([6; 16]), organisation: "Zahnärzte am See", to: &to };
    Letter::activation(envelope, "1234 5678", 15)
}

#[tokio::test]
async fn a_letter_goes_out_under_tls_in_plain_text_and_html() {
    for (how, encryption) in [(Server::Starttls, Encryption::Starttls), (Server::Implicit, Encryption::Implicit)] {
        let server = serve(how, "localhost").await;
        let smtp = smtp(&server, encryption, Some(server.authority.clone())).await;
        smtp.send(&letter("ada@example.org")).await.unwrap();
        let (open, sealed) = (server.heard.lines(false), server.heard.lines(true));
        for part in ["AUTH PLAIN", "RCPT TO:<ada@example.org>", "1234 5678", "text/plain", "text/html", "From: Candor"]
        {
            assert!(sealed.contains(part), "{part} in {sealed}");
            assert!(!open.contains(part), "{part} in the clear: {open}");
        }
        assert!(sealed.contains("@practice.example>"), "the message's id names the sender's domain");
    }
}

#[tokio::test]
async fn a_server_without_tls_or_with_a_certificate_that_does_not_hold_gets_no_letter() {
    let plain = serve(Server::WithoutTls, "localhost").await;
    let other = serve(Server::Starttls, "localhost").await;
    let named = serve(Server::Starttls, "mail.elsewhere.example").await;
    let own = |server: &Running| Some(server.authority.clone());
    for (case, server, encryption, authority) in [
        ("no STARTTLS", &plain, Encryption::Starttls, own(&plain)),
        ("plain on the TLS port", &plain, Encryption::Implicit, own(&plain)),
        ("another authority", &other, Encryption::Starttls, own(&plain)),
        ("a self-made certificate", &other, Encryption::Starttls, None),
        ("another name", &named, Encryption::Starttls, own(&named)),
    ] {
        let smtp = smtp(server, encryption, authority).await;
        assert!(smtp.send(&letter("ada@example.org")).await.is_err(), "{case}");
        let said = server.heard.lines(false) + &server.heard.lines(true);
        for word in ["AUTH", "MAIL", "ada@", "1234"] {
            assert!(!said.contains(word), "{case}: {said}");
        }
    }
}

#[tokio::test]
async fn a_refused_address_is_given_up_and_a_full_mailbox_is_tried_again_and_neither_is_quoted() {
    let server = serve(Server::Starttls, "localhost").await;
    let smtp_ok = smtp(&server, Encryption::Starttls, Some(server.authority.clone())).await;
    let error = smtp_ok.send(&letter("nobody@example.org")).await.unwrap_err();
    assert!(matches!(&error, PostError::Never(words) if !words.contains("nobody")), "{error}");
    let full = serve(Server::Full, "localhost").await;
    let smtp_full = smtp(&full, Encryption::Starttls, Some(full.authority.clone())).await;
    let error = smtp_full.send(&letter("ada@example.org")).await.unwrap_err();
    assert!(matches!(&error, PostError::Later(words) if words.contains("452")), "{error}");
}
