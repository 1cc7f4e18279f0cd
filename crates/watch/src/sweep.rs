use access::Ctx;
use model::{Answer, Kind, KindDecl, RequestId, TenantId, Time};
use vault::{Change, Changes, Clause, Expected, Needle, Opened, Query, limits};

use crate::Watch;
use crate::kinds::{Attempt, Content, Day};
use crate::record::CONTENT_SECONDS;

/// Most pages looked through in one sweep; the rest is for the next.
const PAGES_MAX: usize = 40;

impl Watch {
    /// Deletes what was kept for as long as promised, as the duty of watching. Returns how many records.
    pub async fn sweep(&self, tenant: TenantId, request: RequestId, now: Time) -> Answer<u64> {
        let duty = self.duty(tenant, request, now);
        let mut deleted = self.sweep_content(&duty).await?;
        deleted += self.sweep_kind(&duty, Attempt::DECL, |opened| Ok(opened.record::<Attempt>()?.ends <= now)).await?;
        deleted += self.sweep_kind(&duty, Day::DECL, |opened| Ok(opened.record::<Day>()?.ends <= now)).await?;
        Ok(deleted)
    }

    /// Deletes contents without opening one: the duty may not. Their attempts say how old they are.
    async fn sweep_content(&self, duty: &Ctx) -> Answer<u64> {
        let mut deleted = 0;
        for _ in 0..PAGES_MAX {
            let kept = Clause { field: "content", any: vec![Needle::Exact(Attempt::KEPT.to_owned())] };
            let query = Query {
                clauses: vec![kept],
                limit: limits::PAGE_MAX,
                newest_first: false,
                ..Query::all(Attempt::DECL)
            };
            let found = self.vault.search(duty, &query).await?;
            let mut changes = Changes::new();
            let mut over = 0;
            for opened in &found.page {
                let attempt: Attempt = opened.record()?;
                if attempt.at.plus_seconds(CONTENT_SECONDS) <= duty.now {
                    let gone = Attempt { content: Attempt::GONE.to_owned(), ..attempt };
                    changes = changes.and(Change::Retire(Content::DECL, opened.id, Expected::Any));
                    changes = changes.revise(opened.id, &gone, Expected::Version(opened.version))?;
                    over += 1;
                }
            }
            // Ids count up with time, so the oldest stand on the first page.
            if over == 0 {
                break;
            }
            self.vault.commit(duty, changes).await?;
            deleted += over;
        }
        Ok(deleted)
    }

    async fn sweep_kind(
        &self,
        duty: &Ctx,
        kind: &'static KindDecl,
        is_over: impl Fn(&Opened) -> Answer<bool>,
    ) -> Answer<u64> {
        let mut deleted = 0;
        for _ in 0..PAGES_MAX {
            let query = Query { limit: limits::PAGE_MAX, newest_first: false, ..Query::all(kind) };
            let found = self.vault.search(duty, &query).await?;
            let mut changes = Changes::new();
            let mut over = 0;
            for opened in &found.page {
                if is_over(opened)? {
                    changes = changes.and(Change::Retire(kind, opened.id, Expected::Any));
                    over += 1;
                }
            }
            if over == 0 {
                break;
            }
            self.vault.commit(duty, changes).await?;
            deleted += over;
        }
        Ok(deleted)
    }
}
