//! A house that is made up: it signs people in, keeps patients and evidence, and can be broken in one place.

use crate::fake_joining::Joining;
use crate::fake_keys::FakeKey;
use crate::setting::Clock;
use ledger::SigningKey;
use model::{Outside, Time};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use trust::Trouble;
use trust::house::Reply;
use trust::house::{Call, Credentials, FhirAccess, Person, Replying, Tenant, Wire};

/// Which control is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    StoresInTheClear,
    LogsWhatIsTyped,
    TakesPatientsInForms,
    TakesPatientsInFiles,
    OpensMovedBytes,
    OpensEarlierVersions,
    ForgetsToRecordReads,
    RecordsWritesTwice,
    DoesNotRecordRefusals,
    RewritesItsLog,
    ShortensItsLog,
    LeavesFieldsOut,
    ServesOtherTenants,
    FindsOtherTenants,
    LetsOthersWrite,
    PageShowsOthers,
    HasAnOpenRoute,
    ComparesTokensLoosely,
    TakesUnsignedTokens,
    PasswordIsEnough,
    TicketIsASession,
    AnAccountHasNoFactor,
    KeepsPasswords,
    AWeakVerifier,
    SharedSalt,
    SignOutKeepsTheSession,
    SessionsNeverEnd,
    CookieWithoutHttpOnly,
    ErrorsWithoutHeaders,
    PagesMayBeStored,
    RepeatsOrigins,
    GrantsPreflights,
    TakesForeignForms,
    UnpacksBodies,
    TakesAnyForm,
    PolicyAllowsInline,
    ShowsKeysAgain,
    KeepsKeys,
    KeysNeedNoEnd,
    KeysExceedTheirMaker,
    RevokedKeysWork,
    BundleIsChanged,
    OpensToEveryRole,
    APermissionIsForShow,
    TheDeveloperMay,
    ADeveloperHoldsMore,
    NobodyLooksAtEmergencies,
    OneDoesWhatTakesTwo,
    PageSaysBetter,
    LetsAttacksPass,
    RepeatsWhatItRefuses,
    ForgetsAttacks,
    RefusesOrdinaryWords,
    SaysAnotherWayIn,
    LetsInBeforeApproval,
    NewcomersGetMore,
    CodesAreNeverVoid,
    CodesAreGoodTwice,
    TakesAnyChallenge,
    ChallengesAreGoodTwice,
    ResetTellsWhoIsKnown,
    LinksAreGoodTwice,
    ResetKeepsSessions,
}

/// How long a session may be idle, in the house's seconds.
const IDLE_SECONDS: i64 = 60;

pub struct Fake {
    pub clock: Arc<Clock>,
    pub dir: PathBuf,
    pub broken: Broken,
    pub inner: Mutex<Inner>,
    pub tls: Mutex<Option<SocketAddr>>,
}

pub struct Inner {
    pub tenants: Vec<FakeTenant>,
    pub sessions: BTreeMap<String, FakeSession>,
    tickets: BTreeMap<String, usize>,
    number: u64,
    pub attempts: Vec<String>,
    pub keys: Vec<FakeKey>,
    pub joining: Joining,
}

impl Inner {
    pub const fn number_of_request(&self) -> u64 {
        self.number
    }
}

pub struct FakeTenant {
    pub name: String,
    pub token: String,
    pub patients: BTreeMap<String, Vec<Value>>,
    pub log: Vec<String>,
    pub key: SigningKey,
    person: Person,
}

pub struct FakeSession {
    tenant: usize,
    seen: Time,
    /// Whether it began with both factors.
    pub whole: bool,
}

/// A request with what the door found out about it.
pub struct Asked<'a> {
    pub call: &'a Call,
    pub path: &'a str,
    pub query: BTreeMap<String, String>,
    pub request: String,
}

