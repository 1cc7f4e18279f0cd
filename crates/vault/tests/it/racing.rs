//! What happens when two things happen at once: each race is forced, not hoped for.

use std::sync::Arc;

use model::{Kind, RefusalKind};
use storage::Space;
use vault::{Change, Changes, Expected, Needle, Past, Query, Vault};

use crate::bent::{Bent, Moment};
use crate::house::{House, id, kind_of, note, patient, person};
use crate::kinds::{Note, Patient};

/// A house, and a second node whose engine can be made to wait for the first.
async fn two_nodes() -> (Arc<House>, Arc<Vault>, Arc<Bent>) {
    let house = Arc::new(House::new().await);
    let bent = Arc::new(Bent::new(house.engine.clone()));
    let second = house.beside(bent.clone());
    (house, second, bent)
}

fn erase(n: u8) -> Changes {
    Changes::new().and(Change::Erase(person(n)))
}

#[tokio::test]
async fn a_revision_that_meets_an_erasure_is_lost_and_leaves_nothing() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.vault.commit(&first.ctx("all"), erase(1)).await.unwrap();
    });
    let late = Patient { name: "Late Comer".into(), ..patient(1) };
    let changes = Changes::new().revise(id(1), &late, Expected::Any).unwrap();
    assert_eq!(kind_of(second.commit(&house.ctx("all"), changes).await), RefusalKind::Gone);
    assert!(bent.has_acted());
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(house.rows(Space::Version).await, Vec::new());
}

#[tokio::test]
async fn a_new_record_that_meets_an_erasure_is_refused() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.vault.commit(&first.ctx("all"), erase(1)).await.unwrap();
    });
    let late = Changes::new().create(id(9), &note(1, "late")).unwrap();
    assert_eq!(kind_of(second.commit(&house.ctx("all"), late).await), RefusalKind::Gone);
    assert!(bent.has_acted());
    assert_eq!(house.rows(Space::Head).await.len(), 1, "the tombstone alone");
}

#[tokio::test]
async fn a_revision_that_finds_the_key_gone_is_refused_and_not_a_fault() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let first = house.clone();
    bent.at(Moment::Key, move || async move {
        first.vault.commit(&first.ctx("all"), erase(1)).await.unwrap();
    });
    // The tenant's key is read first; the second reading of a key is the person's.
    second.read(&house.ctx("all"), Patient::DECL, id(99)).await.map(|_| ()).unwrap_err();
    let changes = Changes::new().revise(id(1), &patient(1), Expected::Any).unwrap();
    assert_eq!(kind_of(second.commit(&house.ctx("all"), changes).await), RefusalKind::Gone);
    assert!(bent.has_acted());
}

#[tokio::test]
async fn an_erasure_that_meets_a_revision_leaves_no_newer_terms() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.revise(id(1), &Patient { name: "Late Comer".into(), ..patient(1) }).await.unwrap();
    });
    second.commit(&house.ctx("all"), erase(1)).await.unwrap();
    assert!(bent.has_acted());
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(house.rows(Space::Version).await, Vec::new());
    assert_eq!(house.rows(Space::Unique).await, Vec::new());
}

#[tokio::test]
async fn an_erasure_that_meets_a_new_record_takes_it_along() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.note(9, 1, "Caries").await;
    });
    second.commit(&house.ctx("all"), erase(1)).await.unwrap();
    assert!(bent.has_acted());
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(kind_of(house.vault.read(&house.ctx("all"), Note::DECL, id(9)).await), RefusalKind::Gone);
}

#[tokio::test]
async fn an_erasure_during_a_read_makes_it_gone() {
    let (house, second, bent) = two_nodes().await;
    // The tenant's key is known to the second node before.
    second.read(&house.ctx("all"), Patient::DECL, id(99)).await.map(|_| ()).unwrap_err();
    for (n, moment) in [(1, Moment::Key), (2, Moment::Versions)] {
        house.patient(n).await;
        let first = house.clone();
        bent.at(moment, move || async move {
            first.vault.commit(&first.ctx("all"), erase(n)).await.unwrap();
        });
        let before = house.log_len().await;
        let answer = match moment {
            Moment::Key => second.read(&house.ctx("all"), Patient::DECL, id(n)).await.map(|_| ()),
            _ => second.history(&house.ctx("all"), Patient::DECL, id(n)).await.map(|_| ()),
        };
        assert_eq!(kind_of(answer), RefusalKind::Gone);
        let act = if moment == Moment::Key { "read" } else { "history" };
        assert_eq!(house.gained(before).await, ["erase done".to_owned(), format!("{act} gone")]);
    }
    house.patient(3).await;
    let first = house.clone();
    bent.at(Moment::Key, move || async move {
        first.vault.commit(&first.ctx("all"), erase(3)).await.unwrap();
    });
    assert!(second.search(&house.ctx("all"), &Query::all(Patient::DECL)).await.unwrap().page.is_empty());
    assert!(bent.has_acted());
}

