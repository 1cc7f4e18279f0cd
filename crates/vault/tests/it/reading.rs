use access::Scope;
use model::{Kind, RefusalKind, TenantId};
use storage::Space;
use vault::{Change, Changes, Expected, Past};

use crate::house::{House, TENANT, fault, id, kind_of, note, patient, person};
use crate::kinds::{Note, Pass, Patient};

#[tokio::test]
async fn history_is_every_version_newest_first() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.note(9, 1, "one").await;
    house.revise(id(9), &note(1, "two")).await.unwrap();
    house.revise(id(9), &note(1, "three")).await.unwrap();
    house.vault.commit(&ctx, Changes::new().and(Change::Retire(Note::DECL, id(9), Expected::Any))).await.unwrap();
    let told: Vec<String> = house
        .vault
        .history(&ctx, Note::DECL, id(9))
        .await
        .unwrap()
        .iter()
        .map(|past| match past {
            Past::Version(opened) => format!("{} {}", opened.version, opened.record::<Note>().unwrap().text),
            Past::Retired { version, .. } => format!("{version} retired"),
        })
        .collect();
    assert_eq!(told, ["4 retired", "3 three", "2 two", "1 one"]);
    for (version, text) in [(1, "one"), (2, "two"), (3, "three")] {
        let past = house.vault.read_version(&ctx, Note::DECL, id(9), version).await.unwrap();
        assert_eq!((past.version, past.record::<Note>().unwrap().text.as_str()), (version, text));
    }
    assert_eq!(kind_of(house.vault.read_version(&ctx, Note::DECL, id(9), 4).await), RefusalKind::Gone);
    for absent in [0, 5, u64::MAX >> 1] {
        assert_eq!(kind_of(house.vault.read_version(&ctx, Note::DECL, id(9), absent).await), RefusalKind::NotFound);
    }
}

#[tokio::test]
async fn a_grant_for_one_person_reaches_nobody_else() {
    let house = House::new().await;
    house.note(9, 1, "mine").await;
    house.note(10, 2, "yours").await;
    let own = house.ctx_in(TENANT, "all", Scope::Subject(person(1)));
    house.vault.read(&own, Note::DECL, id(9)).await.unwrap();
    let theirs = crate::house::refused(house.vault.read(&own, Note::DECL, id(10)).await);
    let absent = crate::house::refused(house.vault.read(&own, Note::DECL, id(99)).await);
    assert_eq!(theirs, absent);
    let write = Changes::new().create(id(11), &note(2, "planted")).unwrap();
    assert_eq!(kind_of(house.vault.commit(&own, write).await), RefusalKind::NotFound);
    house.vault.commit(&own, Changes::new().create(id(11), &note(1, "added")).unwrap()).await.unwrap();
    let erase = Changes::new().and(Change::Erase(person(2)));
    assert_eq!(kind_of(house.vault.commit(&own, erase).await), RefusalKind::NotFound);
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let house = House::new().await;
    house.patient(1).await;
    let other = TenantId::from_bytes([2; 16]);
    house.vault.create_tenant(other).await.unwrap();
    let ctx = house.ctx_in(other, "all", Scope::Tenant);
    assert_eq!(kind_of(house.vault.read(&ctx, Patient::DECL, id(1)).await), RefusalKind::NotFound);
    assert_eq!(kind_of(house.vault.history(&ctx, Patient::DECL, id(1)).await.map(|_| ())), RefusalKind::NotFound);
    assert_eq!(house.vault.search(&ctx, &vault::Query::all(Patient::DECL)).await.unwrap().total, 0);
    assert_eq!(house.vault.changes(&ctx, None, 10).await.unwrap().lines, Vec::new());
    // The same id and unique value can be used there.
    house.vault.commit(&ctx, Changes::new().create(id(1), &patient(1)).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_unknown_tenant_is_a_fault_that_says_so() {
    let house = House::new().await;
    let ctx = house.ctx_in(TenantId::from_bytes([9; 16]), "all", Scope::Tenant);
    let stranger = house.ctx_in(TenantId::from_bytes([9; 16]), "stranger", Scope::Tenant);
    let read = house.vault.read(&ctx, Patient::DECL, id(1)).await.map(|_| ());
    let denied = house.vault.search(&stranger, &vault::Query::all(Patient::DECL)).await.map(|_| ());
    for answer in [read, denied] {
        let Err(model::No::Fault(fault)) = answer else { panic!("answered") };
        assert!(vault::is_unknown_tenant(&fault), "{fault}");
    }
}

#[tokio::test]
async fn only_kinds_held_for_security_are_recognised_without_an_entry() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let pass = Pass { holder: person(1), secret: "s".into(), ends: ctx.now };
    house.vault.commit(&ctx, Changes::new().create(id(8), &pass).unwrap()).await.unwrap();
    let before = house.log_len().await;
    let found = house.vault.recognise(&ctx, Pass::DECL, id(8)).await.unwrap().unwrap();
    assert_eq!(found.record::<Pass>().unwrap(), pass);
    let holder = person(1).to_string();
    assert_eq!(house.vault.recognise_by(&ctx, Pass::DECL, "holder", &holder).await.unwrap().len(), 1);
    assert!(house.vault.recognise_by(&ctx, Pass::DECL, "holder", "nobody").await.unwrap().is_empty());
    assert!(house.vault.recognise(&ctx, Pass::DECL, id(99)).await.unwrap().is_none());
    assert_eq!(house.log_len().await, before);
    fault(house.vault.recognise(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    fault(house.vault.recognise(&house.ctx("stranger"), Pass::DECL, id(8)).await.map(|_| ()));
    fault(house.vault.recognise_by(&ctx, Pass::DECL, "secret", "s").await.map(|_| ()));
}

#[tokio::test]
async fn a_key_that_was_lost_without_an_erasure_is_a_fault_and_is_not_replaced() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let keys = house.rows(Space::Key).await;
    let (lost, _) = keys.iter().find(|(key, _)| key.first() == Some(&b's')).unwrap();
    let batch = storage::Batch { deletes: vec![(Space::Key, lost.clone())], ..storage::Batch::default() };
    house.engine.commit(TENANT, batch).await.unwrap();
    fault(house.vault.read(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    fault(house.vault.history(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    fault(house.revise(id(1), &patient(1)).await);
    assert_eq!(house.rows(Space::Key).await.len(), keys.len() - 1);
}
