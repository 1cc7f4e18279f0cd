use access::{Ask, Ctx, Denied, Reason, decide};
use model::{
    Answer, Fault, Kind, KindDecl, Purpose, RecordId, Refusal, RefusalKind, Search, SubjectId, TenantId, Time,
};
use seal::{Place, SubjectKey, TenantKeys, WrappedKey};
use storage::{Order, Row, Space, Span};

use crate::evidence::Deed;
use crate::rows::{self, HeadView, State};
use crate::{Shelf, Vault, limits, seal_fault, storage_fault};

/// A record in the clear. It exists only after the evidence of its reading is durable.
#[derive(Clone)]
pub struct Opened {
    /// Its kind.
    pub kind: &'static KindDecl,
    /// Its id.
    pub id: RecordId,
    /// Its version.
    pub version: u64,
    /// The shape it was stored in.
    pub shape: u16,
    /// When its first version was written.
    pub created: Time,
    /// When this version was written.
    pub updated: Time,
    /// Whose it is.
    pub subject: Option<SubjectId>,
    /// The body.
    pub body: Vec<u8>,
}

/// One version in a record's history.
#[derive(Clone)]
pub enum Past {
    /// A version that can be read.
    Version(Opened),
    /// The version at which it was taken out of use.
    Retired {
        /// Its number.
        version: u64,
        /// When.
        at: Time,
    },
}

impl Opened {
    /// The typed record.
    pub fn record<K: Kind>(&self) -> Result<K, Fault> {
        K::decode(self.shape, &self.body).map_err(|error| Fault::new("reading a stored record", error))
    }
}

impl Vault {
    /// The one read, by id: decided, opened, recorded.
    pub async fn read(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Answer<Opened> {
        let shelf = self.shelf(kind)?;
        let key = rows::row_key(kind, id);
        let row = self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault("reading a record"))?;
        let mut deed = Deed::new("read", kind.name, "done");
        deed.id = Some(id);
        self.open_recorded(ctx, shelf, id, row, deed).await
    }

    /// The one read, as a typed record.
    pub async fn read_as<K: Kind>(&self, ctx: &Ctx, id: RecordId) -> Answer<(K, Opened)> {
        let opened = self.read(ctx, K::DECL, id).await?;
        Ok((opened.record()?, opened))
    }

