//! Idempotency keys: the same request sent again finds what the first one did.

use access::Ctx;
use model::{Answer, Fault, Refusal, RefusalKind, SubjectRule};
use storage::Space;

use crate::change::Once;
use crate::evidence::{Deed, Name};
use crate::{Change, Changes, Draft, Expected, Receipt, Vault, storage_fault};

impl Vault {
    /// The receipt of an earlier commit with the same idempotency key, if there was one; a refusal if that was asked
    /// for something else. Either way the attempt leaves one evidence entry; where nothing is known, none.
    pub async fn repeated(&self, ctx: &Ctx, changes: &Changes) -> Answer<Option<Receipt>> {
        let Some(once) = &changes.once else { return Ok(None) };
        let key = self.once_key(ctx, &once.key).await?;
        let row = self
            .engine
            .read(ctx.tenant, Space::Once, &key)
            .await
            .map_err(storage_fault("reading an idempotency key"))?;
        let Some(row) = row else { return Ok(None) };
        let doing = "reading an earlier receipt";
        let (digest, receipt) =
            row.value.split_first_chunk::<32>().ok_or_else(|| Fault::new(doing, "row too short"))?;
        if *digest != self.request_digest(ctx, once, changes).await? {
            let refusal = Refusal::new(
                RefusalKind::Conflict,
                "This idempotency key was used for a different request. Use a new key for a new request.",
            );
            return Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), refusal).await);
        }
        let mut receipt: Receipt = serde_json::from_slice(receipt).map_err(|error| Fault::new(doing, error))?;
        receipt.repeated = true;
        receipt.log_from = self.record(ctx, &Deed::new("commit", "any", "repeated")).await?;
        Ok(Some(receipt))
    }

    pub(crate) async fn once_key(&self, ctx: &Ctx, once: &str) -> Result<Vec<u8>, Fault> {
        let keys = self.tenant_keys(ctx.tenant).await?;
        Ok(keys.lookup_digest("once", format!("{}\0{once}", Name(ctx.actor)).as_bytes()).to_vec())
    }

    pub(crate) async fn once_value(
        &self,
        ctx: &Ctx,
        once: &Once,
        changes: &Changes,
        receipt: &Receipt,
    ) -> Result<Vec<u8>, Fault> {
        let mut value = self.request_digest(ctx, once, changes).await?.to_vec();
        value.extend(serde_json::to_vec(receipt).map_err(|error| Fault::new("keeping a receipt", error))?);
        Ok(value)
    }

    /// What two requests must share to be the same request.
    ///
    /// The idempotency key itself goes in first: it is kept nowhere, so what is kept confirms no guess about content,
    /// also not after an erasure.
    async fn request_digest(&self, ctx: &Ctx, once: &Once, changes: &Changes) -> Result<[u8; 32], Fault> {
        let mut bytes = Vec::new();
        part(&mut bytes, once.key.as_bytes());
        match &once.asked {
            Some(asked) => part(&mut bytes, asked),
            None => changes.list.iter().for_each(|change| describe(&mut bytes, change)),
        }
        Ok(self.tenant_keys(ctx.tenant).await?.lookup_digest("request", &bytes))
    }
}

fn describe(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        // A created record's id is new at each try; what was asked for is not.
        Change::Create(draft) => describe_draft(bytes, b"create", draft),
        Change::Revise(draft, expected) => {
            describe_draft(bytes, b"revise", draft);
            part(bytes, draft.id.as_bytes());
            part(bytes, &expected_bytes(*expected));
        }
        Change::Retire(kind, id, expected) => {
            part(bytes, b"retire");
            part(bytes, kind.name.as_bytes());
            part(bytes, id.as_bytes());
            part(bytes, &expected_bytes(*expected));
        }
        Change::Erase(subject) => {
            part(bytes, b"erase");
            part(bytes, subject.as_bytes());
        }
    }
}

fn describe_draft(bytes: &mut Vec<u8>, act: &[u8], draft: &Draft) {
    part(bytes, act);
    part(bytes, draft.kind.name.as_bytes());
    let about = draft.subject.filter(|_| matches!(draft.kind.subject, SubjectRule::Field(_)));
    part(bytes, about.as_ref().map_or(&[], |subject| subject.as_bytes()));
    part(bytes, &draft.body);
}

fn expected_bytes(expected: Expected) -> Vec<u8> {
    match expected {
        Expected::Any => Vec::new(),
        Expected::Version(version) => version.to_be_bytes().to_vec(),
    }
}

/// Appends a part with its length, so that no two lists of parts look alike.
fn part(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend((part.len() as u64).to_be_bytes());
    bytes.extend(part);
}
