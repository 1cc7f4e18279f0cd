use access::Scope;
use model::{Kind, TenantId};
use storage::Space;
use vault::{Changes, Query};

use crate::house::{House, TENANT, fault, id, note, patient};
use crate::kinds::{Note, Patient};

#[tokio::test]
async fn making_a_tenant_twice_keeps_its_key() {
    let house = House::new().await;
    house.patient(1).await;
    let keys = house.rows(Space::Key).await;
    house.vault.create_tenant(TENANT).await.unwrap();
    let second = house.beside(house.engine.clone());
    second.create_tenant(TENANT).await.unwrap();
    assert_eq!(house.rows(Space::Key).await, keys);
    second.read(&house.ctx("all"), Patient::DECL, id(1)).await.unwrap();
}

#[tokio::test]
async fn a_tenants_lost_key_is_not_replaced_by_a_new_one() {
    let house = House::new().await;
    house.patient(1).await;
    let deletes = house.rows(Space::Key).await.into_iter().map(|(key, _)| (Space::Key, key)).collect();
    house.engine.commit(TENANT, storage::Batch { deletes, ..Default::default() }).await.unwrap();
    let second = house.beside(house.engine.clone());
    second.create_tenant(TENANT).await.unwrap_err();
    assert_eq!(house.rows(Space::Key).await, Vec::new());
}

#[tokio::test]
async fn after_a_rotation_old_records_open_and_new_ones_use_the_new_key() {
    let house = House::new().await;
    let ctx = house.ctx("all");
    house.patient(1).await;
    let ward = |code: &str| crate::kinds::Ward { code: code.into(), beds: 1, label: "x".into() };
    house.vault.commit(&ctx, Changes::new().create(id(70), &ward("old")).unwrap()).await.unwrap();
    let old = house.vault.digest_id(TENANT, "name", "ada@example.org").await.unwrap();
    house.vault.rotate_tenant_key(TENANT).await.unwrap();
    house.patient(2).await;
    house.vault.commit(&ctx, Changes::new().create(id(71), &ward("new")).unwrap()).await.unwrap();
    house.vault.rotate_tenant_key(TENANT).await.unwrap();
    assert_eq!(house.vault.digest_id(TENANT, "name", "ada@example.org").await.unwrap(), old);
    // By this node and by one that is started now.
    for vault in [house.vault.clone(), house.beside(house.engine.clone())] {
        for n in [1, 2] {
            vault.read(&ctx, Patient::DECL, id(n)).await.unwrap();
        }
        for n in [70, 71] {
            vault.read(&ctx, crate::kinds::Ward::DECL, id(n)).await.unwrap();
        }
        assert_eq!(vault.search(&ctx, &Query::all(Patient::DECL)).await.unwrap().page.len(), 2);
        // A record of before the rotation is revised after it.
        let changes = Changes::new().revise(id(1), &patient(1), vault::Expected::Any).unwrap();
        vault.commit(&ctx, changes).await.unwrap();
    }
}

#[tokio::test]
async fn a_digest_id_differs_by_tenant_and_purpose() {
    let house = House::new().await;
    let other = TenantId::from_bytes([2; 16]);
    house.vault.create_tenant(other).await.unwrap();
    let digest = async |tenant, purpose| house.vault.digest_id(tenant, purpose, "ada@example.org").await.unwrap();
    let one = digest(TENANT, "name").await;
    assert_eq!(one, digest(TENANT, "name").await);
    assert_ne!(one, digest(TENANT, "other").await);
    assert_ne!(one, digest(other, "name").await);
    assert_eq!(house.vault.tenants().await.unwrap(), [TENANT, other]);
}

#[tokio::test]
async fn a_vault_of_another_environment_opens_nothing() {
    let house = House::new().await;
    house.note(9, 1, "Caries").await;
    let stranger = House::on(std::sync::Arc::new(storage::Memory::new())).await;
    let outside = std::sync::Arc::new(crate::house::Seeded::new(99));
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.key");
    let root = seal::KeyFile::create(&root, &seal::Protection::Owner, outside.as_ref()).unwrap();
    let (environment, _) = seal::Environment::create(std::sync::Arc::new(root), "other", outside.as_ref()).unwrap();
    let foreign = House { environment, ..stranger }.beside(house.engine.clone());
    fault(foreign.read(&house.ctx("all"), Note::DECL, id(9)).await.map(|_| ()));
    let write = Changes::new().create(id(10), &note(1, "x")).unwrap();
    fault(foreign.commit(&house.ctx_in(TENANT, "all", Scope::Tenant), write).await);
}
