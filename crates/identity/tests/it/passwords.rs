//! New passwords: policy, history, leaked ones, and one that is too old.

use identity::Entered;
use identity::Proof;
use identity::rules::passphrase::PasswordPolicy;
use seal::Secret;
use seal::breached::{Breached, Filling, leaked};

use crate::house::{Heard, House, PASSWORD};
use crate::security::{act, cookie, stepped_up};

async fn change(house: &House, token: &str, present: &str, new: &str) -> Heard {
    act(house, token, "/security/password", "/security/password", &[("present", present), ("password", new)]).await
}

fn renewed(heard: &Heard) -> String {
    assert_eq!(heard.status, 303, "{}", heard.body);
    heard.cookie().split_once('=').unwrap().1.to_owned()
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let other = house.sign_in(&ada.email).await;
    let token = stepped_up(&house, &ada).await;
    assert_eq!(change(&house, &token, "not my password", "violet harbour monday").await.status, 422);
    let after = renewed(&change(&house, &token, PASSWORD, "violet harbour monday").await);
    assert!(house.knows(&after).await);
    assert!(!house.knows(&other).await && !house.knows(&token).await);
    assert!(house.password(&ada.email, PASSWORD).await.is_err());
    assert!(house.password(&ada.email, "violet harbour monday").await.is_ok());
}

#[tokio::test]
async fn short_common_leaked_and_own_words_are_refused() {
    let house = House::new().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut filling = Filling::new(100);
    filling.add(&leaked(b"correct horse battery staple"));
    filling.write(file.as_file()).unwrap();
    house.identity.refuse_breached(Breached::open(file.path()).unwrap());
    let ada = house.somebody("adalovelace@example.org").await;
    let token = stepped_up(&house, &ada).await;
    for (bad, words) in [
        ("short", "at least 10 characters"),
        ("baseball2026", "first that anybody would try"),
        ("correct horse battery staple", "has leaked somewhere"),
        ("I am AdaLovelace", "holds your e-mail address"),
        (PASSWORD, "the password that you have"),
    ] {
        let heard = change(&house, &token, PASSWORD, bad).await;
        assert_eq!(heard.status, 422, "{bad}");
        assert!(heard.body.contains(words), "{bad}: {}", heard.body);
        assert!(!heard.body.contains(bad), "a password never comes back");
    }
}

#[tokio::test]
async fn none_of_the_last_passwords_comes_back_and_an_older_one_does() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let mut token = stepped_up(&house, &ada).await;
    let set = act(&house, &token, "/settings/passwords", "/settings/passwords", &[("preset", "regulated")]).await;
    assert_eq!(set.status, 303, "{}", set.body);
    let passwords: Vec<String> = (0..6).map(|number| format!("Copper lantern {number}")).collect();
    let mut present = PASSWORD.to_owned();
    for new in &passwords {
        token = renewed(&change(&house, &token, &present, new).await);
        present = new.clone();
    }
    for recent in &passwords[1..5] {
        let heard = change(&house, &token, &present, recent).await;
        assert!(heard.body.contains("one of your last 4 passwords"), "{recent}");
    }
    renewed(&change(&house, &token, &present, &passwords[0]).await);
}

#[tokio::test]
async fn a_password_that_is_too_old_is_replaced_before_a_session_begins() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = stepped_up(&house, &ada).await;
    act(&house, &token, "/settings/passwords", "/settings/passwords", &[("preset", "regulated")]).await;
    house.outside.move_on(90 * 86_400);
    let ticket = house.ticket(&ada.email).await;
    let entered = house.identity.second(&ticket, &Proof::Code(house.code()), &house.caller()).await.unwrap();
    let Entered::PasswordTooOld { ticket } = entered else { panic!("a session began with an old password") };
    assert_eq!(house.see("/security", &cookie(&ticket)).await.status, 303, "the ticket opens nothing");
    let again = Proof::Code(house.code());
    assert!(house.identity.second(&ticket, &again, &house.caller()).await.is_err(), "nor a second time");
    let replace = |new: &'static str| {
        let (identity, caller, ticket) = (house.identity.clone(), house.caller(), ticket.clone());
        async move { identity.replace_old_password(&ticket, Secret::new(new), &caller).await }
    };
    assert!(replace("too simple words").await.is_err(), "the policy holds here too");
    let signed_in = replace("Violet harbour monday").await.unwrap();
    assert!(house.knows(&signed_in.token).await);
    assert!(replace("Another harbour monday").await.is_err(), "once");
    assert!(house.identity.password(&ada.email, Secret::new("Violet harbour monday"), &house.caller()).await.is_ok());
}

#[tokio::test]
async fn a_ticket_that_has_only_seen_a_password_replaces_none() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let ticket = house.ticket(&ada.email).await;
    let tried =
        house.identity.replace_old_password(&ticket, Secret::new("violet harbour monday"), &house.caller()).await;
    assert!(tried.is_err());
    assert!(house.password(&ada.email, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn no_policy_asks_for_less_than_every_password_must_be() {
    for (_, policy, _) in PasswordPolicy::PRESETS {
        assert!(policy.read("123456789").is_err() && policy.read("Password2026!").is_err());
    }
}
