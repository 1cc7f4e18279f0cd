//! One's own factors, recovery codes and sessions, through the pages.

use identity::rules::code;
use model::Kind;

use crate::house::{Heard, House, PASSWORD, SECRET, Somebody};

pub fn cookie(token: &str) -> String {
    format!("__Host-candor={token}")
}

/// A session whose second factor was just shown again.
pub async fn stepped_up(house: &House, ada: &Somebody) -> String {
    let token = house.sign_in(&ada.email).await;
    house.outside.move_on(60);
    let page = house.see("/step-up", &cookie(&token)).await;
    let fields = [("form-token", &*page.field("form-token")), ("code", &house.code())];
    let done = house.send("/step-up", &cookie(&token), &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    done.cookie().split_once('=').unwrap().1.to_owned()
}

/// Sends a form from the page that it stands on.
pub async fn act(house: &House, token: &str, page: &str, path: &str, fields: &[(&str, &str)]) -> Heard {
    let seen = house.see(page, &cookie(token)).await;
    assert_eq!(seen.status, 200, "{page}: {}", seen.body);
    let form_token = seen.field("form-token");
    let mut all = vec![("form-token", &*form_token)];
    all.extend_from_slice(fields);
    house.send(path, &cookie(token), &all).await
}

async fn recovery_codes(house: &House, token: &str) -> Vec<String> {
    let shown = act(house, token, "/security/recovery", "/security/recovery", &[]).await;
    assert_eq!(shown.status, 200);
    let list = shown.body.split("<ol class=\"codes\">").nth(1).unwrap().split("</ol>").next().unwrap();
    list.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_sensitive_asks_for_the_second_factor_again() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    for path in ["/security/recovery", "/security/password", "/security/authenticators/new", "/settings/passwords"] {
        let sent = house.see(path, &cookie(&token)).await;
        assert_eq!((sent.status, sent.header("location")), (303, &*format!("/step-up?next={path}")));
    }
    let stepped = stepped_up(&house, &ada).await;
    assert_eq!(house.see("/security/recovery", &cookie(&stepped)).await.status, 200);
    // It counts for ten minutes and not a moment longer.
    house.outside.move_on(10 * 60 - 1);
    assert_eq!(house.see("/security/recovery", &cookie(&stepped)).await.status, 200);
    house.outside.move_on(1);
    assert_eq!(house.see("/security/recovery", &cookie(&stepped)).await.status, 303);
}

#[tokio::test]
async fn a_recovery_code_lets_in_once_and_only_until_there_are_new_ones() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    let codes = recovery_codes(&house, &token).await;
    assert_eq!(codes.len(), 10);
    for code in &codes {
        assert_eq!(code.len(), 24, "{code}");
    }
    let ticket = house.ticket(&ada.email).await;
    assert!(house.second(&ticket, &codes[0]).await.is_ok());
    let ticket = house.ticket(&ada.email).await;
    assert!(house.second(&ticket, &codes[0]).await.is_err(), "once");
    assert!(house.second(&ticket, &codes[1]).await.is_ok());
    assert!(house.see("/security", &cookie(&token)).await.body.contains("8 of 10 codes are left"));
    let new = recovery_codes(&house, &token).await;
    let ticket = house.ticket(&ada.email).await;
    assert!(house.second(&ticket, &codes[2]).await.is_err(), "the old ones are worth nothing");
    assert!(house.second(&ticket, &new[2]).await.is_ok());
}

#[tokio::test]
async fn recovery_codes_stand_nowhere_in_the_store() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    let codes = recovery_codes(&house, &token).await;
    let door = house.identity.duty("duty.door", ada.tenant, crate::house::REQUEST, house.now());
    let found = house.identity.vault().recognise(&door, identity::Account::DECL, model::RecordId::of_subject(ada.id));
    let body = found.await.unwrap().unwrap().body;
    for code in codes {
        let digits = code.replace('-', "");
        for form in [code.as_bytes(), digits.as_bytes()] {
            assert!(!body.windows(form.len()).any(|window| window == form));
        }
    }
}

