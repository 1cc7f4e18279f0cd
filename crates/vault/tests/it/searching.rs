use model::{Kind, RecordId, RefusalKind, SubjectId};
use vault::{Change, Changes, Clause, Draft, Expected, Found, Needle, Query, limits};

use crate::house::{House, id, kind_of, patient, person};
use crate::kinds::{LETTER, Note, Patient, Ward, title};

fn clause(field: &'static str, needle: Needle) -> Vec<Clause> {
    vec![Clause { field, any: vec![needle] }]
}

fn ids(found: &Found) -> Vec<RecordId> {
    found.page.iter().map(|opened| opened.id).collect()
}

async fn find(house: &House, clauses: Vec<Clause>) -> Vec<RecordId> {
    let query = Query { clauses, newest_first: false, ..Query::all(Patient::DECL) };
    ids(&house.vault.search(&house.ctx("all"), &query).await.unwrap())
}

#[tokio::test]
async fn people_are_found_by_number_by_beginnings_of_names_and_by_parts_of_dates() {
    let house = House::new().await;
    let people = [("Søren Kierkegaard", "1813-05-05"), ("Ada Lovelace", "1815-12-10"), ("Mary O'Brien", "1815-12-11")];
    for (n, (name, born)) in (1..).zip(people) {
        let record = Patient { name: name.into(), born: born.into(), ..patient(n) };
        house.vault.commit(&house.ctx("all"), Changes::new().create(id(n), &record).unwrap()).await.unwrap();
    }
    let beginning = |text: &str| clause("name", Needle::Beginning(text.into()));
    let bucket = |text: &str| clause("born", Needle::Bucket(text.into()));
    assert_eq!(find(&house, clause("number", Needle::Exact("number-2".into()))).await, [id(2)]);
    assert_eq!(find(&house, beginning("kierkegaard")).await, [id(1)]);
    assert_eq!(find(&house, beginning("SOR")).await, [id(1)]);
    assert_eq!(find(&house, beginning("love")).await, [id(2)]);
    assert_eq!(find(&house, beginning("obri")).await, [id(3)]);
    assert_eq!(find(&house, beginning("ovelace")).await, []);
    assert_eq!(find(&house, bucket("1815")).await, [id(2), id(3)]);
    assert_eq!(find(&house, bucket("1815-12")).await, [id(2), id(3)]);
    assert_eq!(find(&house, bucket("1815-12-11")).await, [id(3)]);
    // Every clause must hold, any needle of it will do.
    assert_eq!(find(&house, [beginning("mary"), bucket("1815")].concat()).await, [id(3)]);
    assert_eq!(find(&house, [beginning("mary"), bucket("1813")].concat()).await, []);
    let any = vec![Needle::Beginning("mary".into()), Needle::Beginning("ada".into()), Needle::Id(id(1))];
    assert_eq!(find(&house, vec![Clause { field: "name", any }]).await, [id(1), id(2), id(3)]);
}

#[tokio::test]
async fn what_a_record_no_longer_says_no_longer_finds_it() {
    let house = House::new().await;
    house.patient(1).await;
    house.revise(id(1), &Patient { name: "Grace Hopper".into(), ..patient(1) }).await.unwrap();
    assert_eq!(find(&house, clause("name", Needle::Beginning("ada".into()))).await, []);
    assert_eq!(find(&house, clause("name", Needle::Beginning("hopper".into()))).await, [id(1)]);
    let retire = Changes::new().and(Change::Retire(Patient::DECL, id(1), Expected::Any));
    house.vault.commit(&house.ctx("all"), retire).await.unwrap();
    assert_eq!(find(&house, clause("name", Needle::Beginning("hopper".into()))).await, []);
    assert_eq!(find(&house, Vec::new()).await, []);
}

