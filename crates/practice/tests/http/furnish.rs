//! A practice furnished with people who do not exist.

use crate::House;

#[tokio::test]
async fn a_furnished_practice_holds_what_was_made_and_each_write_is_recorded() {
    let house = House::new().await;
    let ctx = house.ctx(practice::FURNISH);
    let began = std::time::Instant::now();
    let made = practice::furnish(&house.vault, &ctx, 1, 300).await.unwrap();
    println!("{made:?} in {:?}", began.elapsed());
    assert_eq!(made.patients, 300);
    assert_eq!(house.evidence().await.len(), made.patients + made.practitioners + 2 * made.documents);
    assert_eq!(house.get("/Patient?_count=1").await.is(200).json()["total"], 300);
    assert_eq!(house.get("/Practitioner").await.is(200).json()["total"], made.practitioners);
    assert!(practice::furnish(&house.vault, &ctx, 1, 300).await.is_err(), "the same people twice");
}

#[tokio::test]
async fn whoever_furnishes_reads_nothing() {
    let house = House::new().await;
    let ctx = house.ctx(practice::FURNISH);
    practice::furnish(&house.vault, &ctx, 1, 3).await.unwrap();
    let query = vault::Query::all(practice::kinds::PATIENT);
    assert!(house.vault.search(&ctx, &query).await.is_err());
}
