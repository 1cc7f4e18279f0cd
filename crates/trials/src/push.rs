//! Pushing a study build to a capture system (EDC) over HTTPS, with a receipt.
//!
//! The way out is [`outbound::Client`] alone: listed destinations, checked certificates, no redirect elsewhere, bounds in bytes
//! and time. What goes there is a study definition, never data about subjects. The same bytes for the same study carry
//! the same idempotency key, so that a push that is repeated after a lost answer is one import at the receiver.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use model::{Outside, Time};
use outbound::{Call, Client, DataClass, OutboundError, Reply};
use serde::{Deserialize, Serialize};

use crate::design::File;
use crate::rules::subject_data::{Media, subject_data};

/// Where a build is pushed to. The destination's name and hosts stand on the house's list.
#[derive(Debug, Clone)]
pub struct Place {
    /// Name of the destination on the list.
    pub destination: String,
    /// The whole address that takes the file.
    pub url: String,
    /// What opens it.
    pub credential: Credential,
}

/// A credential that is good for this place alone. It is never shown, logged or put into a receipt.
#[derive(Clone)]
pub enum Credential {
    /// A token of OAuth 2 or of the receiver's own (RFC 6750).
    Bearer(String),
    /// A name and a password (RFC 7617).
    Basic(String, String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Credential::Bearer(_) => "Bearer(…)",
            Credential::Basic(..) => "Basic(…)",
        })
    }
}

/// Proof of a push: what was sent where, and what the receiver said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Name of the destination.
    pub destination: String,
    /// When the answer came.
    pub at: Time,
    /// Name of the artefact.
    pub artefact: String,
    /// Digest of what was sent, SHA-256 in hexadecimal.
    pub sha256: String,
    /// The key under which the receiver knows this push.
    pub key: String,
    /// Status of the answer.
    pub status: u16,
    /// The receiver's own reference, when it gave one.
    pub reference: Option<String>,
    /// Digest of the answer, SHA-256 in hexadecimal.
    pub answer_sha256: String,
    /// Whether the receiver had this push already.
    pub duplicate: bool,
    /// Rounds until the answer; the client below may have tried more often within a round.
    pub rounds: u8,
}

/// Why a push came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The file holds what looks like data about subjects.
    #[error("the file looks as if it held data about subjects, so it is not sent")]
    SubjectData,
    /// The receiver does not take the credential.
    #[error("the receiver does not accept the credential (status {0})")]
    NotAllowed(u16),
    /// The receiver refuses the file.
    #[error("the receiver refuses the file (status {0})")]
    Refused(u16),
    /// The receiver is in trouble; the same push may be tried later.
    #[error("the receiver is in trouble (status {0}); the same push can be tried again later")]
    Trouble(u16),
    /// The call did not come through.
    #[error(transparent)]
    Call(#[from] OutboundError),
}

const ROUNDS: u8 = 3;
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(400);

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pushes an artefact of a study build. Waits as long as `patience`, a minute when it is `None`.
pub async fn push(
    client: &Client,
    outside: &dyn Outside,
    place: &Place,
    study: &str,
    artefact: &File,
    patience: Option<Duration>,
) -> Result<Receipt, PushError> {
    if !subject_data(&artefact.bytes, Media::Xml).is_empty() {
        return Err(PushError::SubjectData);
    }
    let sha256 = hex(&artefact.bytes);
    let key = hex(format!("{study}\n{}\n{sha256}", artefact.name).as_bytes());
    let mut rounds = 0;
    loop {
        rounds += 1;
        let reply = client.send_carrying(DataClass::Internal, call(place, artefact, &key, patience)).await?;
        // A broken server may be whole a moment later; the key makes the second push the same as the first.
        if reply.status == 500 && rounds < ROUNDS {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        let duplicate = reply.status == 409;
        return match reply.status {
            401 | 403 => Err(PushError::NotAllowed(reply.status)),
            status if status >= 500 || status == 429 => Err(PushError::Trouble(status)),
            status if !reply.is_success() && !duplicate => Err(PushError::Refused(status)),
            status => Ok(Receipt {
                destination: place.destination.clone(),
                at: outside.now(),
                artefact: artefact.name.clone(),
                sha256,
                key,
                status,
                reference: reference(&reply),
                answer_sha256: hex(&reply.body),
                duplicate,
                rounds,
            }),
        };
    }
}

fn call(place: &Place, artefact: &File, key: &str, patience: Option<Duration>) -> Call {
    let credential = match &place.credential {
        Credential::Bearer(token) => format!("Bearer {token}"),
        Credential::Basic(name, password) => {
            let plain = format!("{name}:{password}");
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(plain))
        }
    };
    Call::post(&place.destination, &place.url, artefact.media, artefact.bytes.clone())
        .header("authorization", credential)
        .header("idempotency-key", key)
        .header("accept", "application/json")
        .patience(patience.unwrap_or(PATIENCE))
        .tries(3)
}

/// The receiver's reference: the place of what it made, or an id in a JSON answer; short and printable, or none.
fn reference(reply: &Reply) -> Option<String> {
    let of_body = || {
        let value: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
        let id = ["id", "reference", "receipt"].iter().find_map(|name| value.get(name))?;
        id.as_str().map(str::to_owned).or_else(|| id.as_i64().map(|id| id.to_string()))
    };
    let text = reply.header("location").map(str::to_owned).or_else(of_body)?;
    let fits = text.len() <= 200 && text.chars().all(|letter| letter.is_ascii_graphic());
    fits.then_some(text)
}
