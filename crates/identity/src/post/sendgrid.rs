use std::time::Duration;

use futures_util::future::BoxFuture;
use outbound::{Call, Client};
use seal::Secret;
use serde_json::json;

use super::{Letter, Post, PostError, Sender};

/// The name of the destination on the list of those who may be asked.
pub const DESTINATION: &str = "mail";
/// SendGrid's own host.
pub const HOST: &str = "api.sendgrid.com";

const PATIENCE: Duration = Duration::from_secs(20);

/// Carries letters by SendGrid's API (v3 `mail/send`), with every kind of tracking turned off.
pub struct SendGrid {
    sender: Sender,
    key: Secret,
    client: Client,
    host: String,
}

impl SendGrid {
    /// By an account's key. `client` lists a destination named `mail`; `host` is [`HOST`] unless a test says otherwise.
    pub fn new(sender: Sender, key: Secret, client: Client, host: impl Into<String>) -> Self {
        Self { sender, key, client, host: host.into() }
    }
}

impl Post for SendGrid {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let off = json!({ "enable": false });
            let body = json!({
                "personalizations": [{ "to": [{ "email": letter.to.as_str() }] }],
                "from": { "email": self.sender.address(), "name": self.sender.name().unwrap_or("Candor") },
                "subject": letter.subject,
                "content": [
                    { "type": "text/plain", "value": letter.text },
                    { "type": "text/html", "value": letter.html },
                ],
                "tracking_settings": {
                    "click_tracking": { "enable": false, "enable_text": false },
                    "open_tracking": off,
                    "subscription_tracking": off,
                    "ganalytics": off,
                },
            });
            let key = self.key.expose_text().unwrap_or_default();
            let url = format!("https://{}/v3/mail/send", self.host);
            let call = Call::post(DESTINATION, url, "application/json", body.to_string())
                .header("authorization", format!("Bearer {key}"))
                .patience(PATIENCE);
            match self.client.send(call).await {
                Ok(reply) if reply.is_success() => Ok(()),
                Ok(reply) if reply.status == 429 || reply.status >= 500 => Err(PostError::Later(said(reply.status))),
                Ok(reply) => Err(PostError::Never(said(reply.status))),
                Err(error) if error.may_pass() => Err(PostError::Later("no answer from the mail service".to_owned())),
                Err(_) => Err(PostError::Never("the mail service cannot be reached safely".to_owned())),
            }
        })
    }
}

fn said(status: u16) -> String {
    format!("the mail service answered {status}")
}