#[tokio::test]
async fn two_first_records_of_a_person_end_under_one_key() {
    let (house, second, bent) = two_nodes().await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.patient(1).await;
    });
    let changes = Changes::new().create(id(9), &note(1, "Caries")).unwrap();
    second.commit(&house.ctx("all"), changes).await.unwrap();
    assert!(bent.has_acted());
    assert_eq!(house.rows(Space::Key).await.len(), 2);
    house.vault.read(&house.ctx("all"), Note::DECL, id(9)).await.unwrap();
    house.vault.read(&house.ctx("all"), Patient::DECL, id(1)).await.unwrap();
}

#[tokio::test]
async fn who_named_a_version_is_told_and_who_named_none_goes_on() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    let other = async |expected| {
        let first = house.clone();
        bent.at(Moment::Commit, move || async move {
            first.revise(id(1), &patient(1)).await.unwrap();
        });
        let changes = Changes::new().revise(id(1), &patient(1), expected).unwrap();
        second.commit(&house.ctx("all"), changes).await
    };
    assert_eq!(kind_of(other(Expected::Version(1)).await), RefusalKind::PreconditionFailed);
    assert_eq!(other(Expected::Any).await.unwrap().written[0].version, 4);
}

#[tokio::test]
async fn the_same_id_or_unique_value_goes_to_one_of_two() {
    let (house, second, bent) = two_nodes().await;
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.patient(1).await;
    });
    let before = house.log_len().await;
    let same_id = Changes::new().create(id(1), &patient(5)).unwrap();
    assert_eq!(kind_of(second.commit(&house.ctx("all"), same_id).await), RefusalKind::Conflict);
    assert_eq!(house.gained(before).await, ["create done", "commit refused"]);
    let first = house.clone();
    bent.at(Moment::Commit, move || async move {
        first.patient(2).await;
    });
    let same_number = Changes::new().create(id(3), &patient(2)).unwrap();
    assert_eq!(kind_of(second.commit(&house.ctx("all"), same_number).await), RefusalKind::Conflict);
}

#[tokio::test]
async fn a_history_that_meets_a_revision_shows_no_version_twice() {
    let (house, second, bent) = two_nodes().await;
    house.patient(1).await;
    house.revise(id(1), &patient(1)).await.unwrap();
    let first = house.clone();
    bent.at(Moment::Versions, move || async move {
        first.revise(id(1), &patient(1)).await.unwrap();
    });
    let past = second.history(&house.ctx("all"), Patient::DECL, id(1)).await.unwrap();
    let versions: Vec<u64> = past
        .iter()
        .map(|past| match past {
            Past::Version(opened) => opened.version,
            Past::Retired { version, .. } => *version,
        })
        .collect();
    assert_eq!(versions, [2, 1]);
}

#[tokio::test]
async fn the_same_request_sent_twice_at_once_happens_once() {
    let (house, second, bent) = two_nodes().await;
    let first = house.clone();
    let request = |n: u8| Changes::new().create(id(n), &note(1, "Caries")).unwrap().once("a key");
    let (one, other) = (request(9), request(10));
    bent.at(Moment::Commit, move || async move {
        first.vault.commit(&first.ctx("all"), one).await.unwrap();
    });
    let receipt = second.commit(&house.ctx("all"), other).await.unwrap();
    assert!(receipt.repeated);
    assert_eq!(receipt.written[0].id, id(9));
    assert_eq!(house.rows(Space::Head).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_of_one_person_all_succeed() {
    let house = Arc::new(House::new().await);
    let mut tasks = Vec::new();
    for n in 0..4u8 {
        let house = house.clone();
        tasks.push(tokio::spawn(async move {
            for m in 0..10u8 {
                house.note(100 + n * 10 + m, 1, "Caries").await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let about = vault::Clause { field: "patient", any: vec![Needle::Exact(person(1).to_string())] };
    let query = Query { clauses: vec![about], ..Query::all(Note::DECL) };
    assert_eq!(house.vault.search(&house.ctx("all"), &query).await.unwrap().total, 40);
    assert_eq!(house.rows(Space::Key).await.len(), 2);
    assert_eq!(house.log().await.iter().filter(|entry| entry["action"] == "create").count(), 40);
}
