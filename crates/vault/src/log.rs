//! Evidence gathered into the tenant's Merkle tree, in batches, with a signed checkpoint each.

use ledger::tile::TileFault;
use ledger::{Checkpoint, Edge, Hash, HeldTiles, Tile, empty_root, leaf_hash};
use model::{Fault, TenantId};
use storage::{Batch, Check, CommitError, Expect, Order, Put, Row, Space, Span};

use crate::feed::consecutive;
use crate::{Vault, leaf_bytes, storage_fault};

/// Entries gathered in one go.
const CHUNK: usize = 4096;
/// Where the newest checkpoint stands in `Space::Meta`.
const NEWEST: &[u8] = b"log/checkpoint";

/// The newest signed checkpoint of a tenant's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Entries it covers.
    pub size: u64,
    /// The signed note (C2SP tlog-checkpoint).
    pub note: String,
}

impl Vault {
    /// The name of a tenant's log, as it stands in its checkpoints. Tells nothing about the organisation.
    pub fn log_origin(&self, tenant: TenantId) -> String {
        format!("{}/{tenant}", self.log_key.verifying_key().name())
    }

    /// The public key that signs every tenant's checkpoints, in the C2SP vkey form.
    pub fn log_vkey(&self) -> String {
        self.log_key.verifying_key().to_text()
    }

    /// The newest checkpoint of a tenant's log, if there is one yet.
    pub async fn log_head(&self, tenant: TenantId) -> Result<Option<Head>, Fault> {
        let row = self.engine.read(tenant, Space::Meta, NEWEST).await.map_err(storage_fault("reading a checkpoint"))?;
        row.map(|row| {
            let note = String::from_utf8(row.value).map_err(|error| Fault::new("reading a checkpoint", error))?;
            Ok(Head { size: row.version, note })
        })
        .transpose()
    }

    /// A tile of a tenant's tree, as wide as it is stored; hashes only, so it tells nothing about what was done.
    pub async fn log_tile(&self, tenant: TenantId, tile: Tile) -> Result<Option<Vec<u8>>, Fault> {
        let row = self.engine.read(tenant, Space::Tree, &tile.key()).await;
        Ok(row.map_err(storage_fault("reading a tile"))?.map(|row| row.value))
    }

    /// Gathers the entries that came since the newest checkpoint into the tree and signs a new one.
    /// Returns the newest checkpoint, or none while the log is empty.
    ///
    /// INVARIANT: a checkpoint only ever replaces a smaller one, and its tiles are written in the same transaction.
    pub async fn gather(&self, tenant: TenantId) -> Result<Option<Head>, Fault> {
        loop {
            let len = self.engine.log_len(tenant).await.map_err(storage_fault("measuring the evidence"))?;
            let head = self.log_head(tenant).await?;
            let size = head.as_ref().map_or(0, |head| head.size);
            if size >= len {
                return Ok(head);
            }
            self.gather_chunk(tenant, head.as_ref(), len).await?;
        }
    }

    async fn gather_chunk(&self, tenant: TenantId, head: Option<&Head>, len: u64) -> Result<(), Fault> {
        let size = head.map_or(0, |head| head.size);
        let doing = "gathering evidence into the tree";
        let mut edge = self.edge(tenant, size).await?;
        // INVARIANT: a new checkpoint continues the newest one. Nothing is signed over tiles that do not lead to its root.
        if edge.root() != self.signed_root(tenant, head)? {
            return Err(Fault::new(doing, "the stored tree is not the one that the newest checkpoint speaks of"));
        }
        let span = Span {
            from: size.to_be_bytes().to_vec(),
            to: len.to_be_bytes().to_vec(),
            order: Order::Ascending,
            limit: CHUNK,
        };
        let rows = self.engine.scan(tenant, Space::Log, span).await.map_err(storage_fault(doing))?;
        let entries = consecutive(size, rows)?;
        let tiles = edge.grow((size..).zip(&entries).map(|(index, entry)| leaf_hash(&leaf_bytes(index, entry))));
        if edge.size() == size {
            return Err(Fault::new(doing, "entries that should be there are not"));
        }
        let checkpoint = Checkpoint::new(&self.log_origin(tenant), edge.size(), edge.root());
        let note = checkpoint.signed(&self.log_key).map_err(|error| Fault::new(doing, error))?;
        let expect = if size == 0 { Expect::Absent } else { Expect::Version(size) };
        let mut batch =
            Batch { checks: vec![Check { space: Space::Meta, key: NEWEST.to_vec(), expect }], ..Batch::default() };
        batch.puts.extend(tiles.into_iter().map(|stored| {
            let row = Row { version: u64::from(stored.tile.width()), value: stored.bytes };
            Put { space: Space::Tree, key: stored.tile.key().to_vec(), row }
        }));
        let row = Row { version: edge.size(), value: note.into_bytes() };
        batch.puts.push(Put { space: Space::Meta, key: NEWEST.to_vec(), row });
        match self.engine.commit(tenant, batch).await {
            // A conflict means that another node gathered the same entries first.
            Ok(_) | Err(CommitError::Conflict { .. }) => Ok(()),
            Err(CommitError::Storage(error)) => Err(storage_fault(doing)(error)),
        }
    }

    /// The root that the newest checkpoint speaks of, by our own signature.
    fn signed_root(&self, tenant: TenantId, head: Option<&Head>) -> Result<Hash, Fault> {
        let Some(head) = head else { return Ok(empty_root()) };
        let doing = "reading the newest checkpoint";
        let key = std::slice::from_ref(self.log_key.verifying_key());
        let checkpoint = Checkpoint::opened(&head.note, &self.log_origin(tenant), key);
        let checkpoint = checkpoint.map_err(|error| Fault::new(doing, error))?;
        if checkpoint.size != head.size {
            return Err(Fault::new(doing, "it speaks of another size than its row"));
        }
        Ok(checkpoint.root)
    }

    async fn edge(&self, tenant: TenantId, size: u64) -> Result<Edge, Fault> {
        let doing = "reading the edge of the tree";
        let mut held = HeldTiles::default();
        for tile in Tile::edge_of(size) {
            let bytes = self.log_tile(tenant, tile).await?;
            let bytes = bytes.ok_or_else(|| Fault::new(doing, TileFault::Missing(tile)))?;
            held.hold(tile, bytes);
        }
        Edge::open(size, &held).map_err(|error| Fault::new(doing, error))
    }
}
