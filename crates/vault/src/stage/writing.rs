//! Rows, checks and evidence added to the batch.

use access::Granted;
use model::{History, KindDecl, RecordId, RefusalKind, SubjectId};
use seal::{Place, SubjectKey};
use storage::{Check, Expect, Put, Row, Space};

use super::{Guard, Stage, Stop, feed_line};
use crate::evidence::{Deed, entry};
use crate::rows::{self, HeadRow, State};
use crate::terms::Digests;
use crate::{Draft, Expected, Written, seal_fault};

/// Said when two records would share a value that each must have for itself.
pub(crate) const NOT_UNIQUE: &str =
    "Another record has the same value where each must have its own. Find that record, or correct this value.";

impl Stage<'_> {
    /// The only maker of sealed rows. Takes the proof of a decision.
    #[expect(clippy::too_many_arguments, reason = "each is a different fact of one row")]
    pub(super) fn seal(
        &self,
        granted: Granted,
        draft: &Draft,
        subject: Option<SubjectId>,
        version: u64,
        created: model::Time,
        key: &SubjectKey,
        digests: Digests,
    ) -> Result<HeadRow, Stop> {
        let place = Place { tenant: granted.tenant(), kind: draft.kind.name, id: draft.id, version };
        let mut row = HeadRow {
            state: State::Live,
            shape: draft.kind.version,
            created,
            updated: self.ctx.now,
            subject,
            digest: key.content_digest(&place, &draft.body).map_err(seal_fault("digesting a record"))?,
            terms: digests.terms,
            uniques: digests.uniques,
            sealed: Vec::new(),
        };
        let plain = [row.bound().as_slice(), &draft.body].concat();
        row.sealed = key.seal(&place, &plain, self.vault.outside.as_ref()).map_err(seal_fault("sealing a record"))?;
        Ok(row)
    }

    pub(super) fn guard_version(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, expected: Expected) {
        self.expect(Space::Head, rows::row_key(kind, id), Expect::Version(version), Guard::Version(kind, id, expected));
    }

    pub(super) fn keep_past(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, old: &HeadRow) {
        if kind.history == History::EveryVersion {
            let past = HeadRow { terms: Vec::new(), uniques: Vec::new(), ..old.clone() };
            self.put(Space::Version, rows::version_key(kind, id, version), Row { version, value: past.to_bytes() });
        }
    }

    pub(super) fn write_terms(
        &mut self,
        draft: &Draft,
        new: &HeadRow,
        old: Option<&HeadRow>,
        deed: &Deed<'static>,
    ) -> Result<(), Stop> {
        let id = draft.id;
        let (old_terms, old_uniques) = old.map_or((&[][..], &[][..]), |old| (&old.terms[..], &old.uniques[..]));
        for term in old_terms.iter().filter(|term| !new.terms.contains(term)) {
            self.batch.deletes.push((Space::Term, rows::with_id(term, id)));
        }
        for term in new.terms.iter().filter(|term| !old_terms.contains(term)) {
            self.put_mark(rows::with_id(term, id));
        }
        self.free(old_uniques.iter().filter(|unique| !new.uniques.contains(unique)));
        for unique in new.uniques.iter().filter(|unique| !old_uniques.contains(unique)) {
            // INVARIANT: within one batch, too, a value goes to one record.
            if !self.claimed.insert(*unique) {
                return Err(self.no(RefusalKind::Conflict, NOT_UNIQUE, deed.clone(), "refused"));
            }
            // A value that an earlier change of this batch gives up is still there when the checks are made.
            if !self.freed.contains(unique) {
                self.expect(Space::Unique, unique.to_vec(), Expect::Absent, Guard::Unique(draft.kind, id));
            }
            self.put(Space::Unique, unique.to_vec(), Row { version: 1, value: id.as_bytes().to_vec() });
        }
        Ok(())
    }

    pub(super) fn drop_terms(&mut self, kind: &'static KindDecl, id: RecordId, old: &HeadRow) {
        self.batch.deletes.extend(old.terms.iter().map(|term| (Space::Term, rows::with_id(term, id))));
        self.batch.deletes.push((Space::Term, rows::listed_key(&self.keys, kind, id)));
        self.free(old.uniques.iter());
    }

    fn free<'a>(&mut self, uniques: impl Iterator<Item = &'a [u8; 16]>) {
        for unique in uniques {
            self.freed.insert(*unique);
            self.batch.deletes.push((Space::Unique, unique.to_vec()));
        }
    }

    pub(super) fn expect(&mut self, space: Space, key: Vec<u8>, expect: Expect, guard: Guard) {
        self.batch.checks.push(Check { space, key, expect });
        self.guards.push(guard);
    }

    pub fn expect_once(&mut self, key: Vec<u8>, row: Row) {
        self.expect(Space::Once, key.clone(), Expect::Absent, Guard::Once);
        self.put(Space::Once, key, row);
    }

    pub(super) fn put(&mut self, space: Space, key: Vec<u8>, row: Row) {
        self.batch.puts.push(Put { space, key, row });
    }

    /// A row in the index, which says all it has to say by being there.
    pub(super) fn put_mark(&mut self, key: Vec<u8>) {
        self.put(Space::Term, key, Row { version: 1, value: Vec::new() });
    }

    pub(super) fn deed(
        &self,
        action: &'static str,
        kind: &'static KindDecl,
        id: RecordId,
        version: u64,
    ) -> Deed<'static> {
        let mut deed = Deed::new(action, kind.name, "done");
        deed.id = Some(id);
        deed.version = (version > 0).then_some(version);
        deed
    }

    pub(super) fn done(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, deed: &Deed) {
        self.batch.log.push(entry(self.ctx, deed));
        self.batch.changes.push(feed_line(deed.action, kind.name, id, version));
        self.written.push(Written { kind: kind.name.into(), id, version });
    }
}