const ROUTES: &[(&str, &str, &str, &str)] = &[
    ("GET", "/sign-in", "public", "page"),
    ("POST", "/sign-in", "public", "page"),
    ("POST", "/sign-in/code", "public", "page"),
    ("GET", "/trust", "public", "page"),
    ("GET", "/trust/routes.json", "public", "api"),
    ("GET", "/trust/claims.json", "public", "page"),
    ("GET", "/trust/bundle", "public", "page"),
    ("GET", "/fhir/r4/metadata", "public", "api"),
    ("GET", "/day", "session", "page"),
    ("GET", "/patients", "session", "page"),
    ("GET", "/notes", "may patient.read", "page"),
    ("GET", "/people", "may account.read", "page"),
    ("GET", "/patients/{id}", "session", "page"),
    ("POST", "/sign-out", "session", "page"),
    ("GET", "/fhir/r4/{type}", "permission", "api"),
    ("POST", "/fhir/r4/{type}", "permission", "api"),
    ("GET", "/fhir/r4/{type}/{id}", "permission", "api"),
    ("PUT", "/fhir/r4/{type}/{id}", "permission", "api"),
    ("GET", "/house/figures", "permission", "api"),
];

impl Fake {
    pub fn new(clock: Arc<Clock>, dir: PathBuf, broken: Broken) -> Self {
        let tenant = |number: u8| {
            let name = format!("probe-{}", char::from(b'a' + number));
            FakeTenant {
                token: format!("key{number}{}", "Q7w9E2r4T6y8".repeat(3)),
                patients: BTreeMap::new(),
                log: Vec::new(),
                key: SigningKey::from_seed(&format!("fake/{name}"), &[number; 32]).unwrap(),
                person: Person {
                    email: format!("admin@{name}.example"),
                    password: format!("correct-horse-{number}-battery"),
                    totp_secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into(),
                    role: "administrator".into(),
                },
                name,
            }
        };
        let inner = Inner {
            tenants: vec![tenant(0), tenant(1)],
            sessions: BTreeMap::new(),
            tickets: BTreeMap::new(),
            number: 0,
            attempts: Vec::new(),
            keys: Vec::new(),
            joining: Joining::default(),
        };
        Self { clock, dir, broken, inner: Mutex::new(inner), tls: Mutex::new(None) }
    }

    pub fn credentials(&self) -> Credentials {
        let inner = self.locked();
        let tenant = |tenant: &FakeTenant| Tenant {
            name: tenant.name.clone(),
            id: None,
            people: vec![tenant.person.clone(), Person { role: "study-designer".into(), ..tenant.person.clone() }],
            fhir: FhirAccess { base: "https://fake.example/fhir/r4".into(), token: tenant.token.clone() },
            // In our seconds, of which each is a minute at the house.
            sign_up: Some(tenant.name.clone()),
            session_idle_seconds: (tenant.name == "probe-b").then_some(0),
        };
        Credentials {
            base: "https://fake.example".into(),
            certificate: PathBuf::new(),
            data: self.dir.clone(),
            deployment: "fake-house".into(),
            figures_token: "figures".into(),
            tenants: inner.tenants.iter().map(tenant).collect(),
        }
    }

