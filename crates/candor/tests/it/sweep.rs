//! Every route of the house, against every role and every way of not being allowed: the door must do what a plain list
//! of names says, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use access::{Assurance, Ctx, Holder};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use candor::{Machine, parts};
use futures_util::future::BoxFuture;
use identity::rules::code;
use identity::rules::email::EmailAddress;
use identity::{
    Account, Caller, CustomRole, Entered, HeldRole, Identity, KeyOrder, NewAccount, NewTenant, Policy, Proof, Session,
    Step,
};
use model::{Answer, Kind as _, Outside as _, Purpose, RecordId, Refusal, SubjectId, TenantId};
use seal::Secret;
use tower::ServiceExt as _;
use vault::{Changes, Expected, Query, Vault};
use web::{Doorkeeper, Family, Guest, Knock, Needs, RouteDecl};

use crate::house::TestHouse;

const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// A way of not being allowed any more, and what makes it so.
type Condition = (&'static str, Box<dyn Fn(&mut Account) + Send + Sync>);

/// What the door did with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    LetIn,
    Turned,
}

/// The house's own doorkeeper, watched: whom it turned away.
struct Watched {
    inner: Arc<Identity>,
    turned: Mutex<usize>,
}

impl Doorkeeper for Watched {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        Box::pin(async move {
            let answer = self.inner.recognise(knock).await;
            *self.turned.lock().unwrap() += usize::from(answer.is_err());
            answer
        })
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        self.inner.permits(ctx, permission)
    }

    fn denied<'a>(
        &'a self,
        knock: &'a Knock,
        decl: &'a RouteDecl,
        ctx: Option<&'a Ctx>,
    ) -> BoxFuture<'a, Answer<Refusal>> {
        *self.turned.lock().unwrap() += 1;
        self.inner.denied(knock, decl, ctx)
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        self.inner.refused(ctx)
    }
}

/// A house at whose door everything is tried.
struct Sweep {
    house: TestHouse,
    routes: Vec<RouteDecl>,
    router: Router,
    watched: Arc<Watched>,
    tenant: TenantId,
    who: SubjectId,
    cookie: String,
}

impl Sweep {
    async fn new() -> Self {
        let house = TestHouse::memory().await;
        let identity = house.identity.clone();
        let watched = Arc::new(Watched { inner: identity.clone(), turned: Mutex::default() });
        let site = parts::site(crate::declared::needed(&house));
        let routes = site.whole();
        // The sweep asks more in a minute than anybody may.
        let plenty = web::Budget { requests: 1_000_000, seconds: 1 };
        let mut options = web::Options::new(Arc::new(Machine), [7; 32]);
        options.budgets =
            web::Budgets { address: plenty, account: plenty, key: plenty, organisation: plenty, ..options.budgets };
        let router = site.into_router(watched.clone(), options).unwrap();
        let whole = NewTenant { name: "Brightwater".into(), synthetic: true, policy: Policy::USUAL };
        let (request, now) = (Machine.request_id(), Machine.now());
        let tenant = identity.create_tenant(&whole, request, now).await.unwrap();
        let email = EmailAddress::parse("ada@example.org").unwrap();
        let new = NewAccount {
            email: email.clone(),
            name: "Ada".into(),
            password: Secret::new("copper lantern tuesday"),
            roles: vec![],
            factor: Some(SECRET.into()),
        };
        let who = identity.create_account(tenant, new, request, now).await.unwrap();
        let caller = Caller::unseen(request, now);
        let step = identity.password(&email, Secret::new("copper lantern tuesday"), &caller).await.unwrap();
        let Step::Code { ticket } = step else { panic!("no second factor") };
        let proof = Proof::Code(code::at(SECRET, now).unwrap());
        let Entered::In(signed_in) = identity.second(&ticket, &proof, &caller).await.unwrap() else { panic!("not in") };
        let cookie = signed_in.token;
        Self { house, routes, router, watched, tenant, who, cookie }
    }

    fn vault(&self) -> &Arc<Vault> {
        &self.house.vault
    }

