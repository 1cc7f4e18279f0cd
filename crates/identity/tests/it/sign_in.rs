use identity::Step;
use identity::rules::patience;
use model::RefusalKind;
use seal::password::Policy;

use crate::house::{House, PASSWORD, SECRET, address, refused};

#[tokio::test]
async fn a_right_password_and_a_right_code_begin_a_session() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let Step::Code { ticket } = house.password(&ada.email, PASSWORD).await.unwrap() else { panic!("enrolled already") };
    let signed_in = house.second(&ticket, &house.code()).await.unwrap();
    assert_eq!(signed_in.tenant, ada.tenant);
    assert!(house.knows(&signed_in.token).await);
    assert!(!house.knows(&ticket).await, "a ticket is no session");
}

/// What somebody is told who tries and waits, tries and waits.
async fn told(house: &House, email: &str) -> Vec<(RefusalKind, String)> {
    let mut told = Vec::new();
    for wait in [0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 5, 0, 2000, 0] {
        house.outside.move_on(wait);
        let refusal = refused(house.password(&address(email), "not the password").await);
        assert!(refusal.recorded);
        told.push((refusal.kind, refusal.words));
    }
    told
}

#[tokio::test]
async fn an_address_that_nobody_has_is_told_just_what_a_wrong_password_is_told() {
    let house = House::new().await;
    house.somebody("ada@example.org").await;
    let known = told(&house, "ada@example.org").await;
    assert_eq!(known, told(&house, "nobody@example.org").await);
    let throttled = known.iter().filter(|(kind, _)| *kind == RefusalKind::TooManyRequests).count();
    assert!((3..10).contains(&throttled), "{known:?}");
    assert!(known.iter().any(|(kind, _)| *kind == RefusalKind::NotSignedIn));
}

#[tokio::test]
async fn every_attempt_leaves_its_entry() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let (kind, refused_in) =
        ("identity.account", async |tenant| house.count(tenant, "sign-in", "identity.account", "refused").await);
    for n in 1..=7 {
        refused(house.password(&ada.email, "wrong").await);
        refused(house.password(&address("nobody@example.org"), "wrong").await);
        let counted = n.min(usize::try_from(patience::FREE).unwrap());
        assert_eq!(refused_in(ada.tenant).await, counted);
        assert_eq!(refused_in(crate::house::HOUSE).await, counted);
        assert_eq!(house.count(ada.tenant, "sign-in", kind, "throttled").await, n - counted);
        assert_eq!(house.count(crate::house::HOUSE, "sign-in", kind, "throttled").await, n - counted);
    }
}

#[tokio::test]
async fn waiting_grows_ends_and_is_forgotten_after_a_right_sign_in() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    for _ in 0..patience::FREE {
        assert_eq!(refused(house.password(&ada.email, "wrong").await).kind, RefusalKind::NotSignedIn);
    }
    // Also the right password has to wait, and says so.
    let refusal = refused(house.password(&ada.email, PASSWORD).await);
    assert_eq!(refusal.kind, RefusalKind::TooManyRequests);
    assert!(refusal.words.contains("Wait 3 seconds"), "{refusal}");
    house.outside.move_on(2);
    assert_eq!(refused(house.password(&ada.email, "wrong").await).kind, RefusalKind::NotSignedIn);
    house.outside.move_on(3);
    assert_eq!(refused(house.password(&ada.email, "wrong").await).kind, RefusalKind::TooManyRequests, "twice as long");
    house.outside.move_on(patience::SECONDS_MAX);
    house.sign_in(&ada.email).await;
    for _ in 0..patience::FREE {
        assert_eq!(refused(house.password(&ada.email, "wrong").await).kind, RefusalKind::NotSignedIn);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn attempts_sent_all_at_once_are_counted_one_by_one() {
    let house = std::sync::Arc::new(House::new().await);
    let ada = house.somebody("ada@example.org").await;
    for email in [ada.email.clone(), address("nobody@example.org")] {
        let attempts: Vec<_> = (0..14)
            .map(|_| {
                let (house, email) = (house.clone(), email.clone());
                tokio::spawn(async move { refused(house.password(&email, "wrong").await).kind })
            })
            .collect();
        let mut looked_at = 0;
        for attempt in attempts {
            looked_at += u32::from(attempt.await.unwrap() == RefusalKind::NotSignedIn);
        }
        assert_eq!(looked_at, patience::FREE, "{email}");
    }
}

#[tokio::test]
async fn a_password_too_long_to_be_one_is_wrong_and_no_fault() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let long = "x".repeat(5000);
    let known = refused(house.password(&ada.email, &long).await);
    let unknown = refused(house.password(&address("nobody@example.org"), &long).await);
    assert_eq!((known.kind, known.words), (unknown.kind, unknown.words));
}

#[tokio::test]
async fn a_verifier_weaker_than_the_policy_is_renewed_at_sign_in() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let stronger = Policy::new(19_456, 3, 1).unwrap();
    let house = house.with_policy(stronger).await;
    let at_policy = async || house.identity.figures(crate::house::REQUEST, house.now()).await.unwrap();
    assert_eq!(at_policy().await.verifiers_at_policy, 0);
    house.sign_in(&ada.email).await;
    let figures = at_policy().await;
    assert_eq!((figures.verifiers, figures.verifiers_at_policy), (1, 1));
    assert_eq!(refused(house.password(&ada.email, "wrong").await).kind, RefusalKind::NotSignedIn);
    house.sign_in(&ada.email).await;
    assert_eq!(house.count(ada.tenant, "revise", "identity.account", "done").await, 1, "once is enough");
    assert_ne!(SECRET, PASSWORD);
}

#[tokio::test]
async fn somebody_whose_account_was_taken_away_is_told_the_same_as_a_stranger() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let session = house.sign_in(&ada.email).await;
    crate::accounts::retire(&house, &ada).await;
    assert!(!house.knows(&session).await, "their session ends with it");
    let gone = refused(house.password(&ada.email, PASSWORD).await);
    let unknown = refused(house.password(&address("nobody@example.org"), PASSWORD).await);
    assert_eq!((gone.kind, gone.words), (unknown.kind, unknown.words));
}
