//! Each change turned into rows, checks and evidence. Nothing is written here.

mod checks;
mod erase;
mod keys;
mod writing;

pub(crate) use writing::NOT_UNIQUE;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::Ctx;
use model::{Fault, History, KindDecl, RecordId, Refusal, RefusalKind, SubjectId, SubjectRule};
use seal::{SubjectKey, TenantKeys};
use storage::{Batch, Expect, Row, Space};

use crate::evidence::Deed;
use crate::rows::{self, HeadRow, State};
use crate::{Change, Draft, Expected, Vault, Written};

/// Why a batch stops before anything is written.
pub(crate) enum Stop {
    No(Refusal, Box<Deed<'static>>),
    /// What was read is out of date already: begin anew.
    Again,
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What a failed check of the batch means.
#[derive(Clone, Copy)]
pub(crate) enum Guard {
    /// Somebody else created the same record first.
    Fresh(&'static KindDecl, RecordId),
    /// Somebody else revised the record first; try again if the caller did not name a version.
    Version(&'static KindDecl, RecordId, Expected),
    /// Another live record has the same unique value.
    Unique(&'static KindDecl, RecordId),
    /// Two commits met at the same new key, or at an erasure; try again.
    Race,
    /// The idempotency key has been used meanwhile.
    Once,
}

/// A batch in the making.
pub(crate) struct Stage<'v> {
    vault: &'v Vault,
    ctx: &'v Ctx,
    keys: Arc<TenantKeys>,
    /// Keys of persons that this batch read or made.
    opened: HashMap<SubjectId, SubjectKey>,
    touched: HashSet<(&'static str, RecordId)>,
    /// Whom this batch writes about.
    about: HashSet<SubjectId>,
    /// Unique values that this batch gives to a record, and those that it takes from one.
    claimed: HashSet<[u8; 16]>,
    freed: HashSet<[u8; 16]>,
    /// Whom this batch erases.
    pub erased: Vec<SubjectId>,
    pub batch: Batch,
    pub guards: Vec<Guard>,
    pub written: Vec<Written>,
}

impl<'v> Stage<'v> {
    pub fn new(vault: &'v Vault, ctx: &'v Ctx, keys: Arc<TenantKeys>) -> Self {
        Self {
            vault,
            ctx,
            keys,
            opened: HashMap::new(),
            touched: HashSet::new(),
            about: HashSet::new(),
            claimed: HashSet::new(),
            freed: HashSet::new(),
            erased: Vec::new(),
            batch: Batch::default(),
            guards: Vec::new(),
            written: Vec::new(),
        }
    }

    pub async fn add(&mut self, change: &Change) -> Result<(), Stop> {
        match change {
            Change::Create(draft) => self.create(draft).await,
            Change::Revise(draft, expected) => self.revise(draft, *expected).await,
            Change::Retire(kind, id, expected) => self.retire(kind, *id, *expected).await,
            Change::Erase(subject) => self.erase(*subject).await,
        }
    }

    async fn create(&mut self, draft: &Draft) -> Result<(), Stop> {
        let shelf = self.vault.shelf(draft.kind)?;
        let mut deed = self.deed("create", draft.kind, draft.id, 1);
        let subject = subject_of(draft);
        deed.subject = subject.map(|it| self.keys.subject_digest(it));
        let granted = self.decide(shelf.create, shelf.read, subject, &deed)?;
        self.check_draft(draft, subject, &deed)?;
        let digests = self.digests(draft, &deed)?;
        let key = self.key_to_create(subject, &deed).await?;
        let row = self.seal(granted, draft, subject, 1, self.ctx.now, &key, digests)?;
        deed.new = Some(row.digest);
        let guard = Guard::Fresh(draft.kind, draft.id);
        self.expect(Space::Head, rows::row_key(draft.kind, draft.id), Expect::Absent, guard);
        if let Some(subject) = subject {
            self.put_mark(self.about_key(subject, draft.kind, draft.id));
        }
        self.put_mark(rows::listed_key(&self.keys, draft.kind, draft.id));
        self.write_terms(draft, &row, None, &deed)?;
        self.put(Space::Head, rows::row_key(draft.kind, draft.id), Row { version: 1, value: row.to_bytes() });
        self.done(draft.kind, draft.id, 1, &deed);
        Ok(())
    }

    async fn revise(&mut self, draft: &Draft, expected: Expected) -> Result<(), Stop> {
        let shelf = self.vault.shelf(draft.kind)?;
        let mut deed = self.deed("revise", draft.kind, draft.id, 0);
        let (old_row, old) = self.present(shelf.revise, shelf.read, draft.kind, draft.id, &mut deed).await?;
        let granted = self.decide(shelf.revise, shelf.read, old.subject, &deed)?;
        self.check_expected(expected, old_row.version, &deed)?;
        self.check_draft(draft, old.subject, &deed)?;
        if subject_of(draft) != old.subject {
            let words = "A record cannot be moved from one person to another. Create it anew for the right person and retire this one.";
            return Err(self.no(RefusalKind::Invalid, words, deed, "refused"));
        }
        let version = old_row.version + 1;
        let digests = self.digests(draft, &deed)?;
        let key = self.key_to_revise(old.subject).await?;
        deed.version = Some(version);
        let row = self.seal(granted, draft, old.subject, version, old.created, &key, digests)?;
        deed.old = Some(old.digest);
        deed.new = Some(row.digest);
        self.guard_version(draft.kind, draft.id, old_row.version, expected);
        self.keep_past(draft.kind, draft.id, old_row.version, &old);
        self.write_terms(draft, &row, Some(&old), &deed)?;
        self.put(Space::Head, rows::row_key(draft.kind, draft.id), Row { version, value: row.to_bytes() });
        self.done(draft.kind, draft.id, version, &deed);
        Ok(())
    }

    async fn retire(&mut self, kind: &'static KindDecl, id: RecordId, expected: Expected) -> Result<(), Stop> {
        let shelf = self.vault.shelf(kind)?;
        let mut deed = self.deed("retire", kind, id, 0);
        let (old_row, old) = self.present(shelf.retire, shelf.read, kind, id, &mut deed).await?;
        self.decide(shelf.retire, shelf.read, old.subject, &deed)?;
        self.check_expected(expected, old_row.version, &deed)?;
        self.touch(kind, id, old.subject, &deed)?;
        let version = old_row.version + 1;
        deed.version = Some(version);
        deed.old = Some(old.digest);
        self.guard_version(kind, id, old_row.version, expected);
        self.keep_past(kind, id, old_row.version, &old);
        self.drop_terms(kind, id, &old);
        let key = rows::row_key(kind, id);
        if kind.history == History::EveryVersion {
            self.put(Space::Head, key, Row { version, value: tombstone(&old, State::Retired, self.ctx).to_bytes() });
        } else {
            if let Some(subject) = old.subject {
                let about = self.about_key(subject, kind, id);
                self.batch.deletes.push((Space::Term, about));
            }
            self.batch.deletes.push((Space::Head, key));
        }
        self.done(kind, id, version, &deed);
        Ok(())
    }
}

fn subject_of(draft: &Draft) -> Option<SubjectId> {
    match draft.kind.subject {
        SubjectRule::Nobody => None,
        SubjectRule::Itself => Some(SubjectId::of_record(draft.id)),
        SubjectRule::Field(_) => draft.subject,
    }
}

fn tombstone(old: &HeadRow, state: State, ctx: &Ctx) -> HeadRow {
    HeadRow {
        state,
        updated: ctx.now,
        terms: Vec::new(),
        uniques: Vec::new(),
        sealed: Vec::new(),
        digest: [0; 16],
        ..old.clone()
    }
}

/// One line of the change feed: what changed, never how.
fn feed_line(op: &str, kind: &str, id: RecordId, version: u64) -> Vec<u8> {
    format!(r#"{{"op":"{op}","kind":"{kind}","id":"{id}","version":{version}}}"#).into_bytes()
}
