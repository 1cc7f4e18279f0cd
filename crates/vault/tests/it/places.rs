//! A row that is moved, mixed or changed in the engine is a fault, never content.

use access::Scope;
use model::{Kind, TenantId};
use storage::{Batch, Put, Row, Space};
use vault::{Vault, row_key};

use crate::house::{House, TENANT, fault, id, patient};
use crate::kinds::{Note, Patient};

async fn put(house: &House, tenant: TenantId, space: Space, key: Vec<u8>, row: Row) {
    let batch = Batch { puts: vec![Put { space, key, row }], ..Batch::default() };
    house.engine.commit(tenant, batch).await.unwrap();
}

async fn head(house: &House, kind: &'static model::KindDecl, n: u8) -> Row {
    house.engine.read(TENANT, Space::Head, &row_key(kind, id(n))).await.unwrap().unwrap()
}

async fn unreadable(house: &House, vault: &Vault, tenant: TenantId, kind: &'static model::KindDecl, n: u8) {
    let ctx = house.ctx_in(tenant, "all", Scope::Tenant);
    let before = house.log_len().await;
    fault(vault.read(&ctx, kind, id(n)).await.map(|_| ()));
    fault(vault.history(&ctx, kind, id(n)).await.map(|_| ()));
    if tenant == TENANT {
        assert_eq!(house.gained(before).await, Vec::<String>::new(), "what did not leave was not read");
    }
}

#[tokio::test]
async fn a_moved_row_does_not_open() {
    let house = House::new().await;
    house.patient(1).await;
    house.patient(2).await;
    house.note(9, 1, "Caries").await;
    house.note(10, 1, "Healthy").await;
    let (one, note) = (head(&house, Patient::DECL, 1).await, head(&house, Note::DECL, 9).await);
    // To another record of another person, to another of the same person, to another kind.
    put(&house, TENANT, Space::Head, row_key(Patient::DECL, id(2)), one.clone()).await;
    unreadable(&house, &house.vault, TENANT, Patient::DECL, 2).await;
    put(&house, TENANT, Space::Head, row_key(Note::DECL, id(10)), note.clone()).await;
    unreadable(&house, &house.vault, TENANT, Note::DECL, 10).await;
    put(&house, TENANT, Space::Head, row_key(Note::DECL, id(1)), one.clone()).await;
    unreadable(&house, &house.vault, TENANT, Note::DECL, 1).await;
    // To another tenant, even together with the person's key.
    let other = TenantId::from_bytes([2; 16]);
    house.vault.create_tenant(other).await.unwrap();
    put(&house, other, Space::Head, row_key(Patient::DECL, id(1)), one).await;
    unreadable(&house, &house.vault, other, Patient::DECL, 1).await;
    for (key, row) in house.rows(Space::Key).await {
        if key[0] == b's' {
            put(&house, other, Space::Key, key, row).await;
        }
    }
    unreadable(&house, &house.vault, other, Patient::DECL, 1).await;
}

#[tokio::test]
async fn an_older_version_does_not_pass_for_a_newer_one() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    house.revise(id(1), &Patient { name: "Second".into(), ..patient(1) }).await.unwrap();
    house.revise(id(1), &Patient { name: "Third".into(), ..patient(1) }).await.unwrap();
    let past = house.rows(Space::Version).await;
    let [(first, first_row), (second, _)] = &past[..] else { panic!("two past versions") };
    // Version 1 under the key of version 2, as it is and renumbered.
    put(&house, TENANT, Space::Version, second.clone(), first_row.clone()).await;
    fault(house.vault.read_version(&ctx, Patient::DECL, id(1), 2).await.map(|_| ()));
    fault(house.vault.history(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    put(&house, TENANT, Space::Version, second.clone(), Row { version: 2, ..first_row.clone() }).await;
    fault(house.vault.read_version(&ctx, Patient::DECL, id(1), 2).await.map(|_| ()));
    fault(house.vault.history(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    // And as the present version.
    let key = row_key(Patient::DECL, id(1));
    put(&house, TENANT, Space::Head, key, Row { version: 3, ..first_row.clone() }).await;
    fault(house.vault.read(&ctx, Patient::DECL, id(1)).await.map(|_| ()));
    house.vault.read_version(&ctx, Patient::DECL, id(1), 1).await.unwrap();
    assert_eq!(first.len(), second.len());
}

/// Every byte of a row but the search digests: what can be changed without being noticed?
#[tokio::test]
async fn no_byte_of_a_row_can_be_changed_unnoticed() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.note(9, 1, "Caries").await;
    let right = head(&house, Note::DECL, 9).await;
    let read = house.vault.read(&ctx, Note::DECL, id(9)).await.unwrap();
    let terms = 57..57 + 18;
    for at in (0..right.value.len()).filter(|at| !terms.contains(at)) {
        for bit in [1, 128] {
            let mut value = right.value.clone();
            value[at] ^= bit;
            let row = Row { value, ..right.clone() };
            put(&house, TENANT, Space::Head, row_key(Note::DECL, id(9)), row).await;
            // One bit of the state says `retired`: then nothing is served either.
            assert!(house.vault.read(&ctx, Note::DECL, id(9)).await.is_err(), "byte {at}");
        }
    }
    put(&house, TENANT, Space::Head, row_key(Note::DECL, id(9)), right).await;
    assert_eq!(house.vault.read(&ctx, Note::DECL, id(9)).await.unwrap().body, read.body);
}