#[tokio::test]
async fn an_ordered_field_is_found_from_one_value_up_to_another() {
    let house = House::new().await;
    for (n, beds) in [(1, 0), (2, 9), (3, 10), (4, 11), (5, 100)] {
        let ward = Ward { code: format!("{n}"), beds, label: ["", "a", "ab", "b", "ba"][usize::from(n) - 1].into() };
        house.vault.commit(&house.ctx("all"), Changes::new().create(id(n), &ward).unwrap()).await.unwrap();
    }
    let find = async |field: &'static str, from: String, to: String| {
        let clauses = clause(field, Needle::Range(from, to));
        let query = Query { clauses, newest_first: false, ..Query::all(Ward::DECL) };
        ids(&house.vault.search(&house.ctx("all"), &query).await.unwrap())
    };
    let number = |n: u32| format!("{n:020}");
    assert_eq!(find("beds", number(9), number(11)).await, [id(2), id(3)]);
    assert_eq!(find("beds", number(0), number(1)).await, [id(1)]);
    assert_eq!(find("beds", number(11), number(1000)).await, [id(4), id(5)]);
    assert_eq!(find("beds", number(11), number(9)).await, []);
    assert_eq!(find("label", String::new(), "ab".into()).await, [id(1), id(2)]);
    assert_eq!(find("label", "ab".into(), "ba".into()).await, [id(3), id(4)]);
}

#[tokio::test]
async fn a_field_is_searched_only_as_it_is_declared() {
    let house = House::new().await;
    house.patient(1).await;
    for (field, needle) in [
        ("number", Needle::Beginning("n".into())),
        ("name", Needle::Exact("Ada".into())),
        ("born", Needle::Range("1900".into(), "2000".into())),
        ("verifier", Needle::Exact("x".into())),
    ] {
        let query = Query { clauses: clause(field, needle), ..Query::all(Patient::DECL) };
        let before = house.log_len().await;
        assert_eq!(kind_of(house.vault.search(&house.ctx("all"), &query).await.map(|_| ())), RefusalKind::Invalid);
        assert_eq!(house.gained(before).await, ["search refused"], "{field}");
    }
}

#[tokio::test]
async fn pages_meet_without_gaps_or_repeats_while_records_come_and_go() {
    let house = House::new().await;
    for n in 1..=9 {
        house.patient(2 * n).await;
    }
    for newest_first in [true, false] {
        for clauses in [Vec::new(), clause("born", Needle::Bucket("1988".into()))] {
            let page = async |after| {
                let query =
                    Query { clauses: clauses.clone(), limit: 4, after, newest_first, ..Query::all(Patient::DECL) };
                house.vault.search(&house.ctx("all"), &query).await.unwrap()
            };
            let mut seen = Vec::new();
            let mut after = None;
            let mut pages = 0;
            loop {
                let found = page(after).await;
                assert_eq!(found.total, 9);
                seen.extend(ids(&found));
                pages += 1;
                match found.next {
                    Some(next) => after = Some(next),
                    None => break,
                }
            }
            let mut all: Vec<_> = (1..=9).map(|n| id(2 * n)).collect();
            if newest_first {
                all.reverse();
            }
            assert_eq!((seen, pages), (all, 3));
        }
    }
    // The record that the first page ended with goes, one before it comes: the next page begins where it would have.
    let first = Query { limit: 3, newest_first: false, ..Query::all(Patient::DECL) };
    let found = house.vault.search(&house.ctx("all"), &first).await.unwrap();
    assert_eq!(ids(&found), [id(2), id(4), id(6)]);
    let retire = Changes::new().and(Change::Retire(Patient::DECL, id(6), Expected::Any));
    house.vault.commit(&house.ctx("all"), retire).await.unwrap();
    house.patient(5).await;
    let rest = Query { after: found.next, ..first };
    assert_eq!(ids(&house.vault.search(&house.ctx("all"), &rest).await.unwrap()), [id(8), id(10), id(12)]);
}

