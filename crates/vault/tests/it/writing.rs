use model::{Kind, RefusalKind};
use storage::Space;
use vault::{Change, Changes, Draft, Expected, limits};

use crate::house::{House, id, kind_of, note, patient, person, refused};
use crate::kinds::{LETTER, Note, Pass, Patient, Ward, title};

#[tokio::test]
async fn what_is_written_is_read_back_with_its_version_and_times() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let receipt = house.vault.commit(&ctx, Changes::new().create(id(1), &patient(1)).unwrap()).await.unwrap();
    assert_eq!((receipt.written[0].version, receipt.repeated), (1, false));
    let began = house.ctx("all").now;
    house.outside.move_on(60);
    let renamed = Patient { name: "Grace".into(), ..patient(1) };
    house.revise(id(1), &renamed).await.unwrap();
    let (read, opened) = house.vault.read_as::<Patient>(&house.ctx("all"), id(1)).await.unwrap();
    assert_eq!(read, renamed);
    assert_eq!((opened.version, opened.created, opened.updated), (2, began, began.plus_seconds(60)));
    assert_eq!(opened.subject, Some(person(1)));
}

#[tokio::test]
async fn a_document_is_kept_byte_for_byte() {
    let house = House::new().await;
    let body = b"Dear colleague,\r\n\xf0\x9f\xa6\xb7 thank you.".to_vec();
    let draft = Draft::document(LETTER, id(5), Some(person(1)), body.clone(), title("Referral"));
    house.vault.commit(&house.ctx("all"), Changes::new().and(Change::Create(draft))).await.unwrap();
    assert_eq!(house.vault.read(&house.ctx("all"), LETTER, id(5)).await.unwrap().body, body);
}

#[tokio::test]
async fn a_stale_version_is_refused_and_any_version_is_not() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.revise(id(1), &patient(1)).await.unwrap();
    let stale = Changes::new().revise(id(1), &patient(1), Expected::Version(1)).unwrap();
    let refusal = refused(house.vault.commit(&ctx, stale).await);
    assert_eq!(refusal.kind, RefusalKind::PreconditionFailed);
    assert!(refusal.recorded && refusal.words.contains("version 2"), "{refusal}");
    let right = Changes::new().revise(id(1), &patient(1), Expected::Version(2)).unwrap();
    assert_eq!(house.vault.commit(&ctx, right).await.unwrap().written[0].version, 3);
}

#[tokio::test]
async fn a_record_stays_with_its_person() {
    let house = House::new().await;
    house.note(9, 1, "Caries").await;
    assert_eq!(kind_of(house.revise(id(9), &note(2, "Caries")).await), RefusalKind::Invalid);
}

#[tokio::test]
async fn a_retired_record_is_gone_but_its_history_stays() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let retire = || Changes::new().and(Change::Retire(Patient::DECL, id(1), Expected::Any));
    house.vault.commit(&ctx, retire()).await.unwrap();
    assert_eq!(kind_of(house.vault.read(&ctx, Patient::DECL, id(1)).await), RefusalKind::Gone);
    assert_eq!(kind_of(house.vault.commit(&ctx, retire()).await), RefusalKind::Gone);
    assert_eq!(kind_of(house.revise(id(1), &patient(1)).await), RefusalKind::Gone);
    let again = Changes::new().create(id(1), &patient(1)).unwrap();
    assert_eq!(kind_of(house.vault.commit(&ctx, again).await), RefusalKind::Conflict);
    let past = house.vault.read_version(&ctx, Patient::DECL, id(1), 1).await.unwrap();
    assert_eq!(past.record::<Patient>().unwrap(), patient(1));
}

#[tokio::test]
async fn a_kind_without_history_keeps_no_past_and_can_be_made_anew() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let ward = Ward { code: "A".into(), beds: 3, label: "north".into() };
    house.vault.commit(&ctx, Changes::new().create(id(7), &ward).unwrap()).await.unwrap();
    house.revise(id(7), &Ward { beds: 4, ..ward.clone() }).await.unwrap();
    assert_eq!(house.rows(Space::Version).await, Vec::new());
    assert_eq!(kind_of(house.vault.read_version(&ctx, Ward::DECL, id(7), 1).await), RefusalKind::NotFound);
    let retire = Changes::new().and(Change::Retire(Ward::DECL, id(7), Expected::Version(2)));
    house.vault.commit(&ctx, retire).await.unwrap();
    assert_eq!(house.rows(Space::Head).await, Vec::new(), "nothing of it is left");
    assert_eq!(house.rows(Space::Term).await, Vec::new());
    assert_eq!(house.rows(Space::Unique).await, Vec::new());
    assert_eq!(kind_of(house.vault.read(&ctx, Ward::DECL, id(7)).await), RefusalKind::NotFound);
    house.vault.commit(&ctx, Changes::new().create(id(7), &ward).unwrap()).await.unwrap();
}

