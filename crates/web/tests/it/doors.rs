use super::house::{Notes, house, site};
use axum::body::Body;
use axum::http::Method;
use web::{Cache, Family, Needs, Options, RouteDecl, Site};

const PATIENTS: &str = "/fhir/brightwater/Patient";

#[tokio::test]
async fn nobody_is_sent_to_sign_in_and_back_again() {
    let house = house();
    let heard = house.see("/patient/7?tab=notes&q=a%20b").await;
    assert_eq!((heard.status, heard.header("location")), (303, "/sign-in?next=/patient/7%3Ftab%3Dnotes%26q%3Da%2520b"));
    assert_eq!(*house.porter.denied.lock().unwrap(), ["nobody GET /patient/{id}"]);
}

#[tokio::test]
async fn a_program_without_a_token_is_told_how_to_bring_one() {
    let house = house();
    let heard = house.ask("GET", PATIENTS, &[], "").await;
    assert_eq!((heard.status, heard.header("www-authenticate")), (401, r#"Bearer realm="candor""#));
    let heard = house.ask("GET", PATIENTS, &[("authorization", "Bearer worn-out")], "").await;
    assert!(heard.header("www-authenticate").contains("invalid_token"));
    assert_eq!(house.porter.denied.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_missing_permission_is_recorded_and_looks_like_nothing() {
    let house = house();
    let denied = house.ask("GET", "/patient/7", &[("cookie", "__Host-candor=cleaner")], "").await;
    let absent = house.ask("GET", "/absent", &[("cookie", "__Host-candor=cleaner")], "").await;
    assert_eq!((denied.status, absent.status), (404, 404));
    assert_eq!(*house.porter.denied.lock().unwrap(), ["somebody GET /patient/{id}"]);
}

#[tokio::test]
async fn who_must_show_their_second_factor_again_is_sent_there_and_back() {
    let house = house();
    let dentist = [("cookie", "__Host-candor=dentist")];
    let seen = house.ask("GET", "/keys?page=2", &dentist, "").await;
    assert_eq!((seen.status, seen.header("location")), (303, "/step-up?next=/keys%3Fpage%3D2"));
    let stepped = [("cookie", "__Host-candor=stepped-up")];
    assert_eq!(house.ask("GET", "/keys", &stepped, "").await.status, 200);
    assert_eq!(house.see("/keys").await.header("location"), "/sign-in?next=/keys");
}

#[tokio::test]
async fn a_form_that_needs_it_comes_back_to_the_page_that_it_stood_on() {
    let house = house();
    let sent = async |from: &'static str, who: &'static str| {
        house.ask("POST", "/keys", &[("cookie", who), ("referer", from)], "").await
    };
    let own = sent("https://candor.test/keys?page=2", "__Host-candor=dentist").await;
    assert_eq!((own.status, own.header("location")), (303, "/step-up?next=/keys%3Fpage%3D2"));
    for foreign in ["https://elsewhere.test/keys", "https://candor.test.elsewhere/keys", "nonsense"] {
        assert_eq!(sent(foreign, "__Host-candor=dentist").await.header("location"), "/step-up");
    }
    assert_eq!(house.porter.refused.lock().unwrap().len(), 4, "each refusal is recorded");
    // Whoever has shown it already is not sent round in a circle.
    assert_eq!(sent("https://candor.test/keys", "__Host-candor=stepped-up").await.status, 403);
}

#[tokio::test]
async fn who_has_the_permission_comes_in_and_is_named() {
    let house = house();
    let seen = house.ask("GET", "/patient/7", &[("cookie", "a=b; __Host-candor=dentist")], "").await;
    assert_eq!(seen.status, 200);
    assert!(seen.body.contains("Dr Mensah") && seen.body.contains("Sign out"));
    assert!(house.porter.denied.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_page_takes_no_token_and_an_interface_takes_no_cookie() {
    let house = house();
    assert_eq!(house.ask("GET", "/mine", &[("authorization", "Bearer dentist")], "").await.status, 303);
    assert_eq!(house.ask("GET", PATIENTS, &[("cookie", "__Host-candor=dentist")], "").await.status, 401);
    assert_eq!(house.ask("GET", PATIENTS, &[("authorization", "Bearer dentist")], "").await.status, 200);
}

#[tokio::test]
async fn a_cookie_or_token_that_is_sent_twice_counts_as_none() {
    let house = house();
    let twice = [("cookie", "__Host-candor=dentist; __Host-candor=cleaner")];
    assert_eq!(house.ask("GET", "/mine", &twice, "").await.status, 303);
    let twice = [("authorization", "Bearer dentist"), ("authorization", "Bearer cleaner")];
    assert_eq!(house.ask("GET", PATIENTS, &twice, "").await.status, 401);
}

#[tokio::test]
async fn the_doorkeeper_sees_the_pattern_and_prints_no_credential() {
    let house = house();
    house.ask("GET", "/patient/7?name=okonkwo", &[("cookie", "__Host-candor=dentist")], "").await;
    let knocks = house.porter.knocks.lock().unwrap();
    assert_eq!(knocks[0].path, "/patient/{id}");
    assert_eq!(knocks[0].params, [("id".to_owned(), "7".to_owned())]);
    let printed = format!("{:?}", knocks[0]);
    assert!(!printed.contains("dentist") && !printed.contains("okonkwo"), "{printed}");
}

#[tokio::test]
async fn what_others_may_keep_is_made_without_asking_who() {
    let house = house();
    house.ask("GET", "/bundle", &[("cookie", "__Host-candor=dentist")], "").await;
    assert!(house.porter.knocks.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_oversized_body_is_refused_whether_announced_or_not() {
    let house = house();
    let signed_in = ("authorization", "Bearer dentist");
    let exact = house.ask("PUT", PATIENTS, &[signed_in], "x".repeat(100)).await;
    assert_eq!((exact.status, exact.body.as_str()), (200, "100"));
    let announced = house.ask("PUT", PATIENTS, &[signed_in, ("content-length", "101")], "x".repeat(101)).await;
    assert_eq!(announced.status, 413);
    let parts = (0..20).map(|_| Ok::<_, std::io::Error>("x".repeat(10)));
    let streamed = Body::from_stream(futures_util::stream::iter(parts));
    let unannounced = house.ask("PUT", PATIENTS, &[signed_in], streamed).await;
    assert_eq!(unannounced.status, 413, "{}", unannounced.body);
    assert!(unannounced.body.contains("OperationOutcome"));
}

#[tokio::test]
async fn too_many_headers_are_refused_in_words() {
    let names: Vec<String> = (0..70).map(|at| format!("x-{at}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(house().ask("GET", "/hello", &headers, "").await.status, 413);
}

#[tokio::test]
async fn a_foreign_origin_may_read_only_where_it_is_allowed() {
    let house = house();
    let token = ("authorization", "Bearer dentist");
    for (origin, path, allowed, granted) in [
        ("https://friend.example", PATIENTS, "https://friend.example", 204),
        // Another organisation's friend may ask, and reads nothing of this one.
        ("https://neighbour.example", PATIENTS, "", 204),
        ("https://foe.example", PATIENTS, "", 405),
        ("null", PATIENTS, "", 405),
        ("http://friend.example", PATIENTS, "", 405),
        ("https://friend.example", "/hello", "", 405),
    ] {
        let heard = house.ask("GET", path, &[token, ("origin", origin)], "").await;
        assert_eq!(heard.header("access-control-allow-origin"), allowed, "{origin} {path}");
        assert_eq!(heard.header("access-control-allow-credentials"), "");
        let asks = [("origin", origin), ("access-control-request-method", "PUT")];
        let preflight = house.ask("OPTIONS", path, &asks, "").await;
        assert_eq!(preflight.status, granted, "{origin} {path}");
    }
}

#[test]
fn the_site_lists_every_route_with_what_it_needs() {
    let site = site(Notes::default());
    let lines: Vec<String> = site.routes().iter().map(ToString::to_string).collect();
    let api = "GET /fhir/{tenant}/Patient · may patient.read · api · no-store · body ≤ 262144 bytes · Lists patients.";
    assert!(lines.iter().any(|line| line == api), "{lines:#?}");
    assert_eq!(site.routes().iter().filter(|decl| decl.family == Family::Api).count(), 2);
}

#[test]
fn the_declared_text_holds_every_route_that_is_answered() {
    let declared = site(Notes::default()).declared();
    assert!(declared.contains("GET /assets/{file} · public · page · immutable"), "{declared}");
    let lines: Vec<&str> = declared.lines().collect();
    assert_eq!(lines.len(), site(Notes::default()).routes().len() + 1);
    assert!(lines.is_sorted_by_key(|line| line.split(' ').nth(1)), "{declared}");
}

#[tokio::test]
async fn a_route_may_declare_more_time_than_the_house_gives() {
    let house = house();
    assert_eq!(house.see("/slow").await.status, 503);
    assert_eq!(house.see("/patient-import").await.status, 200);
}

#[test]
fn wrong_declarations_do_not_open() {
    let open = |site: Site| {
        let options = Options::new(std::sync::Arc::new(super::house::Counting::default()), [0; 32]);
        site.into_router(std::sync::Arc::new(super::house::Porter::default()), options)
            .map(|_| ())
            .unwrap_err()
            .to_string()
    };
    let none = || async {};
    assert!(open(Site::pages().get("x", Needs::Public, "w", none)).contains("begins with a slash"));
    assert!(open(Site::pages().get("/x", Needs::Public, "", none)).contains("in a sentence"));
    let twice = Site::pages().get("/x", Needs::Public, "w", none).get("/x", Needs::Public, "w", none);
    assert!(open(twice).contains("declared twice"));
    let two = Site::pages().get("/x", Needs::Public, "w", none).join(Site::pages().get("/x", Needs::Public, "w", none));
    assert!(open(two).contains("by two sites"));
    assert!(
        open(Site::api("/fhir", web::problem_json).get("/x", Needs::Public, "w", none)).contains("outside the prefix")
    );
    let kept = RouteDecl::new(Method::GET, "/x", Needs::Session, "w").cache(Cache::Static);
    assert!(open(Site::pages().add(kept, none)).contains("must not be kept"));
}
