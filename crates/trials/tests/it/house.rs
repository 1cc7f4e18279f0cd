//! A small house with the trial designer in it, on the memory engine, to knock at.

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
use tower::ServiceExt;
use vault::{Note, Rehearsal, Vault};
use web::{Account, Doorkeeper, Guest, Knock, Options, RouteDecl, not_signed_in};

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
                given.split_once('_').map_or((given.as_str(), 1), |(role, n)| (role, n.parse().unwrap()));
            let account =
                Account { name: format!("The {role}"), role: role.to_owned(), href: None, places: Vec::new() };
            Guest { ctx: ctx(&self.0, role, tenant, knock.request, knock.now), account: Some(account) }
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
        actor: Actor::Person(ActorId::from_bytes(person(role))),
        grants: vault.registry().grants([(role, Window::ALWAYS, Scope::Tenant)]),
        assurance: Assurance::TwoFactors,
        purpose: Purpose::TrialDesign,
        session: None,
        request,
        now,
    }
}

/// Whoever says another role is another person.
fn person(role: &str) -> [u8; 16] {
    let mut id = [0; 16];
    id.copy_from_slice(&digest(&SHA256, role.as_bytes()).as_ref()[..16]);
    id
}

/// A house with two organisations.
pub struct House {
    _rehearsal: Rehearsal,
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
        let registry = Registry::assemble(&[trials::PERMISSIONS, OTHERS], &[trials::ROLES]).unwrap();
        let rehearsal = Rehearsal::new(registry, trials::KINDS.to_vec(), outside.clone()).unwrap();
        let vault = rehearsal.vault.clone();
        for number in [1, 2] {
            vault.create_tenant(tenant(number)).await.unwrap();
        }
        let site = trials::site(trials::State::new(vault.clone()));
        let router = site.into_router(Arc::new(Porter(vault.clone())), Options::new(outside, [9; 32])).unwrap();
        Self { _rehearsal: rehearsal, router }
    }

    pub async fn send(&self, request: Request<Body>) -> Said {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Said { status: parts.status, headers: parts.headers, body }
    }

    /// A page, by whoever holds a role.
    pub async fn page(&self, role: &str, path: &str) -> Said {
        let cookie = format!("{}={role}", SESSION);
        let request = Request::builder().uri(path).header(header::COOKIE, cookie).header("host", "house.example");
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form sent from the page at `path`, with the token that the page gave.
    pub async fn form(&self, role: &str, path: &str, fields: &[(&str, &str)]) -> Said {
        self.post(role, path, path, fields).await
    }

    /// A form sent to `to` with the token of the page at `from`.
    pub async fn post(&self, role: &str, from: &str, to: &str, fields: &[(&str, &str)]) -> Said {
        self.sent(role, from, to, fields, "text/html").await
    }

    /// The same as the script of the page sends it.
    pub async fn fetch(&self, role: &str, path: &str, fields: &[(&str, &str)]) -> Said {
        self.sent(role, path, path, fields, "application/json").await
    }

    async fn sent(&self, role: &str, from: &str, to: &str, fields: &[(&str, &str)], accept: &str) -> Said {
        let token = self.token(role, from).await;
        let mut body = format!("form-token={token}");
        for (name, value) in fields {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            body.push_str(&format!("&{name}={value}"));
        }
        let request = Request::builder()
            .method(Method::POST)
            .uri(to)
            .header(header::COOKIE, format!("{SESSION}={role}"))
            .header("host", "house.example")
            .header(header::ACCEPT, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn token(&self, role: &str, page: &str) -> String {
        let text = self.page(role, page).await.text();
        text.split("name=\"form-token\" value=\"").last().unwrap().split('"').next().unwrap().to_owned()
    }

    /// A file sent from the page at `path`.
    pub async fn upload(&self, role: &str, path: &str, name: &str, bytes: &[u8]) -> Said {
        let token = self.token(role, path).await;
        let mut body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n--b\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::COOKIE, format!("{SESSION}={role}"))
            .header("host", "house.example")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}

const SESSION: &str = "__Host-candor";

impl Said {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
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
}