#[tokio::test]
async fn an_ephemeral_record_leaves_only_its_persons_key() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let pass = Pass { holder: person(1), secret: "s".into(), ends: ctx.now };
    house.vault.commit(&ctx, Changes::new().create(id(8), &pass).unwrap()).await.unwrap();
    let keys = house.rows(Space::Key).await.len();
    house.vault.commit(&ctx, Changes::new().and(Change::Retire(Pass::DECL, id(8), Expected::Any))).await.unwrap();
    for space in [Space::Head, Space::Version, Space::Term, Space::Unique] {
        assert_eq!(house.rows(space).await, Vec::new(), "{space}");
    }
    assert_eq!(house.rows(Space::Key).await.len(), keys);
}

#[tokio::test]
async fn each_limit_is_a_precise_refusal() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    let letter = |bytes: usize| Change::Create(Draft::document(LETTER, id(1), None, vec![b'x'; bytes], Vec::new()));
    let many = (0..=limits::CHANGES_MAX).fold(Changes::new(), |changes, _| changes.and(letter(1)));
    let wordy = (0..=limits::TERMS_MAX).map(|n| format!("w{n} ")).collect::<String>();
    let wordy = Change::Create(Draft::document(LETTER, id(1), None, b"x".to_vec(), title(&wordy)));
    let big = limits::BODY_BYTES_MAX;
    for (what, changes, kind) in [
        ("nothing", Changes::new(), RefusalKind::Invalid),
        ("too many", many, RefusalKind::TooLarge),
        ("too long", Changes::new().and(letter(big + 1)), RefusalKind::TooLarge),
        ("too long together", Changes::new().and(letter(big)).and(letter(big)).and(letter(1)), RefusalKind::TooLarge),
        ("too many words", Changes::new().and(wordy), RefusalKind::TooLarge),
        ("an empty key", Changes::new().and(letter(1)).once(""), RefusalKind::Invalid),
        ("a long key", Changes::new().and(letter(1)).once("k".repeat(129)), RefusalKind::Invalid),
    ] {
        let before = house.log_len().await;
        let refusal = refused(house.vault.commit(&ctx, changes).await);
        assert_eq!(refusal.kind, kind, "{what}: {refusal}");
        assert_eq!(house.log_len().await, before + 1, "{what}");
    }
    assert_eq!(house.rows(Space::Head).await, Vec::new());
    house.vault.commit(&ctx, Changes::new().and(letter(big))).await.unwrap();
    assert_eq!(house.vault.read(&ctx, LETTER, id(1)).await.unwrap().body.len(), big);
}

#[tokio::test]
async fn who_may_not_know_is_told_nothing_is_there() {
    let house = House::new().await;
    house.note(9, 1, "Caries").await;
    let text = "x";
    // (role, is the record there) → the same answer.
    for role in ["clerk", "stranger"] {
        let ctx = house.ctx(role);
        for record in [id(9), id(77)] {
            let revise = Changes::new().revise(record, &note(1, text), Expected::Any).unwrap();
            let retire = Changes::new().and(Change::Retire(Note::DECL, record, Expected::Any));
            let answers = [
                refused(house.vault.read(&ctx, Note::DECL, record).await),
                refused(house.vault.read_version(&ctx, Note::DECL, record, 1).await),
                refused(house.vault.history(&ctx, Note::DECL, record).await.map(|_| ())),
                refused(house.vault.commit(&ctx, revise).await),
                refused(house.vault.commit(&ctx, retire).await),
            ];
            for refusal in answers {
                assert_eq!(refusal, model::Refusal::not_found().recorded(), "{role} {record}");
            }
        }
    }
    let watcher = house.ctx("watcher");
    for record in [id(9), id(77)] {
        let revise = Changes::new().revise(record, &note(1, text), Expected::Any).unwrap();
        assert_eq!(kind_of(house.vault.commit(&watcher, revise).await), RefusalKind::NotAllowed, "they may know");
    }
}
