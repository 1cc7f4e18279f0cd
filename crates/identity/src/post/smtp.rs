use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use model::{Fault, Outside};
use seal::Secret;

use super::{Letter, Post, PostError};

/// How long one conversation with a mail server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// When TLS begins. There is no third way: a letter never leaves in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte (RFC 8314 §3.3), port 465.
    Implicit,
    /// After `STARTTLS` (RFC 3207), port 587; a server that does not offer it is refused.
    Starttls,
}

/// The mail server and how to reach it.
pub struct SmtpSettings {
    /// Its name, which its certificate must carry.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// When TLS begins.
    pub encryption: Encryption,
    /// User and password, if it asks for them.
    pub credentials: Option<(String, Secret)>,
    /// The certificate authority of an own mail server, in PEM. It takes the place of the public ones.
    pub authority_pem: Option<Vec<u8>>,
}

/// From whom letters come, such as `Candor <no-reply@practice.example>`.
#[derive(Debug, Clone)]
pub struct Sender(Mailbox);

impl Sender {
    /// Reads it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mailbox =
            text.parse().map_err(|_| format!("{text} is not an address such as Candor <no-reply@x.example>"))?;
        Ok(Self(mailbox))
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// The name before it, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }
}

/// Carries letters by SMTP, under TLS with a verified certificate.
pub struct Smtp {
    sender: Sender,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    outside: Arc<dyn Outside>,
}

impl Smtp {
    /// A way through one mail server. Nothing is connected yet.
    pub fn new(sender: Sender, settings: SmtpSettings, outside: Arc<dyn Outside>) -> Result<Self, Fault> {
        let doing = "preparing to send mail";
        let mut tls = TlsParameters::builder(settings.host.clone()).certificate_store(CertificateStore::WebpkiRoots);
        if let Some(pem) = &settings.authority_pem {
            let authority = Certificate::from_pem(pem).map_err(|error| Fault::new(doing, error))?;
            tls = tls.certificate_store(CertificateStore::None).add_root_certificate(authority);
        }
        let tls = tls.build_rustls().map_err(|error| Fault::new(doing, error))?;
        let tls = match settings.encryption {
            Encryption::Implicit => Tls::Wrapper(tls),
            Encryption::Starttls => Tls::Required(tls),
        };
        // The builder is called dangerous because it begins without TLS; the next line ends that.
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host)
            .tls(tls)
            .port(settings.port)
            .timeout(Some(PATIENCE));
        if let Some((user, password)) = settings.credentials {
            let text = password.expose_text().ok_or_else(|| Fault::new(doing, "the mail password is not text"))?;
            builder = builder.credentials(Credentials::new(user, text.to_owned()));
        }
        Ok(Self { sender, transport: builder.build(), outside })
    }

    fn message(&self, letter: &Letter) -> Result<Message, PostError> {
        let unfit = |what: &'static str| move |_| PostError::Never(format!("{what} does not fit a message"));
        let to =
            letter.to.as_str().parse().map_err(|_| PostError::Never("the address does not fit a message".into()))?;
        let domain = self.sender.0.email.domain();
        let seconds = u64::try_from(self.outside.now().seconds()).unwrap_or(0);
        Message::builder()
            .from(self.sender.0.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}@{domain}>", self.outside.uuid())))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .map_err(unfit("the letter"))
    }
}

impl Post for Smtp {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let message = self.message(letter)?;
            match self.transport.send(message).await {
                Ok(_) => Ok(()),
                // A server's own words can quote the address, so only its number is kept.
                Err(error) if error.is_permanent() => Err(PostError::Never(said(&error))),
                Err(error) if error.is_tls() || error.is_client() => Err(PostError::Never(said(&error))),
                Err(error) => Err(PostError::Later(said(&error))),
            }
        })
    }
}

fn said(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_tls() => "no TLS connection that holds".to_owned(),
        None if error.is_timeout() => "the mail server took too long".to_owned(),
        None if error.is_client() => "the mail server does not offer what this house requires".to_owned(),
        None => "no connection to the mail server".to_owned(),
    }
}
