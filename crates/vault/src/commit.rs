use access::Ctx;
use model::{Answer, Fault, No, Refusal, RefusalKind};
use storage::{Batch, CommitError, Row, Space};

use crate::evidence::{Deed, Note, entry};
use crate::stage::{Guard, Stage, Stop};
use crate::{Change, Changes, Expected, Receipt, Vault, limits, storage_fault};

/// How often a batch is staged anew after meeting another one.
const TRIES: usize = 5;

enum Outcome {
    Done(Receipt),
    Again,
}

impl Vault {
    /// The one write. All changes happen in one transaction with their evidence, or none does.
    ///
    /// A denied or refused attempt leaves one evidence entry before the refusal is returned.
    pub async fn commit(&self, ctx: &Ctx, changes: Changes) -> Answer<Receipt> {
        self.check_limits(ctx, &changes).await?;
        for _ in 0..TRIES {
            if let Some(receipt) = self.repeated(ctx, &changes).await? {
                return Ok(receipt);
            }
            match self.try_commit(ctx, &changes).await? {
                Outcome::Done(receipt) => return Ok(receipt),
                Outcome::Again => {}
            }
        }
        let refusal =
            Refusal::new(RefusalKind::Conflict, "Others kept changing the same record. Wait a moment and try again.");
        Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), refusal).await)
    }

    /// Evidence of something that is neither a read nor a change of a record.
    pub async fn note(&self, ctx: &Ctx, note: Note) -> Result<(), Fault> {
        let mut deed = Deed::new(note.action, note.kind.map_or("none", |kind| kind.name), note.outcome);
        deed.id = note.id;
        if let Some(subject) = note.subject {
            deed.subject = Some(self.tenant_keys(ctx.tenant).await?.subject_digest(subject));
        }
        self.record(ctx, &deed).await
    }

    async fn try_commit(&self, ctx: &Ctx, changes: &Changes) -> Answer<Outcome> {
        let keys = self.tenant_keys(ctx.tenant).await?;
        let mut stage = Stage::new(self, ctx, keys);
        for change in &changes.list {
            match stage.add(change).await {
                Ok(()) => {}
                Err(Stop::Fault(fault)) => return Err(fault.into()),
                Err(Stop::No(refusal, deed)) => return Err(self.refuse(ctx, &deed, refusal).await),
            }
        }
        let mut receipt = Receipt { written: std::mem::take(&mut stage.written), log_from: 0, repeated: false };
        if let Some(once) = &changes.once {
            let key = self.once_key(ctx, &once.key).await?;
            let value = self.once_value(ctx, changes, &receipt).await?;
            stage.expect_once(key, Row { version: 1, value });
        }
        match self.engine.commit(ctx.tenant, std::mem::take(&mut stage.batch)).await {
            Ok(committed) => {
                receipt.log_from = committed.log_from;
                Ok(Outcome::Done(receipt))
            }
            Err(CommitError::Storage(storage::StorageError::TooLarge { .. })) => {
                let refusal =
                    Refusal::new(RefusalKind::TooLarge, "This is too much for one request. Send it in smaller parts.");
                Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), refusal).await)
            }
            Err(CommitError::Storage(error)) => Err(storage_fault("committing changes")(error).into()),
            Err(CommitError::Conflict { check }) => self.met(ctx, stage.guards.get(check).copied()).await,
        }
    }

    /// What a failed check means to the caller.
    async fn met(&self, ctx: &Ctx, guard: Option<Guard>) -> Answer<Outcome> {
        let (kind, id, refusal) = match guard {
            None | Some(Guard::Race | Guard::Once | Guard::Version(_, _, Expected::Any)) => return Ok(Outcome::Again),
            Some(Guard::Version(kind, id, Expected::Version(_))) => {
                let words = "Somebody changed this at the same moment. Open it again and repeat your change.";
                (kind, id, Refusal::new(RefusalKind::PreconditionFailed, words))
            }
            Some(Guard::Fresh(kind, id)) => {
                let words = "A record with this id exists already. Open it, and change that one.";
                (kind, id, Refusal::new(RefusalKind::Conflict, words))
            }
            Some(Guard::Unique(kind, id)) => {
                let words = "Another record has the same value where each must have its own. Find that record, or correct this value.";
                (kind, id, Refusal::new(RefusalKind::Conflict, words))
            }
        };
        let mut deed = Deed::new("commit", kind.name, "refused");
        deed.id = Some(id);
        Err(self.refuse(ctx, &deed, refusal).await)
    }

    async fn check_limits(&self, ctx: &Ctx, changes: &Changes) -> Answer<()> {
        let bytes: usize = changes.list.iter().map(Change::body_len).sum();
        let words = if changes.list.is_empty() {
            "There is nothing to change in this request."
        } else if changes.list.len() > limits::CHANGES_MAX || bytes > limits::COMMIT_BYTES_MAX {
            "This is too much for one request: at most 2,000 records and 24 MiB. Send it in smaller parts."
        } else if changes.once.as_ref().is_some_and(|once| once.key.is_empty() || once.key.len() > limits::ONCE_CHARS_MAX) {
            "An idempotency key has 1 to 128 characters."
        } else {
            return Ok(());
        };
        let kind = if changes.list.is_empty() { RefusalKind::Invalid } else { RefusalKind::TooLarge };
        Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), Refusal::new(kind, words)).await)
    }

    /// The receipt of an earlier commit with the same idempotency key, if there was one; a refusal if that was asked
    /// for something else.
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
        if *digest != self.request_digest(ctx, changes).await? {
            let refusal = Refusal::new(
                RefusalKind::Conflict,
                "This idempotency key was used for a different request. Use a new key for a new request.",
            );
            return Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), refusal).await);
        }
        let mut receipt: Receipt = serde_json::from_slice(receipt).map_err(|error| Fault::new(doing, error))?;
        receipt.repeated = true;
        Ok(Some(receipt))
    }

    async fn once_key(&self, ctx: &Ctx, once: &str) -> Result<Vec<u8>, Fault> {
        let keys = self.tenant_keys(ctx.tenant).await?;
        Ok(keys.lookup_digest("once", format!("{:?}\0{once}", ctx.actor).as_bytes()).to_vec())
    }

    async fn once_value(&self, ctx: &Ctx, changes: &Changes, receipt: &Receipt) -> Result<Vec<u8>, Fault> {
        let mut value = self.request_digest(ctx, changes).await?.to_vec();
        value.extend(serde_json::to_vec(receipt).map_err(|error| Fault::new("keeping a receipt", error))?);
        Ok(value)
    }

    async fn request_digest(&self, ctx: &Ctx, changes: &Changes) -> Result<[u8; 32], Fault> {
        if let Some(asked) = changes.once.as_ref().and_then(|once| once.asked.as_ref()) {
            return Ok(self.tenant_keys(ctx.tenant).await?.lookup_digest("asked", asked));
        }
        let mut bytes = Vec::new();
        for change in &changes.list {
            let (op, kind, id, body): (u8, &str, _, &[u8]) = match change {
                Change::Create(draft) => (1, draft.kind.name, draft.id, &draft.body),
                Change::Revise(draft, _) => (2, draft.kind.name, draft.id, &draft.body),
                Change::Retire(kind, id, _) => (3, kind.name, *id, &[]),
                Change::Erase(subject) => (4, "subject", model::RecordId::of_subject(*subject), &[]),
            };
            bytes.push(op);
            bytes.extend(kind.as_bytes());
            bytes.push(0);
            // A created record's id is new at each try; what was asked for is not.
            if op != 1 {
                bytes.extend(id.as_bytes());
            }
            bytes.extend((body.len() as u64).to_be_bytes());
            bytes.extend(body);
        }
        Ok(self.tenant_keys(ctx.tenant).await?.lookup_digest("request", &bytes))
    }

    /// Records the attempt, then hands back the refusal; if it cannot be recorded, the fault instead.
    pub(crate) async fn refuse(&self, ctx: &Ctx, deed: &Deed<'_>, refusal: Refusal) -> No {
        match self.record(ctx, deed).await {
            Ok(()) => refusal.recorded().into(),
            Err(fault) => fault.into(),
        }
    }

    pub(crate) async fn record(&self, ctx: &Ctx, deed: &Deed<'_>) -> Result<(), Fault> {
        let batch = Batch { log: vec![entry(ctx, deed)], ..Batch::default() };
        match self.engine.commit(ctx.tenant, batch).await {
            Ok(_) => Ok(()),
            Err(error) => Err(Fault::new("recording evidence", error)),
        }
    }
}
