//! Made-up scratch houses over the real SQLite engine, whose seal can be broken.

use crate::fake::{Broken, header, json_reply, status};
use crate::setting::Clock;
use model::{Outside, RecordId, TenantId};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use storage::engines::{Sqlite, SqliteOptions};
use storage::{Batch, Engine, Put, Row, Space};
use trust::Trouble;
use trust::house::{Call, Credentials, FhirAccess, Reply, Replying, Tenant, Wire};
use trust::scratch::{Doing, Launched, Scratch};

pub struct FakeScratch {
    clock: Arc<Clock>,
    broken: Broken,
}

struct ScratchHouse {
    rows: Arc<dyn Engine>,
    clock: Arc<Clock>,
    broken: Broken,
}

const KIND: &[u8] = b"fake.patient\0";

impl FakeScratch {
    pub fn new(clock: Arc<Clock>, broken: Broken) -> Self {
        Self { clock, broken }
    }
}

fn open(data: &Path) -> Arc<dyn Engine> {
    Arc::new(Sqlite::open(&data.join("tenants"), SqliteOptions::default()).unwrap())
}

fn tenant_id(number: u8) -> TenantId {
    TenantId::from_bytes([number + 1; 16])
}

impl Scratch for FakeScratch {
    fn launch<'a>(&'a self, data: &'a Path) -> Doing<'a, Launched> {
        Box::pin(async move {
            let rows = open(data);
            for number in 0..2 {
                rows.create(tenant_id(number)).await.unwrap();
            }
            let tenant = |number: u8| Tenant {
                sign_up: None,
                name: format!("scratch-{number}"),
                id: None,
                people: Vec::new(),
                fhir: FhirAccess { base: "https://scratch.example/fhir".into(), token: number.to_string() },
                session_idle_seconds: None,
            };
            let known = Credentials {
                base: "https://scratch.example".into(),
                certificate: PathBuf::new(),
                data: data.to_owned(),
                deployment: "scratch".into(),
                figures_token: String::new(),
                tenants: vec![tenant(0), tenant(1)],
            };
            let house = ScratchHouse { rows: rows.clone(), clock: self.clock.clone(), broken: self.broken };
            let stop = Box::new(move || -> Doing<'static, ()> {
                Box::pin(async move {
                    rows.shut().await.unwrap();
                    Ok(())
                })
            });
            Ok(Launched { wire: Box::new(house), known, stop })
        })
    }

    fn rows<'a>(&'a self, data: &'a Path) -> Doing<'a, Arc<dyn Engine>> {
        Box::pin(async move { Ok(open(data)) })
    }
}

impl ScratchHouse {
    async fn answer(&self, call: Call) -> Reply {
        let number: u8 = header(&call, "authorization").unwrap().trim_start_matches("Bearer ").parse().unwrap();
        let body: Option<Value> = serde_json::from_slice(&call.body).ok();
        match (call.method.as_str(), call.path.strip_prefix("/fhir/Patient/")) {
            ("POST", None) => {
                let id = self.clock.record_id();
                self.save(number, id, 1, body.unwrap()).await
            }
            ("PUT", Some(id)) => self.save(number, id.parse().unwrap(), 2, body.unwrap()).await,
            (_, Some(id)) => self.read(number, id.parse().unwrap()).await,
            _ => status(404),
        }
    }

    async fn save(&self, number: u8, id: RecordId, version: u64, patient: Value) -> Reply {
        let tenant = tenant_id(number);
        let mut head = KIND.to_vec();
        head.extend(id.as_bytes());
        let mut puts = Vec::new();
        if let Some(before) = self.rows.read(tenant, Space::Head, &head).await.unwrap() {
            let mut past = head.clone();
            past.extend(before.version.to_be_bytes());
            puts.push(Put { space: Space::Version, key: past, row: before });
        }
        let row = Row { version, value: seal(number, id, version, &patient) };
        puts.push(Put { space: Space::Head, key: head, row });
        self.rows.commit(tenant, Batch { puts, ..Batch::default() }).await.unwrap();
        let mut reply = json_reply(&json!({ "id": id.to_string() }));
        reply.headers.push(("etag".into(), format!("W/\"{version}\"")));
        reply
    }

    async fn read(&self, number: u8, id: RecordId) -> Reply {
        let mut head = KIND.to_vec();
        head.extend(id.as_bytes());
        let Some(row) = self.rows.read(tenant_id(number), Space::Head, &head).await.unwrap() else {
            return status(404);
        };
        let (place, body) = row.value.split_at(25);
        let right = match self.broken {
            Broken::OpensMovedBytes => true,
            Broken::OpensEarlierVersions => place[..17] == place_of(number, id, row.version)[..17],
            _ => place == place_of(number, id, row.version),
        };
        if !right {
            return status(500);
        }
        let body: Vec<u8> = body.iter().map(|byte| byte ^ 0x3c).collect();
        let mut reply = json_reply(&serde_json::from_slice(&body).unwrap());
        reply.headers.push(("etag".into(), format!("W/\"{}\"", row.version)));
        reply
    }
}

fn place_of(number: u8, id: RecordId, version: u64) -> Vec<u8> {
    let mut place = vec![number];
    place.extend(id.as_bytes());
    place.extend(version.to_be_bytes());
    place
}

fn seal(number: u8, id: RecordId, version: u64, patient: &Value) -> Vec<u8> {
    let mut value = place_of(number, id, version);
    value.extend(patient.to_string().bytes().map(|byte| byte ^ 0x3c));
    value
}

impl Wire for ScratchHouse {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(async move { Ok(self.answer(call).await) })
    }

    fn socket(&self) -> Result<SocketAddr, Trouble> {
        Err(Trouble::new("no socket"))
    }
}
