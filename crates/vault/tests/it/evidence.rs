//! Every attempt leaves exactly the entries that are documented.

use std::sync::Arc;

use model::{Answer, Kind, No};
use vault::{Change, Changes, Clause, Expected, Needle, Query, leaf_bytes};

use crate::bent::Bent;
use crate::house::{House, id, patient, person};
use crate::kinds::{Note, Pass, Patient};

fn unwrap_refusal<T>(answer: Answer<T>) {
    assert!(!matches!(answer, Err(No::Fault(_))));
}

/// What every act left, in order; the whole list is the promise.
async fn acts(house: &House) -> Vec<(&'static str, Vec<String>)> {
    let ctx = house.ctx("all");
    let mut left = Vec::new();
    let mut from = house.log_len().await;
    macro_rules! act {
        ($words:literal, $act:expr) => {
            unwrap_refusal($act.await);
            left.push(($words, house.gained(from).await));
            from = house.log_len().await;
        };
    }
    let v = &house.vault;
    let (watcher, stranger) = (house.ctx("watcher"), house.ctx("stranger"));
    act!("create", v.commit(&ctx, Changes::new().create(id(1), &patient(1)).unwrap()));
    let three = (2..5).fold(Changes::new(), |changes, n| changes.create(id(n), &patient(n)).unwrap());
    act!("create three", v.commit(&ctx, three));
    act!("revise", v.commit(&ctx, Changes::new().revise(id(1), &patient(1), Expected::Version(1)).unwrap()));
    act!(
        "revise a stale one",
        v.commit(&ctx, Changes::new().revise(id(1), &patient(1), Expected::Version(1)).unwrap())
    );
    act!("revise what is absent", v.commit(&ctx, Changes::new().revise(id(99), &patient(9), Expected::Any).unwrap()));
    act!("revise unallowed", v.commit(&watcher, Changes::new().revise(id(1), &patient(1), Expected::Any).unwrap()));
    act!("create unallowed", v.commit(&stranger, Changes::new().create(id(50), &patient(50)).unwrap()));
    act!("read", v.read(&ctx, Patient::DECL, id(1)));
    act!("read what is absent", v.read(&ctx, Patient::DECL, id(99)));
    act!("read unallowed", v.read(&stranger, Patient::DECL, id(1)));
    act!("read a version", v.read_version(&ctx, Patient::DECL, id(1), 1));
    act!("history", v.history(&ctx, Patient::DECL, id(1)));
    act!("history of what is absent", v.history(&ctx, Patient::DECL, id(99)));
    act!("history unallowed", v.history(&stranger, Patient::DECL, id(1)));
    act!("search", v.search(&ctx, &Query::all(Patient::DECL)));
    act!("search unallowed", v.search(&stranger, &Query::all(Patient::DECL)));
    act!("retire", v.commit(&ctx, Changes::new().and(Change::Retire(Patient::DECL, id(2), Expected::Any))));
    act!("read what is gone", v.read(&ctx, Patient::DECL, id(2)));
    act!("erase", v.commit(&ctx, Changes::new().and(Change::Erase(person(3)))));
    act!("erase nobody", v.commit(&ctx, Changes::new().and(Change::Erase(person(3)))));
    act!("changes", v.changes(&ctx, None, 10));
    act!("changes unallowed", v.changes(&stranger, None, 10));
    act!("evidence", v.evidence(&ctx, 0, 10));
    act!("evidence unallowed", v.evidence(&stranger, 0, 10));
    act!("nothing", v.commit(&ctx, Changes::new()));
    assert_eq!(from, house.log_len().await);
    left
}

fn promised() -> Vec<(&'static str, Vec<String>)> {
    let promise: &[(&str, &[&str])] = &[
        ("create", &["create done"]),
        ("create three", &["create done", "create done", "create done"]),
        ("revise", &["revise done"]),
        ("revise a stale one", &["revise refused"]),
        ("revise what is absent", &["revise not-found"]),
        ("revise unallowed", &["revise refused not-granted"]),
        ("create unallowed", &["create refused not-granted"]),
        ("read", &["read done"]),
        ("read what is absent", &["read not-found"]),
        ("read unallowed", &["read refused not-granted"]),
        ("read a version", &["read-version done"]),
        ("history", &["history done"]),
        ("history of what is absent", &["history not-found"]),
        ("history unallowed", &["history refused not-granted"]),
        ("search", &["search done"]),
        ("search unallowed", &["search refused not-granted"]),
        ("retire", &["retire done"]),
        ("read what is gone", &["read gone"]),
        ("erase", &["erase done"]),
        ("erase nobody", &["erase not-found"]),
        ("changes", &["follow-changes done"]),
        ("changes unallowed", &["follow-changes refused not-granted"]),
        ("evidence", &["read-evidence done"]),
        ("evidence unallowed", &["read-evidence refused not-granted"]),
        ("nothing", &["commit refused"]),
    ];
    promise.iter().map(|(act, left)| (*act, left.iter().map(|it| (*it).to_owned()).collect())).collect()
}

#[tokio::test]
async fn every_act_leaves_exactly_its_entries() {
    assert_eq!(acts(&House::new().await).await, promised());
}

#[tokio::test]
async fn every_act_leaves_exactly_its_entries_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::sqlite(dir.path()).await;
    assert_eq!(acts(&house).await, promised());
    house.engine.shut().await.unwrap();
}

#[tokio::test]
async fn an_engine_that_drops_evidence_is_noticed() {
    let house = House::on(Arc::new(Bent::deaf(Arc::new(storage::Memory::new())))).await;
    let (left, promised) = (acts(&house).await, promised());
    let honest = left.iter().zip(&promised).filter(|(left, promised)| left == promised).count();
    assert_eq!(honest, 0, "no act passes for recorded");
}

