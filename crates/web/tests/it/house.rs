//! A small house to knock at.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::{Actor, Ask, Assurance, Ctx, PermissionDecl, Registry, RoleDecl, Scope, Window, decide};
use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use model::{Answer, Fault, No, Outside, Purpose, Refusal, RefusalKind, RequestId, TenantId, Time};
use tower::ServiceExt;
use web::parts::{ErrorSummary, Field, Kind};
use web::*;

/// Counts instead of guessing: every byte it gives is new.
#[derive(Default)]
pub struct Counting(AtomicU64);

impl Outside for Counting {
    fn now(&self) -> Time {
        Time::from_seconds(1_795_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = next[at % 8] ^ u8::try_from(at).unwrap();
        }
    }
}

/// Knows two tokens and writes down whom it turned away.
#[derive(Default)]
pub struct Porter {
    pub denied: Mutex<Vec<String>>,
    pub knocks: Mutex<Vec<Knock>>,
    pub refused: Mutex<Vec<RequestId>>,
}

impl Doorkeeper for Porter {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        self.knocks.lock().unwrap().push(knock.clone());
        let given = knock.bearer.as_ref().or(knock.session.as_ref()).map(|credential| credential.reveal().to_owned());
        let guest = |role| Some(Guest { ctx: ctx(knock, role), account: Some(mensah()) });
        let (dentist, cleaner) = (guest("dentist"), guest("cleaner"));
        let mut stepped = dentist.clone();
        stepped.iter_mut().for_each(|guest| guest.ctx.assurance = Assurance::SteppedUp);
        async move {
            match given.as_deref() {
                Some("dentist") => Ok(dentist),
                Some("cleaner") => Ok(cleaner),
                Some("stepped-up") => Ok(stepped),
                Some("broken") => Err(Fault::new("looking up a session", "disk on fire").into()),
                _ => Err(not_signed_in().into()),
            }
        }
        .boxed()
    }

    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool {
        let wanted = registry().permission(permission);
        wanted.is_some_and(|permission| decide(ctx, &Ask { permission, tenant: ctx.tenant, subject: None }).is_ok())
    }

    fn denied<'a>(
        &'a self,
        knock: &'a Knock,
        decl: &'a RouteDecl,
        ctx: Option<&'a Ctx>,
    ) -> BoxFuture<'a, Answer<Refusal>> {
        let who = if ctx.is_some() { "somebody" } else { "nobody" };
        self.denied.lock().unwrap().push(format!("{who} {} {}", knock.method, decl.path));
        let refusal = match (ctx, decl.needs) {
            (None, _) => not_signed_in(),
            (Some(_), Needs::SteppedUp) => Refusal::second_factor_needed(),
            (Some(_), _) => Refusal::not_found(),
        };
        async { Ok(refusal) }.boxed()
    }

    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        self.refused.lock().unwrap().push(ctx.request);
        async { Ok(()) }.boxed()
    }
}

fn mensah() -> Account {
    Account { name: "Dr Mensah".into(), role: "dentist".into(), href: None }
}

const PERMISSIONS: &[PermissionDecl] = &[PermissionDecl::new("Patients", "patient.read", "Open a patient.")];
const ROLES: &[RoleDecl] = &[
    RoleDecl { name: "dentist", title: "Dentist", words: "Treats.", permissions: &["patient.read"] },
    RoleDecl { name: "cleaner", title: "Cleaner", words: "Cleans.", permissions: &[] },
];

fn registry() -> Registry {
    Registry::assemble(&[PERMISSIONS], &[ROLES]).unwrap()
}

fn ctx(knock: &Knock, role: &str) -> Ctx {
    Ctx {
        tenant: TenantId::from_bytes([1; 16]),
        actor: Actor::Duty("duty.test"),
        grants: registry().grants([(role, Window::ALWAYS, Scope::Tenant)]),
        assurance: Assurance::TwoFactors,
        purpose: Purpose::DirectCare,
        session: None,
        request: knock.request,
        now: knock.now,
    }
}

struct OneFriend;

impl Origins for OneFriend {
    fn known(&self, origin: &str) -> bool {
        ["https://friend.example", "https://neighbour.example", "null", "http://friend.example"].contains(&origin)
    }

    fn allow(&self, origin: &str, tenant: TenantId) -> bool {
        // A careless list that also names what nobody may name.
        self.known(origin) && origin != "https://neighbour.example" && tenant == TenantId::from_bytes([1; 16])
    }
}

fn outcome(spoken: &Spoken, request: RequestId) -> Response {
    let body =
        serde_json::json!({ "resourceType": "OperationOutcome", "words": spoken.words, "id": request.to_string() });
    (spoken.status, [(header::CONTENT_TYPE, "application/fhir+json")], body.to_string()).into_response()
}

#[derive(Template)]
#[template(source = "<p>Hello {{ name }}</p>", ext = "html")]
struct Hello {
    name: String,
}

#[derive(Template)]
#[template(source = r#"<form method="post">{{ summary }}{{ token }}{{ name }}</form>"#, ext = "html")]
struct NoteForm {
    summary: ErrorSummary,
    token: FormToken,
    name: Field,
}

#[derive(Clone, Default)]
pub struct Notes(pub Arc<Mutex<Vec<String>>>);

struct NoteDraft(String);

impl FromForm for NoteDraft {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        read.required("words", "Write something", |text| Ok(text.to_owned())).map(Self)
    }
}