    /// One version of a record, past or present.
    pub async fn read_version(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId, version: u64) -> Answer<Opened> {
        let shelf = self.shelf(kind)?;
        let mut deed = Deed::new("read-version", kind.name, "done");
        deed.id = Some(id);
        deed.version = Some(version);
        let key = rows::row_key(kind, id);
        let doing = "reading a past version";
        let row = self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault(doing))?;
        let row = match row {
            Some(row) if row.version != version => {
                let erased = HeadView::of(&row.value)?.state == State::Erased;
                let key = rows::version_key(kind, id, version);
                let past = self.engine.read(ctx.tenant, Space::Version, &key).await.map_err(storage_fault(doing))?;
                // INVARIANT: a row answers for the version whose key it stands under, and for no other.
                if past.as_ref().is_some_and(|past| past.version != version) {
                    return Err(Fault::new(doing, "the row is of another version than its key").into());
                }
                if erased { Some(row) } else { past }
            }
            present => present,
        };
        self.open_recorded(ctx, shelf, id, row, deed).await
    }

    /// The versions of a record, newest first, at most [`limits::HISTORY_MAX`].
    pub async fn history(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Answer<Vec<Past>> {
        let shelf = self.shelf(kind)?;
        let mut deed = Deed::new("history", kind.name, "done");
        deed.id = Some(id);
        let key = rows::row_key(kind, id);
        let doing = "reading a record's history";
        let row = self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault(doing))?;
        let Some(row) = row else {
            return self.open_recorded(ctx, shelf, id, None, deed).await.map(|_| Vec::new());
        };
        let head = HeadView::of(&row.value)?;
        let keys = self.tenant_keys(ctx.tenant).await?;
        deed.subject = head.subject.map(|it| keys.subject_digest(it));
        self.decide_read(ctx, shelf, head.subject, &deed).await?;
        if head.state == State::Erased {
            return Err(self.gone(ctx, deed).await);
        }
        // Versions below the one that was just read: a revision in between adds one above.
        let to = rows::version_key(kind, id, row.version);
        let span = Span { from: key, to, order: Order::Descending, limit: limits::HISTORY_MAX };
        let rows = self.engine.scan(ctx.tenant, Space::Version, span).await.map_err(storage_fault(doing))?;
        let Some(subject_key) = self.subject_key(ctx, &keys, head.subject).await? else {
            return Err(self.gone(ctx, deed).await);
        };
        let mut past = vec![match head.state {
            State::Live => Past::Version(self.open_row(ctx, shelf, id, &row, &head, &subject_key)?),
            _ => Past::Retired { version: row.version, at: head.updated },
        }];
        for (key, row) in rows {
            if key != rows::version_key(kind, id, row.version) {
                return Err(Fault::new(doing, "a row is of another version than its key").into());
            }
            let head = HeadView::of(&row.value)?;
            past.push(Past::Version(self.open_row(ctx, shelf, id, &row, &head, &subject_key)?));
        }
        self.record(ctx, &deed).await?;
        Ok(past)
    }

    /// What the door must know to recognise somebody: decided and opened, but part of the request's own evidence
    /// instead of an entry of its own.
    ///
    /// INVARIANT: only kinds held for [`Purpose::Security`] can be read this way.
    pub async fn recognise(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Answer<Option<Opened>> {
        let shelf = self.security_shelf(ctx, kind)?;
        let key = rows::row_key(kind, id);
        let row =
            self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault("recognising somebody"))?;
        let Some(row) = row else { return Ok(None) };
        self.recognised(ctx, shelf, id, &row).await
    }

    /// As [`Vault::recognise`], by a value of a field with `Search::Exact`.
    pub async fn recognise_by(
        &self,
        ctx: &Ctx,
        kind: &'static KindDecl,
        field: &str,
        value: &str,
    ) -> Answer<Vec<Opened>> {
        self.security_shelf(ctx, kind)?;
        if kind.field(field).is_none_or(|it| it.search != Search::Exact) {
            return Err(Fault::new("recognising somebody", format!("{field} is not found by its value")).into());
        }
        let keys = self.tenant_keys(ctx.tenant).await?;
        let prefix = keys.term_digest(kind.name, field, value.as_bytes()).to_vec();
        let span = Span { to: rows::after_prefix(&prefix), from: prefix, order: Order::Ascending, limit: 50 };
        let doing = "recognising somebody";
        let mut found = Vec::new();
        for (key, _) in self.engine.scan(ctx.tenant, Space::Term, span).await.map_err(storage_fault(doing))? {
            let Some((_, id)) = key.split_last_chunk::<16>() else { continue };
            found.extend(self.recognise(ctx, kind, RecordId::from_bytes(*id)).await?);
        }
        Ok(found)
    }

    fn security_shelf(&self, ctx: &Ctx, kind: &'static KindDecl) -> Answer<Shelf> {
        let shelf = self.shelf(kind)?;
        if kind.purpose != Purpose::Security {
            let words = format!("{} is not held for security", kind.name);
            return Err(Fault::new("recognising somebody", words).into());
        }
        let ask = Ask { permission: shelf.read, tenant: ctx.tenant, subject: None };
        decide(ctx, &ask).map_err(|denied| Fault::new("recognising somebody", format!("{:?}", denied.reason)))?;
        Ok(shelf)
    }

    async fn recognised(&self, ctx: &Ctx, shelf: Shelf, id: RecordId, row: &Row) -> Answer<Option<Opened>> {
        let head = HeadView::of(&row.value)?;
        if head.state != State::Live {
            return Ok(None);
        }
        let keys = self.tenant_keys(ctx.tenant).await?;
        let Some(key) = self.subject_key(ctx, &keys, head.subject).await? else { return Ok(None) };
        Ok(Some(self.open_row(ctx, shelf, id, row, &head, &key)?))
    }

    async fn open_recorded(
        &self,
        ctx: &Ctx,
        shelf: Shelf,
        id: RecordId,
        row: Option<Row>,
        mut deed: Deed<'static>,
    ) -> Answer<Opened> {
        let Some(row) = row else {
            self.decide_read(ctx, shelf, None, &deed).await?;
            deed.outcome = "not-found";
            return Err(self.refuse(ctx, &deed, Refusal::not_found()).await);
        };
        let head = HeadView::of(&row.value)?;
        let keys = self.tenant_keys(ctx.tenant).await?;
        deed.version = Some(row.version);
        deed.subject = head.subject.map(|it| keys.subject_digest(it));
        self.decide_read(ctx, shelf, head.subject, &deed).await?;
        if head.state != State::Live {
            return Err(self.gone(ctx, deed).await);
        }
        let Some(key) = self.subject_key(ctx, &keys, head.subject).await? else {
            return Err(self.gone(ctx, deed).await);
        };
        let opened = self.open_row(ctx, shelf, id, &row, &head, &key)?;
        // ORDER: durable evidence first, then the body leaves.
        self.record(ctx, &deed).await?;
        Ok(opened)
    }

    async fn gone(&self, ctx: &Ctx, mut deed: Deed<'static>) -> model::No {
        deed.outcome = "gone";
        let refusal = Refusal::new(RefusalKind::Gone, "This record was taken out of use and can no longer be opened.");
        self.refuse(ctx, &deed, refusal).await
    }

    pub(crate) async fn decide_read(
        &self,
        ctx: &Ctx,
        shelf: Shelf,
        subject: Option<SubjectId>,
        deed: &Deed<'static>,
    ) -> Answer<()> {
        let ask = Ask { permission: shelf.read, tenant: ctx.tenant, subject };
        match decide(ctx, &ask) {
            Ok(_) => Ok(()),
            Err(Denied { reason }) => {
                let mut deed = deed.clone();
                deed.denied = Some(reason);
                deed.outcome = "refused";
                let refusal = match reason {
                    Reason::TooWeak => Refusal::second_factor_needed(),
                    _ => Refusal::not_found(),
                };
                Err(self.refuse(ctx, &deed, refusal).await)
            }
        }
    }

    /// The key for records about `subject`; none if they were erased after the record's row was read.
    pub(crate) async fn subject_key(
        &self,
        ctx: &Ctx,
        keys: &TenantKeys,
        subject: Option<SubjectId>,
    ) -> Result<Option<SubjectKey>, Fault> {
        let Some(subject) = subject else { return Ok(Some(keys.own())) };
        if let Some(key) = self.keyring.find(ctx.tenant, subject, self.outside.now()) {
            return Ok(Some(key));
        }
        let doing = "reading a person's key";
        // ORDER: asked before the row is read, so that a key read before an erasure is not held after it.
        let before = self.keyring.before();
        let row = self
            .engine
            .read(ctx.tenant, Space::Key, &rows::subject_key(subject))
            .await
            .map_err(storage_fault(doing))?;
        let Some(row) = row else {
            let erased = self.is_erased(ctx.tenant, subject).await?;
            return if erased { Ok(None) } else { Err(Fault::new(doing, "a live record's key is not there")) };
        };
        let wrapped = WrappedKey::from_bytes(row.value).map_err(seal_fault(doing))?;
        let key = keys.open_subject(subject, &wrapped).map_err(seal_fault(doing))?;
        self.keyring.hold(before, ctx.tenant, subject, &key, self.outside.now());
        Ok(Some(key))
    }

    /// Whether it stands written that a person was erased.
    pub(crate) async fn is_erased(&self, tenant: TenantId, subject: SubjectId) -> Result<bool, Fault> {
        let row = self.engine.read(tenant, Space::Meta, &rows::erased_key(subject)).await;
        row.map(|row| row.is_some()).map_err(storage_fault("looking whether a person was erased"))
    }

    pub(crate) fn open_row(
        &self,
        ctx: &Ctx,
        shelf: Shelf,
        id: RecordId,
        row: &Row,
        head: &HeadView<'_>,
        key: &SubjectKey,
    ) -> Result<Opened, Fault> {
        let place = Place { tenant: ctx.tenant, kind: shelf.decl.name, id, version: row.version };
        let doing = "opening a record";
        let opened = key.open(&place, head.sealed).map_err(seal_fault(doing))?;
        let changed = || Fault::new(doing, "what stands before the sealed body is not what was sealed with it");
        let body = head.body_of(opened).ok_or_else(changed)?;
        Ok(Opened {
            kind: shelf.decl,
            id,
            version: row.version,
            shape: head.shape,
            created: head.created,
            updated: head.updated,
            subject: head.subject,
            body,
        })
    }
}
