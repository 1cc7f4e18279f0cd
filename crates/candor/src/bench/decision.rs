use std::hint::black_box;
use std::time::Instant;

use access::{Actor, Ask, Assurance, Ctx, Registry, Scope, Window, decide};
use model::{ActorId, Fault, Outside as _, Purpose, SubjectId, TenantId};

use super::rounds::median;
use super::{Figure, Pace, failed};
use crate::{Machine, parts};

/// One decision with the house's own permissions and roles: three roles held, one of them not now and one for a single
/// person; every permission asked for; one ask in eight for another organisation.
pub(super) fn measure(pace: Pace) -> Result<Figure, Fault> {
    let registry = parts::registry().map_err(failed)?;
    let cases = cases(&registry);
    let turns = pace.pick(400, 50);
    let mut taken = Vec::new();
    let mut granted = 0usize;
    for round in 0..=pace.rounds() {
        let started = Instant::now();
        granted = 0;
        for _ in 0..turns {
            granted += cases.iter().filter(|(ctx, ask)| decide(black_box(ctx), black_box(ask)).is_ok()).count();
        }
        let nanos = started.elapsed().as_secs_f64() * 1e9 / (turns * cases.len()) as f64;
        if round > 0 {
            taken.push(nanos);
        }
    }
    let permissions = registry.permissions().len();
    let share = granted as f64 / (turns * cases.len()) as f64;
    let detail = format!(
        "{permissions} permissions, {} roles, {} different asks of which {:.0} % are granted",
        registry.roles().count(),
        cases.len(),
        share * 100.0
    );
    Ok(Figure::at_most("decision", median(taken), "ns", 50.0, detail))
}

fn cases(registry: &Registry) -> Vec<(Ctx, Ask)> {
    let now = Machine.now();
    let past = Window { from: None, until: Some(now.plus_seconds(-60)) };
    let (own, other) = (Machine.tenant_id(), Machine.tenant_id());
    let person = Machine.subject_id();
    let names: Vec<&str> = registry.roles().map(|role| role.decl.name).collect();
    let mut cases = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let second = names.get((number + 1) % names.len()).copied().unwrap_or(name);
        let third = names.get((number + 2) % names.len()).copied().unwrap_or(name);
        let held = [
            (second, past, Scope::Tenant),
            (third, Window::ALWAYS, Scope::Subject(person)),
            (name, Window::ALWAYS, Scope::Tenant),
        ];
        let ctx = Ctx {
            tenant: own,
            actor: Actor::Person(ActorId::from_uuid(Machine.uuid())),
            grants: registry.grants(held),
            assurance: if number % 3 == 0 { Assurance::Key } else { Assurance::TwoFactors },
            purpose: Purpose::DirectCare,
            session: None,
            request: Machine.request_id(),
            now,
        };
        let asks = registry.permissions().iter().enumerate();
        cases.extend(asks.filter_map(|(at, decl)| {
            let permission = registry.permission(decl.name)?;
            Some((ctx.clone(), Ask { permission, tenant: tenant_of(at, own, other), subject: subject_of(at, person) }))
        }));
    }
    cases
}

fn tenant_of(at: usize, own: TenantId, other: TenantId) -> TenantId {
    if at % 8 == 7 { other } else { own }
}

fn subject_of(at: usize, person: SubjectId) -> Option<SubjectId> {
    match at % 3 {
        0 => None,
        1 => Some(person),
        _ => Some(Machine.subject_id()),
    }
}
