use std::sync::LazyLock;

use proptest::prelude::*;
use seal::{Environment, Level, SealError, WRAPPED_BYTES_MAX, WrappedKey};

use crate::house::{House, bit_flips, place, root, subject, tenant};

#[test]
fn the_whole_hierarchy_opens_from_what_is_stored() {
    let house = House::new(20);
    let sealed = house.subject.seal(&place(1), b"x", &house.outside).unwrap();
    assert_eq!(house.reopened().open(&place(1), &sealed).unwrap(), b"x");
}

#[test]
fn wrapped_keys_describe_themselves() {
    let house = House::new(21);
    let (environment, tenant, subject) = (&house.wrapped_environment, &house.wrapped_tenant, &house.wrapped_subject);
    assert_eq!(
        (environment.level(), tenant.level(), subject.level()),
        (Level::Environment, Level::Tenant, Level::Subject)
    );
    assert_eq!(tenant.parent(), environment.id());
    assert_eq!(subject.parent(), tenant.id());
    assert_eq!((environment.version(), tenant.version(), subject.version()), (1, 1, 1));
    let again = WrappedKey::from_bytes(subject.as_bytes()).unwrap();
    assert!(again == *subject);
}

#[test]
fn a_wrapped_key_opens_for_its_owner_only() {
    let house = House::new(22);
    let wrapped = std::slice::from_ref(&house.wrapped_tenant);
    assert_eq!(house.environment.open_tenant(tenant(2), wrapped).unwrap_err(), SealError::Broken);
    assert_eq!(house.tenant.open_subject(subject(2), &house.wrapped_subject).unwrap_err(), SealError::Broken);
    let renamed = Environment::open(house.service.clone(), "production", &house.wrapped_environment);
    assert_eq!(renamed.unwrap_err(), SealError::Broken);
}

#[test]
fn a_key_does_not_open_under_another_parent() {
    let house = House::new(23);
    let other = House::new(24);
    let (sibling, _) = house.environment.new_tenant(tenant(2), &house.outside).unwrap();
    assert_eq!(sibling.open_subject(subject(1), &house.wrapped_subject).unwrap_err(), SealError::OtherKey);
    let wrapped = std::slice::from_ref(&house.wrapped_tenant);
    assert_eq!(other.environment.open_tenant(tenant(1), wrapped).unwrap_err(), SealError::OtherKey);
    let moved = Environment::open(other.service.clone(), "test", &house.wrapped_environment);
    assert_eq!(moved.unwrap_err(), SealError::OtherKey);
}

#[test]
fn a_key_of_one_level_is_not_taken_for_another() {
    let house = House::new(25);
    let malformed = |error| matches!(error, SealError::Malformed { .. });
    assert!(malformed(house.tenant.open_subject(subject(1), &house.wrapped_tenant).unwrap_err()));
    let wrapped = std::slice::from_ref(&house.wrapped_subject);
    assert!(malformed(house.environment.open_tenant(tenant(1), wrapped).unwrap_err()));
    assert!(malformed(Environment::open(house.service.clone(), "test", &house.wrapped_tenant).unwrap_err()));
}

#[test]
fn no_wrapped_key_opens_with_any_bit_flipped() {
    let house = House::new(26);
    let refused = |changed: Vec<u8>, open: &dyn Fn(&WrappedKey) -> bool| match WrappedKey::from_bytes(changed) {
        Ok(wrapped) => !open(&wrapped),
        Err(_) => true,
    };
    for (bit, changed) in bit_flips(house.wrapped_subject.as_bytes()) {
        assert!(refused(changed, &|wrapped| house.tenant.open_subject(subject(1), wrapped).is_ok()), "subject {bit}");
    }
    for (bit, changed) in bit_flips(house.wrapped_tenant.as_bytes()) {
        let open =
            |wrapped: &WrappedKey| house.environment.open_tenant(tenant(1), std::slice::from_ref(wrapped)).is_ok();
        assert!(refused(changed, &open), "tenant {bit}");
    }
    for (bit, changed) in bit_flips(house.wrapped_environment.as_bytes()) {
        let open = |wrapped: &WrappedKey| Environment::open(house.service.clone(), "test", wrapped).is_ok();
        assert!(refused(changed, &open), "environment {bit}");
    }
}

#[test]
fn truncated_and_oversized_wrapped_keys_are_refused() {
    let house = House::new(27);
    let bytes = house.wrapped_subject.as_bytes();
    for len in 0..bytes.len() {
        let opened =
            WrappedKey::from_bytes(&bytes[..len]).and_then(|wrapped| house.tenant.open_subject(subject(1), &wrapped));
        assert!(opened.is_err(), "{len} bytes");
    }
    let large = vec![0; WRAPPED_BYTES_MAX + 1];
    assert!(matches!(WrappedKey::from_bytes(large), Err(SealError::TooLarge { .. })));
}

#[test]
fn another_root_with_the_same_path_is_another_root() {
    let house = House::new(28);
    let folder = tempfile::tempdir().unwrap();
    let other = root(folder.path(), &house.outside);
    assert_eq!(Environment::open(other, "test", &house.wrapped_environment).unwrap_err(), SealError::OtherKey);
}

#[test]
fn debug_shows_names_and_never_a_key() {
    let house = House::new(29);
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        house.service, house.environment, house.tenant, house.subject, house.wrapped_subject
    );
    assert!(shown.contains(&house.wrapped_subject.id().to_string()));
    let secret = hex::encode(&house.wrapped_subject.as_bytes()[42..]);
    assert!(!shown.contains(&secret[..16]));
    assert_eq!(format!("{:?}", seal::KeyBytes::from_bytes([0xab; 32])), "KeyBytes(hidden)");
}

static HOUSE: LazyLock<House> = LazyLock::new(|| House::new(30));

proptest! {
    #[test]
    fn random_bytes_are_no_wrapped_key_and_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let house = &*HOUSE;
        for start in [&b""[..], b"CnWK", b"CnWK\x01", b"CnWK\x01\x03"] {
            let bytes = [start, &tail].concat();
            if let Ok(wrapped) = WrappedKey::from_bytes(bytes) {
                prop_assert!(house.tenant.open_subject(subject(1), &wrapped).is_err());
                prop_assert!(house.environment.open_tenant(tenant(1), std::slice::from_ref(&wrapped)).is_err());
                prop_assert!(Environment::open(house.service.clone(), "test", &wrapped).is_err());
            }
        }
    }
}
