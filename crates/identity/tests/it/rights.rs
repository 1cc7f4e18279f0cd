//! Sentences about who may do what: roles, windows, four eyes, emergencies, visits, reviews.

mod emergencies;
mod pages;
mod people;
mod proposals;
mod reviews;
mod roles;
mod visits;

use access::{Actor, Assurance, Ctx, Scope, Window};
use identity::{HeldRole, NewAccount};
use model::{ActorId, Answer, No, Purpose, RefusalKind, SubjectId, TenantId};
use seal::Secret;

use crate::house::{House, PASSWORD, REQUEST, SECRET, address};

/// An organisation with two administrators and somebody at work.
pub struct Office {
    pub house: House,
    pub tenant: TenantId,
    pub ada: SubjectId,
    pub ben: SubjectId,
    pub cleo: SubjectId,
}

impl Office {
    pub async fn new() -> Self {
        let house = House::new().await;
        let tenant = house.tenant("Brightwater Dental").await;
        let ada = hire(&house, tenant, "ada", &["administrator", "privacy-officer", "emergency-user"]).await;
        let ben = hire(&house, tenant, "ben", &["administrator", "privacy-officer"]).await;
        let cleo = hire(&house, tenant, "cleo", &["auditor"]).await;
        Self { house, tenant, ada, ben, cleo }
    }

    /// An administrator at this moment, with the second factor just shown once more.
    pub fn admin(&self, who: SubjectId) -> Ctx {
        self.with(who, &["administrator", "privacy-officer"])
    }

    pub fn with(&self, who: SubjectId, roles: &[&str]) -> Ctx {
        let registry = self.house.identity.vault().registry();
        Ctx {
            tenant: self.tenant,
            actor: Actor::Person(ActorId::from_uuid(who.uuid())),
            grants: registry.grants(roles.iter().map(|role| (*role, Window::ALWAYS, Scope::Tenant))),
            assurance: Assurance::SteppedUp,
            purpose: Purpose::Administration,
            session: None,
            request: REQUEST,
            now: self.house.now(),
        }
    }

    /// What somebody in an open session is answered.
    pub async fn status(&self, session: &str, path: &str) -> u16 {
        self.house.see(path, &format!("__Host-candor={session}")).await.status
    }

    pub async fn session(&self, who: &str) -> String {
        self.house.sign_in(&address(&format!("{who}@example.org"))).await
    }
}

pub async fn hire(house: &House, tenant: TenantId, who: &str, roles: &[&str]) -> SubjectId {
    let new = NewAccount {
        email: address(&format!("{who}@example.org")),
        name: format!("{who} Example"),
        password: Secret::new(PASSWORD),
        roles: roles.iter().map(|role| HeldRole::always(*role)).collect(),
        factor: Some(SECRET.to_owned()),
    };
    house.identity.create_account(tenant, new, REQUEST, house.now()).await.unwrap()
}

/// How a command was refused.
pub fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> RefusalKind {
    match answer {
        Err(No::Refusal(refusal)) => refusal.kind,
        other => panic!("not refused: {other:?}"),
    }
}
