use std::sync::Arc;

use access::{Actor, Ask, Assurance, Ctx, Grants, PermissionDecl, Reason, Registry, RoleDecl, Scope, Window, decide};
use model::{ActorId, Purpose, RequestId, SubjectId, TenantId, Time};
use uuid::Uuid;

const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new("Patients", "patient.read", "Open a patient."),
    PermissionDecl::new("Patients", "patient.update", "Change a patient."),
    PermissionDecl::new("Administration", "account.invite", "Invite somebody.").in_person(),
];
const ROLES: &[RoleDecl] = &[
    RoleDecl { name: "reader", title: "Reader", words: "Reads.", permissions: &["patient.read"] },
    RoleDecl { name: "writer", title: "Writer", words: "Writes.", permissions: &["patient.read", "patient.update"] },
    RoleDecl { name: "admin", title: "Admin", words: "Invites.", permissions: &["account.invite"] },
];

fn registry() -> Registry {
    Registry::assemble(&[PERMISSIONS], &[ROLES]).unwrap()
}

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(number))
}

fn subject(number: u128) -> SubjectId {
    SubjectId::from_uuid(Uuid::from_u128(number))
}

fn ctx(grants: Arc<Grants>, assurance: Assurance, now: i64) -> Ctx {
    Ctx {
        tenant: tenant(1),
        actor: Actor::Person(ActorId::from_uuid(Uuid::from_u128(7))),
        grants,
        assurance,
        purpose: Purpose::DirectCare,
        session: None,
        request: RequestId::from_uuid(Uuid::from_u128(9)),
        now: Time::from_seconds(now),
    }
}

/// SplitMix64: small, seeded, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

#[derive(Clone, Copy, Debug)]
struct Held {
    role: &'static str,
    window: Window,
    scope: Scope,
}

/// The reference: names and lists, no bits, written without looking at `decide`.
fn reference(
    held: &[Held],
    tenant_of_actor: u128,
    tenant_of_record: u128,
    assurance: Assurance,
    now: i64,
    permission: &str,
    about: Option<SubjectId>,
) -> bool {
    if tenant_of_actor != tenant_of_record {
        return false;
    }
    let decl = PERMISSIONS.iter().find(|decl| decl.name == permission).unwrap();
    held.iter().any(|one| {
        let role = ROLES.iter().find(|role| role.name == one.role).unwrap();
        let in_role = role.permissions.contains(&permission);
        let in_time = one.window.from.is_none_or(|from| now >= from.seconds())
            && one.window.until.is_none_or(|until| now < until.seconds());
        let in_reach = match one.scope {
            Scope::Tenant => true,
            Scope::Subject(own) => about == Some(own),
        };
        let sure = match decl.needs {
            Assurance::TwoFactors => assurance == Assurance::TwoFactors,
            Assurance::Key => assurance != Assurance::OneFactor,
            Assurance::OneFactor => true,
        };
        in_role && in_time && in_reach && sure
    })
}

#[test]
fn two_million_random_decisions_agree_with_the_reference() {
    let registry = registry();
    let mut dice = Dice(20_261_121);
    let mut allowed = 0u32;
    for _ in 0..40_000 {
        let held: Vec<Held> = (0..dice.roll(4))
            .map(|_| Held {
                role: ROLES[dice.roll(3) as usize].name,
                window: Window {
                    from: (dice.roll(2) == 0).then(|| Time::from_seconds(dice.roll(20) as i64)),
                    until: (dice.roll(2) == 0).then(|| Time::from_seconds(dice.roll(20) as i64)),
                },
                scope: if dice.roll(2) == 0 {
                    Scope::Tenant
                } else {
                    Scope::Subject(subject(u128::from(dice.roll(3))))
                },
            })
            .collect();
        let grants = registry.grants(held.iter().map(|one| (one.role, one.window, one.scope)));
        for _ in 0..50 {
            let assurance = [Assurance::OneFactor, Assurance::Key, Assurance::TwoFactors][dice.roll(3) as usize];
            let now = dice.roll(20) as i64;
            let record_tenant = 1 + u128::from(dice.roll(8) == 0);
            let permission = PERMISSIONS[dice.roll(3) as usize].name;
            let about = (dice.roll(3) > 0).then(|| subject(u128::from(dice.roll(3))));
            let ask = Ask {
                permission: registry.permission(permission).unwrap(),
                tenant: tenant(record_tenant),
                subject: about,
            };
            let answer = decide(&ctx(Arc::clone(&grants), assurance, now), &ask);
            assert_eq!(
                answer.is_ok(),
                reference(&held, 1, record_tenant, assurance, now, permission, about),
                "{held:?} {ask:?} {assurance:?} {now}"
            );
            allowed += u32::from(answer.is_ok());
        }
    }
    assert!(allowed > 50_000, "the sample must hold many allowed decisions, had {allowed}");
}

#[test]
fn another_tenants_record_is_denied_whatever_one_holds() {
    let registry = registry();
    let grants = registry.grants([("writer", Window::ALWAYS, Scope::Tenant)]);
    let ask = Ask { permission: registry.permission("patient.read").unwrap(), tenant: tenant(2), subject: None };
    let denied = decide(&ctx(grants, Assurance::TwoFactors, 0), &ask).unwrap_err();
    assert_eq!(denied.reason, Reason::OtherTenant);
}

#[test]
fn a_key_cannot_do_what_needs_a_person() {
    let registry = registry();
    let grants = registry.grants([("admin", Window::ALWAYS, Scope::Tenant)]);
    let ask = Ask { permission: registry.permission("account.invite").unwrap(), tenant: tenant(1), subject: None };
    assert_eq!(decide(&ctx(Arc::clone(&grants), Assurance::Key, 0), &ask).unwrap_err().reason, Reason::TooWeak);
    assert!(decide(&ctx(grants, Assurance::TwoFactors, 0), &ask).is_ok());
}

#[test]
fn a_role_that_names_an_unknown_permission_does_not_assemble() {
    const BAD: &[RoleDecl] = &[RoleDecl { name: "x", title: "X", words: "", permissions: &["patient.fly"] }];
    assert!(Registry::assemble(&[PERMISSIONS], &[BAD]).is_err());
    assert!(Registry::assemble(&[PERMISSIONS, PERMISSIONS], &[]).is_err());
}

#[test]
fn the_matrix_names_every_holder() {
    let text = registry().declared();
    assert!(text.contains("patient.read: Open a patient.\n    held by: reader, writer"), "{text}");
}
