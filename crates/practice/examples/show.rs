//! The practice's pages to be looked at: `cargo run -p practice --example show -- 8444 300`, then open the address it
//! prints. Synthetic people, the memory engine, a self-signed certificate, and everybody who comes is let in as the role
//! named in `/enter?role=…&next=…`.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "an example with a clock of its own, for looking at"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use access::{Actor, Ask, Assurance, Ctx, PermissionDecl, Registry, Scope, Window, decide};
use axum::extract::Query;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::{ActorId, Answer, Outside, Purpose, Refusal, RequestId, TenantId, Time};
use serde::Deserialize;
use vault::{Note, Rehearsal, Vault};
use web::{
    Account, Doorkeeper, Guest, Knock, Limits, Listen, Needs, Next, Options, Reply, RouteDecl, Site, not_signed_in,
    see_other, serve, set_session,
};

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const OTHERS: &[PermissionDecl] = &[PermissionDecl::new("Privacy", "subject.erase", "Erase a person.")];

struct Machine;

impl Outside for Machine {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Time::from_micros(i64::try_from(since.as_micros()).expect("before the year 294247"))
    }

    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the generator works");
    }
}

struct Porter(Arc<Vault>);

impl Doorkeeper for Porter {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        let given = knock.session.as_ref().or(knock.bearer.as_ref()).map(|credential| credential.reveal().to_owned());
        let guest = given.map(|role| {
            let title = self.0.registry().role(&role).map_or("nobody", |role| role.decl.title).to_lowercase();
            let account = Account { name: "Dr Mensah".into(), role: title, href: None, places: Vec::new() };
            Guest {
                ctx: ctx(&self.0, &role, Actor::Person(ActorId::from_bytes([3; 16])), knock.request, knock.now),
                account: Some(account),
            }
        });
        async { Ok(guest) }.boxed()
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        let wanted = self.0.registry().permission(permission);
        wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
    }

    fn denied<'a>(&'a self, _: &'a Knock, _: &'a RouteDecl, ctx: Option<&'a Ctx>) -> BoxFuture<'a, Answer<Refusal>> {
        async move { Ok(if ctx.is_some() { Refusal::not_found() } else { not_signed_in() }) }.boxed()
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        let note = Note { action: "request", kind: None, id: None, subject: None, outcome: "refused" };
        async move { Ok(self.0.note(ctx, note).await?) }.boxed()
    }
}

fn ctx(vault: &Vault, role: &str, actor: Actor, request: RequestId, now: Time) -> Ctx {
    Ctx {
        tenant: TENANT,
        actor,
        grants: vault.registry().grants([(role, Window::ALWAYS, Scope::Tenant)]),
        assurance: Assurance::TwoFactors,
        purpose: Purpose::DirectCare,
        session: None,
        request,
        now,
    }
}

#[derive(Deserialize)]
struct Enter {
    role: String,
    next: String,
}

async fn enter(Query(enter): Query<Enter>) -> Reply {
    let mut response = see_other(&Next::parse(&enter.next).unwrap_or_else(|| Next::own("/practice/patients")));
    set_session(response.headers_mut(), &enter.role);
    Ok(response)
}

#[tokio::main]
async fn main() {
    let number = |at: usize, usual: usize| std::env::args().nth(at).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let port = u16::try_from(number(1, 8444)).expect("a port");
    let registry =
        Registry::assemble(&[practice::PERMISSIONS, OTHERS], &[practice::ROLES]).expect("right declarations");
    let rehearsal = Rehearsal::new(registry, practice::KINDS.to_vec(), Arc::new(Machine)).expect("a vault");
    let vault = rehearsal.vault;
    vault.create_tenant(TENANT).await.expect("an organisation");
    let duty = ctx(&vault, practice::FURNISH, Actor::Duty(practice::FURNISH), Machine.request_id(), Machine.now());
    let began = std::time::Instant::now();
    let made = practice::furnish(&vault, &duty, 1, number(2, 300)).await.expect("a furnished practice");
    println!("{made:?} in {:?}", began.elapsed());
    let site = practice::site(practice::State::new(vault.clone()));
    let site = site.join(Site::pages().get("/enter", Needs::Public, "Signs in.", enter).with_state(()));
    let mut options = Options::new(Arc::new(Machine), [7; 32]);
    options.synthetic = true;
    let router = site.into_router(Arc::new(Porter(vault)), options).expect("right declarations");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        certificate_pem: made.cert.pem().into_bytes(),
        key_pem: made.signing_key.serialize_pem().into_bytes(),
        limits: Limits::default(),
    };
    let running = serve(listen, router).await.expect("a free port");
    println!("https://localhost:{}/enter?role=principal-dentist&next=/practice/patients", running.address.port());
    std::future::pending::<()>().await;
}
