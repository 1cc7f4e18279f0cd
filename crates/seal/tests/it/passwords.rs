use std::sync::LazyLock;

use proptest::prelude::*;
use seal::Secret;
use seal::password::{
    Cost, Hasher, MEMORY_KIB_MAX, Outcome, PASSWORD_BYTES_MAX, PasswordError, Policy, VERIFIER_BYTES_MAX, Verifier,
};

use crate::house::Seeded;

static HASHER: LazyLock<Hasher> = LazyLock::new(|| Hasher::new(Policy::default(), 1).unwrap());

#[test]
fn the_right_password_is_right_and_any_other_is_wrong() {
    let password = Secret::new("correct horse battery staple");
    let verifier = HASHER.hash(&password, &Seeded::new(90)).unwrap();
    assert_eq!(HASHER.verify(&password, &verifier), Ok(Outcome::Right));
    for wrong in ["correct horse battery stapl", "Correct horse battery staple", "", "correct horse battery staple "] {
        assert_eq!(HASHER.verify(&Secret::new(wrong), &verifier), Ok(Outcome::Wrong));
    }
    let stored = Verifier::parse(&verifier.to_phc()).unwrap();
    assert!(stored == verifier);
    assert_eq!(HASHER.verify(&password, &stored), Ok(Outcome::Right));
}

#[test]
fn the_same_password_gives_two_verifiers() {
    let outside = Seeded::new(91);
    let hash = || HASHER.hash(&Secret::new("password"), &outside).unwrap().to_phc();
    assert_ne!(hash(), hash());
}

#[test]
fn the_default_policy_is_the_floor_and_shows_in_the_verifier() {
    let policy = Policy::default();
    assert_eq!(Policy::new(19_456, 2, 1), Ok(policy));
    let phc = HASHER.hash(&Secret::new("password"), &Seeded::new(92)).unwrap().to_phc();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
}

#[test]
fn a_weaker_or_boundless_policy_cannot_be_made() {
    assert!(matches!(Policy::new(19_455, 2, 1), Err(PasswordError::TooWeak(_))));
    assert!(matches!(Policy::new(19_456, 1, 1), Err(PasswordError::TooWeak(_))));
    assert!(matches!(Policy::new(47_104, 1, 1), Err(PasswordError::TooWeak(_))));
    assert!(matches!(Policy::new(19_456, 2, 0), Err(PasswordError::OutOfBounds(_))));
    assert!(matches!(Policy::new(19_456, 17, 1), Err(PasswordError::OutOfBounds(_))));
    assert!(matches!(Policy::new(19_456, 2, 17), Err(PasswordError::OutOfBounds(_))));
    assert!(matches!(Policy::new(MEMORY_KIB_MAX + 1, 2, 1), Err(PasswordError::OutOfBounds(_))));
    assert!(matches!(Policy::new(MEMORY_KIB_MAX, 5, 1), Err(PasswordError::OutOfBounds(_))));
    assert!(Policy::new(MEMORY_KIB_MAX, 4, 1).is_ok());
}

#[test]
fn a_verifier_weaker_than_the_policy_is_old_and_a_stronger_one_is_not() {
    // The reference implementation's vector for m=256, t=2, p=1.
    let weak = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let weak = Verifier::parse(weak).unwrap();
    assert_eq!(HASHER.verify(&Secret::new("password"), &weak), Ok(Outcome::RightButOld));
    assert_eq!(HASHER.verify(&Secret::new("Password"), &weak), Ok(Outcome::Wrong));

    let stronger = Hasher::new(Policy::new(20_000, 3, 1).unwrap(), 1).unwrap();
    let verifier = HASHER.hash(&Secret::new("password"), &Seeded::new(93)).unwrap();
    assert_eq!(stronger.verify(&Secret::new("password"), &verifier), Ok(Outcome::RightButOld));
    let verifier = stronger.hash(&Secret::new("password"), &Seeded::new(94)).unwrap();
    assert_eq!(HASHER.verify(&Secret::new("password"), &verifier), Ok(Outcome::Right));
}

#[test]
fn nobody_has_no_password_at_all() {
    for guess in ["", "password", "\0"] {
        assert_eq!(HASHER.verify_nobody(&Secret::new(guess)), Ok(Outcome::Wrong));
    }
}

