//! `declared/` is what the house stores, permits, serves and promises, as plain files. Each is made from the code here;
//! a difference is a change that somebody has to see. Accept it with `./dev declare`.

use std::path::Path;

use candor::parts;
use candor::parts::Needed;

use crate::house::TestHouse;

fn check(file: &str, made: &str) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../declared").join(file);
    if std::env::var("CANDOR_DECLARE").as_deref() == Ok("accept") {
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, made).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&place).unwrap_or_default();
    let first = committed.lines().zip(made.lines()).find(|(old, new)| old != new);
    assert!(
        committed == made,
        "declared/{file} is not what the code declares{}. Look at the difference, then run ./dev declare.",
        first.map_or(String::new(), |(old, new)| format!(":\n  committed: {old}\n  code:      {new}\n"))
    );
}

#[test]
fn declared_kinds_are_what_the_code_stores() {
    check("kinds.txt", &model::declared::kinds(&parts::kinds()));
}

#[test]
fn declared_access_is_what_the_code_permits() {
    check("access.txt", &parts::registry().unwrap().declared());
}

#[test]
fn declared_claims_are_what_the_code_promises() {
    check("claims.txt", &trust::declared());
}

#[test]
fn declared_tables_are_what_the_storage_keeps() {
    let mut text =
        String::from("# The tables of each organisation's file. Everything in them is opaque to the storage.\n\n");
    for space in storage::Space::ALL {
        let grows = if space.only_grows() { "only grows" } else { "rows can be replaced" };
        text.push_str(&format!("{space}: {grows}\n"));
    }
    check("tables.txt", &text);
}

/// What the routes of a test house work on.
pub fn needed(house: &TestHouse) -> Needed {
    Needed {
        watch: std::sync::Arc::new(watch::Watch::new(
            house.vault.clone(),
            house.name.house,
            candor::guard::Configuration::default().load().unwrap(),
        )),
        vault: house.vault.clone(),
        identity: house.identity.clone(),
        trust: house.ground.at("trust"),
        set_up_token: None,
        security_contact: None,
        letters: identity::Letters::Kept,
    }
}

#[tokio::test]
async fn declared_routes_are_what_the_house_serves() {
    let house = TestHouse::memory().await;
    check("routes.txt", &parts::site(needed(&house)).declared());
}

/// A permission that no route, no kind and no command needs is for show; there is none. And what a route needs is declared.
#[tokio::test]
async fn every_permission_is_needed_somewhere_and_every_need_is_a_permission() {
    let house = TestHouse::memory().await;
    let needed = candor::access_list::needed_by(&parts::site(needed(&house)).whole(), &parts::kinds());
    let registry = parts::registry().unwrap();
    for permission in registry.permissions() {
        assert!(needed.contains_key(permission.name), "{} is declared and needed nowhere", permission.name);
    }
    for (name, by) in needed {
        assert!(registry.permission(name).is_some(), "{name} is needed by {by:?} and declared nowhere");
    }
}
