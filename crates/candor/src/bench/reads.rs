use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Fault, TenantId};
use seal::Protection;
use serde::Deserialize;
use web::{Limits, Listen, Running};

use super::client::Client;
use super::rounds::alternate;
use super::scratch::Scratch;
use super::{Figure, Pace, failed};
use crate::house::{House, MailPlan, Open, Plan};
use crate::{Machine, demo};

/// Connections at a time.
const CONNECTIONS: usize = 64;
/// How many different patients are read.
const PATIENTS: usize = 200;
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A patient read over HTTPS with an API key, through the whole house, beside a bare handler that returns the same bytes
/// from memory, behind the same TLS and the same HTTP server.
pub(super) async fn measure(pace: Pace, scratch: &Scratch) -> Result<Figure, Fault> {
    let house = open(scratch).await?;
    let face = face(&house)?;
    let patients = patients(&house, &face).await?;
    let bytes: usize = patients.values().map(Bytes::len).sum();
    let mean_bytes = bytes / patients.len().max(1);
    let bare = bare(&house, patients.clone()).await?;
    let certificate = certificate(&house)?;
    let [ours, theirs] = [house.address, bare.address].map(|address| Client::new(address, &certificate));
    let (ours, theirs) = (ours?, theirs?);
    let requests = |client: &Client| {
        Arc::new(patients.keys().map(|id| client.request(&path(id), &face.token)).collect::<Vec<_>>())
    };
    let (our_requests, their_requests) = (requests(&ours), requests(&theirs));
    let evidence_before = evidence(&house, face.tenant).await?;
    let answered = AtomicU64::new(0);
    let pairs = alternate(
        pace.rounds(),
        async || {
            let (rate, answers) = ours.load(CONNECTIONS, &our_requests, pace.lasts()).await?;
            answered.fetch_add(answers, Ordering::Relaxed);
            Ok(rate)
        },
        async || Ok(theirs.load(CONNECTIONS, &their_requests, pace.lasts()).await?.0),
    )
    .await?;
    let left = evidence(&house, face.tenant).await? - evidence_before;
    let answered = answered.load(Ordering::Relaxed);
    if left != answered {
        return Err(failed(format!("{answered} reads were answered, but {left} entries of evidence are there")));
    }
    bare.stop(Duration::from_secs(5)).await.map_err(failed)?;
    house.stop().await?;
    let (least, most) = pairs.spread();
    let detail = format!(
        "{:.0} reads/s beside {:.0} bare answers/s, {mean_bytes} bytes each, {CONNECTIONS} connections; every one of \
         {answered} reads left its entry; pairs {least:.2} to {most:.2}",
        pairs.ours(),
        pairs.theirs()
    );
    Ok(Figure::at_least("reads", pairs.ratio(), "of bare", 0.40, detail))
}

/// A demo house in this process, without its runner.
async fn open(scratch: &Scratch) -> Result<Open, Fault> {
    let plan = Plan {
        data: scratch.at("house"),
        environment: "demo".to_owned(),
        protection: Protection::Owner,
        synthetic: true,
        outside: Arc::new(Machine),
        mail: MailPlan::Nowhere,
        hash_threads: 2,
    };
    let mut house = House::open(plan).await?;
    house.edge.budgets = web::Budgets::danger_unbounded();
    demo::furnish(&house, PATIENTS).await?;
    house.serve(ANYWHERE, None).await
}

/// What the demo's ready line says about one practice.
#[derive(Deserialize)]
struct Face {
    tenant: TenantId,
    token: String,
}

fn face(house: &Open) -> Result<Face, Fault> {
    #[derive(Deserialize)]
    struct Kept {
        practices: Vec<Face>,
    }
    let kept: Kept = house.house.ground.read_json("demo.json")?.ok_or_else(|| failed("the demo has no practices"))?;
    kept.practices.into_iter().next().ok_or_else(|| failed("the demo has no practices"))
}

fn certificate(house: &Open) -> Result<Vec<u8>, Fault> {
    house.house.ground.read("tls/certificate.pem")?.ok_or_else(|| failed("the house has no certificate"))
}

fn path(id: &str) -> String {
    format!("/fhir/r4/Patient/{id}")
}

/// The patients' ids, and the bytes that the house answers for each.
async fn patients(house: &Open, face: &Face) -> Result<HashMap<String, Bytes>, Fault> {
    #[derive(Deserialize)]
    struct Bundle {
        entry: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        resource: Resource,
    }
    #[derive(Deserialize)]
    struct Resource {
        id: String,
    }
    let client = Client::new(house.address, &certificate(house)?)?;
    let mut line = client.connect().await?;
    let list = line.ask(&client.request("/fhir/r4/Patient?_count=50", &face.token)).await?;
    let bundle: Bundle = serde_json::from_slice(list.body).map_err(failed)?;
    let mut patients = HashMap::new();
    for Entry { resource } in bundle.entry {
        let answered = line.ask(&client.request(&path(&resource.id), &face.token)).await?;
        if answered.status != 200 || answered.body.is_empty() {
            return Err(failed(format!("a patient was answered with {}", answered.status)));
        }
        patients.insert(resource.id, Bytes::copy_from_slice(answered.body));
    }
    if patients.is_empty() { Err(failed("the demo has no patients")) } else { Ok(patients) }
}

/// The yardstick: one route, one look into a table, the same bytes.
async fn bare(house: &Open, patients: HashMap<String, Bytes>) -> Result<Running, Fault> {
    let router = Router::new().route("/fhir/r4/Patient/{id}", get(answer)).with_state(Arc::new(patients));
    let key = house.house.ground.read("tls/key.pem")?.ok_or_else(|| failed("the house has no key"))?;
    let certificate_pem = certificate(house)?;
    let listen = Listen { address: ANYWHERE, certificate_pem, key_pem: key, limits: Limits::default() };
    web::serve(listen, router).await.map_err(failed)
}

async fn answer(State(patients): State<Arc<HashMap<String, Bytes>>>, Path(id): Path<String>) -> Response {
    match patients.get(&id) {
        Some(body) => ([(header::CONTENT_TYPE, "application/fhir+json")], body.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// How many entries of evidence a tenant has.
async fn evidence(house: &Open, tenant: TenantId) -> Result<u64, Fault> {
    Ok(house.house.vault.gather(tenant).await?.map_or(0, |head| head.size))
}
