//! Evidence gathered into the tree.

use std::sync::Arc;

use ledger::{Checkpoint, Frontier, Tile, VerifyingKey, leaf_hash};
use model::TenantId;
use storage::{Batch, CommitReply, Engine, Put, Reply, Row, Space, Span, key_of_index};

use crate::house::{House, TENANT};

/// An engine whose log lacks one entry.
pub struct Holed(pub Arc<dyn Engine>, pub u64);

impl Engine for Holed {
    fn create(&self, tenant: TenantId) -> Reply<'_, ()> {
        self.0.create(tenant)
    }

    fn tenants(&self) -> Reply<'_, Vec<TenantId>> {
        self.0.tenants()
    }

    fn read<'a>(&'a self, tenant: TenantId, space: Space, key: &'a [u8]) -> Reply<'a, Option<Row>> {
        self.0.read(tenant, space, key)
    }

    fn scan(&self, tenant: TenantId, space: Space, span: Span) -> Reply<'_, Vec<(Vec<u8>, Row)>> {
        Box::pin(async move {
            let mut rows = self.0.scan(tenant, space, span).await?;
            if space == Space::Log {
                rows.retain(|(key, _)| *key != key_of_index(self.1));
            }
            Ok(rows)
        })
    }

    fn log_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.0.log_len(tenant)
    }

    fn change_len(&self, tenant: TenantId) -> Reply<'_, u64> {
        self.0.change_len(tenant)
    }

    fn commit(&self, tenant: TenantId, batch: Batch) -> CommitReply<'_> {
        self.0.commit(tenant, batch)
    }

    fn shut(&self) -> Reply<'_, ()> {
        self.0.shut()
    }
}

fn opened(house: &House, note: &str) -> Checkpoint {
    let key = VerifyingKey::from_text(&house.vault.log_vkey()).unwrap();
    Checkpoint::opened(note, &house.vault.log_origin(TENANT), &[key]).unwrap()
}

/// The root over everything that the house hands out as evidence, by another way than the tiles.
async fn root_of_evidence(house: &House, size: u64) -> ledger::Hash {
    let mut frontier = Frontier::new();
    while frontier.size() < size {
        let feed = house.vault.evidence(&house.ctx("all"), frontier.size(), 1000).await.unwrap();
        for fed in feed.lines.iter().take((size - frontier.size()) as usize) {
            frontier.append(leaf_hash(&fed.line));
        }
    }
    frontier.root()
}

async fn fill(house: &House, entries: usize) {
    let log = vec![br#""time":"x"}"#.to_vec(); entries];
    house.engine.commit(TENANT, Batch { log, ..Batch::default() }).await.unwrap();
}

#[tokio::test]
async fn an_empty_log_has_no_checkpoint() {
    let house = House::new().await;
    assert_eq!(house.vault.gather(TENANT).await.unwrap(), None);
    assert_eq!(house.vault.log_head(TENANT).await.unwrap(), None);
}

#[tokio::test]
async fn the_checkpoint_is_over_exactly_the_evidence() {
    let house = House::new().await;
    for n in 1..8 {
        house.patient(n).await;
        let head = house.vault.gather(TENANT).await.unwrap().unwrap();
        assert_eq!(head.size, house.log_len().await as u64);
        let checkpoint = opened(&house, &head.note);
        assert_eq!((checkpoint.size, checkpoint.root), (head.size, root_of_evidence(&house, head.size).await));
    }
    assert_eq!(house.vault.log_head(TENANT).await.unwrap().unwrap().size, 13, "six times somebody looked");
    let head = house.vault.gather(TENANT).await.unwrap().unwrap();
    assert_eq!(head.size, 14);
    assert_eq!(house.vault.gather(TENANT).await.unwrap().unwrap(), head, "nothing new, nothing signed");
}

#[tokio::test]
async fn a_long_log_is_gathered_in_pieces_and_keeps_its_tiles() {
    let house = House::new().await;
    for entries in [255, 1, 1, 4000, 6000] {
        fill(&house, entries).await;
        let head = house.vault.gather(TENANT).await.unwrap().unwrap();
        assert_eq!(opened(&house, &head.note).root, root_of_evidence(&house, head.size).await);
    }
    let tile = Tile::full(0, 3).unwrap();
    assert_eq!(house.vault.log_tile(TENANT, tile).await.unwrap().unwrap().len(), 256 * 32);
    assert_eq!(house.vault.log_tile(TENANT, Tile::full(0, 4000).unwrap()).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn gatherers_and_writers_do_not_disturb_each_other() {
    let house = Arc::new(House::new().await);
    let mut tasks = Vec::new();
    for n in 0..3u8 {
        let house = house.clone();
        tasks.push(tokio::spawn(async move {
            for m in 0..15u8 {
                house.patient(n * 20 + m).await;
                fill(&house, 90).await;
            }
        }));
    }
    for _ in 0..4 {
        let house = house.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..15 {
                let head = house.vault.gather(TENANT).await.unwrap();
                if let Some(head) = head {
                    assert_eq!(opened(&house, &head.note).size, head.size);
                }
                tokio::task::yield_now().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let head = house.vault.gather(TENANT).await.unwrap().unwrap();
    assert_eq!(head.size, 3 * 15 * 91);
    assert_eq!(opened(&house, &head.note).root, root_of_evidence(&house, head.size).await);
}

#[tokio::test]
async fn nothing_is_signed_over_a_log_with_a_hole() {
    let house = House::new().await;
    fill(&house, 10).await;
    for hole in [0, 4, 9] {
        let holed = house.beside(Arc::new(Holed(house.engine.clone(), hole)));
        holed.gather(TENANT).await.unwrap_err();
        let head = house.vault.log_head(TENANT).await.unwrap();
        assert!(head.is_none_or(|head| head.size <= hole), "nothing is signed beyond the hole");
    }
}

#[tokio::test]
async fn nothing_is_signed_over_a_tree_that_was_changed() {
    let house = House::new().await;
    fill(&house, 10).await;
    house.vault.gather(TENANT).await.unwrap();
    let (key, row) = house.rows(Space::Tree).await.remove(0);
    let mut value = row.value.clone();
    value[40] ^= 1;
    let put = |value| Put { space: Space::Tree, key: key.clone(), row: Row { version: row.version, value } };
    house.engine.commit(TENANT, Batch { puts: vec![put(value)], ..Batch::default() }).await.unwrap();
    fill(&house, 1).await;
    let fault = house.vault.gather(TENANT).await.unwrap_err();
    assert!(fault.to_string().contains("not the one that the newest checkpoint speaks of"), "{fault}");
    house.engine.commit(TENANT, Batch { puts: vec![put(row.value.clone())], ..Batch::default() }).await.unwrap();
    assert_eq!(house.vault.gather(TENANT).await.unwrap().unwrap().size, 11);
}

#[tokio::test]
async fn nothing_is_signed_after_a_checkpoint_that_is_not_ours() {
    let house = House::new().await;
    fill(&house, 10).await;
    house.vault.gather(TENANT).await.unwrap();
    let (key, row) = house.rows(Space::Meta).await.into_iter().find(|(key, _)| key == b"log/checkpoint").unwrap();
    let text = String::from_utf8(row.value.clone()).unwrap();
    let forged = text.replace("\n10\n", "\n11\n");
    assert_ne!(forged, text);
    let put = Put { space: Space::Meta, key, row: Row { version: 10, value: forged.into_bytes() } };
    house.engine.commit(TENANT, Batch { puts: vec![put], ..Batch::default() }).await.unwrap();
    fill(&house, 1).await;
    house.vault.gather(TENANT).await.unwrap_err();
}
