//! Erasure: the person's key goes, and with it every version of every record about them.

use model::{Fault, History, KindDecl, RecordId, Refusal, RefusalKind, SubjectId};
use storage::{Expect, Order, Put, Row, Space, Span};

use super::{Guard, Stage, Stop, feed_line, tombstone};
use crate::evidence::{Deed, entry};
use crate::rows::{self, HeadRow, State};
use crate::{Written, storage_fault};

/// The permission to destroy a person's key.
const ERASE: &str = "subject.erase";
/// Rows that one batch clears away at most; what is left goes in the batches after it.
const CLEARED_MAX: usize = 20_000;
/// Records looked at in one go.
const RECORDS_AT_ONCE: usize = 500;

impl Stage<'_> {
    /// ORDER: the key goes in the same transaction as the evidence, and from then on nothing can be opened or written.
    /// Rows that do not fit, or that came while this was staged, are cleared by [`crate::Vault::clear_erased`] afterwards.
    pub(super) async fn erase(&mut self, subject: SubjectId) -> Result<(), Stop> {
        let mut deed = Deed::new("erase", "subject", "done");
        deed.subject = Some(self.keys.subject_digest(subject));
        let erase = self.vault.registry.permission(ERASE);
        let erase = erase.ok_or_else(|| Fault::new("erasing a person", format!("nobody declares {ERASE}")))?;
        self.decide(erase, erase, Some(subject), &deed)?;
        if self.about.contains(&subject) || self.erased.contains(&subject) {
            return Err(self.erased_and_written(deed));
        }
        let key = rows::subject_key(subject);
        let row = self.vault.engine.read(self.ctx.tenant, Space::Key, &key).await;
        match row.map_err(storage_fault("reading a person's key"))? {
            Some(row) => {
                self.expect(Space::Key, key.clone(), Expect::Version(row.version), Guard::Race);
                self.batch.deletes.push((Space::Key, key));
                self.put(Space::Meta, rows::erased_key(subject), Row { version: 1, value: Vec::new() });
                self.clear(subject).await?;
            }
            // An erasure that was cut short between the key and the last rows is finished now.
            None if self.clear(subject).await? > 0 => {}
            None => return Err(self.no(RefusalKind::NotFound, Refusal::not_found().words, deed, "not-found")),
        }
        self.erased.push(subject);
        self.batch.log.push(entry(self.ctx, &deed));
        self.batch.changes.push(feed_line("erase", "subject", RecordId::of_subject(subject), 0));
        self.written.push(Written { kind: "subject".into(), id: RecordId::of_subject(subject), version: 0 });
        Ok(())
    }

    /// Stages the end of the records about a person: tombstones, and no terms or past versions. Says how many.
    pub(crate) async fn clear(&mut self, subject: SubjectId) -> Result<usize, Stop> {
        let from = self.about_prefix(subject);
        let to = rows::after_prefix(&from);
        let span = Span { from, to, order: Order::Ascending, limit: RECORDS_AT_ONCE };
        let found = self.vault.engine.scan(self.ctx.tenant, Space::Term, span).await;
        let mut cleared = 0;
        for (about, _) in found.map_err(storage_fault("finding a person's records"))? {
            if cleared > 0 && self.batch.deletes.len() >= CLEARED_MAX {
                break;
            }
            self.clear_one(&about).await?;
            self.batch.deletes.push((Space::Term, about));
            cleared += 1;
        }
        Ok(cleared)
    }

    async fn clear_one(&mut self, about: &[u8]) -> Result<(), Stop> {
        let Some((_, head_key)) = about.split_at_checked(16) else { return Ok(()) };
        let engine = &self.vault.engine;
        let doing = "erasing a person's records";
        let row = engine.read(self.ctx.tenant, Space::Head, head_key).await.map_err(storage_fault(doing))?;
        let Some(row) = row else { return Ok(()) };
        let old = HeadRow::from_bytes(&row.value)?;
        if old.state == State::Erased {
            return Ok(());
        }
        // INVARIANT: a record that changes while it is erased is looked at anew, else its newest terms would stay.
        self.expect(Space::Head, head_key.to_vec(), Expect::Version(row.version), Guard::Race);
        let Some((kind, id)) = self.named(head_key) else {
            return Err(Fault::new(doing, "a record about a person is of no declared kind").into());
        };
        self.drop_terms(kind, id, &old);
        if kind.history == History::EveryVersion {
            // Beyond this many, past versions stay as bytes that nothing can open any more.
            let oldest = row.version.saturating_sub(CLEARED_MAX as u64).max(1);
            let past = (oldest..row.version).map(|version| (Space::Version, rows::version_key(kind, id, version)));
            self.batch.deletes.extend(past);
        }
        let value = tombstone(&old, State::Erased, self.ctx).to_bytes();
        let row = Row { version: row.version + 1, value };
        self.batch.puts.push(Put { space: Space::Head, key: head_key.to_vec(), row });
        Ok(())
    }

    /// The kind and id that a record's key is made of.
    fn named(&self, head_key: &[u8]) -> Option<(&'static KindDecl, RecordId)> {
        let (name, id) = head_key.split_last_chunk::<16>()?;
        let name = std::str::from_utf8(name.strip_suffix(&[0])?).ok()?;
        Some((self.vault.kinds.get(name)?.decl, RecordId::from_bytes(*id)))
    }

    fn about_prefix(&self, subject: SubjectId) -> Vec<u8> {
        self.keys.term_digest("", "about", subject.as_bytes()).to_vec()
    }

    /// Under which a record is found when its person is erased.
    pub(super) fn about_key(&self, subject: SubjectId, kind: &KindDecl, id: RecordId) -> Vec<u8> {
        let mut key = self.about_prefix(subject);
        key.extend(rows::row_key(kind, id));
        key
    }
}