    pub fn locked(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn answer(&self, call: &Call) -> Reply {
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        let mut inner = self.locked();
        inner.number += 1;
        let request = format!("request-{}", inner.number);
        let asked = Asked { call, path, query: pairs(query), request: request.clone() };
        if self.broken == Broken::LogsWhatIsTyped {
            let line = format!("{} {} {}\n", call.method, call.path, String::from_utf8_lossy(&call.body));
            std::fs::write(self.dir.join(format!("access-{}.log", inner.number)), line).unwrap();
        }
        let mut reply = match self.guard(&mut inner, &asked) {
            Some(refused) => refused,
            None => self.route(&mut inner, &asked),
        };
        reply.headers.push(("x-request-id".into(), request));
        self.open_up(call, &mut reply);
        self.harden(&mut reply);
        reply
    }

    fn route(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        if call_is_monstrous(asked.call) {
            return status(414);
        }
        if let Some(reply) = self.edge(asked.call) {
            return reply;
        }
        if let Some(reply) = self.joining(inner, asked) {
            return reply;
        }
        match (asked.call.method.as_str(), asked.path) {
            ("GET", "/sign-in") => page(r#"<form><input type="hidden" name="form-token" value="t">"#),
            ("POST", "/sign-in") => self.password(inner, asked),
            ("POST", "/sign-in/code") => self.code(inner, asked),
            ("GET", "/trust") => page("<h1>Promises</h1>"),
            ("GET", "/trust/routes.json") => self.routes(),
            ("GET", "/trust/bundle") => self.bundle(),
            ("GET", "/trust/claims.json") => self.claims_json(),
            ("GET", "/fhir/r4/metadata") => json_reply(&json!({ "rest": [{ "resource": [{ "type": "Patient" }] }] })),
            ("GET", "/open") => page("left open"),
            ("GET", "/house/figures") => self.figures(inner, asked),
            ("GET", "/watch/attempts") => Self::attempts(inner, asked),
            (_, path) if path == "/step-up" || path.starts_with("/keys") => self.keys(inner, asked),
            (_, path) if path.starts_with("/audit/") => self.audit(inner, asked),
            (_, path) if path.starts_with("/fhir/r4") => match self.by_key(inner, asked) {
                Some(tenant) => self.fhir(inner, tenant, asked),
                None => status(401),
            },
            (_, path) if path.starts_with("/trials/") => self.trials(inner, asked),
            ("GET", "/trust/access.json") => self.access(),
            ("GET", "/people") if self.broken != Broken::OpensToEveryRole => match self.signed_in_page(inner, asked) {
                opened if opened.status == 200 => status(404),
                turned_away => turned_away,
            },
            ("GET" | "POST", "/notes" | "/people" | "/day" | "/patients" | "/sign-out") => {
                self.signed_in_page(inner, asked)
            }
            ("GET", path) if path.starts_with("/patients/") => self.signed_in_page(inner, asked),
            (_, path) if ROUTES.iter().any(|(_, found, ..)| *found == path) => status(405),
            _ => status(404),
        }
    }

    fn routes(&self) -> Reply {
        let mut rows: Vec<Value> = ROUTES
            .iter()
            .map(|(method, path, needs, family)| {
                let permission = needs.strip_prefix("may ");
                json!({ "method": method, "path": path, "needs": needs, "family": family, "permission": permission })
            })
            .collect();
        if self.broken == Broken::HasAnOpenRoute {
            rows.push(json!({ "method": "GET", "path": "/open", "needs": "session", "family": "page" }));
        }
        json_reply(&json!(rows))
    }

    /// 58 permissions, of which an administrator of this house has one.
    fn access(&self) -> Reply {
        let mut permissions: Vec<Value> = ["patient.read", "account.read"]
            .map(|name| json!({ "name": name, "needed_by": ["GET /somewhere"] }))
            .to_vec();
        for number in 0..56 {
            let show = number == 7 && self.broken == Broken::APermissionIsForShow;
            let needed: Vec<&str> = if show { vec![] } else { vec!["create thing"] };
            permissions.push(json!({ "name": format!("thing{number}.make"), "needed_by": needed }));
        }
        let developer: Vec<&str> = if self.broken == Broken::TheDeveloperMay { vec!["patient.read"] } else { vec![] };
        let roles = json!([
            { "name": "administrator", "permissions": ["patient.read"] },
            { "name": "house.developer", "permissions": developer },
        ]);
        json_reply(&json!({ "permissions": permissions, "roles": roles }))
    }

    fn password(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        let fields = pairs(&String::from_utf8_lossy(&asked.call.body));
        if self.broken == Broken::KeepsPasswords {
            std::fs::write(self.dir.join("sign-ins"), fields.get("password").cloned().unwrap_or_default()).unwrap();
        }
        let found = inner.tenants.iter().position(|tenant| {
            fields.get("email") == Some(&tenant.person.email) && fields.get("password") == Some(&tenant.person.password)
        });
        let Some(tenant) = found else {
            let field = |name: &str| fields.get(name).map_or("", String::as_str);
            return self.joined(inner, field("email"), field("password")).unwrap_or_else(|| status(401));
        };
        let ticket = format!("ticket-{}", inner.number);
        inner.tickets.insert(ticket.clone(), tenant);
        let mut reply = page(&format!(
            r#"<form><input type="hidden" name="form-token" value="t"><input type="hidden" name="ticket" value="{ticket}">"#
        ));
        if self.broken == Broken::TicketIsASession {
            inner.sessions.insert(ticket.clone(), FakeSession { tenant, seen: self.clock.now(), whole: false });
        }
        if self.broken == Broken::PasswordIsEnough {
            let cookie = self.begin(inner, tenant, false);
            reply.headers.push(("set-cookie".into(), cookie));
        }
        reply
    }

    fn code(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        let fields = pairs(&String::from_utf8_lossy(&asked.call.body));
        if let Some(reply) = fields.get("ticket").and_then(|ticket| self.enrolled(inner, ticket)) {
            return reply;
        }
        let digits = fields.get("code").is_some_and(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        let tenant = fields.get("ticket").and_then(|ticket| inner.tickets.get(ticket).copied());
        match tenant {
            Some(tenant) if digits => {
                let cookie = self.begin(inner, tenant, true);
                let mut reply = status(303);
                reply.headers.push(("location".into(), "/day".into()));
                reply.headers.push(("set-cookie".into(), cookie));
                reply
            }
            _ => status(401),
        }
    }

    fn begin(&self, inner: &mut Inner, tenant: usize, whole: bool) -> String {
        let token = format!("session{}{}", inner.number, "Zx9Cv8Bn7M".repeat(3));
        inner.sessions.insert(token.clone(), FakeSession { tenant, seen: self.clock.now(), whole });
        let http_only = if self.broken == Broken::CookieWithoutHttpOnly { "" } else { " HttpOnly;" };
        format!("__Host-candor={token}; Path=/; Secure;{http_only} SameSite=Lax")
    }

    pub fn by_session(&self, inner: &mut Inner, asked: &Asked<'_>) -> Option<(usize, String)> {
        let cookies = header(asked.call, "cookie").unwrap_or_default();
        let token = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-candor="))?.to_owned();
        let now = self.clock.now();
        let session = match self.broken {
            Broken::ComparesTokensLoosely => {
                let mut known = inner.sessions.iter_mut();
                known.find(|(known, _)| token.len() > 8 && known.get(..8) == token.get(..8))?.1
            }
            _ => inner.sessions.get_mut(&token)?,
        };
        let idle = now.seconds_since(session.seen) > IDLE_SECONDS;
        if idle && self.broken != Broken::SessionsNeverEnd {
            return None;
        }
        session.seen = now;
        Some((session.tenant, token))
    }

    pub fn by_key(&self, inner: &Inner, asked: &Asked<'_>) -> Option<usize> {
        let token = header(asked.call, "authorization")?.strip_prefix("Bearer ")?.to_owned();
        if self.broken == Broken::TakesUnsignedTokens && token.starts_with("eyJ") {
            return Some(0);
        }
        if let Some(key) = inner.keys.iter().find(|key| key.token == token && !key.revoked) {
            return Some(key.tenant);
        }
        inner.tenants.iter().position(|tenant| match self.broken {
            Broken::ComparesTokensLoosely => token.get(..8) == tenant.token.get(..8),
            _ => token == tenant.token,
        })
    }

    fn signed_in_page(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        if asked.path == "/day" && self.newcomer(inner, asked).is_some() {
            return page("The day");
        }
        let Some((tenant, token)) = self.by_session(inner, asked) else {
            let mut reply = status(303);
            reply.headers.push(("location".into(), "/sign-in?next=/".into()));
            return reply;
        };
        if asked.path == "/sign-out" {
            if self.broken != Broken::SignOutKeepsTheSession {
                inner.sessions.remove(&token);
            }
            return status(303);
        }
        if let Some(id) = asked.path.strip_prefix("/patients/") {
            let everybody = self.broken == Broken::PageShowsOthers;
            let mut seen = inner.tenants.iter().enumerate().filter(|(number, _)| everybody || *number == tenant);
            let patient = seen.find_map(|(_, tenant)| tenant.patients.get(id)?.last());
            return patient.map_or_else(|| status(404), |patient| page(&patient.to_string()));
        }
        page(r#"<form action="/sign-out"><input type="hidden" name="form-token" value="t"></form>"#)
    }

    fn bundle(&self) -> Reply {
        let Ok(mut bytes) = std::fs::read(self.dir.join("trust/bundle")) else { return status(404) };
        if self.broken == Broken::BundleIsChanged {
            let at = bytes.windows(6).position(|found| found == b"proved").unwrap_or(0);
            bytes[at] ^= 1;
        }
        Reply { status: 200, body: bytes, ..Reply::default() }
    }

    fn claims_json(&self) -> Reply {
        let Ok(text) = std::fs::read_to_string(self.dir.join("trust/bundle")) else { return status(404) };
        let document: Value = serde_json::from_str(&text[..text.rfind("\n\n").unwrap()]).unwrap();
        let row = |claim: &Value| {
            let note = claim.pointer("/result/note").and_then(Value::as_str);
            let statement: Option<Value> = note.map(|note| serde_json::from_str(note.lines().next().unwrap()).unwrap());
            let said = statement.map_or(json!("evidence missing"), |statement| statement["verdict"].clone());
            let verdict = if self.broken == Broken::PageSaysBetter { json!("proved") } else { said };
            json!({ "id": claim["id"], "verdict": verdict })
        };
        let rows: Vec<Value> = document["claims"].as_array().unwrap().iter().map(row).collect();
        json_reply(&json!({ "claims": rows }))
    }

    fn harden(&self, reply: &mut Reply) {
        if self.broken == Broken::ErrorsWithoutHeaders && reply.status >= 400 {
            return;
        }
        let inline = if self.broken == Broken::PolicyAllowsInline { "; script-src 'unsafe-inline'" } else { "" };
        let policy = format!("default-src 'none'; frame-ancestors 'none'{inline}");
        for (name, value) in [
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", &*policy),
            ("referrer-policy", "same-origin"),
            ("permissions-policy", "camera=()"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", if self.broken == Broken::PagesMayBeStored { "max-age=60" } else { "no-store" }),
        ] {
            reply.headers.push((name.into(), value.into()));
        }
    }
}

impl Wire for Fake {
    fn call(&self, call: Call) -> Replying<'_> {
        Box::pin(async move { Ok(self.answer(&call)) })
    }

    fn socket(&self) -> Result<SocketAddr, Trouble> {
        self.tls.lock().unwrap().ok_or_else(|| Trouble::new("this house has no socket"))
    }
}

fn call_is_monstrous(call: &Call) -> bool {
    call.path.len() > 8_000 || call.headers.iter().any(|(_, value)| value.len() > 16_000)
}

pub fn header(call: &Call, name: &str) -> Option<String> {
    call.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
}

pub fn status(status: u16) -> Reply {
    Reply { status, ..Reply::default() }
}

pub fn page(html: &str) -> Reply {
    Reply { status: 200, body: html.into(), ..Reply::default() }
}

pub fn json_reply(body: &Value) -> Reply {
    Reply { status: 200, body: body.to_string().into(), ..Reply::default() }
}

pub fn pairs(text: &str) -> BTreeMap<String, String> {
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((name.to_owned(), value.replace("%40", "@")))
    };
    text.split('&').filter_map(read).collect()
}
