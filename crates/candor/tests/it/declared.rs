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

#[tokio::test]
async fn declared_routes_are_what_the_house_serves() {
    let house = TestHouse::memory().await;
    let site = parts::site(Needed {
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
    });
    check("routes.txt", &site.declared());
}

/// A permission that no route and no kind needs is for show; there is none.
#[tokio::test]
async fn every_permission_is_needed_somewhere() {
    let house = TestHouse::memory().await;
    let site = parts::site(Needed {
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
    });
    let by_routes = site.routes().iter().filter_map(|decl| match decl.needs {
        web::Needs::Permission(name) => Some(name),
        _ => None,
    });
    let by_kinds = parts::kinds();
    let by_kinds =
        by_kinds.iter().flat_map(|kind| [kind.acts.read, kind.acts.create, kind.acts.revise, kind.acts.retire]);
    let by_vault = ["evidence.read", "change.follow"];
    let by_command = identity::COMMANDS.iter().map(|(name, _)| *name);
    let needed: std::collections::BTreeSet<&str> =
        by_routes.chain(by_kinds).chain(by_vault).chain(by_command).collect();
    for permission in parts::registry().unwrap().permissions() {
        assert!(needed.contains(permission.name), "{} is declared and needed nowhere", permission.name);
    }
}