fn note_page(room: &Room, form: &Returned, status: StatusCode) -> Reply {
    let body = NoteForm {
        summary: ErrorSummary::of(form),
        token: room.form_token(),
        name: Field::new("words", "Words", Kind::Text, form),
    };
    page(room.frame("Note").status(status), body)
}

async fn show_note(room: Room) -> Reply {
    note_page(&room, &Returned::blank(), StatusCode::OK)
}

async fn take_note(
    axum::extract::State(notes): axum::extract::State<Notes>,
    room: Room,
    Form(form): Form<NoteDraft>,
) -> Reply {
    match form {
        Ok(draft) => {
            notes.0.lock().unwrap().push(draft.value.0);
            Ok(see_other(&Next::own("/hello")))
        }
        Err(returned) => note_page(&room, &returned, StatusCode::UNPROCESSABLE_ENTITY),
    }
}

async fn hello(room: Room) -> Reply {
    page(room.frame("Hello"), Hello { name: "<script>alert(1)</script>".into() })
}

async fn patient(_: Asker, room: Room) -> Reply {
    page(room.frame("Patient"), Hello { name: "patient".into() })
}

async fn too_weak() -> Reply {
    Err(Refusal::second_factor_needed().into())
}

async fn fault() -> Reply {
    Err(Fault::new("reading a record", "the secret cause").into())
}

async fn panics() -> Reply {
    panic!("OKONKWO, Adaeze");
}

async fn slow() -> Reply {
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(StatusCode::OK.into_response())
}

async fn slower() -> Reply {
    tokio::time::sleep(Duration::from_millis(120)).await;
    Ok(StatusCode::OK.into_response())
}

async fn numbered(Path(number): Path<u32>) -> String {
    number.to_string()
}

async fn takes(body: Bytes) -> String {
    body.len().to_string()
}

async fn bundle() -> &'static str {
    "bundle"
}

pub fn site(notes: Notes) -> Site {
    let kept = RouteDecl::new(Method::GET, "/bundle", Needs::Public, "The evidence.");
    let kept_form =
        RouteDecl::new(Method::GET, "/public-note", Needs::Public, "A form declared to be kept, by mistake.");
    let import = RouteDecl::new(Method::GET, "/patient-import", Needs::Public, "Takes longer than the rest.");
    let scripted = RouteDecl::new(Method::GET, "/scripted", Needs::Public, "A page with a script of its own.");
    let pages = Site::pages()
        .get("/hello", Needs::Public, "Says hello.", hello)
        .get("/note", Needs::Public, "Shows the form of a note.", show_note)
        .post("/note", Needs::Public, "Takes a note.", take_note)
        .get("/patient/{id}", Needs::Permission("patient.read"), "Shows a patient.", patient)
        .get("/keys", Needs::SteppedUp, "Shows what is sensitive.", patient)
        .post("/keys", Needs::Session, "Does what the vault refuses without a step up.", too_weak)
        .get("/mine", Needs::Session, "Shows what is mine.", patient)
        .get("/fault", Needs::Public, "Fails.", fault)
        .get("/panic", Needs::Public, "Panics.", panics)
        .get("/slow", Needs::Public, "Takes a minute.", slow)
        .get("/number/{number}", Needs::Public, "Takes a number.", numbered)
        .add(kept.cache(Cache::Public { seconds: 60 }), bundle)
        .add(kept_form.cache(Cache::Public { seconds: 60 }), show_note)
        .add(import.time_max(Duration::from_secs(5)), slower)
        .add(scripted.own_scripts(), hello)
        .with_state(notes);
    let put =
        RouteDecl::new(Method::PUT, "/fhir/{tenant}/Patient", Needs::Permission("patient.read"), "Takes a patient.");
    let api = Site::api("/fhir", outcome)
        .get("/fhir/{tenant}/Patient", Needs::Permission("patient.read"), "Lists patients.", bundle)
        .add(put.body_bytes_max(100), takes);
    pages.join(api)
}

pub struct House {
    pub router: Router,
    pub porter: Arc<Porter>,
    pub notes: Notes,
}

pub fn house() -> House {
    house_with(|_| {})
}

/// The same with other options.
pub fn house_with(change: impl FnOnce(&mut Options)) -> House {
    let (porter, notes) = (Arc::new(Porter::default()), Notes::default());
    let mut options = Options::new(Arc::new(Counting::default()), [9; 32]);
    options.origins = Arc::new(OneFriend);
    options.handler_time_max = Duration::from_millis(50);
    change(&mut options);
    House { router: site(notes.clone()).into_router(porter.clone(), options).unwrap(), porter, notes }
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
}

impl House {
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

    pub async fn see(&self, path: &str) -> Heard {
        self.ask("GET", path, &[("accept", "text/html")], "").await
    }

    /// Opens the note form as a new browser: the cookie to send back, and the token in the form.
    pub async fn open_form(&self) -> (String, String) {
        let seen = self.see("/note").await;
        let cookie = seen.header("set-cookie").split(';').next().unwrap().to_owned();
        let token = seen.body.split(r#"name="form-token" value=""#).nth(1).unwrap();
        (cookie, token.split('"').next().unwrap().to_owned())
    }

    pub async fn send_note(&self, headers: &[(&str, &str)], body: String) -> Heard {
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.ask("POST", "/note", &all, body).await
    }
}

/// All kinds, so that a new one cannot be forgotten here without the status test noticing.
pub fn refusal(kind: RefusalKind) -> No {
    Refusal::new(kind, "words").into()
}
