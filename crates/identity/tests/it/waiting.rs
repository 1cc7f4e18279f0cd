//! Wrong attempts make wait, longer and longer; nobody can lock another person out.

use identity::{Caller, Proof, Step};
use model::RefusalKind;
use seal::Secret;

use crate::house::{House, PASSWORD, REQUEST, Somebody, refused};

async fn try_from(house: &House, ada: &Somebody, password: &str, caller: &Caller) -> model::Answer<Step> {
    house.identity.password(&ada.email, Secret::new(password), caller).await
}

/// Somebody who signed in once from this browser.
async fn known(house: &House, ada: &Somebody) -> Caller {
    let ticket = house.ticket(&ada.email).await;
    let signed_in = house.second(&ticket, &house.code()).await.unwrap();
    house.outside.move_on(60);
    Caller { device: signed_in.device.unwrap(), ..house.caller() }
}

#[tokio::test]
async fn a_known_browser_gets_in_while_strangers_hammer_at_the_door() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let home = known(&house, &ada).await;
    let stranger = Caller::unseen(REQUEST, house.now());
    let mut throttled = 0;
    for _ in 0..12 {
        let refusal = refused(try_from(&house, &ada, "wrong wrong wrong", &stranger).await);
        throttled += usize::from(refusal.kind == RefusalKind::TooManyRequests);
    }
    assert_eq!(throttled, 7, "after five wrong ones nobody unknown is looked at");
    let even_right = refused(try_from(&house, &ada, PASSWORD, &stranger).await);
    assert_eq!(even_right.kind, RefusalKind::TooManyRequests, "not even with the right password");
    let Ok(Step::Code { ticket }) = try_from(&house, &ada, PASSWORD, &home).await else { panic!("Ada is locked out") };
    assert!(house.identity.second(&ticket, &Proof::Code(house.code()), &home).await.is_ok());
    // Her sign-in does not give the stranger more tries.
    assert_eq!(refused(try_from(&house, &ada, "wrong", &stranger).await).kind, RefusalKind::TooManyRequests);
}

#[tokio::test]
async fn waiting_ends_by_itself_for_a_stranger_too() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let mut longest = 0;
    for _ in 0..20 {
        let refusal = refused(house.password(&ada.email, "wrong wrong wrong").await);
        if refusal.kind == RefusalKind::TooManyRequests {
            let seconds: i64 = refusal.words.split("Wait ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            assert!(seconds >= longest.min(900), "the wait grows");
            longest = seconds;
            house.outside.move_on(seconds);
        }
    }
    assert!(longest <= 15 * 60 + 1);
    house.outside.move_on(15 * 60 + 1);
    assert!(house.password(&ada.email, PASSWORD).await.is_ok(), "it is never for good");
}

#[tokio::test]
async fn a_known_browser_waits_for_its_own_wrong_attempts() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let home = known(&house, &ada).await;
    for _ in 0..5 {
        assert_eq!(refused(try_from(&house, &ada, "wrong", &home).await).kind, RefusalKind::NotSignedIn);
    }
    assert_eq!(refused(try_from(&house, &ada, PASSWORD, &home).await).kind, RefusalKind::TooManyRequests);
    assert!(house.password(&ada.email, PASSWORD).await.is_ok(), "and others do not wait for it");
}

#[tokio::test]
async fn a_browser_known_to_one_person_is_unknown_to_another() {
    let house = House::new().await;
    let (ada, eve) = (house.somebody("ada@example.org").await, house.somebody("eve@example.org").await);
    let evil = known(&house, &eve).await;
    for _ in 0..5 {
        refused(try_from(&house, &ada, "wrong", &evil).await);
    }
    assert_eq!(refused(try_from(&house, &ada, "wrong", &evil).await).kind, RefusalKind::TooManyRequests);
}

#[tokio::test]
async fn one_address_that_tries_many_accounts_must_wait() {
    let house = House::new().await;
    let peer = Some("192.0.2.7".parse().unwrap());
    let ada = house.somebody("ada@example.org").await;
    let from = Caller { peer, ..house.caller() };
    for number in 0..50 {
        let address = crate::house::address(&format!("nobody{number}@example.org"));
        refused(house.identity.password(&address, Secret::new("wrong"), &from).await);
    }
    assert_eq!(refused(try_from(&house, &ada, PASSWORD, &from).await).kind, RefusalKind::TooManyRequests);
    let elsewhere = Caller { peer: Some("192.0.2.8".parse().unwrap()), ..house.caller() };
    assert!(try_from(&house, &ada, PASSWORD, &elsewhere).await.is_ok());
    house.outside.move_on(15 * 60);
    let later = Caller { peer, ..house.caller() };
    assert!(try_from(&house, &ada, PASSWORD, &later).await.is_ok(), "a quiet address begins anew");
}
