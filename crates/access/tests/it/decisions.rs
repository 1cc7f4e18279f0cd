use std::sync::Arc;

use access::{
    Actor, Ask, Assurance, Ctx, Grant, Grants, PermissionDecl, Purposes, Reason, Registry, RoleDecl, Scope, Standing,
    Window, decide,
};
use model::{ActorId, Purpose, RequestId, SubjectId, TenantId, Time};
use uuid::Uuid;

const PERMISSIONS: &[PermissionDecl] = &[
    PermissionDecl::new("Patients", "patient.read", "Open a patient."),
    PermissionDecl::new("Patients", "patient.update", "Change a patient."),
    PermissionDecl::new("Administration", "account.invite", "Invite somebody.").in_person(),
    PermissionDecl::new("Patients", "note.read", "Open a note.").only_for(&[Purpose::DirectCare, Purpose::Assurance]),
    PermissionDecl::new("Administration", "subject.erase", "Erase somebody.").in_person().two_people(),
    PermissionDecl::new("Administration", "key.create", "Make a key.").stepped_up(),
];
const ROLES: &[RoleDecl] = &[
    RoleDecl { name: "reader", title: "Reader", words: "Reads.", permissions: &["patient.read", "note.read"] },
    RoleDecl { name: "writer", title: "Writer", words: "Writes.", permissions: &["patient.read", "patient.update"] },
    RoleDecl {
        name: "admin",
        title: "Admin",
        words: "Invites.",
        permissions: &["account.invite", "subject.erase", "key.create"],
    },
];

const ASSURANCES: [Assurance; 4] = [Assurance::OneFactor, Assurance::Key, Assurance::TwoFactors, Assurance::SteppedUp];

fn registry() -> Registry {
    Registry::assemble(&[PERMISSIONS], &[ROLES]).unwrap()
}

fn tenant(number: u128) -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(number))
}

fn person(number: u128) -> ActorId {
    ActorId::from_uuid(Uuid::from_u128(number))
}

fn subject(number: u128) -> SubjectId {
    SubjectId::from_uuid(Uuid::from_u128(number))
}

