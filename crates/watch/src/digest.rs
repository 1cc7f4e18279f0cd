use std::collections::BTreeMap;

use access::Ctx;
use model::{Answer, Kind, Refusal, RefusalKind};
use vault::{Changes, Clause, Needle, Query};

use crate::Watch;
use crate::kinds::{Digest, Tally};
use crate::record::who;
use crate::rules::week::Week;

/// Names told of each list.
const TOP: usize = 10;

impl Watch {
    /// The counts of a week.
    pub(crate) async fn week(&self, ctx: &Ctx, week: Week) -> Answer<Tally> {
        let mut whole = Tally::default();
        for (_, tally) in self.tallies(ctx, &week.days()).await? {
            whole.add(&tally);
        }
        Ok(whole)
    }

    /// Signs off a week that is over, once.
    pub async fn sign(&self, ctx: &Ctx, week: Week, name: String, remarks: String) -> Answer<()> {
        if !week.is_over(ctx.now) {
            let words = "This week is not over yet. Sign it off from Monday on.";
            return Err(Refusal::new(RefusalKind::Invalid, words).into());
        }
        let tally = self.week(ctx, week).await?;
        let digest = Digest {
            week: week.name(),
            blocked: tally.blocked,
            observed: tally.observed,
            sorts: top(&tally.sorts, TOP),
            rules: top(&tally.rules, TOP),
            routes: top(&tally.routes, TOP),
            sources: tally.sources.len() as u64,
            exclusions: self.in_force(ctx.tenant).await?.len() as u64,
            remarks,
            signed_by: who(ctx.actor),
            name,
            signed: ctx.now,
        };
        let id = self.vault.outside().record_id();
        self.vault.commit(ctx, Changes::new().create(id, &digest)?).await.map(|_| ())
    }

    /// The digests of these weeks, as far as they were signed off.
    pub(crate) async fn signed(&self, ctx: &Ctx, weeks: &[Week]) -> Answer<BTreeMap<String, Digest>> {
        let any = weeks.iter().map(|week| Needle::Exact(week.name())).collect();
        let clauses = vec![Clause { field: "week", any }];
        let query = Query { clauses, limit: vault::limits::PAGE_MAX, ..Query::all(Digest::DECL) };
        let mut signed = BTreeMap::new();
        for opened in self.vault.search(ctx, &query).await?.page {
            let digest: Digest = opened.record()?;
            signed.insert(digest.week.clone(), digest);
        }
        Ok(signed)
    }
}

/// The names with the highest counts, the highest first.
pub(crate) fn top(counts: &BTreeMap<String, u64>, most: usize) -> Vec<(String, u64)> {
    let mut list: Vec<(String, u64)> = counts.iter().map(|(name, count)| (name.clone(), *count)).collect();
    list.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    list.truncate(most);
    list
}
