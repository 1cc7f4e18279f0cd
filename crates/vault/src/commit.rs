use std::sync::Arc;
use std::sync::atomic::Ordering;

use access::Ctx;
use model::{Answer, Fault, No, Refusal, RefusalKind, SubjectId, TenantId};
use storage::{Batch, CommitError, Committed, Row, StorageError};

use crate::evidence::{Deed, Note, entry};
use crate::stage::{Guard, NOT_UNIQUE, Stage, Stop};
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
        self.record(ctx, &deed).await.map(|_| ())
    }

    async fn try_commit(&self, ctx: &Ctx, changes: &Changes) -> Answer<Outcome> {
        let keys = self.tenant_keys(ctx.tenant).await?;
        let mut stage = Stage::new(self, ctx, keys);
        for change in &changes.list {
            match stage.add(change).await {
                Ok(()) => {}
                Err(Stop::Again) => return Ok(Outcome::Again),
                Err(Stop::Fault(fault)) => return Err(fault.into()),
                Err(Stop::No(refusal, deed)) => return Err(self.refuse(ctx, &deed, refusal).await),
            }
        }
        let mut receipt = Receipt { written: std::mem::take(&mut stage.written), log_from: 0, repeated: false };
        if let Some(once) = &changes.once {
            let key = self.once_key(ctx, &once.key).await?;
            let value = self.once_value(ctx, once, changes, &receipt).await?;
            stage.expect_once(key, Row { version: 1, value });
        }
        let about_whom = changes.list.iter().any(Change::tells_who_is_who);
        for subject in &stage.erased {
            self.keyring.forget(ctx.tenant, *subject);
        }
        match self.engine_commit(ctx.tenant, std::mem::take(&mut stage.batch), about_whom).await {
            Ok(committed) => {
                receipt.log_from = committed.log_from;
                for subject in stage.erased {
                    self.keyring.forget(ctx.tenant, subject);
                    self.clear_erased(ctx, subject).await?;
                }
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

    /// Commits, and lets the tide rise if the batch changes who is who.
    ///
    /// ORDER: the tide rises after the commit is durable and before anybody hears of it, even if the caller has gone away
    /// meanwhile: so the batch is seen through by a task of its own.
    async fn engine_commit(&self, tenant: TenantId, batch: Batch, about_whom: bool) -> Result<Committed, CommitError> {
        if !about_whom {
            return self.engine.commit(tenant, batch).await;
        }
        let (engine, tide) = (Arc::clone(&self.engine), self.tides.of(tenant));
        let seen_through = tokio::spawn(async move {
            let committed = engine.commit(tenant, batch).await;
            tide.fetch_add(1, Ordering::AcqRel);
            committed
        });
        let lost = |error: tokio::task::JoinError| CommitError::Storage(StorageError::io(error.to_string()));
        seen_through.await.map_err(lost)?
    }

    /// Clears away what an erasure left: rows beyond one batch, and those that came while it was staged.
    ///
    /// The person's key is gone, so nothing new can come and nothing of it can be opened meanwhile.
    async fn clear_erased(&self, ctx: &Ctx, subject: SubjectId) -> Result<(), Fault> {
        let doing = "clearing away an erased person's rows";
        loop {
            let mut stage = Stage::new(self, ctx, self.tenant_keys(ctx.tenant).await?);
            match stage.clear(subject).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(Stop::Fault(fault)) => return Err(fault),
                Err(Stop::No(refusal, _)) => return Err(Fault::new(doing, refusal)),
                Err(Stop::Again) => continue,
            }
            match self.engine.commit(ctx.tenant, stage.batch).await {
                // A conflict means that a record was retired meanwhile: it is looked at anew.
                Ok(_) | Err(CommitError::Conflict { .. }) => {}
                Err(CommitError::Storage(error)) => return Err(storage_fault(doing)(error)),
            }
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
            Some(Guard::Unique(kind, id)) => (kind, id, Refusal::new(RefusalKind::Conflict, NOT_UNIQUE)),
        };
        let mut deed = Deed::new("commit", kind.name, "refused");
        deed.id = Some(id);
        Err(self.refuse(ctx, &deed, refusal).await)
    }

    async fn check_limits(&self, ctx: &Ctx, changes: &Changes) -> Answer<()> {
        let bytes: usize = changes.list.iter().map(Change::body_len).sum();
        let (kind, words) = if changes.list.is_empty() {
            (RefusalKind::Invalid, "There is nothing to change in this request.")
        } else if changes.list.len() > limits::CHANGES_MAX || bytes > limits::COMMIT_BYTES_MAX {
            let words = "This is too much for one request: at most 2,000 records and 24 MiB. Send it in smaller parts.";
            (RefusalKind::TooLarge, words)
        } else if changes
            .once
            .as_ref()
            .is_some_and(|once| once.key.is_empty() || once.key.len() > limits::ONCE_CHARS_MAX)
        {
            (RefusalKind::Invalid, "An idempotency key has 1 to 128 characters.")
        } else {
            return Ok(());
        };
        Err(self.refuse(ctx, &Deed::new("commit", "any", "refused"), Refusal::new(kind, words)).await)
    }

    /// Records the attempt, then hands back the refusal; if it cannot be recorded, the fault instead.
    pub(crate) async fn refuse(&self, ctx: &Ctx, deed: &Deed<'_>, refusal: Refusal) -> No {
        match self.record(ctx, deed).await {
            Ok(_) => refusal.recorded().into(),
            Err(fault) => fault.into(),
        }
    }

    /// Makes one evidence entry durable and says its index.
    pub(crate) async fn record(&self, ctx: &Ctx, deed: &Deed<'_>) -> Result<u64, Fault> {
        let batch = Batch { log: vec![entry(ctx, deed)], ..Batch::default() };
        match self.engine.commit(ctx.tenant, batch).await {
            Ok(committed) => Ok(committed.log_from),
            Err(CommitError::Storage(error)) => Err(storage_fault("recording evidence")(error)),
            Err(error) => Err(Fault::new("recording evidence", error)),
        }
    }
}