fn ctx(grants: Arc<Grants>, assurance: Assurance, now: i64) -> Ctx {
    Ctx {
        tenant: tenant(1),
        actor: Actor::Person(person(7)),
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
    purposes: Option<[Purpose; 2]>,
}

/// One ask of the random test, with everything that counts for it.
#[derive(Clone, Copy, Debug)]
struct Case {
    standing: Standing,
    tenant_of_record: u128,
    assurance: Assurance,
    purpose: Purpose,
    now: i64,
    permission: &'static str,
    about: Option<SubjectId>,
    seconded: Option<&'static str>,
}

/// The reference: names and lists, no bits, written without looking at `decide`.
fn reference(held: &[Held], case: &Case) -> bool {
    let inside = |window: &Window| {
        window.from.is_none_or(|from| case.now >= from.seconds())
            && window.until.is_none_or(|until| case.now < until.seconds())
    };
    if case.tenant_of_record != 1 || case.standing.barred || !inside(&case.standing.window) {
        return false;
    }
    let decl = PERMISSIONS.iter().find(|decl| decl.name == case.permission).unwrap();
    let for_this = match case.permission {
        "note.read" => matches!(case.purpose, Purpose::DirectCare | Purpose::Assurance),
        _ => true,
    };
    let sure = match decl.needs {
        Assurance::SteppedUp => case.assurance == Assurance::SteppedUp,
        Assurance::TwoFactors => matches!(case.assurance, Assurance::TwoFactors | Assurance::SteppedUp),
        Assurance::Key => case.assurance != Assurance::OneFactor,
        Assurance::OneFactor => true,
    };
    let enough_people = case.permission != "subject.erase" || case.seconded == Some("subject.erase");
    let held = held.iter().any(|one| {
        let role = ROLES.iter().find(|role| role.name == one.role).unwrap();
        let in_reach = match one.scope {
            Scope::Tenant => true,
            Scope::Subject(own) => case.about == Some(own),
        };
        role.permissions.contains(&case.permission)
            && inside(&one.window)
            && in_reach
            && one.purposes.is_none_or(|purposes| purposes.contains(&case.purpose))
    });
    held && for_this && sure && enough_people
}

fn window(dice: &mut Dice) -> Window {
    Window {
        from: (dice.roll(2) == 0).then(|| Time::from_seconds(dice.roll(20) as i64)),
        until: (dice.roll(2) == 0).then(|| Time::from_seconds(dice.roll(20) as i64)),
    }
}

fn holdings(dice: &mut Dice) -> Vec<Held> {
    let purpose = |dice: &mut Dice| Purpose::ALL[dice.roll(5) as usize];
    (0..dice.roll(4))
        .map(|_| Held {
            role: ROLES[dice.roll(3) as usize].name,
            window: window(dice),
            scope: if dice.roll(2) == 0 { Scope::Tenant } else { Scope::Subject(subject(u128::from(dice.roll(3)))) },
            purposes: (dice.roll(3) == 0).then(|| [purpose(dice), purpose(dice)]),
        })
        .collect()
}

#[test]
fn two_million_random_decisions_agree_with_the_reference() {
    let registry = registry();
    let mut dice = Dice(20_261_121);
    let mut allowed = 0u32;
    for _ in 0..40_000 {
        let held = holdings(&mut dice);
        let standing = Standing {
            window: if dice.roll(2) == 0 { window(&mut dice) } else { Window::ALWAYS },
            barred: dice.roll(12) == 0,
        };
        let list = held.iter().map(|one| Grant {
            set: registry.role(one.role).unwrap().set,
            window: one.window,
            scope: one.scope,
            purposes: one.purposes.map_or(Purposes::ANY, |purposes| Purposes::only(&purposes)),
        });
        let grants = Arc::new(Grants::new(list.collect(), standing));
        for _ in 0..50 {
            let case = Case {
                standing,
                tenant_of_record: 1 + u128::from(dice.roll(8) == 0),
                assurance: ASSURANCES[dice.roll(4) as usize],
                purpose: Purpose::ALL[dice.roll(5) as usize],
                now: dice.roll(20) as i64,
                permission: PERMISSIONS[dice.roll(6) as usize].name,
                about: (dice.roll(3) > 0).then(|| subject(u128::from(dice.roll(3)))),
                seconded: [None, Some("subject.erase"), Some("patient.read")][dice.roll(3) as usize],
            };
            let mut ctx = ctx(Arc::clone(&grants), case.assurance, case.now);
            ctx.purpose = case.purpose;
            if let Some(name) = case.seconded {
                ctx = ctx.seconding(person(8), registry.permission(name).unwrap()).unwrap();
            }
            let ask = Ask {
                permission: registry.permission(case.permission).unwrap(),
                tenant: tenant(case.tenant_of_record),
                subject: case.about,
            };
            let answer = decide(&ctx, &ask);
            assert_eq!(answer.is_ok(), reference(&held, &case), "{held:?} {case:?} {answer:?}");
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
fn two_factors_are_not_enough_where_the_second_must_be_shown_again() {
    let registry = registry();
    let grants = registry.grants([("admin", Window::ALWAYS, Scope::Tenant)]);
    let ask = Ask { permission: registry.permission("key.create").unwrap(), tenant: tenant(1), subject: None };
    assert_eq!(decide(&ctx(Arc::clone(&grants), Assurance::TwoFactors, 0), &ask).unwrap_err().reason, Reason::TooWeak);
    assert!(decide(&ctx(grants, Assurance::SteppedUp, 0), &ask).is_ok());
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

#[test]
fn nobody_is_their_own_second_person() {
    let registry = registry();
    let grants = registry.grants([("admin", Window::ALWAYS, Scope::Tenant)]);
    let erase = registry.permission("subject.erase").unwrap();
    let ask = Ask { permission: erase, tenant: tenant(1), subject: Some(subject(1)) };
    let alone = ctx(grants, Assurance::TwoFactors, 0);
    assert_eq!(decide(&alone, &ask).unwrap_err().reason, Reason::NotSeconded);
    assert!(alone.seconding(person(7), erase).is_err());
    assert!(decide(&alone.seconding(person(8), erase).unwrap(), &ask).is_ok());
    let invite = registry.permission("account.invite").unwrap();
    let other = alone.seconding(person(8), invite).unwrap();
    assert!(decide(&other, &ask).is_err(), "a second person for one act is none for another");
    let key = Ctx { actor: Actor::Key(person(7)), ..alone.clone() };
    assert!(key.seconding(person(8), erase).is_err(), "a key is no person");
    assert!(Ctx { actor: Actor::Duty("duty.door"), ..alone }.danger_alone(erase).is_err(), "a duty is no person");
}

#[test]
fn whoever_is_barred_or_outside_their_membership_can_do_nothing_at_all() {
    let registry = registry();
    let role = registry.role("writer").unwrap();
    let ask = Ask { permission: registry.permission("patient.read").unwrap(), tenant: tenant(1), subject: None };
    let ask_at = |standing, now| {
        let grants = Grants::new(vec![Grant::new(role.set, Window::ALWAYS, Scope::Tenant)], standing);
        decide(&ctx(Arc::new(grants), Assurance::TwoFactors, now), &ask).map_err(|denied| denied.reason)
    };
    let window = Window { from: Some(Time::from_seconds(10)), until: Some(Time::from_seconds(20)) };
    let member = Standing { window, barred: false };
    assert_eq!(ask_at(member, 9).unwrap_err(), Reason::NotAMember);
    assert!(ask_at(member, 10).is_ok());
    assert!(ask_at(member, 19).is_ok());
    assert_eq!(ask_at(member, 20).unwrap_err(), Reason::NotAMember);
    assert_eq!(ask_at(Standing { barred: true, ..member }, 15).unwrap_err(), Reason::Barred);
}

#[test]
fn what_would_break_a_guard_rail_cannot_even_be_declared() {
    for (name, rail) in [
        ("audit.disable", "audit-off"),
        ("evidence.purge", "audit-off"),
        ("audit-log.turn-off", "audit-off"),
        ("mfa.off", "factor-off"),
        ("second-factor.waive", "factor-off"),
        ("master-key.export", "key-export"),
        ("production.copy", "cross-environment"),
    ] {
        let list = [PermissionDecl::new("Wrong", name, "Wrong.")];
        let broken = Registry::assemble(&[&list], &[]).unwrap_err();
        assert_eq!(broken, access::AssembleError::Impossible { permission: name, rail }, "{name}");
    }
    for name in ["evidence.read", "key.retire", "account.update", "catalogue.update", "factor.add"] {
        let list = [PermissionDecl::new("Right", name, "Right.")];
        assert!(Registry::assemble(&[&list], &[]).is_ok(), "{name}");
    }
}

#[test]
fn what_lies_within_two_sets_of_grants_is_exactly_what_both_allow() {
    let registry = registry();
    let mut dice = Dice(7);
    for _ in 0..20_000 {
        let mut hand = || {
            let standing = Standing { window: window(&mut dice), barred: dice.roll(12) == 0 };
            let list = holdings(&mut dice).into_iter().map(|one| Grant {
                set: registry.role(one.role).unwrap().set,
                window: one.window,
                scope: one.scope,
                purposes: one.purposes.map_or(Purposes::ANY, |purposes| Purposes::only(&purposes)),
            });
            Arc::new(Grants::new(list.collect(), standing))
        };
        let (one, other) = (hand(), hand());
        let both = Arc::new(one.within(&other));
        for permission in PERMISSIONS {
            let permission = registry.permission(permission.name).unwrap();
            let about = [None, Some(subject(1)), Some(subject(2))][dice.roll(3) as usize];
            let ask = Ask { permission, tenant: tenant(1), subject: about };
            let now = dice.roll(20) as i64;
            let may = |grants: &Arc<Grants>| decide(&ctx(Arc::clone(grants), Assurance::TwoFactors, now), &ask).is_ok();
            assert_eq!(may(&both), may(&one) && may(&other), "{one:?} within {other:?} at {now} for {about:?}");
        }
    }
}