#[tokio::test]
async fn another_authenticator_counts_too_and_the_last_one_stays() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    let page = house.see("/security/authenticators/new", &cookie(&token)).await;
    let (secret, form_token) = (page.field("secret"), page.field("form-token"));
    let code_now = code::at(&secret, house.now()).unwrap();
    let fields = [("form-token", &*form_token), ("name", "Old phone"), ("secret", &secret), ("code", &code_now)];
    assert_eq!(house.send("/security/authenticators/new", &cookie(&token), &fields).await.status, 303);
    house.outside.move_on(60);
    let ticket = house.ticket(&ada.email).await;
    let other = house.second(&ticket, &code::at(&secret, house.now()).unwrap()).await.unwrap().token;
    let list = house.see("/security", &cookie(&token)).await;
    assert!(list.body.contains("Old phone"));
    let first = list.body.split("name=\"id\" value=\"totp-").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let removed =
        act(&house, &token, "/security", "/security/factors/remove", &[("id", &format!("totp-{first}"))]).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    let renewed = removed.cookie().split_once('=').unwrap().1.to_owned();
    assert!(!house.knows(&other).await, "every other session ended");
    assert!(!house.knows(&token).await && house.knows(&renewed).await);
    // The one that is left cannot be removed: there is no account without a second factor.
    let account = house.see("/security", &cookie(&renewed)).await;
    assert!(!account.body.contains("/security/factors/remove"));
    let last = account.body.split("<p>Old phone</p>").count();
    assert_eq!(last, 2);
    house.outside.move_on(60);
    let ticket = house.ticket(&ada.email).await;
    assert!(house.second(&ticket, &code::at(SECRET, house.now()).unwrap()).await.is_err(), "the removed one is gone");
}

#[tokio::test]
async fn the_only_factor_cannot_be_removed() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    let since = house.see("/security", &cookie(&token)).await;
    assert!(!since.body.contains("/security/factors/remove"), "the page does not offer it");
    let door = house.identity.duty("duty.door", ada.tenant, crate::house::REQUEST, house.now());
    let found = house.identity.vault().recognise(&door, identity::Account::DECL, model::RecordId::of_subject(ada.id));
    let account: identity::Account = found.await.unwrap().unwrap().record().unwrap();
    let id = account.factors[0].id();
    let refused = act(&house, &token, "/security", "/security/factors/remove", &[("id", &id)]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("your only second factor"));
}

#[tokio::test]
async fn sessions_are_listed_by_device_and_end_at_the_next_request() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let (one, other) = (house.sign_in(&ada.email).await, house.sign_in(&ada.email).await);
    let list = house.see("/security", &cookie(&one)).await;
    assert_eq!(list.body.matches("Unknown browser").count(), 3, "two devices, one of them with a button");
    assert_eq!(list.body.matches("this browser").count(), 1);
    let id = list.body.split("action=\"/security/sessions/end\"").nth(1).unwrap();
    let id = id.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(act(&house, &one, "/security", "/security/sessions/end", &[("id", &id)]).await.status, 303);
    assert!(house.knows(&one).await && !house.knows(&other).await);
    // Nobody ends the session of somebody else.
    let eve = house.somebody("eve@example.org").await;
    let token = house.sign_in(&eve.email).await;
    let foreign = act(&house, &token, "/security", "/security/sessions/end", &[("id", &id)]).await;
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_at_the_next_request() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let mut tokens = Vec::new();
    for _ in 0..4 {
        tokens.push(house.sign_in(&ada.email).await);
    }
    let eve = house.somebody("eve@example.org").await;
    let stranger = house.sign_in(&eve.email).await;
    let done = act(&house, &tokens[1], "/security", "/security/sessions/end-all", &[]).await;
    assert_eq!((done.status, done.header("location")), (303, "/sign-in"));
    for token in &tokens {
        assert!(!house.knows(token).await);
    }
    assert!(house.knows(&stranger).await);
    assert!(house.knows(&house.sign_in(&ada.email).await).await, "and one can sign in again");
}

#[tokio::test]
async fn a_session_of_an_earlier_era_is_over_even_if_its_record_is_left() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    let door = house.identity.duty("duty.door", ada.tenant, crate::house::REQUEST, house.now());
    let id = model::RecordId::of_subject(ada.id);
    let vault = house.identity.vault();
    let opened = vault.recognise(&door, identity::Account::DECL, id).await.unwrap().unwrap();
    let account: identity::Account = opened.record().unwrap();
    let next = identity::Account { era: account.era + 1, ..account };
    let changes = vault::Changes::new().revise(id, &next, vault::Expected::Any).unwrap();
    vault.commit(&door, changes).await.unwrap();
    assert!(!house.knows(&token).await);
}

#[tokio::test]
async fn no_page_shows_a_password_or_a_secret() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    for path in ["/security", "/security/password", "/security/recovery", "/settings/passwords"] {
        let seen = house.see(path, &cookie(&token)).await;
        assert_eq!(seen.status, 200);
        assert!(!seen.body.contains(PASSWORD) && !seen.body.contains(SECRET) && !seen.body.contains("argon2id"));
    }
}