#[test]
fn a_password_beyond_the_limit_is_refused() {
    let longest = Secret::new(vec![b'x'; PASSWORD_BYTES_MAX]);
    assert!(HASHER.hash(&longest, &Seeded::new(95)).is_ok());
    let longer = Secret::new(vec![b'x'; PASSWORD_BYTES_MAX + 1]);
    assert_eq!(HASHER.hash(&longer, &Seeded::new(96)).unwrap_err(), PasswordError::TooLong);
    assert_eq!(HASHER.verify_nobody(&longer), Err(PasswordError::TooLong));
}

#[test]
fn a_hasher_needs_a_sensible_number_of_threads() {
    for threads in [0, Hasher::THREADS_MAX + 1] {
        assert!(matches!(Hasher::new(Policy::default(), threads), Err(PasswordError::Threads { .. })));
    }
}

#[test]
fn many_at_once_are_served_or_told_to_come_again() {
    let hasher = Hasher::with_queue(Policy::default(), 1, 1).unwrap();
    let verifier = hasher.hash(&Secret::new("password"), &Seeded::new(97)).unwrap();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let verify = || hasher.verify(&Secret::new("password"), &verifier);
        let running: Vec<_> = (0..8).map(|_| scope.spawn(verify)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(outcomes.contains(&Ok(Outcome::Right)));
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Outcome::Right) | Err(PasswordError::Busy))));
    assert_eq!(hasher.verify(&Secret::new("password"), &verifier), Ok(Outcome::Right));
}

#[test]
fn only_the_canonical_spelling_of_a_verifier_is_read() {
    let good = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(Verifier::parse(good).unwrap().to_phc(), good);
    let bad = [
        good.replace("argon2id", "argon2i"),
        good.replace("argon2id", "argon2d"),
        good.replace("v=19", "v=16"),
        good.replace("v=19$", ""),
        good.replace("m=256", "m=0256"),
        good.replace("m=256", "m=+256"),
        good.replace("m=256", "m="),
        good.replace("m=256", "m=99999999999"),
        good.replace("m=256,t=2", "t=2,m=256"),
        good.replace("p=1", "p=1,keyid=Zm9v"),
        good.replace("c29tZXNhbHQ", "c29tZXNhbHQ="),
        good.replace("c29tZXNhbHQ", "c29tZXM"),
        good.replace("/4", "/5"),
        good.replace('/', "_"),
        format!("{good}$"),
        format!("{good} "),
        format!(" {good}"),
        good.trim_start_matches('$').to_owned(),
        good.rsplit_once('$').unwrap().0.to_owned(),
        String::new(),
        "$".repeat(VERIFIER_BYTES_MAX + 1),
    ];
    for text in bad {
        assert!(matches!(Verifier::parse(&text), Err(PasswordError::Unreadable(_))), "{text}");
    }
}

#[test]
fn a_stored_verifier_cannot_ask_for_all_memory_or_time() {
    for parameters in
        ["m=4294967295,t=1,p=1", "m=262145,t=1,p=1", "m=8,t=4294967295,p=1", "m=262144,t=16,p=1", "m=8,t=1,p=2"]
    {
        let text = format!("$argon2id$v=19${parameters}$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
        assert!(matches!(Verifier::parse(&text), Err(PasswordError::OutOfBounds(_))), "{parameters}");
    }
    assert!(Cost::new(MEMORY_KIB_MAX, 4, 4).is_ok());
}

#[test]
fn a_verifier_is_not_printed() {
    let verifier = HASHER.hash(&Secret::new("password"), &Seeded::new(98)).unwrap();
    let phc = verifier.to_phc();
    let hash = phc.rsplit_once('$').unwrap().1;
    assert!(!format!("{verifier:?}").contains(hash));
}

proptest! {
    #[test]
    fn random_text_never_panics_and_what_is_read_is_written_the_same(
        text in "(\\$argon2id\\$v=19\\$)?(m=[0-9]{1,6},t=[0-9]{1,2},p=[0-9]\\$)?[A-Za-z0-9+/$=,]{0,80}",
    ) {
        if let Ok(verifier) = Verifier::parse(&text) {
            prop_assert_eq!(verifier.to_phc(), text);
        }
    }

    #[test]
    fn any_text_at_all_never_panics(text in "\\PC{0,200}") {
        prop_assert!(Verifier::parse(&text).is_err());
    }
}
