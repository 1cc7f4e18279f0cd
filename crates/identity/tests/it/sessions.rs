use identity::Policy;

use crate::house::{House, REQUEST};

#[tokio::test]
async fn a_session_ends_when_it_is_idle_too_long() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    house.outside.move_on(Policy::USUAL.session_idle_seconds_max - 1);
    assert!(house.knows(&token).await, "and this renews it");
    house.outside.move_on(Policy::USUAL.session_idle_seconds_max - 1);
    assert!(house.knows(&token).await);
    house.outside.move_on(Policy::USUAL.session_idle_seconds_max);
    assert!(!house.knows(&token).await);
    house.outside.move_on(-60);
    assert!(house.knows(&token).await, "by the clock alone: nothing was deleted");
}

#[tokio::test]
async fn a_session_ends_by_its_age_however_busy() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    let mut age = 0;
    while age + 600 < Policy::USUAL.session_age_seconds_max {
        house.outside.move_on(600);
        age += 600;
        assert!(house.knows(&token).await, "after {age} seconds");
    }
    house.outside.move_on(Policy::USUAL.session_age_seconds_max - age);
    assert!(!house.knows(&token).await);
}

#[tokio::test]
async fn a_busy_session_is_written_at_most_twice_in_an_idle_limit() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    let idle = Policy::USUAL.session_idle_seconds_max;
    let mut limits = 0;
    for second in (0..6 * idle).step_by(20) {
        house.outside.move_on(20);
        assert!(house.knows(&token).await);
        limits = second / idle + 1;
    }
    let written = house.count(ada.tenant, "revise", "identity.session", "done").await as i64;
    assert!((limits..=2 * limits).contains(&written), "{written} times in {limits} limits");
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once_and_no_other() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let (one, other) = (house.sign_in(&ada.email).await, house.sign_in(&ada.email).await);
    let cookie = format!("__Host-candor={one}");
    let token = crate::pages::token_for(&house, &cookie).await;
    let heard = house.send("/sign-out", &cookie, &[("form-token", &token)]).await;
    assert_eq!((heard.status, heard.header("location")), (303, "/sign-in"));
    assert!(heard.header("set-cookie").contains("Max-Age=0"));
    assert!(!house.knows(&one).await);
    assert!(house.knows(&other).await);
    assert_eq!(house.count(ada.tenant, "retire", "identity.session", "done").await, 1);
}

#[tokio::test]
async fn a_changed_token_opens_nothing() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let bo = house.somebody("bo@example.org").await;
    let token = house.sign_in(&ada.email).await;
    let others = house.sign_in(&bo.email).await;
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed.replace_range(at..=at, if &token[at..=at] == "A" { "B" } else { "A" });
        assert!(!house.knows(&changed).await, "character {at}");
    }
    // The organisation of one and the secret of another.
    let mixed = format!("{}{}", &others[..22], &token[22..]);
    assert!(!house.knows(&mixed).await);
    assert!(!house.knows(&token[..63]).await);
    assert!(!house.knows(&format!("{token}A")).await);
    assert!(house.knows(&token).await);
}

#[tokio::test]
async fn what_somebody_may_do_changes_with_the_next_request() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    crate::accounts::revise(&house, &ada, |account| account.roles.clear()).await;
    assert!(house.knows(&token).await, "still signed in");
    let figures = house.identity.figures(REQUEST, house.now()).await.unwrap();
    assert_eq!((figures.sessions, figures.sessions_with_second_factor), (1, 1));
}

#[tokio::test]
async fn a_token_is_stored_nowhere() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    for space in storage::Space::ALL {
        let span = storage::Span { from: vec![], to: vec![255; 512], order: storage::Order::Ascending, limit: 10_000 };
        for (key, row) in house.engine.scan(ada.tenant, space, span).await.unwrap() {
            let has = |bytes: &[u8]| bytes.windows(20).any(|window| window == &token.as_bytes()[22..42]);
            assert!(!has(&key) && !has(&row.value), "{space}");
        }
    }
}