    fn door(&self) -> Ctx {
        self.house.identity.duty("duty.door", self.tenant, Machine.request_id(), Machine.now())
    }

    /// Changes the account that asks, as nobody else could.
    async fn account(&self, change: impl FnOnce(&mut Account)) {
        let (mut account, opened) =
            self.vault().read_as::<Account>(&self.door(), RecordId::of_subject(self.who)).await.unwrap();
        change(&mut account);
        let changes = Changes::new().revise(opened.id, &account, Expected::Any).unwrap();
        self.vault().commit(&self.door(), changes).await.unwrap();
    }

    /// Shows the second factor once more, or takes that back.
    async fn step_up(&self, stepped: bool) {
        for opened in self.vault().search(&self.door(), &Query::all(Session::DECL)).await.unwrap().page {
            let mut session: Session = opened.record().unwrap();
            session.stepped = stepped.then(|| Machine.now());
            let changes = Changes::new().revise(opened.id, &session, Expected::Any).unwrap();
            self.vault().commit(&self.door(), changes).await.unwrap();
        }
    }

    /// A role of the organisation's own, held by the account and by nobody else.
    async fn own_role(&self, permissions: &[&str], purposes: &[Purpose]) -> HeldRole {
        let role = CustomRole {
            title: "Swept".into(),
            words: String::new(),
            template: "administrator".into(),
            permissions: permissions.iter().map(|name| (*name).to_owned()).collect(),
            purposes: purposes.iter().map(|purpose| purpose.name().to_owned()).collect(),
        };
        let id = Machine.record_id();
        let mut ctx = self.door();
        let everything =
            self.vault().registry().roles().map(|role| (role.decl.name, access::Window::ALWAYS, access::Scope::Tenant));
        ctx.grants = self.vault().registry().grants(everything);
        ctx.assurance = Assurance::SteppedUp;
        self.vault().commit(&ctx, Changes::new().create(id, &role).unwrap()).await.unwrap();
        HeldRole::always(CustomRole::held_as(id))
    }

    async fn key(&self, role: &str) -> String {
        let order = KeyOrder {
            name: "swept".into(),
            owner: self.who,
            roles: vec![HeldRole::always(role)],
            ends: Machine.now().plus_seconds(3_600),
        };
        let (request, now) = (Machine.request_id(), Machine.now());
        self.house.identity.create_key_at_set_up(self.tenant, order, request, now).await.unwrap()
    }

    /// Knocks at one route and says what the door did.
    async fn knock(&self, route: &RouteDecl, key: Option<&str>) -> Door {
        let mut path = String::new();
        for part in route.path.split('/').skip(1) {
            path.push('/');
            path.push_str(if part.starts_with('{') { "01890a5d-ac96-774b-bcce-b302099a8057" } else { part });
        }
        let mut request = Request::builder().method(route.method.clone()).uri(path).header("host", "candor.test");
        request = match (route.family, key) {
            (Family::Page, _) => request.header("cookie", format!("__Host-candor={}", self.cookie)),
            (Family::Api, Some(key)) => request.header("authorization", format!("Bearer {key}")),
            (Family::Api, None) => request,
        };
        let before = *self.watched.turned.lock().unwrap();
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_ne!(response.status().as_u16(), 429, "the budget is not what is tried here");
        if *self.watched.turned.lock().unwrap() == before { Door::LetIn } else { Door::Turned }
    }

    fn guarded(&self, family: Family) -> Vec<(RouteDecl, &'static str)> {
        let of_family = self.routes.iter().filter(|route| route.family == family);
        let guarded = of_family.filter_map(|route| match route.needs {
            Needs::Permission(name) => Some((route.clone(), name)),
            _ => None,
        });
        // Signing out would end the sweep's own session.
        guarded.collect()
    }