#[tokio::test]
async fn a_candidate_is_shown_only_if_its_opened_body_holds() {
    let house = House::new().await;
    for n in 1..=6 {
        house.patient(n).await;
    }
    let holds = |body: &[u8]| serde_json::from_slice::<Patient>(body).unwrap().number != "number-2";
    let query = Query { holds: &holds, limit: 3, newest_first: false, ..Query::all(Patient::DECL) };
    let before = house.log_len().await;
    let found = house.vault.search(&house.ctx("all"), &query).await.unwrap();
    assert_eq!((ids(&found), found.total, found.next), (vec![id(1), id(3), id(4)], 6, Some(id(4))));
    let log = house.log().await;
    assert_eq!(log.len(), before + 1);
    assert_eq!(log[before]["shown"].as_array().unwrap().len(), 3, "who was shown, and nobody else");
}

#[tokio::test]
async fn a_page_has_a_limit() {
    let house = House::new().await;
    let letters = (0..60u8).fold(Changes::new(), |changes, n| {
        let draft = Draft::document(LETTER, id(n), Some(person(1)), vec![n], title("Recall"));
        changes.and(Change::Create(draft))
    });
    house.vault.commit(&house.ctx("all"), letters).await.unwrap();
    let query = Query { limit: usize::MAX, ..Query::all(LETTER) };
    let found = house.vault.search(&house.ctx("all"), &query).await.unwrap();
    assert_eq!((found.page.len(), found.total), (limits::PAGE_MAX, 60));
    let none = Query { limit: 0, ..Query::all(LETTER) };
    assert_eq!(house.vault.search(&house.ctx("all"), &none).await.unwrap().page.len(), 1);
}

#[tokio::test]
async fn too_many_candidates_are_refused_but_a_list_goes_on() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    // Index rows without records stand for the many: what is tested is what the index answers.
    let wanted = limits::CANDIDATES_MAX + 5;
    let first = Draft::document(LETTER, RecordId::from_bytes([255; 16]), None, b"x".to_vec(), title("a"));
    house.vault.commit(&ctx, Changes::new().and(Change::Create(first))).await.unwrap();
    let prefixes: std::collections::BTreeSet<Vec<u8>> =
        house.rows(storage::Space::Term).await.into_iter().map(|(key, _)| key[..16].to_vec()).collect();
    assert_eq!(prefixes.len(), 2, "the word and the list");
    for chunk in (0..wanted as u32).collect::<Vec<_>>().chunks(10_000) {
        let mark = |n: &u32, prefix: &Vec<u8>| {
            let key = [prefix.as_slice(), &[0; 12], &n.to_be_bytes()].concat();
            storage::Put { space: storage::Space::Term, key, row: storage::Row { version: 1, value: Vec::new() } }
        };
        let puts = chunk.iter().flat_map(|n| prefixes.iter().map(move |prefix| mark(n, prefix))).collect();
        house.engine.commit(crate::house::TENANT, storage::Batch { puts, ..Default::default() }).await.unwrap();
    }
    let by_word = Query { clauses: clause("title", Needle::Beginning("a".into())), ..Query::all(LETTER) };
    assert_eq!(kind_of(house.vault.search(&ctx, &by_word).await.map(|_| ())), RefusalKind::Invalid);
    let list = Query { newest_first: false, ..Query::all(LETTER) };
    let found = house.vault.search(&ctx, &list).await.unwrap();
    assert_eq!((found.page.len(), found.total), (0, limits::CANDIDATES_MAX + 1));
    let rest = Query { after: Some(found.next.unwrap()), ..list };
    let found = house.vault.search(&ctx, &rest).await.unwrap();
    assert_eq!((ids(&found), found.next), (vec![RecordId::from_bytes([255; 16])], None));
}

#[tokio::test]
async fn a_note_is_found_by_whom_it_is_about() {
    let house = House::new().await;
    house.note(9, 1, "mine").await;
    house.note(10, 2, "yours").await;
    let about = |person: SubjectId| Query {
        clauses: clause("patient", Needle::Exact(person.to_string())),
        ..Query::all(Note::DECL)
    };
    assert_eq!(ids(&house.vault.search(&house.ctx("all"), &about(person(2))).await.unwrap()), [id(10)]);
}
