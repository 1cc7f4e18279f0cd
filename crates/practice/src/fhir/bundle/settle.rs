//! From a draft and what was found to steps.

use std::collections::{BTreeSet, HashSet};

use model::{Refusal, RefusalKind};

use super::links::{self, Assigned};
use super::read::{inside, whole};
use super::{Act, Ask, BundleType, Condition, Draft, Entry, Found, Role, Settled, Step};
use crate::fhir::ids::FhirId;
use crate::fhir::{Resource, Type};

impl Draft {
    /// Gives out ids and orders the steps. `found` answers [`Draft::conditions`], one for each, in order.
    pub fn settle(self, found: &[Found], fresh: &mut dyn FnMut() -> FhirId) -> Result<Settled, Refusal> {
        let Self { of, entries, conditions } = self;
        let within: HashSet<String> = entries.iter().filter_map(|entry| entry.full_url.clone()).collect();
        let mut assigned = Assigned::new();
        let mut steps = Vec::with_capacity(entries.len());
        let mut urls = Vec::with_capacity(entries.len());
        for (index, Entry { full_url, ask }) in entries.into_iter().enumerate() {
            let act = ask.and_then(|ask| act(ask, found, fresh).map_err(|refusal| inside(index, refusal)));
            if let (BundleType::Transaction, Some(url), Ok(Some((of, id)))) =
                (of, &full_url, act.as_ref().map(identity))
            {
                assigned.insert(url.clone(), format!("{of}/{id}"));
            }
            steps.push(Step { entry: index, act });
            urls.push(full_url);
        }
        if of == BundleType::Transaction {
            refuse_doubles(&mut steps);
        }
        for (step, url) in steps.iter_mut().zip(&urls) {
            link(step, url.as_deref(), of, &within, &assigned, &conditions, found);
        }
        if of == BundleType::Transaction {
            let refusals: Vec<&Refusal> = steps.iter().filter_map(|step| step.act.as_ref().err()).collect();
            if let Some(first) = refusals.first() {
                return Err(whole(first.kind, &refusals));
            }
            // ORDER: R4 processes deletions first, then creations, updates and reads.
            steps.sort_by_key(|step| step.act.as_ref().map_or(u8::MAX, rank));
        }
        Ok(Settled { of, steps })
    }
}

fn act(ask: Ask, found: &[Found], fresh: &mut dyn FnMut() -> FhirId) -> Result<Act, Refusal> {
    let seen = |condition: usize| found.get(condition).cloned().unwrap_or(Found::Several);
    Ok(match ask {
        Ask::Create { resource, unless: None } => Act::Create { id: fresh(), resource },
        Ask::Create { resource, unless: Some(condition) } => match seen(condition) {
            Found::Nothing => Act::Create { id: fresh(), resource },
            Found::One(id) => Act::Exists { of: resource.of(), id },
            Found::Several => return Err(several("request.ifNoneExist")),
        },
        Ask::Update { id, resource, if_match } => Act::Update { id, resource, if_match },
        Ask::UpdateWhere { condition, resource, if_match } => match (seen(condition), resource.id()) {
            (Found::Nothing, Some(id)) => Act::Update { id, resource, if_match },
            (Found::Nothing, None) => Act::Create { id: fresh(), resource },
            (Found::One(id), None) => Act::Update { id, resource, if_match },
            (Found::One(id), Some(own)) if id == own => Act::Update { id, resource, if_match },
            (Found::One(_), Some(_)) => {
                let words = "The resource that matches has another id than this one.";
                return Err(Refusal::new(RefusalKind::Invalid, words).at("resource.id", words));
            }
            (Found::Several, _) => return Err(several("request.url")),
        },
        Ask::Delete { of, id, if_match } => Act::Delete { of, id, if_match },
        Ask::DeleteWhere { of, condition } => match seen(condition) {
            Found::Nothing => Act::DeleteNothing { of },
            Found::One(id) => Act::Delete { of, id, if_match: None },
            Found::Several => return Err(several("request.url")),
        },
        Ask::Read { of, id, version } => Act::Read { of, id, version },
        Ask::Search { plan } => Act::Search { plan },
    })
}

fn several(path: &str) -> Refusal {
    let words = "More than one resource matches this condition. Make it more exact.";
    Refusal::new(RefusalKind::PreconditionFailed, words).at(path, words)
}

/// What the entry's `fullUrl` stands for from now on.
fn identity(act: &Act) -> Option<(Type, &FhirId)> {
    match act {
        Act::Create { id, resource } | Act::Update { id, resource, .. } => Some((resource.of(), id)),
        Act::Exists { of, id } => Some((*of, id)),
        Act::Delete { .. } | Act::DeleteNothing { .. } | Act::Read { .. } | Act::Search { .. } => None,
    }
}

/// Two conditions may turn out to mean one resource.
fn refuse_doubles(steps: &mut [Step]) {
    let mut targets = BTreeSet::new();
    for step in steps {
        let target = match &step.act {
            Ok(Act::Update { id, resource, .. }) => (resource.of(), id.clone()),
            Ok(Act::Delete { of, id, .. }) => (*of, id.clone()),
            _ => continue,
        };
        if !targets.insert(target) {
            let words = "An earlier entry acts on the same resource.";
            step.act = Err(inside(step.entry, Refusal::new(RefusalKind::Invalid, words).at("request.url", words)));
        }
    }
}

/// Writes what links within the Bundle and references by search have become.
fn link(
    step: &mut Step,
    full_url: Option<&str>,
    of: BundleType,
    within: &HashSet<String>,
    assigned: &Assigned,
    conditions: &[Condition],
    found: &[Found],
) {
    let entry = step.entry;
    let Ok(Act::Create { resource, .. } | Act::Update { resource, .. }) = &mut step.act else { return };
    let outcome = if of == BundleType::Batch && links::urns(resource).iter().any(|urn| within.contains(urn)) {
        let words = "In a batch, entries cannot refer to each other. Send a transaction.";
        Err(Refusal::new(RefusalKind::Invalid, words).at("resource", words))
    } else {
        by_search(entry, conditions, found).and_then(|searched| rewritten(resource, full_url, &[assigned, &searched]))
    };
    match outcome {
        Ok(Some(new)) => *resource = new,
        Ok(None) => {}
        Err(refusal) => step.act = Err(inside(entry, refusal)),
    }
}

fn rewritten(resource: &Resource, full_url: Option<&str>, known: &[&Assigned]) -> Result<Option<Resource>, Refusal> {
    let edits = links::rewrite(resource, full_url, known);
    if edits.is_empty() {
        return Ok(None);
    }
    Resource::kept(&edits.apply(resource.text())).map(Some)
}

/// What this entry's references by search stand for.
fn by_search(entry: usize, conditions: &[Condition], found: &[Found]) -> Result<Assigned, Refusal> {
    let mut known = Assigned::new();
    for (condition, found) in conditions.iter().zip(found).filter(|(condition, _)| condition.entry == entry) {
        let Role::Reference(text) = &condition.role else { continue };
        let Found::One(id) = found else {
            let words = "A reference by search must match exactly one resource.";
            return Err(Refusal::new(RefusalKind::PreconditionFailed, words).at("resource", words));
        };
        known.insert(text.clone(), format!("{}/{id}", condition.plan.of));
    }
    Ok(known)
}

fn rank(act: &Act) -> u8 {
    match act {
        Act::Delete { .. } | Act::DeleteNothing { .. } => 0,
        Act::Create { .. } | Act::Exists { .. } => 1,
        Act::Update { .. } => 2,
        Act::Read { .. } | Act::Search { .. } => 3,
    }
}
