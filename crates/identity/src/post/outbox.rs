use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::{Fault, No};
use vault::{Changes, Vault};

use super::{Letter, Post, PostError};
use crate::kinds::KeptLetter;
use crate::roles;

/// How long a letter is kept, in seconds.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// Keeps letters in the house instead of sending them: for a demo and for development, where nobody has a mailbox.
pub struct Outbox {
    vault: Arc<Vault>,
}

impl Outbox {
    /// An outbox in the organisations' own records.
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault }
    }
}

impl Post for Outbox {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), PostError>> {
        Box::pin(async move {
            let outside = self.vault.outside();
            let now = outside.now();
            let duty = crate::duty_ctx(&self.vault, roles::POST, letter.tenant, outside.request_id(), now);
            let kept = KeptLetter {
                addressee: outside.subject_id(),
                to: letter.to.as_str().to_owned(),
                about: letter.kind.name().to_owned(),
                subject: letter.subject.clone(),
                text: letter.text.clone(),
                html: letter.html.clone(),
                ends: now.plus_seconds(KEPT_SECONDS),
            };
            let changes = Changes::new().create(outside.record_id(), &kept).map_err(later)?;
            match self.vault.commit(&duty, changes).await {
                Ok(_) => Ok(()),
                Err(No::Refusal(refusal)) => Err(PostError::Never(refusal.words)),
                Err(No::Fault(fault)) => Err(later(fault)),
            }
        })
    }
}

fn later(fault: Fault) -> PostError {
    PostError::Later(fault.to_string())
}
