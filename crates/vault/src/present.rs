use access::{Ask, Ctx, decide};
use model::{Fault, KindDecl, RecordId, SubjectId};
use storage::Space;

use crate::rows::{self, HeadView, State};
use crate::{Vault, storage_fault};

/// What stands in a record's place, without its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// The asker may not read what may or may not be there.
    Hidden,
    /// Nothing.
    Absent,
    /// A record in use.
    Live {
        /// Its version.
        version: u64,
        /// Whose it is.
        subject: Option<SubjectId>,
    },
    /// A record that was retired or erased.
    OutOfUse,
}

impl Vault {
    /// Whether a write would be a first or a next version.
    ///
    /// Hands out nothing of the record, so it leaves no evidence; the [`Vault::commit`] that follows decides and records.
    pub async fn present(&self, ctx: &Ctx, kind: &'static KindDecl, id: RecordId) -> Result<Present, Fault> {
        let shelf = self.shelf(kind)?;
        let key = rows::row_key(kind, id);
        let doing = "looking whether a record is there";
        let row = self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault(doing))?;
        let head = row.as_ref().map(|row| HeadView::of(&row.value)).transpose()?;
        let subject = head.as_ref().and_then(|head| head.subject);
        if decide(ctx, &Ask { permission: shelf.read, tenant: ctx.tenant, subject }).is_err() {
            return Ok(Present::Hidden);
        }
        Ok(match (&row, head) {
            (Some(row), Some(head)) if head.state == State::Live => Present::Live { version: row.version, subject },
            (Some(_), Some(_)) => Present::OutOfUse,
            _ => Present::Absent,
        })
    }
}
