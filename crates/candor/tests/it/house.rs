//! A house in a directory that goes away.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use candor::house::{House, MailPlan, Plan};
use candor::{Machine, demo};
use seal::Protection;
use storage::{Engine, Memory};
use tempfile::TempDir;

pub struct TestHouse {
    house: House,
    _dir: TempDir,
}

impl Deref for TestHouse {
    type Target = House;

    fn deref(&self) -> &House {
        &self.house
    }
}

pub fn plan(data: &Path) -> Plan {
    Plan {
        data: data.to_owned(),
        environment: "test".to_owned(),
        protection: Protection::Owner,
        synthetic: true,
        outside: Arc::new(Machine),
        mail: MailPlan::Outbox,
        hash_threads: 1,
    }
}

impl TestHouse {
    pub async fn memory() -> Self {
        Self::over(Arc::new(Memory::new())).await
    }

    pub async fn over(engine: Arc<dyn Engine>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let house = House::over_engine(plan(dir.path()), engine).await.unwrap();
        Self { house, _dir: dir }
    }
}

/// A furnished demo house on the disk, serving; its directory goes away with it.
pub struct OpenHouse {
    pub open: candor::house::Open,
    _dir: TempDir,
}

impl OpenHouse {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let house = House::open(plan(dir.path())).await.unwrap();
        Self::furnish(house, dir).await
    }

    pub async fn furnish(house: House, dir: TempDir) -> Self {
        let doorkeeper = house.identity.clone();
        Self::furnish_under(house, dir, doorkeeper).await
    }

    pub async fn furnish_under(house: House, dir: TempDir, doorkeeper: Arc<dyn web::Doorkeeper>) -> Self {
        let furnished = demo::furnish(&house, 4).await.unwrap();
        let open = house.serve_by("127.0.0.1:0".parse().unwrap(), None, doorkeeper).await.unwrap();
        demo::tell_runner(&open.house, &furnished, open.address).unwrap();
        Self { open, _dir: dir }
    }
}
