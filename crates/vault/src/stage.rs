//! Each change turned into rows, checks and evidence. Nothing is written here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use access::{Ask, Ctx, Denied, Granted, Permission, decide};
use model::{Fault, History, KindDecl, RecordId, Refusal, RefusalKind, SubjectId, SubjectRule};
use seal::{Place, SubjectKey, TenantKeys, WrappedKey};
use storage::{Batch, Check, Expect, Order, Put, Row, Space, Span};

use crate::evidence::{Deed, entry};
use crate::rows::{self, HeadRow, State};
use crate::terms::{self, Digests};
use crate::{Change, Draft, Expected, Vault, Written, limits, seal_fault, storage_fault};

/// The permission to destroy a person's key.
pub(crate) const ERASE: &str = "subject.erase";

/// Why a batch stops before anything is written.
pub(crate) enum Stop {
    No(Refusal, Box<Deed<'static>>),
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
    /// Two commits met at the same new key; try again.
    Race,
    /// The idempotency key has been used meanwhile.
    Once,
}

/// A batch in the making.
pub(crate) struct Stage<'v> {
    vault: &'v Vault,
    ctx: &'v Ctx,
    keys: Arc<TenantKeys>,
    fresh: HashMap<SubjectId, SubjectKey>,
    touched: HashSet<(&'static str, RecordId)>,
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
            fresh: HashMap::new(),
            touched: HashSet::new(),
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
        self.check_draft(draft, &deed)?;
        let digests = self.digests(draft, &deed)?;
        let key = self.subject_key(subject, &deed).await?;
        let row = self.seal(granted, draft, subject, 1, self.ctx.now, &key, digests)?;
        deed.new = Some(row.digest);
        self.expect(
            Space::Head,
            rows::row_key(draft.kind, draft.id),
            Expect::Absent,
            Guard::Fresh(draft.kind, draft.id),
        );
        if let Some(subject) = subject {
            let key = self.about_key(subject, draft.kind, draft.id);
            self.put(Space::Term, key, Row { version: 1, value: Vec::new() });
        }
        self.write_terms(draft.kind, draft.id, &row, None);
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
        self.check_draft(draft, &deed)?;
        if subject_of(draft) != old.subject {
            let words = "A record cannot be moved from one person to another. Create it anew for the right person and retire this one.";
            return Err(self.no(RefusalKind::Invalid, words, deed, "refused"));
        }
        let version = old_row.version + 1;
        deed.version = Some(version);
        let digests = self.digests(draft, &deed)?;
        let key = self.subject_key(old.subject, &deed).await?;
        let row = self.seal(granted, draft, old.subject, version, old.created, &key, digests)?;
        deed.old = Some(old.digest);
        deed.new = Some(row.digest);
        self.guard_version(draft.kind, draft.id, old_row.version, expected);
        self.keep_past(draft.kind, draft.id, old_row.version, &old);
        self.write_terms(draft.kind, draft.id, &row, Some(&old));
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
        self.touch(kind, id, &deed)?;
        let version = old_row.version + 1;
        deed.version = Some(version);
        deed.old = Some(old.digest);
        self.guard_version(kind, id, old_row.version, expected);
        self.keep_past(kind, id, old_row.version, &old);
        self.drop_terms(id, &old);
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

    /// ORDER: the key row goes in the same transaction as the evidence; the tombstones only tell readers why.
    async fn erase(&mut self, subject: SubjectId) -> Result<(), Stop> {
        let mut deed = Deed::new("erase", "subject", "done");
        deed.subject = Some(self.keys.subject_digest(subject));
        let erase = self.vault.registry.permission(ERASE);
        let erase = erase.ok_or_else(|| Fault::new("erasing a person", format!("nobody declares {ERASE}")))?;
        self.decide(erase, erase, Some(subject), &deed)?;
        let key = rows::subject_key(subject);
        let engine = &self.vault.engine;
        let row =
            engine.read(self.ctx.tenant, Space::Key, &key).await.map_err(storage_fault("reading a person's key"))?;
        let Some(row) = row else {
            return Err(self.no(RefusalKind::NotFound, Refusal::not_found().words, deed, "not-found"));
        };
        self.expect(Space::Key, key.clone(), Expect::Version(row.version), Guard::Race);
        let about = rows::after_prefix(&self.about_prefix(subject));
        let span = Span {
            from: self.about_prefix(subject),
            to: about,
            order: Order::Ascending,
            limit: limits::CANDIDATES_MAX,
        };
        let found = engine.scan(self.ctx.tenant, Space::Term, span).await;
        for (about, _) in found.map_err(storage_fault("finding a person's records"))? {
            self.erase_one(&about).await?;
            self.batch.deletes.push((Space::Term, about));
        }
        self.batch.deletes.push((Space::Key, key));
        self.put(Space::Meta, erased_key(subject), Row { version: 1, value: Vec::new() });
        self.batch.log.push(entry(self.ctx, &deed));
        self.batch.changes.push(feed_line("erase", "subject", RecordId::of_subject(subject), 0));
        self.written.push(Written { kind: "subject".into(), id: RecordId::of_subject(subject), version: 0 });
        Ok(())
    }

    async fn erase_one(&mut self, about: &[u8]) -> Result<(), Stop> {
        let Some((_, head_key)) = about.split_at_checked(16) else { return Ok(()) };
        let engine = &self.vault.engine;
        let doing = "erasing a person's records";
        let tenant = self.ctx.tenant;
        let Some(row) = engine.read(tenant, Space::Head, head_key).await.map_err(storage_fault(doing))? else {
            return Ok(());
        };
        let old = HeadRow::from_bytes(&row.value)?;
        let id = head_key.split_last_chunk::<16>().map(|(_, id)| RecordId::from_bytes(*id));
        if let Some(id) = id {
            self.drop_terms(id, &old);
        }
        let to = rows::after_prefix(head_key);
        let span = Span { from: head_key.to_vec(), to, order: Order::Ascending, limit: limits::CANDIDATES_MAX };
        for (key, _) in engine.scan(tenant, Space::Version, span).await.map_err(storage_fault(doing))? {
            self.batch.deletes.push((Space::Version, key));
        }
        let value = tombstone(&old, State::Erased, self.ctx).to_bytes();
        self.put(Space::Head, head_key.to_vec(), Row { version: row.version + 1, value });
        Ok(())
    }

    /// The present row of a record, or why not: absent and forbidden look the same to who may not read.
    async fn present(
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

    fn decide(
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
            let refusal = if decide(self.ctx, &ask(read)).is_ok() {
                Refusal::new(
                    RefusalKind::NotAllowed,
                    "You may see this, but your role does not let you do that. Ask an administrator of your organisation.",
                )
            } else {
                Refusal::not_found()
            };
            Stop::No(refusal.recorded(), Box::new(deed))
        })
    }

