//! A small house: a vault over an engine, with a clock that can be moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use access::{Actor, Assurance, Ctx, Registry, Scope, Window};
use ledger::note::SigningKey;
use model::{
    ActorId, Answer, Kind, No, Outside, Purpose, RecordId, Refusal, RefusalKind, RequestId, SubjectId, TenantId, Time,
};
use seal::{Environment, KeyFile, Protection};
use serde_json::Value;
use storage::{Engine, Memory, Order, Row, Space, Span, Sqlite, SqliteOptions};
use vault::{Changes, Expected, Parts, Vault, leaf_bytes};

use crate::kinds::{KINDS, Note, PERMISSIONS, Patient, ROLES};

pub const TENANT: TenantId = TenantId::from_bytes([1; 16]);

/// A seeded generator and a clock that stands still until it is moved.
pub struct Seeded {
    seed: u64,
    turn: AtomicU64,
    now: AtomicI64,
}

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self { seed, turn: AtomicU64::new(0), now: AtomicI64::new(1_795_000_000) }
    }

    pub fn move_on(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Outside for Seeded {
    fn now(&self) -> Time {
        Time::from_seconds(self.now.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let turn = self.turn.fetch_add(1, Ordering::SeqCst);
            let block = seal::sha256(&[self.seed.to_be_bytes(), turn.to_be_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub struct House {
    pub vault: Arc<Vault>,
    pub engine: Arc<dyn Engine>,
    pub outside: Arc<Seeded>,
    pub environment: Environment,
}

impl House {
    /// Over rows in memory, with [`TENANT`].
    pub async fn new() -> Self {
        Self::on(Arc::new(Memory::new())).await
    }

    pub async fn sqlite(dir: &std::path::Path) -> Self {
        Self::on(Arc::new(Sqlite::open(dir, SqliteOptions::default()).unwrap())).await
    }

    pub async fn on(engine: Arc<dyn Engine>) -> Self {
        let outside = Arc::new(Seeded::new(7));
        let folder = tempfile::tempdir().unwrap();
        let root = KeyFile::create(&folder.path().join("root.key"), &Protection::Owner, outside.as_ref()).unwrap();
        let (environment, _) = Environment::create(Arc::new(root), "test", outside.as_ref()).unwrap();
        let vault = Arc::new(open(engine.clone(), environment.clone(), outside.clone()));
        vault.create_tenant(TENANT).await.unwrap();
        Self { vault, engine, outside, environment }
    }

    /// Another vault of the same house over another view of the rows: a second node.
    pub fn beside(&self, engine: Arc<dyn Engine>) -> Arc<Vault> {
        Arc::new(open(engine, self.environment.clone(), self.outside.clone()))
    }

    pub fn ctx(&self, role: &str) -> Ctx {
        self.ctx_in(TENANT, role, Scope::Tenant)
    }

    pub fn ctx_in(&self, tenant: TenantId, role: &str, scope: Scope) -> Ctx {
        Ctx {
            tenant,
            actor: Actor::Person(ActorId::from_bytes([role.len() as u8; 16])),
            grants: self.vault.registry().grants([(role, Window::ALWAYS, scope)]),
            assurance: Assurance::TwoFactors,
            purpose: Purpose::DirectCare,
            session: None,
            request: RequestId::from_bytes([4; 16]),
            now: self.outside.now(),
        }
    }

    pub async fn log(&self) -> Vec<Value> {
        let len = self.engine.log_len(TENANT).await.unwrap();
        let rows = self.engine.scan(TENANT, Space::Log, Span::indexes(0, len)).await.unwrap();
        let entry = |(index, (_, row)): (usize, (Vec<u8>, Row))| {
            serde_json::from_slice(&leaf_bytes(index as u64, &row.value)).unwrap()
        };
        rows.into_iter().enumerate().map(entry).collect()
    }

    /// What the log gained since it had `from` entries: action and outcome of each.
    pub async fn gained(&self, from: usize) -> Vec<String> {
        let said = |entry: &Value| {
            let denied = entry["decision"].as_str().unwrap().strip_prefix("denied:");
            let (action, outcome) = (entry["action"].as_str().unwrap(), entry["outcome"].as_str().unwrap());
            denied.map_or_else(|| format!("{action} {outcome}"), |reason| format!("{action} {outcome} {reason}"))
        };
        self.log().await[from..].iter().map(said).collect()
    }

    pub async fn log_len(&self) -> usize {
        self.engine.log_len(TENANT).await.unwrap() as usize
    }

    pub async fn rows(&self, space: Space) -> Vec<(Vec<u8>, Row)> {
        let span = Span { from: Vec::new(), to: vec![255; 512], order: Order::Ascending, limit: 100_000 };
        self.engine.scan(TENANT, space, span).await.unwrap()
    }

    /// A stored patient.
    pub async fn patient(&self, n: u8) -> RecordId {
        let changes = Changes::new().create(id(n), &patient(n)).unwrap();
        self.vault.commit(&self.ctx("all"), changes).await.unwrap();
        id(n)
    }

    /// A stored note about a patient.
    pub async fn note(&self, n: u8, about: u8, text: &str) -> RecordId {
        let changes = Changes::new().create(id(n), &note(about, text)).unwrap();
        self.vault.commit(&self.ctx("all"), changes).await.unwrap();
        id(n)
    }

    pub async fn revise<K: Kind>(&self, id: RecordId, record: &K) -> Answer<vault::Receipt> {
        self.vault.commit(&self.ctx("all"), Changes::new().revise(id, record, Expected::Any).unwrap()).await
    }
}

fn open(engine: Arc<dyn Engine>, environment: Environment, outside: Arc<Seeded>) -> Vault {
    let registry = Registry::assemble(&[PERMISSIONS], &[ROLES]).unwrap();
    let log_key = SigningKey::from_seed("house.test/log", &[3; 32]).unwrap();
    let kinds = KINDS.to_vec();
    Vault::open(Parts { engine, environment, outside, registry: Arc::new(registry), kinds, log_key }).unwrap()
}

pub fn id(n: u8) -> RecordId {
    let mut bytes = [0x42; 16];
    bytes[0] = n;
    RecordId::from_bytes(bytes)
}

pub fn person(n: u8) -> SubjectId {
    SubjectId::of_record(id(n))
}

pub fn patient(n: u8) -> Patient {
    Patient { number: format!("number-{n}"), name: format!("Ada Patient{n}"), born: "1988-03-04".into() }
}

pub fn note(about: u8, text: &str) -> Note {
    Note { patient: person(about), text: text.into() }
}

pub fn refused<T>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(No::Refusal(refusal)) => refusal,
        Err(No::Fault(fault)) => panic!("a fault instead of a refusal: {fault}"),
        Ok(_) => panic!("allowed"),
    }
}

pub fn kind_of<T>(answer: Answer<T>) -> RefusalKind {
    refused(answer).kind
}

pub fn fault<T>(answer: Answer<T>) -> String {
    match answer {
        Err(No::Fault(fault)) => fault.to_string(),
        Err(No::Refusal(refusal)) => panic!("a refusal instead of a fault: {refusal}"),
        Ok(_) => panic!("served"),
    }
}
