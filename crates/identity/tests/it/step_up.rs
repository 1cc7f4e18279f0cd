use identity::rules::code;

use crate::house::{House, SECRET};
use crate::pages::token_for;

fn cookie(token: &str) -> String {
    format!("__Host-candor={token}")
}

async fn step_up(house: &House, token: &str, code: &str, next: &str) -> crate::house::Heard {
    let page = house.see("/step-up?next=/sign-out", &cookie(token)).await;
    assert_eq!(page.status, 200);
    let fields = [("form-token", &*page.field("form-token")), ("code", code), ("next", next)];
    house.send("/step-up", &cookie(token), &fields).await
}

#[tokio::test]
async fn a_second_code_renews_the_session_under_another_token() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let before = house.sign_in(&ada.email).await;
    house.outside.move_on(60);
    let done = step_up(&house, &before, &house.code(), "/patients").await;
    assert_eq!((done.status, done.header("location")), (303, "/patients"), "{}", done.body);
    let after = done.cookie().split_once('=').unwrap().1.to_owned();
    assert_ne!(before, after);
    assert!(house.knows(&after).await);
    assert!(!house.knows(&before).await, "the token from before is worth nothing");
}

#[tokio::test]
async fn a_code_that_was_used_to_sign_in_does_not_step_up() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    let refused = step_up(&house, &token, &house.code(), "/patients").await;
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("That code is not right"));
    assert!(house.knows(&token).await, "and the session stays as it was");
}

#[tokio::test]
async fn wrong_codes_make_wait_also_within_a_session() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    for _ in 0..5 {
        assert_eq!(step_up(&house, &token, "12345x", "/").await.status, 401);
    }
    let code = code::at(SECRET, house.now().plus_seconds(30)).unwrap();
    assert_eq!(step_up(&house, &token, &code, "/").await.status, 429);
}

#[tokio::test]
async fn stepping_up_needs_a_session() {
    let house = House::new().await;
    let page = house.see("/step-up", "").await;
    assert_eq!((page.status, page.header("location")), (303, "/sign-in?next=/step-up"));
    let token = token_for(&house, "").await;
    assert_eq!(house.send("/step-up", "", &[("form-token", &token), ("code", "1")]).await.status, 303);
}
