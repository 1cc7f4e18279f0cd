use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Outside, RecordId, SubjectId, TenantId, Time};
use seal::{Environment, KeyFile, Place, Protection, SubjectKey, TenantKeys, WrappedKey, sha256};

/// A seeded generator: the same seed, the same house.
pub struct Seeded {
    seed: u64,
    turn: AtomicU64,
}

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self { seed, turn: AtomicU64::new(0) }
    }
}

impl Outside for Seeded {
    fn now(&self) -> Time {
        Time::from_seconds(1_790_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let block = sha256(&[self.seed.to_be_bytes(), turn.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub const KIND: &str = "practice.note";

pub fn tenant(n: u8) -> TenantId {
    TenantId::from_bytes([n; 16])
}

pub fn subject(n: u8) -> SubjectId {
    SubjectId::from_bytes([n; 16])
}

pub fn place(tenant_number: u8) -> Place<'static> {
    Place { tenant: tenant(tenant_number), kind: KIND, id: RecordId::from_bytes([9; 16]), version: 3 }
}

pub fn root(folder: &Path, outside: &Seeded) -> Arc<KeyFile> {
    Arc::new(KeyFile::create(&folder.join("root.key"), &Protection::Owner, outside).unwrap())
}

/// A whole small house: one environment, tenant 1, subject 1.
pub struct House {
    pub outside: Seeded,
    pub service: Arc<KeyFile>,
    pub environment: Environment,
    pub wrapped_environment: WrappedKey,
    pub tenant: TenantKeys,
    pub wrapped_tenant: WrappedKey,
    pub subject: SubjectKey,
    pub wrapped_subject: WrappedKey,
}

impl House {
    pub fn new(seed: u64) -> Self {
        let outside = Seeded::new(seed);
        let folder = tempfile::tempdir().unwrap();
        let service = root(folder.path(), &outside);
        let (environment, wrapped_environment) = Environment::create(service.clone(), "test", &outside).unwrap();
        let (keys, wrapped_tenant) = environment.new_tenant(tenant(1), &outside).unwrap();
        let (person, wrapped_subject) = keys.new_subject(subject(1), &outside).unwrap();
        Self {
            outside,
            service,
            environment,
            wrapped_environment,
            tenant: keys,
            wrapped_tenant,
            subject: person,
            wrapped_subject,
        }
    }

    /// The subject's key, opened anew from what is stored.
    pub fn reopened(&self) -> SubjectKey {
        let environment = Environment::open(self.service.clone(), "test", &self.wrapped_environment).unwrap();
        let keys = environment.open_tenant(tenant(1), std::slice::from_ref(&self.wrapped_tenant)).unwrap();
        keys.open_subject(subject(1), &self.wrapped_subject).unwrap()
    }
}

/// Every change of one bit.
pub fn bit_flips(bytes: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..bytes.len() * 8).map(|bit| {
        let mut changed = bytes.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        (bit, changed)
    })
}
