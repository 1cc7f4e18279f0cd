use seal::{Environment, SealError, envelope_key};

use crate::house::{House, KIND, place, root, subject, tenant};

#[test]
fn rotating_a_tenant_key_leaves_every_record_readable() {
    let house = House::new(40);
    let theirs = house.subject.seal(&place(1), b"theirs", &house.outside).unwrap();
    let ours = house.tenant.own().seal(&place(1), b"ours", &house.outside).unwrap();

    let (rotated, second) = house.environment.rotate_tenant(&house.tenant, &house.outside).unwrap();
    assert_eq!(second.version(), 2);
    // In any order, as a store may give them.
    let reopened = house.environment.open_tenant(tenant(1), &[second.clone(), house.wrapped_tenant.clone()]).unwrap();
    for keys in [rotated, reopened] {
        let person = keys.open_subject(subject(1), &house.wrapped_subject).unwrap();
        assert_eq!(person.open(&place(1), &theirs).unwrap(), b"theirs");
        assert_eq!(keys.own().open(&place(1), &ours).unwrap(), b"ours");
        assert_eq!(keys.newest(), second.id());
        let newer = keys.own().seal(&place(1), b"newer", &house.outside).unwrap();
        assert_eq!(envelope_key(&newer).unwrap(), second.id());
        assert_eq!(house.tenant.own().open(&place(1), &newer), Err(SealError::OtherKey));
    }
}

#[test]
fn a_rewrapped_subject_key_needs_the_old_tenant_key_no_more() {
    let house = House::new(41);
    let sealed = house.subject.seal(&place(1), b"x", &house.outside).unwrap();
    let (rotated, second) = house.environment.rotate_tenant(&house.tenant, &house.outside).unwrap();
    assert_ne!(house.wrapped_subject.parent(), rotated.newest());
    let rewrapped = rotated.rewrap_subject(subject(1), &house.wrapped_subject, &house.outside).unwrap();
    assert_eq!(rewrapped.parent(), rotated.newest());
    assert_eq!(rewrapped.id(), house.wrapped_subject.id());

    let only_new = house.environment.open_tenant(tenant(1), &[second]).unwrap();
    let person = only_new.open_subject(subject(1), &rewrapped).unwrap();
    assert_eq!(person.open(&place(1), &sealed).unwrap(), b"x");
    assert_eq!(only_new.open_subject(subject(1), &house.wrapped_subject).unwrap_err(), SealError::OtherKey);
}

#[test]
fn digests_outlive_a_rotation() {
    let house = House::new(42);
    let (rotated, _) = house.environment.rotate_tenant(&house.tenant, &house.outside).unwrap();
    assert_eq!(house.tenant.term_digest(KIND, "name", b"x"), rotated.term_digest(KIND, "name", b"x"));
    assert_eq!(house.tenant.subject_digest(subject(1)), rotated.subject_digest(subject(1)));
    assert_eq!(house.tenant.lookup_digest("once", b"x"), rotated.lookup_digest("once", b"x"));
    let digest = |keys: &seal::TenantKeys| keys.own().content_digest(&place(1), b"x").unwrap();
    assert_eq!(digest(&house.tenant), digest(&rotated));
}

#[test]
fn rotating_the_environment_leaves_tenants_open_and_lets_them_move() {
    let house = House::new(43);
    let (rotated, second) = house.environment.rotate(&house.outside).unwrap();
    let both = [house.wrapped_environment.clone(), second.clone()];
    let reopened = Environment::open_versions(house.service.clone(), "test", &both).unwrap();
    assert_eq!(reopened.newest(), rotated.newest());
    let keys = reopened.open_tenant(tenant(1), std::slice::from_ref(&house.wrapped_tenant)).unwrap();
    assert_eq!(keys.newest(), house.tenant.newest());

    let moved = rotated.rewrap_tenant(tenant(1), &house.wrapped_tenant, &house.outside).unwrap();
    let only_new = Environment::open(house.service.clone(), "test", &second).unwrap();
    assert!(only_new.open_tenant(tenant(1), &[moved]).is_ok());
    assert_eq!(only_new.open_tenant(tenant(1), &[house.wrapped_tenant]).unwrap_err(), SealError::OtherKey);
}

#[test]
fn an_environment_moves_to_another_root() {
    let house = House::new(44);
    let (rotated, _) = house.environment.rotate(&house.outside).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let new_root = root(folder.path(), &house.outside);
    let (_, wrapped) = rotated.move_to(new_root.clone(), &house.outside).unwrap();
    assert_eq!(wrapped.len(), 2);
    let reopened = Environment::open_versions(new_root, "test", &wrapped).unwrap();
    assert!(reopened.open_tenant(tenant(1), &[house.wrapped_tenant]).is_ok());
    let old_root = Environment::open_versions(house.service.clone(), "test", &wrapped);
    assert_eq!(old_root.unwrap_err(), SealError::OtherKey);
}

#[test]
fn versions_that_contradict_each_other_are_refused() {
    let house = House::new(45);
    let open = |wrapped: &[_]| house.environment.open_tenant(tenant(1), wrapped).unwrap_err();
    assert_eq!(open(&[]), SealError::NoVersion);
    let first = house.wrapped_tenant.clone();
    assert!(matches!(open(&[first.clone(), first.clone()]), SealError::Contradiction(_)));
    // A second life of the same tenant has other digests.
    let (again, _) = house.environment.new_tenant(tenant(1), &house.outside).unwrap();
    let (_, second) = house.environment.rotate_tenant(&again, &house.outside).unwrap();
    assert!(matches!(open(&[first, second]), SealError::Contradiction(_)));
}
