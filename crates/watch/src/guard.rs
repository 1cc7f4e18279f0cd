use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::{Fault, TenantId};
use shield::{Decision, Exclusions, Terms};
use web::Sent;

use crate::Watch;

/// How long an inspection may take, and how much more for each MiB of the request. A request of some KiB takes less than
/// a millisecond; the bound is for what was made to be slow.
const TIME_MAX: Duration = Duration::from_secs(2);
const TIME_PER_MIB_MAX: Duration = Duration::from_secs(2);

impl web::Guard for Watch {
    fn inspect(&self, sent: &Sent, tenant: Option<TenantId>) -> shield::Verdict {
        let lists = [Some(self.house), tenant.filter(|tenant| *tenant != self.house)];
        let held: Vec<Arc<Exclusions>> =
            lists.into_iter().flatten().filter_map(|tenant| self.exclusions_of(tenant)).collect();
        let exclusions: Vec<&Exclusions> = held.iter().map(AsRef::as_ref).collect();
        let outside = self.vault.outside();
        let began = outside.now().micros();
        let mib = u32::try_from(sent.body.len() >> 20).unwrap_or(u32::MAX);
        let micros = (TIME_MAX + TIME_PER_MIB_MAX.saturating_mul(mib)).as_micros();
        let overtime = || u128::try_from(outside.now().micros() - began).is_ok_and(|spent| spent > micros);
        let terms = Terms { exclusions: &exclusions, mode: None, overtime: Some(&overtime) };
        sent.with(|request| self.inspector.inspect_under(request, terms))
    }

    fn has_own_exclusions(&self, tenant: TenantId) -> bool {
        tenant != self.house && self.exclusions_of(tenant).is_some()
    }

    fn attempted<'a>(&'a self, attempt: web::Attempt) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            if attempt.verdict.decision == Decision::Pass {
                return Ok(());
            }
            self.write_down(attempt).await
        }
        .boxed()
    }
}

impl Watch {
    pub(crate) fn exclusions_of(&self, tenant: TenantId) -> Option<Arc<Exclusions>> {
        self.exclusions.read().unwrap_or_else(PoisonError::into_inner).get(&tenant).cloned()
    }
}
