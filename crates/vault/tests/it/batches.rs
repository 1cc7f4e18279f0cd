//! Several changes in one commit.

use model::{Kind, RefusalKind};
use storage::Space;
use vault::{Change, Changes, Expected};

use crate::house::{House, id, kind_of, note, patient, person, refused};
use crate::kinds::{Note, Patient};

#[tokio::test]
async fn a_batch_happens_whole_or_not_at_all() {
    let house = House::new().await;
    house.patient(3).await;
    let (heads, before) = (house.rows(Space::Head).await, house.log_len().await);
    let changes = Changes::new()
        .create(id(1), &patient(1))
        .unwrap()
        .create(id(9), &note(1, "Caries"))
        .unwrap()
        .create(id(3), &patient(3))
        .unwrap();
    assert_eq!(kind_of(house.vault.commit(&house.ctx("all"), changes).await), RefusalKind::Conflict);
    assert_eq!(house.rows(Space::Head).await, heads);
    assert_eq!(house.rows(Space::Key).await.len(), 2, "the tenant's and person 3's");
    assert_eq!(house.gained(before).await, ["commit refused"]);
}

#[tokio::test]
async fn one_forbidden_change_forbids_the_batch() {
    let house = House::new().await;
    let before = house.log_len().await;
    let changes = Changes::new().create(id(1), &patient(1)).unwrap().create(id(9), &note(1, "Caries")).unwrap();
    assert_eq!(kind_of(house.vault.commit(&house.ctx("clerk"), changes).await), RefusalKind::NotFound);
    assert_eq!(house.rows(Space::Head).await, Vec::new());
    assert_eq!(house.gained(before).await, ["create refused not-granted"]);
}

#[tokio::test]
async fn several_first_records_of_a_person_share_one_key() {
    let house = House::new().await;
    let changes = Changes::new()
        .create(id(1), &patient(1))
        .unwrap()
        .create(id(9), &note(1, "a"))
        .unwrap()
        .create(id(10), &note(1, "b"))
        .unwrap();
    house.vault.commit(&house.ctx("all"), changes).await.unwrap();
    assert_eq!(house.rows(Space::Key).await.len(), 2);
    house.vault.read(&house.ctx("all"), Note::DECL, id(10)).await.unwrap();
}

#[tokio::test]
async fn a_record_changes_only_once_in_a_batch() {
    let house = House::new().await;
    let twice = Changes::new().create(id(1), &patient(1)).unwrap().create(id(1), &patient(2)).unwrap();
    assert_eq!(kind_of(house.vault.commit(&house.ctx("all"), twice).await), RefusalKind::Invalid);
    house.patient(1).await;
    let twice = Changes::new().revise(id(1), &patient(1), Expected::Any).unwrap().and(Change::Retire(
        Patient::DECL,
        id(1),
        Expected::Any,
    ));
    assert_eq!(kind_of(house.vault.commit(&house.ctx("all"), twice).await), RefusalKind::Invalid);
}

#[tokio::test]
async fn two_records_of_one_batch_cannot_share_a_unique_value() {
    let house = House::new().await;
    let same = Changes::new().create(id(1), &patient(1)).unwrap().create(id(2), &patient(1)).unwrap();
    let before = house.log_len().await;
    assert_eq!(kind_of(house.vault.commit(&house.ctx("all"), same).await), RefusalKind::Conflict);
    assert_eq!(house.gained(before).await, ["create refused"]);
    assert_eq!(house.rows(Space::Head).await, Vec::new());
}

#[tokio::test]
async fn a_unique_value_belongs_to_one_live_record() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.patient(2).await;
    let with = |n: u8| Patient { number: patient(n).number, ..patient(9) };
    assert_eq!(kind_of(house.revise(id(2), &with(1)).await), RefusalKind::Conflict);
    let taken = Changes::new().create(id(3), &with(1)).unwrap();
    assert_eq!(kind_of(house.vault.commit(&ctx, taken.clone()).await), RefusalKind::Conflict);
    // A revision keeps its own value, and frees the one that it gives up.
    house.revise(id(1), &patient(1)).await.unwrap();
    house.revise(id(1), &with(7)).await.unwrap();
    house.vault.commit(&ctx, taken).await.unwrap();
    // So does retiring.
    let retire = Changes::new().and(Change::Retire(Patient::DECL, id(3), Expected::Any));
    house.vault.commit(&ctx, retire).await.unwrap();
    house.vault.commit(&ctx, Changes::new().create(id(4), &with(1)).unwrap()).await.unwrap();
    // And erasing.
    house.vault.commit(&ctx, Changes::new().and(Change::Erase(person(4)))).await.unwrap();
    house.vault.commit(&ctx, Changes::new().create(id(5), &with(1)).unwrap()).await.unwrap();
    assert_eq!(house.rows(Space::Unique).await.len(), 3, "one each for the records 1, 2 and 5");
}

#[tokio::test]
async fn a_unique_value_can_pass_from_one_record_to_another_in_one_batch() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let heir = Patient { number: patient(1).number, ..patient(2) };
    let changes = Changes::new().and(Change::Retire(Patient::DECL, id(1), Expected::Any)).create(id(2), &heir).unwrap();
    house.vault.commit(&ctx, changes).await.unwrap();
    let third = Changes::new().create(id(3), &heir).unwrap();
    assert_eq!(kind_of(house.vault.commit(&ctx, third).await), RefusalKind::Conflict);
}

#[tokio::test]
async fn nobody_is_erased_and_written_about_in_one_batch() {
    let house = House::new().await;
    house.patient(1).await;
    let erase = || Changes::new().and(Change::Erase(person(1)));
    let orders = [
        Changes::new().create(id(9), &note(1, "late")).unwrap().and(Change::Erase(person(1))),
        erase().create(id(9), &note(1, "late")).unwrap(),
        erase().revise(id(1), &patient(1), Expected::Any).unwrap(),
        erase().and(Change::Retire(Patient::DECL, id(1), Expected::Any)),
        erase().and(Change::Erase(person(1))),
        Changes::new().create(id(5), &patient(5)).unwrap().and(Change::Erase(person(5))),
    ];
    for changes in orders {
        let refusal = refused(house.vault.commit(&house.ctx("all"), changes).await);
        assert_eq!(refusal.kind, RefusalKind::Invalid, "{refusal}");
    }
    house.vault.read(&house.ctx("all"), Patient::DECL, id(1)).await.unwrap();
    let apart = erase().create(id(9), &note(2, "another")).unwrap();
    house.vault.commit(&house.ctx("all"), apart).await.unwrap();
}
