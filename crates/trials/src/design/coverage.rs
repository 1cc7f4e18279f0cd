//! How well the activities of a study are known.

use std::collections::HashMap;

use serde::Serialize;

use super::concepts::{Resolution, Step};
use super::usdm::model::Study;

/// How the activities of a study are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Activities in all.
    pub activities: usize,
    /// Known exactly: by reference, code or an earlier decision.
    pub resolved: usize,
    /// Known by words; a person should confirm.
    pub proposed: usize,
    /// Nothing to collect, with a reason.
    pub no_data: usize,
    /// Not known; blocks release.
    pub unresolved: usize,
}

pub(crate) fn coverage(study: &Study, resolutions: &[Resolution]) -> Coverage {
    let mut coverage = Coverage { activities: study.design.activities.len(), ..Coverage::default() };
    let mut by_activity: HashMap<usize, Vec<Step>> = HashMap::new();
    for resolution in resolutions {
        by_activity.entry(resolution.activity).or_default().push(resolution.step);
    }
    for at in 0..coverage.activities {
        let steps = by_activity.get(&at).map_or(&[] as &[Step], Vec::as_slice);
        if steps.is_empty() || steps.contains(&Step::Unresolved) {
            coverage.unresolved += 1;
        } else if steps.iter().all(|step| *step == Step::NoData) {
            coverage.no_data += 1;
        } else if steps.iter().any(|step| step.is_proposal()) {
            coverage.proposed += 1;
        } else {
            coverage.resolved += 1;
        }
    }
    coverage
}
