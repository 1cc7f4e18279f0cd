//! The key of the person a record is about.

use model::{Fault, RefusalKind, SubjectId};
use seal::{SubjectKey, WrappedKey};
use storage::{Expect, Row, Space};

use super::{Guard, Stage, Stop};
use crate::evidence::Deed;
use crate::{rows, seal_fault, storage_fault};

impl Stage<'_> {
    /// The key for a new record; made now if it is the first about this person.
    pub(super) async fn key_to_create(
        &mut self,
        subject: Option<SubjectId>,
        deed: &Deed<'static>,
    ) -> Result<SubjectKey, Stop> {
        let Some(subject) = subject else { return Ok(self.keys.own()) };
        if let Some(key) = self.stored_key(subject).await? {
            return Ok(key);
        }
        if self.vault.is_erased(self.ctx.tenant, subject).await? {
            let words = "This person was erased. Nothing more can be recorded about them under the same identity.";
            return Err(self.no(RefusalKind::Gone, words, deed.clone(), "refused"));
        }
        let doing = "making a person's key";
        let (key, wrapped) = self.keys.new_subject(subject, self.vault.outside.as_ref()).map_err(seal_fault(doing))?;
        let row_key = rows::subject_key(subject);
        self.expect(Space::Key, row_key.clone(), Expect::Absent, Guard::Race);
        self.put(Space::Key, row_key, Row { version: 1, value: wrapped.as_bytes().to_vec() });
        self.opened.insert(subject, key.clone());
        Ok(key)
    }

    /// The key of a record that is there. It is never made anew: that would hide that it was lost.
    pub(super) async fn key_to_revise(&mut self, subject: Option<SubjectId>) -> Result<SubjectKey, Stop> {
        let Some(subject) = subject else { return Ok(self.keys.own()) };
        let key = self.stored_key(subject).await?;
        if key.is_none() && self.vault.is_erased(self.ctx.tenant, subject).await? {
            // The erasure came after the record's row was read; the next try finds it gone.
            return Err(Stop::Again);
        }
        let lost = || Fault::new("reading a person's key", "a live record's key is not there");
        Ok(key.ok_or_else(lost)?)
    }

    async fn stored_key(&mut self, subject: SubjectId) -> Result<Option<SubjectKey>, Stop> {
        if let Some(key) = self.opened.get(&subject) {
            return Ok(Some(key.clone()));
        }
        let doing = "reading a person's key";
        let row_key = rows::subject_key(subject);
        let row = self.vault.engine.read(self.ctx.tenant, Space::Key, &row_key).await.map_err(storage_fault(doing))?;
        let Some(row) = row else { return Ok(None) };
        let wrapped = WrappedKey::from_bytes(row.value).map_err(seal_fault(doing))?;
        let key = self.keys.open_subject(subject, &wrapped).map_err(seal_fault(doing))?;
        // INVARIANT: no record is written under a key that an erasure destroys at the same moment.
        self.expect(Space::Key, row_key, Expect::Version(row.version), Guard::Race);
        self.opened.insert(subject, key.clone());
        Ok(Some(key))
    }
}
