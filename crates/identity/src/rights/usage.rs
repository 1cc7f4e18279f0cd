//! What people did, as the audit log tells it: when each was last seen, and which permissions they used.

use std::collections::{BTreeMap, BTreeSet};

use access::Ctx;
use model::{Answer, Fault, Time};
use serde::Deserialize;

use crate::Identity;

/// Entries looked at in one go, and at most.
const AT_ONCE: u64 = 10_000;
const LOOKED_AT_MAX: u64 = 200_000;

/// What one actor did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Used {
    /// When they were last seen.
    pub last: Option<Time>,
    /// Permissions that they used.
    pub permissions: BTreeSet<&'static str>,
}

/// What everybody did, as far back as was looked.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// By actor, as written in evidence: `person:…`.
    pub by_actor: BTreeMap<String, Used>,
    /// The oldest moment that was looked at.
    pub since: Option<Time>,
}

/// What is read of an entry.
#[derive(Deserialize)]
pub(crate) struct Line {
    pub index: u64,
    pub time: String,
    pub actor: String,
    pub action: String,
    pub kind: String,
    pub id: Option<String>,
    pub subject: Option<String>,
    pub purpose: String,
    pub decision: String,
    pub request: String,
    pub outcome: String,
    #[serde(default)]
    pub shown: Vec<String>,
}

impl Identity {
    /// Reads the newest entries of the log and counts who used what. `ctx` may read evidence.
    pub(crate) async fn usage(&self, ctx: &Ctx) -> Answer<Usage> {
        let mut usage = Usage::default();
        self.newest_evidence(ctx, LOOKED_AT_MAX, |line| {
            let at = line.time.parse::<Time>().ok();
            usage.since = usage.since.into_iter().chain(at).min();
            if line.outcome != "done" || line.decision != "granted" {
                return;
            }
            let used = usage.by_actor.entry(line.actor.clone()).or_default();
            used.last = used.last.max(at);
            used.permissions.extend(self.permission_of(&line.action, &line.kind));
        })
        .await?;
        Ok(usage)
    }

    /// Hands over the newest entries of the log, the newest piece first, at most so many.
    pub(crate) async fn newest_evidence(&self, ctx: &Ctx, most: u64, mut with: impl FnMut(&Line)) -> Answer<u64> {
        let len = self.vault.evidence(ctx, u64::MAX, 1).await?.len;
        let (mut end, mut looked) = (len, 0);
        while end > 0 && looked < most {
            let from = end.saturating_sub(AT_ONCE);
            let wanted = usize::try_from(end - from).unwrap_or(usize::MAX);
            for fed in self.vault.evidence(ctx, from, wanted).await?.lines {
                let line = serde_json::from_slice(&fed.line).map_err(|error| Fault::new("reading evidence", error))?;
                with(&line);
            }
            looked += end - from;
            end = from;
        }
        Ok(looked)
    }

    /// The permission that an act on a kind needs.
    fn permission_of(&self, action: &str, kind: &str) -> Option<&'static str> {
        let acts = self.vault.kinds().find(|decl| decl.name == kind)?.acts;
        Some(match action {
            "create" => acts.create,
            "revise" => acts.revise,
            "retire" => acts.retire,
            _ => acts.read,
        })
    }
}
