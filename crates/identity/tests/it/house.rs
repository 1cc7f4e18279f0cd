//! A small house with a door, and a clock that can be moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use access::Registry;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use identity::rules::code;
use identity::rules::email::EmailAddress;
use identity::rules::scope::ScopedType;
use identity::{Caller, Entered, HeldRole, Identity, NewAccount, NewTenant, Policy, Proof, SignedIn, State, Step};
use model::{Answer, No, Outside, Refusal, RequestId, SubjectId, TenantId, Time};
use seal::Secret;
use seal::password::Hasher;
use serde_json::Value;
use tower::ServiceExt;
use vault::Rehearsal;

pub const HOUSE: TenantId = TenantId::from_bytes([1; 16]);
pub const REQUEST: RequestId = RequestId::from_bytes([4; 16]);
pub const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
pub const PASSWORD: &str = "copper lantern tuesday";
pub const SET_UP_TOKEN: &str = "the-token-of-the-set-up-file";

/// A seeded generator and a clock that stands still until it is moved.
pub struct Seeded {
    turn: AtomicU64,
    now: AtomicI64,
}

impl Seeded {
    pub fn set(&self, moment: &str) {
        self.now.store(moment.parse::<jiff::Timestamp>().unwrap().as_second(), Ordering::SeqCst);
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
            let block = seal::sha256(&turn.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

pub struct House {
    pub identity: Arc<Identity>,
    pub rehearsal: Arc<Rehearsal>,
    pub outside: Arc<Seeded>,
    pub router: Router,
}

/// Somebody with an account.
pub struct Somebody {
    pub tenant: TenantId,
    pub id: SubjectId,
    pub email: EmailAddress,
}

impl House {
    pub async fn new() -> Self {
        Self::hashing(seal::password::Policy::default()).await
    }

    pub async fn hashing(policy: seal::password::Policy) -> Self {
        let outside = Arc::new(Seeded { turn: AtomicU64::new(0), now: AtomicI64::new(1_795_000_000) });
        let registry = Registry::assemble(&[identity::PERMISSIONS], &[identity::ROLES]).unwrap();
        let rehearsal = Rehearsal::new(registry, identity::KINDS.to_vec(), outside.clone()).unwrap();
        Self::over(Arc::new(rehearsal), policy, outside).await
    }

    async fn over(rehearsal: Arc<Rehearsal>, policy: seal::password::Policy, outside: Arc<Seeded>) -> Self {
        let hasher = Arc::new(Hasher::new(policy, 1).unwrap());
        let identity = Arc::new(Identity::new(rehearsal.vault.clone(), hasher, HOUSE));
        identity.found("The house", outside.now()).await.unwrap();
        let state = State::new(identity.clone(), "/home", &["administrator"], Some(SET_UP_TOKEN.into())).scopes(&[
            ScopedType { resource: "Account", noun: "account" },
            ScopedType { resource: "Evidence", noun: "evidence" },
        ]);
        let options = web::Options::new(outside.clone(), [9; 32]);
        let router = identity::site(state).into_router(identity.clone(), options).unwrap();
        Self { identity, rehearsal, outside, router }
    }

    /// The same house after its password policy was changed.
    pub async fn with_policy(&self, policy: seal::password::Policy) -> Self {
        Self::over(self.rehearsal.clone(), policy, self.outside.clone()).await
    }

    pub fn now(&self) -> Time {
        self.outside.now()
    }

    pub fn caller(&self) -> Caller {
        Caller::unseen(REQUEST, self.now())
    }

    pub async fn tenant(&self, name: &str) -> TenantId {
        let whole = NewTenant { name: name.into(), synthetic: true, policy: Policy::USUAL };
        self.identity.create_tenant(&whole, REQUEST, self.now()).await.unwrap()
    }

    /// An administrator with two factors, in an organisation of their own.
    pub async fn somebody(&self, email: &str) -> Somebody {
        self.account(email, Some(SECRET)).await
    }

    pub async fn account(&self, email: &str, factor: Option<&str>) -> Somebody {
        let tenant = self.tenant("Brightwater Dental").await;
        let id = self.identity.create_account(tenant, new(email, factor), REQUEST, self.now()).await.unwrap();
        Somebody { tenant, id, email: address(email) }
    }

    pub async fn password(&self, email: &EmailAddress, password: &str) -> Answer<Step> {
        self.identity.password(email, Secret::new(password), &self.caller()).await
    }

    /// The ticket for the second factor.
    pub async fn ticket(&self, email: &EmailAddress) -> String {
        match self.password(email, PASSWORD).await.unwrap() {
            Step::Code { ticket } | Step::Enrol { ticket, .. } => ticket,
        }
    }

    pub async fn second(&self, ticket: &str, code: &str) -> Answer<SignedIn> {
        match self.identity.second(ticket, &Proof::Code(code.to_owned()), &self.caller()).await? {
            Entered::In(signed_in) => Ok(signed_in),
            Entered::PasswordTooOld { .. } => panic!("the password is too old"),
        }
    }

    pub fn code(&self) -> String {
        code::at(SECRET, self.now()).unwrap()
    }

    /// The session's token.
    pub async fn sign_in(&self, email: &EmailAddress) -> String {
        // Each code is good once, so that of the next minute is used.
        self.outside.move_on(60);
        let ticket = self.ticket(email).await;
        self.second(&ticket, &self.code()).await.unwrap().token
    }

    /// Whether a session's token still opens the door.
    pub async fn knows(&self, token: &str) -> bool {
        self.see("/sign-in", &format!("__Host-candor={token}")).await.status == 303
    }

    /// The same from an address.
    pub async fn by_key_from(&self, token: &str, address: &str) -> u16 {
        let peer: std::net::SocketAddr = format!("{address}:4711").parse().unwrap();
        let mut request = Request::builder().uri("/audit/entries").header("host", "candor.test");
        request =
            request.header("authorization", format!("Bearer {token}")).extension(axum::extract::ConnectInfo(peer));
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        response.status().as_u16()
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Heard {
        let mut request = Request::builder().method(method).uri(path).header("host", "candor.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Heard { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub async fn see(&self, path: &str, cookie: &str) -> Heard {
        self.ask("GET", path, &[("accept", "text/html"), ("cookie", cookie)], "").await
    }

    /// What a program with a key is answered.
    pub async fn by_key(&self, token: &str) -> u16 {
        self.ask("GET", "/audit/entries", &[("authorization", &format!("Bearer {token}"))], "").await.status
    }

    pub async fn send(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Heard {
        let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let headers =
            [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie), ("accept", "text/html")];
        self.ask("POST", path, &headers, body.join("&")).await
    }

    pub async fn log(&self, tenant: TenantId) -> Vec<Value> {
        let entries = self.rehearsal.evidence(tenant).await.unwrap();
        entries.iter().map(|entry| serde_json::from_slice(entry).unwrap()).collect()
    }

    /// How often an act on a kind ended so, in one organisation.
    pub async fn count(&self, tenant: TenantId, action: &str, kind: &str, outcome: &str) -> usize {
        let is_it = |entry: &&Value| entry["action"] == action && entry["kind"] == kind && entry["outcome"] == outcome;
        self.log(tenant).await.iter().filter(is_it).count()
    }
}

pub fn new(email: &str, factor: Option<&str>) -> NewAccount {
    NewAccount {
        email: address(email),
        name: "Ada Mensah".into(),
        password: Secret::new(PASSWORD),
        roles: vec![HeldRole::always("administrator")],
        factor: factor.map(str::to_owned),
    }
}

pub fn address(email: &str) -> EmailAddress {
    EmailAddress::parse(email).unwrap()
}

pub struct Heard {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of a hidden field.
    pub fn field(&self, name: &str) -> String {
        let after = self.body.split(&format!(r#"name="{name}" value=""#)).nth(1);
        after.unwrap_or_else(|| panic!("no field {name} in {}", self.body)).split('"').next().unwrap().to_owned()
    }

    /// The first cookie that was set, to be sent back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

pub fn refused<T>(answer: Answer<T>) -> Refusal {
    match answer {
        Err(No::Refusal(refusal)) => refusal,
        Err(No::Fault(fault)) => panic!("a fault instead of a refusal: {fault}"),
        Ok(_) => panic!("allowed"),
    }
}
