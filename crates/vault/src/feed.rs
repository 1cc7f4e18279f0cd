use access::{Ask, Ctx, decide};
use model::{Answer, Fault, Refusal};
use storage::{Order, Row, Space, Span, index_of_key};

use crate::evidence::{Deed, leaf_bytes};
use crate::{Vault, storage_fault};

/// The permission to follow changes, and to read evidence.
const FOLLOW: &str = "change.follow";
const EVIDENCE: &str = "evidence.read";

/// One line of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// Its dense sequence number in the tenant.
    pub number: u64,
    /// JSON: `op`, `kind`, `id`, `version`. Never content.
    pub line: Vec<u8>,
}

/// A piece of a tenant's evidence or change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// The lines, in order.
    pub lines: Vec<Fed>,
    /// The number of lines that are durable now.
    pub len: u64,
}

impl Vault {
    /// The changes after a number, at most `limit` of them.
    pub async fn changes(&self, ctx: &Ctx, after: Option<u64>, limit: usize) -> Answer<Feed> {
        let from = after.map_or(0, |number| number.saturating_add(1));
        let len = self.engine.change_len(ctx.tenant).await.map_err(storage_fault("measuring the change feed"))?;
        self.feed(ctx, FOLLOW, "follow-changes", Space::Change, from, limit, len).await
    }

    /// The evidence from an index on, as the bytes that are hashed into the log. Recorded, like any read.
    pub async fn evidence(&self, ctx: &Ctx, from: u64, limit: usize) -> Answer<Feed> {
        let len = self.engine.log_len(ctx.tenant).await.map_err(storage_fault("measuring the evidence"))?;
        let mut feed = self.feed(ctx, EVIDENCE, "read-evidence", Space::Log, from, limit, len).await?;
        for fed in &mut feed.lines {
            fed.line = leaf_bytes(fed.number, &fed.line);
        }
        Ok(feed)
    }

    #[expect(clippy::too_many_arguments, reason = "two feeds, one rule")]
    async fn feed(
        &self,
        ctx: &Ctx,
        permission: &'static str,
        action: &'static str,
        space: Space,
        from: u64,
        limit: usize,
        len: u64,
    ) -> Answer<Feed> {
        let mut deed = Deed::new(action, "none", "done");
        let wanted = self.registry.permission(permission);
        let wanted = wanted.ok_or_else(|| Fault::new("reading a feed", format!("nobody declares {permission}")))?;
        if let Err(denied) = decide(ctx, &Ask { permission: wanted, tenant: ctx.tenant, subject: None }) {
            deed.denied = Some(denied.reason);
            deed.outcome = "refused";
            return Err(self.refuse(ctx, &deed, Refusal::not_found()).await);
        }
        let span = Span {
            from: from.to_be_bytes().to_vec(),
            to: len.to_be_bytes().to_vec(),
            order: Order::Ascending,
            limit: limit.clamp(1, 10_000),
        };
        let rows = if from < len {
            self.engine.scan(ctx.tenant, space, span).await.map_err(storage_fault("reading a feed"))?
        } else {
            Vec::new()
        };
        let lines: Vec<Fed> =
            consecutive(from, rows)?.into_iter().zip(from..).map(|(line, number)| Fed { number, line }).collect();
        if lines.is_empty() && from < len {
            return Err(Fault::new("reading a feed", format!("line {from} is not there")).into());
        }
        self.record(ctx, &deed).await?;
        Ok(Feed { lines, len })
    }
}

/// The appended rows from an index on, of which none may be missing.
pub(crate) fn consecutive(from: u64, rows: Vec<(Vec<u8>, Row)>) -> Result<Vec<Vec<u8>>, Fault> {
    let line = |((key, row), index): ((Vec<u8>, Row), u64)| match index_of_key(&key) {
        Some(found) if found == index => Ok(row.value),
        _ => Err(Fault::new("reading what was appended", format!("line {index} is not there"))),
    };
    rows.into_iter().zip(from..).map(line).collect()
}
