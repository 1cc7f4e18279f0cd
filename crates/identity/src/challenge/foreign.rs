//! Bot challenges of a service elsewhere, for a house that wants one. Nothing is asked of them unless it is configured.

use std::time::Duration;

use model::{Answer, Refusal, RefusalKind, Time};
use outbound::{Call, Client};
use seal::Secret;
use serde::Deserialize;
use web::ChallengeSources;

use super::{FIELD, Guarded, not_taken};

/// How long a service may take to check an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer is remembered as used, in seconds: longer than any service takes it.
const REMEMBERED_SECONDS: i64 = 30 * 60;
/// The oldest answer that counts, in seconds, where the service says when it was given.
const AGE_SECONDS_MAX: i64 = 5 * 60;
/// The longest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 4096;

/// Which service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Google reCAPTCHA v2.
    Recaptcha,
    /// hCaptcha.
    Hcaptcha,
    /// Cloudflare Turnstile.
    Turnstile,
}

impl Service {
    /// The form field in which its answer comes.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Recaptcha => "g-recaptcha-response",
            Self::Hcaptcha => "h-captcha-response",
            Self::Turnstile => "cf-turnstile-response",
        }
    }

    /// The class of the element that its script looks for.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Recaptcha => "g-recaptcha",
            Self::Hcaptcha => "h-captcha",
            Self::Turnstile => "cf-turnstile",
        }
    }

    /// Its script.
    pub const fn script(self) -> &'static str {
        match self {
            Self::Recaptcha => "https://www.google.com/recaptcha/api.js",
            Self::Hcaptcha => "https://js.hcaptcha.com/1/api.js",
            Self::Turnstile => "https://challenges.cloudflare.com/turnstile/v0/api.js",
        }
    }

    /// Where its answers are checked, as host and path.
    pub const fn checks_at(self) -> (&'static str, &'static str) {
        match self {
            Self::Recaptcha => ("www.google.com", "/recaptcha/api/siteverify"),
            Self::Hcaptcha => ("api.hcaptcha.com", "/siteverify"),
            Self::Turnstile => ("challenges.cloudflare.com", "/turnstile/v0/siteverify"),
        }
    }

    /// What its challenge loads.
    pub const fn sources(self) -> ChallengeSources {
        match self {
            Self::Recaptcha => ChallengeSources {
                scripts: "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/",
                frames: "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/",
                styles: "",
            },
            Self::Hcaptcha => ChallengeSources {
                scripts: "https://hcaptcha.com https://*.hcaptcha.com",
                frames: "https://hcaptcha.com https://*.hcaptcha.com",
                styles: "https://hcaptcha.com https://*.hcaptcha.com",
            },
            Self::Turnstile => ChallengeSources {
                scripts: "https://challenges.cloudflare.com",
                frames: "https://challenges.cloudflare.com",
                styles: "",
            },
        }
    }
}

/// A service and this house's account with it.
pub struct Foreign {
    /// Which.
    pub service: Service,
    /// The public half of the account, which stands on the page.
    pub site_key: String,
    /// The secret half.
    pub secret: Secret,
    /// The name in this house's address. An answer that was given elsewhere does not count.
    pub hostname: String,
    /// The way out; it lists a destination named `bot-challenge`.
    pub client: Client,
    /// Where answers are checked, `host` or `host:port`; the service's own unless a test says otherwise.
    pub host: String,
}

/// The name of the destination on the list of those who may be asked.
pub const DESTINATION: &str = "bot-challenge";

/// What all three services say.
#[derive(Deserialize)]
struct Said {
    success: bool,
    hostname: Option<String>,
    challenge_ts: Option<String>,
    action: Option<String>,
}

impl Foreign {
    /// Asks the service about an answer. Whatever is not a clear yes is a no; a service that cannot be asked lets nobody
    /// through.
    ///
    /// No address of whoever asks is sent along: the service has seen it already, and need not learn what it was for.
    pub(crate) async fn check(&self, before: Guarded, answer: &str, now: Time) -> Answer<(String, Time)> {
        if answer.is_empty() || answer.len() > ANSWER_BYTES_MAX {
            return Err(not_taken().into());
        }
        let secret = self.secret.expose_text().unwrap_or_default();
        let body = format!("secret={}&response={}", escaped(secret), escaped(answer));
        let url = format!("https://{}{}", self.host, self.service.checks_at().1);
        let call = Call::post(DESTINATION, url, "application/x-www-form-urlencoded", body).patience(PATIENCE);
        let reply = match self.client.send(call).await {
            Ok(reply) if reply.is_success() => reply,
            Ok(_) => return Err(unreachable_service().into()),
            Err(error) => {
                tracing::warn!(%error, "the bot challenge's service could not be asked");
                return Err(unreachable_service().into());
            }
        };
        let said: Said = serde_json::from_slice(&reply.body).map_err(|_| unreachable_service())?;
        let here = said.hostname.as_deref() == Some(self.hostname.as_str());
        // Only one of the three says what the challenge stood before; where it does, it must be this.
        let meant = said.action.as_deref().is_none_or(|action| action.is_empty() || action == before.name());
        let fresh = said.challenge_ts.as_deref().is_none_or(|at| is_fresh(at, now));
        match said.success && here && meant && fresh {
            true => Ok((format!("{} {answer}", self.service.class()), now.plus_seconds(REMEMBERED_SECONDS))),
            false => Err(not_taken().into()),
        }
    }
}

/// Whether a moment such as `2026-11-22T01:00:00Z` is no older than an answer may be.
fn is_fresh(at: &str, now: Time) -> bool {
    let Ok(at) = at.parse::<jiff::Timestamp>() else { return false };
    (-AGE_SECONDS_MAX..=AGE_SECONDS_MAX).contains(&(now.seconds() - at.as_second()))
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn unreachable_service() -> Refusal {
    let words = "It cannot be checked at this moment whether you are a robot. Please try again in a minute.";
    Refusal::new(RefusalKind::Busy, words).at(FIELD, words)
}
