//! Idempotency keys.

use access::{Actor, Ctx};
use model::{ActorId, RefusalKind};
use storage::Space;
use vault::{Change, Changes, Expected};

use crate::house::{House, id, kind_of, note, patient, person};

fn request(n: u8, text: &str) -> Changes {
    Changes::new().create(id(n), &note(1, text)).unwrap().once("key-1")
}

#[tokio::test]
async fn the_same_request_again_gets_the_first_receipt_and_leaves_one_entry() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let first = house.vault.commit(&ctx, request(9, "Caries")).await.unwrap();
    let before = house.log_len().await;
    // A client that sends again gets a new id for the same request.
    let again = house.vault.commit(&ctx, request(10, "Caries")).await.unwrap();
    assert_eq!((again.written, again.repeated, again.log_from), (first.written, true, before as u64));
    assert_eq!(house.gained(before).await, ["commit repeated"]);
    assert_eq!(house.rows(Space::Head).await.len(), 1);
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.vault.commit(&ctx, request(9, "Caries")).await.unwrap();
    let others = [
        request(9, "Healthy"),
        request(9, "Caries").create(id(11), &patient(1)).unwrap(),
        Changes::new().create(id(9), &note(2, "Caries")).unwrap().once("key-1"),
        Changes::new().revise(id(9), &note(1, "Caries"), Expected::Any).unwrap().once("key-1"),
        Changes::new().and(Change::Erase(person(1))).once("key-1"),
    ];
    for other in others {
        let before = house.log_len().await;
        assert_eq!(kind_of(house.vault.commit(&ctx, other).await), RefusalKind::Conflict);
        assert_eq!(house.gained(before).await, ["commit refused"]);
    }
}

#[tokio::test]
async fn the_version_named_is_part_of_the_request() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let revise = |expected| Changes::new().revise(id(1), &patient(1), expected).unwrap().once("key-2");
    house.vault.commit(&ctx, revise(Expected::Version(1))).await.unwrap();
    assert!(house.vault.commit(&ctx, revise(Expected::Version(1))).await.unwrap().repeated);
    assert_eq!(kind_of(house.vault.commit(&ctx, revise(Expected::Version(2))).await), RefusalKind::Conflict);
}

#[tokio::test]
async fn a_key_is_its_actors_own() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.vault.commit(&ctx, request(9, "Caries")).await.unwrap();
    for actor in [Actor::Person(ActorId::from_bytes([200; 16])), Actor::Duty("duty.other")] {
        let other = Ctx { actor, ..ctx.clone() };
        let n = if matches!(actor, Actor::Duty(_)) { 20 } else { 21 };
        assert!(!house.vault.commit(&other, request(n, "Caries")).await.unwrap().repeated);
    }
}

#[tokio::test]
async fn a_refused_request_can_be_sent_again_under_its_key() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let revise = || Changes::new().revise(id(1), &patient(1), Expected::Any).unwrap().once("key-3");
    assert_eq!(kind_of(house.vault.commit(&ctx, revise()).await), RefusalKind::NotFound);
    house.patient(1).await;
    assert!(!house.vault.commit(&ctx, revise()).await.unwrap().repeated);
}

#[tokio::test]
async fn a_request_can_be_named_by_what_was_asked_for() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let request = |n: u8, text: &str, asked: &[u8]| {
        Changes::new().create(id(n), &note(1, text)).unwrap().once_for("key-4", asked.to_vec())
    };
    house.vault.commit(&ctx, request(9, "at ten", b"POST note")).await.unwrap();
    assert!(house.vault.commit(&ctx, request(10, "at eleven", b"POST note")).await.unwrap().repeated);
    assert_eq!(kind_of(house.vault.commit(&ctx, request(11, "at ten", b"POST other")).await), RefusalKind::Conflict);
}
