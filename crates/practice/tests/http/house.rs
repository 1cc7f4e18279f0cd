//! A small house with a practice in it, on the memory engine, to knock at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use access::{Actor, Ask, Assurance, Ctx, PermissionDecl, Registry, Scope, Window, decide};
use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use model::{ActorId, Answer, Outside, Purpose, Refusal, RequestId, TenantId, Time};
use serde_json::Value;
use tower::ServiceExt;
use vault::{Note, Rehearsal, Vault};
use web::{Doorkeeper, Guest, Knock, Options, RouteDecl, not_signed_in};

/// What identity declares in the whole house.
const OTHERS: &[PermissionDecl] = &[PermissionDecl::new("Privacy", "subject.erase", "Erase a person.")];

/// Time goes on by a second at each look; every byte is new.
struct Counting {
    turn: AtomicU64,
    seconds: AtomicU64,
}

impl Outside for Counting {
    fn now(&self) -> Time {
        let seconds = self.seconds.fetch_add(1, Ordering::Relaxed);
        Time::from_seconds(1_795_000_000 + i64::try_from(seconds).unwrap())
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let block = digest(&SHA256, &turn.to_be_bytes());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

/// Lets in whoever says a role, as `Bearer dentist` or `Bearer receptionist@2` for the second organisation.
struct Porter(Arc<Vault>);

impl Doorkeeper for Porter {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        let given = knock.bearer.as_ref().or(knock.session.as_ref()).map(|credential| credential.reveal().to_owned());
        let guest = given.map(|given| {
            let (role, tenant) =
                given.split_once('@').map_or((given.as_str(), 1), |(role, n)| (role, n.parse().unwrap()));
            Guest { ctx: ctx(&self.0, role, tenant, knock.request, knock.now), account: None }
        });
        async { Ok(guest) }.boxed()
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        let wanted = self.0.registry().permission(permission);
        wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
    }

    fn denied<'a>(&'a self, _: &'a Knock, _: &'a RouteDecl, ctx: Option<&'a Ctx>) -> BoxFuture<'a, Answer<Refusal>> {
        async move {
            let Some(ctx) = ctx else { return Ok(not_signed_in()) };
            self.0.note(ctx, refused("open-route")).await?;
            Ok(Refusal::not_found().recorded())
        }
        .boxed()
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        async move { Ok(self.0.note(ctx, refused("request")).await?) }.boxed()
    }
}

fn refused(action: &'static str) -> Note {
    Note { action, kind: None, id: None, subject: None, outcome: "refused" }
}

pub fn tenant(number: u8) -> TenantId {
    TenantId::from_bytes([number; 16])
}

fn ctx(vault: &Vault, role: &str, number: u8, request: RequestId, now: Time) -> Ctx {
    Ctx {
        tenant: tenant(number),
        actor: Actor::Person(ActorId::from_bytes([number; 16])),
        grants: vault.registry().grants([(role, Window::ALWAYS, Scope::Tenant)]),
        assurance: Assurance::TwoFactors,
        purpose: Purpose::DirectCare,
        session: None,
        request,
        now,
    }
}

/// A house with two organisations.
pub struct House {
    pub vault: Arc<Vault>,
    rehearsal: Rehearsal,
    router: Router,
}

/// An answer, read to its end.
pub struct Said {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl House {
    pub async fn new() -> Self {
        let outside: Arc<dyn Outside> = Arc::new(Counting { turn: AtomicU64::new(0), seconds: AtomicU64::new(0) });
        let registry = Registry::assemble(&[practice::PERMISSIONS, OTHERS], &[practice::ROLES]).unwrap();
        let rehearsal = Rehearsal::new(registry, practice::KINDS.to_vec(), outside.clone()).unwrap();
        let vault = rehearsal.vault.clone();
        for number in [1, 2] {
            vault.create_tenant(tenant(number)).await.unwrap();
        }
        let site = practice::site(practice::State::new(vault.clone()));
        let router = site.into_router(Arc::new(Porter(vault.clone())), Options::new(outside, [9; 32])).unwrap();
        Self { vault, rehearsal, router }
    }

    /// One in the first organisation, in a role.
    pub fn ctx(&self, role: &str) -> Ctx {
        let outside = self.vault.outside();
        ctx(&self.vault, role, 1, outside.request_id(), outside.now())
    }

    pub async fn send(&self, request: Request<Body>) -> Said {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Said { status: parts.status, headers: parts.headers, body }
    }

    /// A request of the interface by a principal dentist, or by whom the headers say.
    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Said {
        let mut request = Request::builder().method(method).uri(format!("/fhir/r4{path}"));
        let says = |name: &str| headers.iter().any(|(said, _)| *said == name);
        if !says("authorization") {
            request = request.header("authorization", "Bearer principal-dentist");
        }
        if !says("content-type") {
            request = request.header("content-type", "application/fhir+json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.header("host", "house.example").body(body.into()).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Said {
        self.call(Method::GET, path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Said {
        self.call(Method::POST, path, &[], body).await
    }

    pub async fn put(&self, path: &str, body: impl Into<Body>) -> Said {
        self.call(Method::PUT, path, &[], body).await
    }

    /// A page, by whoever holds a role.
    pub async fn page(&self, role: &str, path: &str) -> Said {
        let cookie = format!("{}={role}", SESSION);
        let request = Request::builder().uri(path).header(header::COOKIE, cookie).header("host", "house.example");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form sent from the page at `path`, with the token that the page gave.
    pub async fn form(&self, role: &str, path: &str, fields: &[(&str, &str)]) -> Said {
        let text = self.page(role, path).await.text();
        let token = text.split("name=\"form-token\" value=\"").last().unwrap().split('"').next().unwrap().to_owned();
        let mut body = format!("form-token={token}");
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body.push_str(&format!("&{name}={value}"));
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::COOKIE, format!("{SESSION}={role}"))
            .header("host", "house.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// The evidence of the first organisation so far, as JSON, oldest first.
    pub async fn evidence(&self) -> Vec<Value> {
        let entries = self.rehearsal.evidence(tenant(1)).await.unwrap();
        entries.iter().map(|entry| serde_json::from_slice(entry).unwrap()).collect()
    }

    /// How many records the first organisation has, and how many changes it has seen.
    pub async fn stored(&self) -> (usize, usize) {
        (self.rehearsal.records(tenant(1)).await.unwrap(), self.rehearsal.changes(tenant(1)).await.unwrap())
    }

    /// What evidence an act leaves, as `action outcome`.
    pub async fn leaves(&self, act: impl Future<Output = Said>) -> (Said, Vec<String>) {
        let before = self.evidence().await.len();
        let said = act.await;
        let after = self.evidence().await;
        let word = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let new = after[before..].iter().map(|entry| format!("{} {}", word(entry, "action"), word(entry, "outcome")));
        (said, new.collect())
    }
}

const SESSION: &str = "__Host-candor";

impl Said {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts a status, showing the body where it is another.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Asserts that it is an OperationOutcome with this code.
    #[track_caller]
    pub fn outcome(self, status: u16, code: &str) -> Self {
        let said = self.is(status);
        assert_eq!(said.header("content-type"), "application/fhir+json");
        let body = said.json();
        assert_eq!(body["resourceType"], "OperationOutcome");
        assert_eq!(body["issue"][0]["code"], code, "{body}");
        said
    }

    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }
}