    fn check_expected(&self, expected: Expected, present: u64, deed: &Deed<'static>) -> Result<(), Stop> {
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

    fn check_draft(&mut self, draft: &Draft, deed: &Deed<'static>) -> Result<(), Stop> {
        self.touch(draft.kind, draft.id, deed)?;
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

    fn touch(&mut self, kind: &'static KindDecl, id: RecordId, deed: &Deed<'static>) -> Result<(), Stop> {
        if self.touched.insert((kind.name, id)) {
            return Ok(());
        }
        let words = "One request may change a record only once. Send the second change in a request of its own.";
        Err(self.no(RefusalKind::Invalid, words, deed.clone(), "refused"))
    }

    fn digests(&self, draft: &Draft, deed: &Deed<'static>) -> Result<Digests, Stop> {
        terms::digests(&self.keys, draft.kind, &draft.terms).map_err(|refusal| {
            let mut deed = deed.clone();
            deed.outcome = "refused";
            Stop::No(refusal.recorded(), Box::new(deed))
        })
    }

    /// The key of the person a record is about; made now if this is their first record.
    async fn subject_key(&mut self, subject: Option<SubjectId>, deed: &Deed<'static>) -> Result<SubjectKey, Stop> {
        let Some(subject) = subject else { return Ok(self.keys.own()) };
        if let Some(key) = self.fresh.get(&subject) {
            return Ok(key.clone());
        }
        let engine = &self.vault.engine;
        let doing = "reading a person's key";
        let row_key = rows::subject_key(subject);
        if let Some(row) = engine.read(self.ctx.tenant, Space::Key, &row_key).await.map_err(storage_fault(doing))? {
            let wrapped = WrappedKey::from_bytes(row.value).map_err(seal_fault(doing))?;
            let key = self.keys.open_subject(subject, &wrapped).map_err(seal_fault(doing))?;
            // INVARIANT: no record is written under a key that an erasure destroys at the same moment.
            self.expect(Space::Key, row_key, Expect::Version(row.version), Guard::Race);
            self.fresh.insert(subject, key.clone());
            return Ok(key);
        }
        let erased =
            engine.read(self.ctx.tenant, Space::Meta, &erased_key(subject)).await.map_err(storage_fault(doing))?;
        if erased.is_some() {
            let words = "This person was erased. Nothing more can be recorded about them under the same identity.";
            return Err(self.no(RefusalKind::Gone, words, deed.clone(), "refused"));
        }
        let (key, wrapped) =
            self.keys.new_subject(subject, self.vault.outside.as_ref()).map_err(seal_fault("making a person's key"))?;
        self.expect(Space::Key, row_key.clone(), Expect::Absent, Guard::Race);
        self.put(Space::Key, row_key, Row { version: 1, value: wrapped.as_bytes().to_vec() });
        self.fresh.insert(subject, key.clone());
        Ok(key)
    }

    /// The only maker of sealed rows. Takes the proof of a decision.
    #[expect(clippy::too_many_arguments, reason = "each is a different fact of one row")]
    fn seal(
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
        let sealed =
            key.seal(&place, &draft.body, self.vault.outside.as_ref()).map_err(seal_fault("sealing a record"))?;
        Ok(HeadRow {
            state: State::Live,
            shape: draft.kind.version,
            created,
            updated: self.ctx.now,
            subject,
            digest: key.content_digest(&place, &draft.body).map_err(seal_fault("digesting a record"))?,
            terms: digests.terms,
            uniques: digests.uniques,
            sealed,
        })
    }

    fn guard_version(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, expected: Expected) {
        self.expect(Space::Head, rows::row_key(kind, id), Expect::Version(version), Guard::Version(kind, id, expected));
    }

    fn keep_past(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, old: &HeadRow) {
        if kind.history == History::EveryVersion {
            let past = HeadRow { terms: Vec::new(), uniques: Vec::new(), ..old.clone() };
            self.put(Space::Version, rows::version_key(kind, id, version), Row { version, value: past.to_bytes() });
        }
    }

    fn write_terms(&mut self, kind: &'static KindDecl, id: RecordId, new: &HeadRow, old: Option<&HeadRow>) {
        let (old_terms, old_uniques) = old.map_or((&[][..], &[][..]), |old| (&old.terms[..], &old.uniques[..]));
        for term in old_terms.iter().filter(|term| !new.terms.contains(term)) {
            self.batch.deletes.push((Space::Term, with_id(term, id)));
        }
        for term in new.terms.iter().filter(|term| !old_terms.contains(term)) {
            self.put(Space::Term, with_id(term, id), Row { version: 1, value: Vec::new() });
        }
        for unique in old_uniques.iter().filter(|unique| !new.uniques.contains(unique)) {
            self.batch.deletes.push((Space::Unique, unique.to_vec()));
        }
        for unique in new.uniques.iter().filter(|unique| !old_uniques.contains(unique)) {
            self.expect(Space::Unique, unique.to_vec(), Expect::Absent, Guard::Unique(kind, id));
            self.put(Space::Unique, unique.to_vec(), Row { version: 1, value: id.as_bytes().to_vec() });
        }
    }

    fn drop_terms(&mut self, id: RecordId, old: &HeadRow) {
        self.batch.deletes.extend(old.terms.iter().map(|term| (Space::Term, with_id(term, id))));
        self.batch.deletes.extend(old.uniques.iter().map(|unique| (Space::Unique, unique.to_vec())));
    }

    fn about_prefix(&self, subject: SubjectId) -> Vec<u8> {
        self.keys.term_digest("", "about", subject.as_bytes()).to_vec()
    }

    fn about_key(&self, subject: SubjectId, kind: &KindDecl, id: RecordId) -> Vec<u8> {
        let mut key = self.about_prefix(subject);
        key.extend(rows::row_key(kind, id));
        key
    }

    fn expect(&mut self, space: Space, key: Vec<u8>, expect: Expect, guard: Guard) {
        self.batch.checks.push(Check { space, key, expect });
        self.guards.push(guard);
    }

    pub fn expect_once(&mut self, key: Vec<u8>, row: Row) {
        self.expect(Space::Once, key.clone(), Expect::Absent, Guard::Once);
        self.put(Space::Once, key, row);
    }

    fn put(&mut self, space: Space, key: Vec<u8>, row: Row) {
        self.batch.puts.push(Put { space, key, row });
    }

    fn deed(&self, action: &'static str, kind: &'static KindDecl, id: RecordId, version: u64) -> Deed<'static> {
        let mut deed = Deed::new(action, kind.name, "done");
        deed.id = Some(id);
        deed.version = (version > 0).then_some(version);
        deed
    }

    fn done(&mut self, kind: &'static KindDecl, id: RecordId, version: u64, deed: &Deed) {
        self.batch.log.push(entry(self.ctx, deed));
        self.batch.changes.push(feed_line(deed.action, kind.name, id, version));
        self.written.push(Written { kind: kind.name.into(), id, version });
    }

    fn no(&self, kind: RefusalKind, words: impl Into<String>, mut deed: Deed<'static>, outcome: &'static str) -> Stop {
        deed.outcome = outcome;
        Stop::No(Refusal::new(kind, words).recorded(), Box::new(deed))
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

pub(crate) fn erased_key(subject: SubjectId) -> Vec<u8> {
    let mut key = b"erased/".to_vec();
    key.extend(subject.as_bytes());
    key
}

fn with_id(term: &[u8], id: RecordId) -> Vec<u8> {
    let mut key = term.to_vec();
    key.extend(id.as_bytes());
    key
}

/// One line of the change feed: what changed, never how.
fn feed_line(op: &str, kind: &str, id: RecordId, version: u64) -> Vec<u8> {
    format!(r#"{{"op":"{op}","kind":"{kind}","id":"{id}","version":{version}}}"#).into_bytes()
}