#[tokio::test]
async fn an_entry_says_who_what_why_when_and_holds_no_content() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let record = Patient { number: "CANARY-NUMBER".into(), name: "Canary Name".into(), born: "1988-03-04".into() };
    house.vault.commit(&ctx, Changes::new().create(id(1), &record).unwrap()).await.unwrap();
    house.revise(id(1), &Patient { name: "Canary Second".into(), ..record }).await.unwrap();
    let clauses = vec![Clause { field: "name", any: vec![Needle::Beginning("canary".into())] }];
    house.vault.search(&ctx, &Query { clauses, ..Query::all(Patient::DECL) }).await.unwrap();
    let log = house.log().await;
    let [create, revise, search] = &log[..] else { panic!("three entries") };
    for (index, entry) in log.iter().enumerate() {
        assert_eq!(entry["index"], index);
        assert_eq!(entry["actor"], "person:03030303-0303-0303-0303-030303030303");
        assert_eq!(entry["purpose"], "direct-care");
        assert_eq!(entry["decision"], "granted");
        assert_eq!(entry["request"], "04040404-0404-0404-0404-040404040404");
        assert_eq!(entry["time"], "2026-11-18T11:06:40.000000Z");
        let text = entry.to_string().to_lowercase();
        assert!(!text.contains("canary") && !text.contains("1988"), "{text}");
    }
    assert_eq!((&create["version"], &create["old"]), (&1.into(), &serde_json::Value::Null));
    assert_eq!(create["new"], revise["old"], "the chain of digests");
    assert_ne!(revise["old"], revise["new"]);
    assert_eq!(create["subject"], revise["subject"]);
    assert_eq!(search["shown"][0], create["subject"]);
}

#[tokio::test]
async fn the_same_content_has_another_digest_in_another_record() {
    let house = House::new().await;
    house.note(9, 1, "Caries").await;
    house.note(10, 1, "Caries").await;
    house.note(11, 2, "Caries").await;
    let news: std::collections::BTreeSet<String> = house.log().await.iter().map(|it| it["new"].to_string()).collect();
    assert_eq!(news.len(), 3);
}

#[tokio::test]
async fn evidence_is_read_as_the_bytes_that_are_hashed() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    for n in 1..6 {
        house.patient(n).await;
    }
    let feed = house.vault.evidence(&ctx, 2, 2).await.unwrap();
    assert_eq!(feed.len, 5);
    let numbers: Vec<u64> = feed.lines.iter().map(|fed| fed.number).collect();
    assert_eq!(numbers, [2, 3]);
    let row = &house.rows(storage::Space::Log).await[2].1;
    assert_eq!(feed.lines[0].line, leaf_bytes(2, &row.value));
    assert!(feed.lines[0].line.starts_with(br#"{"index":2,"time":"#));
    for beyond in [6, u64::MAX] {
        assert_eq!(house.vault.evidence(&ctx, beyond, 10).await.unwrap().lines, Vec::new());
    }
}

#[tokio::test]
async fn the_feed_says_what_changed_and_never_how() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.revise(id(1), &patient(1)).await.unwrap();
    house.note(9, 1, "Caries").await;
    house.vault.commit(&ctx, Changes::new().and(Change::Retire(Note::DECL, id(9), Expected::Any))).await.unwrap();
    house.vault.commit(&ctx, Changes::new().and(Change::Erase(person(1)))).await.unwrap();
    let pass = Pass { holder: person(2), secret: "s".into(), ends: ctx.now };
    house.vault.commit(&ctx, Changes::new().create(id(8), &pass).unwrap()).await.unwrap();
    let feed = house.vault.changes(&ctx, None, 100).await.unwrap();
    let told: Vec<String> = feed
        .lines
        .iter()
        .map(|fed| {
            let line: serde_json::Value = serde_json::from_slice(&fed.line).unwrap();
            assert_eq!(line.as_object().unwrap().len(), 4);
            format!("{} {} {}", line["op"].as_str().unwrap(), line["kind"].as_str().unwrap(), line["version"])
        })
        .collect();
    assert_eq!(
        told,
        [
            "create test.patient 1",
            "revise test.patient 2",
            "create test.note 1",
            "retire test.note 2",
            "erase subject 0",
            "create test.pass 1"
        ]
    );
    let rest = house.vault.changes(&ctx, Some(3), 1).await.unwrap();
    assert_eq!((rest.lines[0].number, rest.lines.len(), rest.len), (4, 1, 6));
    assert_eq!(house.vault.changes(&ctx, Some(u64::MAX), 1).await.unwrap().lines, Vec::new());
}

#[tokio::test]
async fn a_missing_entry_is_a_fault() {
    let house = House::new().await;
    let holed = house.beside(Arc::new(crate::log::Holed(house.engine.clone(), 1)));
    for n in 1..5 {
        house.patient(n).await;
    }
    crate::house::fault(holed.evidence(&house.ctx("all"), 0, 10).await);
    house.vault.evidence(&house.ctx("all"), 0, 10).await.unwrap();
}

#[tokio::test]
async fn a_note_can_be_left_about_what_is_no_record() {
    let house = House::new().await;
    let note = vault::Note {
        action: "sign-in",
        kind: Some(Note::DECL),
        id: None,
        subject: Some(person(1)),
        outcome: "refused",
    };
    house.vault.note(&house.ctx("all"), note).await.unwrap();
    house.note(9, 1, "x").await;
    let log = house.log().await;
    assert_eq!((log[0]["action"].as_str(), log[0]["outcome"].as_str()), (Some("sign-in"), Some("refused")));
    assert_eq!(log[0]["subject"], log[1]["subject"]);
}