    /// Tries every guarded page; `expected` says by name whether the door should open.
    async fn pages(&self, about: &str, expected: impl Fn(&RouteDecl, &'static str) -> bool) -> usize {
        let guarded = self.guarded(Family::Page);
        for (route, name) in &guarded {
            let wanted = if expected(route, name) { Door::LetIn } else { Door::Turned };
            assert_eq!(self.knock(route, None).await, wanted, "{about}: {} {} needs {name}", route.method, route.path);
        }
        guarded.len()
    }
}

/// Permissions by name, as they are declared: which roles hold each, read from the declarations alone.
fn holders() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let registry = parts::registry().unwrap();
    let mut held: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for role in registry.roles() {
        held.insert(role.decl.name, role.decl.permissions.iter().copied().collect());
    }
    held
}

fn needs(name: &str) -> Assurance {
    let registry = parts::registry().unwrap();
    registry.permissions().iter().find(|decl| decl.name == name).unwrap().needs
}

fn purposes(name: &str) -> access::Purposes {
    let registry = parts::registry().unwrap();
    registry.permissions().iter().find(|decl| decl.name == name).unwrap().purposes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_opens_to_the_roles_that_are_declared_and_to_no_other_in_no_other_way() {
    let sweep = Sweep::new().await;
    let mut attempts = 0;
    for (role, permissions) in &holders() {
        let registry = parts::registry().unwrap();
        let can_be_held = registry.role(role).unwrap().decl.holder() == Holder::Organisation;
        let fits = |route: &RouteDecl, name| permissions.contains(name) && purposes(name).holds(route.purpose);
        let held = HeldRole::always(*role);
        sweep.account(|account| account.roles = vec![held.clone()]).await;
        sweep.step_up(true).await;
        attempts += sweep.pages(role, |route, name| can_be_held && fits(route, name)).await;
        sweep.step_up(false).await;
        let strong = |name| needs(name) < Assurance::SteppedUp;
        attempts += sweep
            .pages(&format!("{role}, not stepped up"), |route, name| can_be_held && fits(route, name) && strong(name))
            .await;
        sweep.step_up(true).await;
        let past = Some(Machine.now().plus_seconds(-1));
        sweep.account(|account| account.roles = vec![HeldRole { until: past, ..held.clone() }]).await;
        attempts += sweep.pages(&format!("{role}, over"), |_, _| false).await;
    }
    let all: Vec<HeldRole> = holders().keys().map(|role| HeldRole::always(*role)).collect();
    let now = Machine.now();
    let conditions: [Condition; 5] = [
        ("revoked", Box::new(|account| account.roles.clear())),
        ("without a second factor", Box::new(|account| account.factors.clear())),
        ("after the last day", Box::new(move |account| account.until = Some(now))),
        ("before the first day", Box::new(move |account| account.from = Some(now.plus_seconds(3_600)))),
        ("in another era", Box::new(|account| account.era += 1)),
    ];
    let (before, _) = sweep.vault().read_as::<Account>(&sweep.door(), RecordId::of_subject(sweep.who)).await.unwrap();
    for (about, condition) in conditions {
        sweep.account(|account| *account = Account { roles: all.clone(), ..before.clone() }).await;
        assert_eq!(sweep.knock(&sweep.guarded(Family::Page)[0].0, None).await, Door::LetIn, "the same account opens");
        sweep.account(|account| condition(account)).await;
        attempts += sweep.pages(about, |_, _| false).await;
    }
    assert!(attempts > 4_000, "the sweep must be large, was {attempts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interface_opens_to_keys_with_the_roles_that_are_declared_and_never_where_a_person_is_needed() {
    let sweep = Sweep::new().await;
    let routes = sweep.guarded(Family::Api);
    for (role, permissions) in &holders() {
        if parts::registry().unwrap().role(role).unwrap().decl.holder() != Holder::Organisation {
            continue;
        }
        let key = sweep.key(role).await;
        for (route, name) in &routes {
            let open =
                permissions.contains(name) && needs(name) <= Assurance::Key && purposes(name).holds(route.purpose);
            let wanted = if open { Door::LetIn } else { Door::Turned };
            assert_eq!(
                sweep.knock(route, Some(&key)).await,
                wanted,
                "{role}: {} {} needs {name}",
                route.method,
                route.path
            );
            assert_eq!(sweep.knock(route, None).await, Door::Turned, "nobody: {} {}", route.method, route.path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lacks_only_one_permission_is_refused_by_the_routes_that_need_it_and_by_no_other() {
    let sweep = Sweep::new().await;
    sweep.step_up(true).await;
    let registry = parts::registry().unwrap();
    let organisation = registry.roles().filter(|role| role.decl.holder() == Holder::Organisation);
    let grantable: BTreeSet<&str> = organisation.flat_map(|role| role.decl.permissions.iter().copied()).collect();
    let needed: BTreeSet<&str> = sweep.guarded(Family::Page).into_iter().map(|(_, name)| name).collect();
    for lacking in &needed {
        let rest: Vec<&str> = grantable.iter().copied().filter(|name| name != lacking).collect();
        let held = sweep.own_role(&rest, &[]).await;
        sweep.account(|account| account.roles = vec![held]).await;
        let expected = |route: &RouteDecl, name: &'static str| {
            name != *lacking && grantable.contains(name) && purposes(name).holds(route.purpose)
        };
        sweep.pages(&format!("all but {lacking}"), expected).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_for_one_purpose_opens_only_the_routes_that_serve_it() {
    let sweep = Sweep::new().await;
    sweep.step_up(true).await;
    let registry = parts::registry().unwrap();
    let organisation = registry.roles().filter(|role| role.decl.holder() == Holder::Organisation);
    let grantable: BTreeSet<&str> = organisation.flat_map(|role| role.decl.permissions.iter().copied()).collect();
    for purpose in Purpose::ALL {
        let held = sweep.own_role(&grantable.iter().copied().collect::<Vec<_>>(), &[purpose]).await;
        sweep.account(|account| account.roles = vec![held]).await;
        let expected = |route: &RouteDecl, name: &'static str| {
            route.purpose == purpose && grantable.contains(name) && purposes(name).holds(purpose)
        };
        sweep.pages(purpose.name(), expected).await;
    }
}

#[test]
fn the_permissions_are_more_than_58_and_nobody_can_hold_what_is_for_the_house_alone() {
    let registry = parts::registry().unwrap();
    assert!(registry.permissions().len() >= 58, "{}", registry.permissions().len());
    let developer = registry.role("house.developer").unwrap();
    assert!(developer.set.is_empty(), "a developer holds nothing");
    let operator: BTreeSet<&str> = registry.role("house.operator").unwrap().decl.permissions.iter().copied().collect();
    assert_eq!(operator, BTreeSet::from(["organisation.read", "support.ask"]), "an operator holds nothing standing");
}

/// No route, permission, kind or word of a form offers what is impossible.
#[tokio::test]
async fn no_route_and_no_permission_offers_what_is_behind_a_guard_rail() {
    let sweep = Sweep::new().await;
    for route in &sweep.routes {
        let writes = !matches!(route.method.as_str(), "GET" | "HEAD");
        let parts: Vec<&str> =
            route.path.split('/').filter(|part| !part.is_empty() && !part.starts_with('{')).collect();
        let verb = if route.method.as_str() == "DELETE" { "delete" } else { parts.last().copied().unwrap_or("") };
        for noun in &parts {
            let broken = access::rails::broken_by(noun, verb);
            assert!(!writes || broken.is_none(), "{} {} breaks {broken:?}", route.method, route.path);
        }
    }
    for decl in parts::registry().unwrap().permissions() {
        let (noun, verb) = decl.name.split_once('.').unwrap();
        assert!(access::rails::broken_by(noun, verb).is_none(), "{}", decl.name);
    }
    for kind in parts::kinds() {
        let noun = kind.name.split_once('.').unwrap().1;
        for field in kind.fields {
            for (noun, verb) in [(noun, field.name), (field.name, field.name)] {
                assert!(access::rails::broken_by(noun, verb).is_none(), "{}.{}", kind.name, field.name);
            }
        }
    }
    // The same check finds what is offered where it is offered.
    assert!(access::rails::broken_by("audit", "delete").is_some());
    assert!(access::rails::broken_by("mfa", "disable").is_some());
}
