//! What a probe needs around it: a clock that runs fast, a house that is made up, a directory.

use crate::fake::{Broken, Fake};
use crate::fake_scratch::FakeScratch;
use model::{Outside, Time};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use trust::house::{Credentials, Desk};
use trust::probe::{Memory, Stores};
use trust::statement::{Occasion, Statement};
use trust::{Finding, Trouble, Verdict, Visit};

/// So many seconds pass at the house in one of ours.
pub const PACE: i64 = 60;

/// A clock that runs fast, and randomness that is not random.
pub struct Clock {
    begun: Instant,
    state: AtomicU64,
}

impl Clock {
    pub fn new() -> Arc<Self> {
        let state = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
        Arc::new(Self { begun: Instant::now(), state })
    }
}

impl Outside for Clock {
    fn now(&self) -> Time {
        let micros = i64::try_from(self.begun.elapsed().as_micros()).unwrap();
        Time::from_micros(1_795_000_000_000_000 + micros * PACE)
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let mut state = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (state >> 56) as u8;
        }
    }
}

pub struct Setting {
    /// Gone with the setting.
    _dir: tempfile::TempDir,
    pub clock: Arc<Clock>,
    pub house: Arc<Fake>,
    pub known: Credentials,
    pub desk: Desk,
    pub memory: Memory,
    pub stores: Stores,
    pub scratch: FakeScratch,
}

impl Setting {
    pub fn new(broken: Broken) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let temp = dir.path().join("temp");
        for path in [&data, &temp] {
            std::fs::create_dir_all(path).unwrap();
        }
        let clock = Clock::new();
        let house = Arc::new(Fake::new(clock.clone(), data.clone(), broken));
        let known = house.credentials();
        let stores = Stores { scratch: dir.path().join("scratch"), data, temp, ..Stores::default() };
        std::fs::create_dir_all(&stores.scratch).unwrap();
        let scratch = FakeScratch::new(clock.clone(), broken);
        Self { _dir: dir, clock, house, known, desk: Desk::default(), memory: Memory::default(), stores, scratch }
    }

    pub async fn run(&self, claim: &str) -> Result<Finding, Trouble> {
        let visit = Visit {
            wire: &*self.house,
            known: &self.known,
            outside: &*self.clock,
            desk: &self.desk,
            memory: &self.memory,
            stores: &self.stores,
            scratch: &self.scratch,
        };
        (trust::claims::find(claim).expect("a claim of this name").probe.run)(&visit).await
    }

    /// The verdict of one run and its reason.
    pub async fn verdict(&self, claim: &str) -> (Verdict, String) {
        let outcome = self.run(claim).await;
        let key = ledger::SigningKey::from_seed("test", &[1; 32]).unwrap();
        let now = self.clock.now();
        let occasion =
            Occasion { deployment: "test", build_sha256: "00", started: now, finished: now, previous_sha256: None };
        let claim = trust::claims::find(claim).unwrap();
        let statement = Statement::of(claim, &outcome, &occasion, key.verifying_key());
        (statement.verdict, statement.reason)
    }

    pub fn data(&self) -> PathBuf {
        self.stores.data.clone()
    }
}
