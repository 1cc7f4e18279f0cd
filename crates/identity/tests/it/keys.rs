use identity::{HeldRole, KeyOrder};
use model::{RefusalKind, TenantId};

use crate::house::{House, REQUEST, Somebody, refused};

async fn key(house: &House, who: &Somebody, tenant: TenantId, role: &str, seconds: i64) -> model::Answer<String> {
    let order = KeyOrder {
        name: "a program".into(),
        owner: who.id,
        roles: vec![HeldRole::always(role)],
        ends: house.now().plus_seconds(seconds),
    };
    house.identity.create_key_at_set_up(tenant, order, REQUEST, house.now()).await
}

#[tokio::test]
async fn a_key_opens_what_its_roles_allow_until_it_ends() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let auditor = key(&house, &ada, ada.tenant, "auditor", 100).await.unwrap();
    let prover = key(&house, &ada, ada.tenant, "prover", 100).await.unwrap();
    assert_eq!(house.by_key(&auditor).await, 200);
    assert_eq!(house.by_key(&prover).await, 404, "known, but without the right to know");
    let figures = house.ask("GET", "/house/figures", &[("authorization", &format!("Bearer {prover}"))], "").await;
    assert_eq!(figures.status, 200, "{}", figures.body);
    house.outside.move_on(99);
    assert_eq!(house.by_key(&auditor).await, 200);
    house.outside.move_on(1);
    assert_eq!(house.by_key(&auditor).await, 401);
}

#[tokio::test]
async fn a_changed_or_foreign_key_is_nobodys() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let bo = house.somebody("bo@example.org").await;
    let token = key(&house, &ada, ada.tenant, "auditor", 1000).await.unwrap();
    let others = key(&house, &bo, bo.tenant, "auditor", 1000).await.unwrap();
    let prefix = "candor_key_".len();
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed.replace_range(at..=at, if &token[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(house.by_key(&changed).await, 401, "character {at}");
    }
    let mixed = format!("{}{}", &others[..prefix + 22], &token[prefix + 22..]);
    let other_sum = format!("{}{}", &token[..prefix + 64], &others[prefix + 64..]);
    let session = house.sign_in(&ada.email).await;
    for bad in [
        mixed.as_str(),
        &other_sum,
        &token[prefix..],
        &token[prefix..prefix + 64],
        "garbage",
        &"A".repeat(64),
        &format!("candor_key_{session}"),
        &session,
    ] {
        assert_eq!(house.by_key(bad).await, 401, "{bad}");
    }
    assert_eq!(house.by_key(&token).await, 200);
    assert!(!house.knows(&token[prefix..prefix + 64]).await, "a key is no session");
}

#[tokio::test]
async fn a_key_reads_the_evidence_of_its_own_organisation_only() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let bo = house.somebody("bo@example.org").await;
    let token = key(&house, &ada, ada.tenant, "auditor", 1000).await.unwrap();
    let bearer = format!("Bearer {token}");
    let heard = house.ask("GET", "/audit/entries?limit=1000", &[("authorization", &bearer)], "").await;
    assert!(heard.body.contains(&ada.id.to_string()) && !heard.body.contains(&bo.id.to_string()));
    let beyond =
        house.ask("GET", &format!("/audit/entries?from={}", u64::MAX), &[("authorization", &bearer)], "").await;
    assert_eq!(beyond.status, 200, "{}", beyond.body);
}

#[tokio::test]
async fn nobody_is_given_a_duty_of_the_house() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    for duty in ["duty.door", "duty.set-up", "duty.whatever"] {
        let refusal = refused(key(&house, &ada, ada.tenant, duty, 1000).await);
        assert_eq!(refusal.kind, RefusalKind::Invalid, "{refusal}");
        let mut new = crate::house::new("new@example.org", None);
        new.roles.push(HeldRole::always(duty));
        let refusal = refused(house.identity.create_account(ada.tenant, new, REQUEST, house.now()).await);
        assert_eq!(refusal.kind, RefusalKind::Invalid, "{refusal}");
    }
    let figures = house.identity.figures(REQUEST, house.now()).await.unwrap();
    assert_eq!(figures.accounts, 1, "nothing was made");
}

#[tokio::test]
async fn a_key_of_set_up_ends_within_a_year_too() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    for seconds in [0, -1, 365 * 24 * 3600 + 1, i64::MAX / 1_000_000] {
        let refusal = refused(key(&house, &ada, ada.tenant, "auditor", seconds).await);
        assert_eq!(refusal.problems[0].path, "ends", "{seconds}");
    }
    key(&house, &ada, ada.tenant, "auditor", 365 * 24 * 3600).await.unwrap();
}
