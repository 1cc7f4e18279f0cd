use model::{Kind, RefusalKind};
use storage::{Batch, Space};
use vault::{Change, Changes, Draft, Expected, Query};

use crate::house::{House, TENANT, id, kind_of, note, patient, person};
use crate::kinds::{LETTER, Note, Pass, Patient, title};

fn erase(n: u8) -> Changes {
    Changes::new().and(Change::Erase(person(n)))
}

/// A person with a record of every sort: revised, retired, without history.
async fn lived_in(house: &House) {
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.revise(id(1), &Patient { name: "Other Name".into(), ..patient(1) }).await.unwrap();
    house.note(9, 1, "Caries").await;
    house.vault.commit(&ctx, Changes::new().and(Change::Retire(Note::DECL, id(9), Expected::Any))).await.unwrap();
    let pass = Pass { holder: person(1), secret: "s".into(), ends: ctx.now };
    let letter = Draft::document(LETTER, id(11), Some(person(1)), b"Dear".to_vec(), title("Referral"));
    let changes = Changes::new().create(id(8), &pass).unwrap().and(Change::Create(letter));
    house.vault.commit(&ctx, changes).await.unwrap();
}

#[tokio::test]
async fn erasing_leaves_no_key_no_terms_and_no_versions() {
    let house = House::new().await;
    lived_in(&house).await;
    house.patient(2).await;
    let before = house.log_len().await;
    let others = |rows: Vec<(Vec<u8>, storage::Row)>| rows.len();
    let receipt = house.vault.commit(&house.ctx("all"), erase(1)).await.unwrap();
    assert_eq!(house.gained(before).await, ["erase done"]);
    assert_eq!((receipt.written.len(), receipt.log_from), (1, before as u64));
    assert_eq!(others(house.rows(Space::Key).await), 2, "the tenant's and person 2's");
    assert_eq!(others(house.rows(Space::Version).await), 0);
    assert_eq!(others(house.rows(Space::Unique).await), 1);
    // What is left in the index is what person 2 has in a house of their own.
    let fresh = House::new().await;
    fresh.patient(2).await;
    assert_eq!(house.rows(Space::Term).await.len(), fresh.rows(Space::Term).await.len());
}

#[tokio::test]
async fn what_was_about_an_erased_person_is_gone_for_every_way_of_asking() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    lived_in(&house).await;
    house.vault.commit(&ctx, erase(1)).await.unwrap();
    for (kind, record) in [(Patient::DECL, id(1)), (Note::DECL, id(9)), (LETTER, id(11)), (Pass::DECL, id(8))] {
        assert_eq!(kind_of(house.vault.read(&ctx, kind, record).await), RefusalKind::Gone, "{}", kind.name);
        assert_eq!(kind_of(house.vault.read_version(&ctx, kind, record, 1).await), RefusalKind::Gone);
        assert_eq!(kind_of(house.vault.history(&ctx, kind, record).await.map(|_| ())), RefusalKind::Gone);
        let retire = Changes::new().and(Change::Retire(kind, record, Expected::Any));
        assert_eq!(kind_of(house.vault.commit(&ctx, retire).await), RefusalKind::Gone);
        assert_eq!(house.vault.search(&ctx, &Query::all(kind)).await.unwrap().total, 0);
    }
    assert!(house.vault.recognise(&ctx, Pass::DECL, id(8)).await.unwrap().is_none());
    let stranger = house.ctx("stranger");
    assert_eq!(kind_of(house.vault.read(&stranger, Patient::DECL, id(1)).await), RefusalKind::NotFound);
}

#[tokio::test]
async fn nothing_more_is_recorded_about_an_erased_person() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.vault.commit(&ctx, erase(1)).await.unwrap();
    let late = Changes::new().create(id(30), &note(1, "late")).unwrap();
    assert_eq!(kind_of(house.vault.commit(&ctx, late).await), RefusalKind::Gone);
    let again = Changes::new().create(id(1), &patient(1)).unwrap();
    assert_eq!(kind_of(house.vault.commit(&ctx, again).await), RefusalKind::Gone);
    assert_eq!(kind_of(house.vault.commit(&ctx, erase(1)).await), RefusalKind::NotFound);
    assert_eq!(kind_of(house.vault.commit(&ctx, erase(77)).await), RefusalKind::NotFound);
    assert_eq!(kind_of(house.vault.commit(&house.ctx("watcher"), erase(1)).await), RefusalKind::NotFound);
}

#[tokio::test]
async fn a_person_with_more_records_than_one_batch_takes_is_erased_whole() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let number = |n: u16| {
        let mut bytes = [7; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        model::RecordId::from_bytes(bytes)
    };
    for from in [0, 700] {
        let letters = (from..from + 700).fold(Changes::new(), |changes, n| {
            let words = title(&format!("letter{n} copper lantern tuesday"));
            changes.and(Change::Create(Draft::document(LETTER, number(n), Some(person(1)), b"x".to_vec(), words)))
        });
        house.vault.commit(&ctx, letters).await.unwrap();
    }
    assert!(house.rows(Space::Term).await.len() > 30_000);
    let before = house.log_len().await;
    house.vault.commit(&ctx, erase(1)).await.unwrap();
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(house.gained(before).await, ["erase done"]);
    assert_eq!(kind_of(house.vault.read(&ctx, LETTER, number(1399)).await), RefusalKind::Gone);
}

#[tokio::test]
async fn an_erasure_that_was_cut_short_is_finished_by_asking_again() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    // As after a crash between the key and the last rows.
    let (key, _) = house.rows(Space::Key).await.into_iter().find(|(key, _)| key[0] == b's').unwrap();
    let marker = [b"erased/".as_slice(), person(1).as_bytes()].concat();
    let row = storage::Row { version: 1, value: Vec::new() };
    let batch = Batch {
        puts: vec![storage::Put { space: Space::Meta, key: marker, row }],
        deletes: vec![(Space::Key, key)],
        ..Batch::default()
    };
    house.engine.commit(TENANT, batch).await.unwrap();
    assert_eq!(kind_of(house.vault.read(&ctx, Patient::DECL, id(1)).await), RefusalKind::Gone);
    assert_eq!(kind_of(house.vault.history(&ctx, Patient::DECL, id(1)).await.map(|_| ())), RefusalKind::Gone);
    assert!(house.vault.search(&ctx, &Query::all(Patient::DECL)).await.unwrap().page.is_empty());
    house.vault.commit(&ctx, erase(1)).await.unwrap();
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(kind_of(house.vault.commit(&ctx, erase(1)).await), RefusalKind::NotFound);
}
