//! What evidence says about whom, for whoever may read it.

use access::{Ask, Ctx, decide};
use model::{Answer, Fault, KindDecl, RecordId, Refusal, SubjectId};
use storage::Space;

use crate::evidence::Deed;
use crate::rows::{self, HeadRow};
use crate::{Vault, storage_fault};

/// The permission to read evidence.
const EVIDENCE: &str = "evidence.read";

impl Vault {
    /// How a person is written in the organisation's evidence: a keyed digest, in hex.
    pub async fn mark_of(&self, ctx: &Ctx, subject: SubjectId) -> Answer<String> {
        self.may_read_evidence(ctx).await?;
        let digest = self.tenant_keys(ctx.tenant).await?.subject_digest(subject);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whose a record is or was, without opening it: nothing if there is no such record.
    pub async fn owner_of(
        &self,
        ctx: &Ctx,
        kind: &'static KindDecl,
        id: RecordId,
    ) -> Answer<Option<Option<SubjectId>>> {
        self.may_read_evidence(ctx).await?;
        let key = rows::row_key(kind, id);
        let row =
            self.engine.read(ctx.tenant, Space::Head, &key).await.map_err(storage_fault("finding whose it is"))?;
        Ok(row.map(|row| HeadRow::from_bytes(&row.value).map(|head| head.subject)).transpose()?)
    }

    async fn may_read_evidence(&self, ctx: &Ctx) -> Answer<()> {
        let wanted = self.registry().permission(EVIDENCE);
        let wanted = wanted.ok_or_else(|| Fault::new("reading evidence", format!("nobody declares {EVIDENCE}")))?;
        let Err(denied) = decide(ctx, &Ask { permission: wanted, tenant: ctx.tenant, subject: None }) else {
            return Ok(());
        };
        let mut deed = Deed::new("read-evidence", "none", "refused");
        deed.denied = Some(denied.reason);
        Err(self.refuse(ctx, &deed, Refusal::not_found()).await)
    }
}
