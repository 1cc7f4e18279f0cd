//! What must hold before a change is staged, and how its absence is said.

use access::{Ask, Denied, Granted, Permission, Reason, decide};
use model::{KindDecl, RecordId, Refusal, RefusalKind, SubjectId};
use storage::{Row, Space};

use super::{Stage, Stop};
use crate::evidence::Deed;
use crate::rows::{self, HeadRow, State};
use crate::terms::{self, Digests};
use crate::{Draft, Expected, limits, storage_fault};

impl Stage<'_> {
    /// The present row of a record, or why not: absent and forbidden look the same to who may not read.
    pub(super) async fn present(
        &mut self,
        act: Permission,
        read: Permission,
        kind: &'static KindDecl,
        id: RecordId,
        deed: &mut Deed<'static>,
    ) -> Result<(Row, HeadRow), Stop> {
        let key = rows::row_key(kind, id);
        let row = self.vault.engine.read(self.ctx.tenant, Space::Head, &key).await;
        let Some(row) = row.map_err(storage_fault("reading a record's row"))? else {
            self.decide(act, read, None, deed)?;
            return Err(self.no(RefusalKind::NotFound, Refusal::not_found().words, deed.clone(), "not-found"));
        };
        let head = HeadRow::from_bytes(&row.value)?;
        deed.version = Some(row.version);
        deed.subject = head.subject.map(|it| self.keys.subject_digest(it));
        if head.state != State::Live {
            self.decide(act, read, head.subject, deed)?;
            let words = "This record was taken out of use. It can no longer be changed.";
            return Err(self.no(RefusalKind::Gone, words, deed.clone(), "gone"));
        }
        Ok((row, head))
    }

    pub(super) fn decide(
        &self,
        act: Permission,
        read: Permission,
        subject: Option<SubjectId>,
        deed: &Deed<'static>,
    ) -> Result<Granted, Stop> {
        let ask = |permission| Ask { permission, tenant: self.ctx.tenant, subject };
        decide(self.ctx, &ask(act)).map_err(|Denied { reason }| {
            let mut deed = deed.clone();
            deed.denied = Some(reason);
            deed.outcome = "refused";
            let refusal = if reason == Reason::TooWeak {
                Refusal::second_factor_needed()
            } else if decide(self.ctx, &ask(read)).is_ok() {
                Refusal::new(
                    RefusalKind::NotAllowed,
                    "You may see this, but your role does not let you do that. Ask an administrator of your organisation.",
                )
            } else {
                Refusal::not_found()
            };
            Stop::No(refusal, Box::new(deed))
        })
    }

    pub(super) fn check_expected(&self, expected: Expected, present: u64, deed: &Deed<'static>) -> Result<(), Stop> {
        match expected {
            Expected::Version(version) if version != present => Err(self.no(
                RefusalKind::PreconditionFailed,
                format!("Somebody changed this since you opened it: it is now version {present}, you had {version}. Open it again and repeat your change."),
                deed.clone(),
                "refused",
            )),
            _ => Ok(()),
        }
    }

    pub(super) fn check_draft(
        &mut self,
        draft: &Draft,
        subject: Option<SubjectId>,
        deed: &Deed<'static>,
    ) -> Result<(), Stop> {
        self.touch(draft.kind, draft.id, subject, deed)?;
        if draft.body.len() > limits::BODY_BYTES_MAX {
            let words = format!(
                "A record may have {} bytes at most; this one has {}.",
                limits::BODY_BYTES_MAX,
                draft.body.len()
            );
            return Err(self.no(RefusalKind::TooLarge, words, deed.clone(), "refused"));
        }
        Ok(())
    }

    /// Claims a record for one change of this batch.
    pub(super) fn touch(
        &mut self,
        kind: &'static KindDecl,
        id: RecordId,
        subject: Option<SubjectId>,
        deed: &Deed<'static>,
    ) -> Result<(), Stop> {
        if !self.touched.insert((kind.name, id)) {
            let words = "One request may change a record only once. Send the second change in a request of its own.";
            return Err(self.no(RefusalKind::Invalid, words, deed.clone(), "refused"));
        }
        // INVARIANT: no batch both writes under a person's key and destroys it.
        if subject.is_some_and(|it| self.erased.contains(&it)) {
            return Err(self.erased_and_written(deed.clone()));
        }
        self.about.extend(subject);
        Ok(())
    }

    pub(super) fn erased_and_written(&self, deed: Deed<'static>) -> Stop {
        let words = "One request cannot both erase a person and do something else about them. Send two requests.";
        self.no(RefusalKind::Invalid, words, deed, "refused")
    }

    pub(super) fn digests(&self, draft: &Draft, deed: &Deed<'static>) -> Result<Digests, Stop> {
        terms::digests(&self.keys, draft.kind, &draft.terms).map_err(|refusal| {
            let mut deed = deed.clone();
            deed.outcome = "refused";
            Stop::No(refusal, Box::new(deed))
        })
    }

    pub(super) fn no(
        &self,
        kind: RefusalKind,
        words: impl Into<String>,
        mut deed: Deed<'static>,
        outcome: &'static str,
    ) -> Stop {
        deed.outcome = outcome;
        Stop::No(Refusal::new(kind, words), Box::new(deed))
    }
}
