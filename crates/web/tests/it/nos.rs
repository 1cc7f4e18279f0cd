use super::house::{Heard, house, refusal};
use axum::response::IntoResponse;
use model::RefusalKind::*;
use web::Declined;

fn check_headers(what: &str, heard: &Heard) {
    for (name, part) in [
        ("strict-transport-security", "max-age=63072000"),
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("permissions-policy", "camera=()"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert!(heard.header(name).contains(part), "{what}: {name} is {:?}", heard.header(name));
        assert_eq!(heard.headers.get_all(name).iter().count(), 1, "{what}: {name} stands once");
    }
    assert!(!heard.header("content-security-policy").contains("unsafe"), "{what}");
    assert_eq!(heard.header("x-request-id").len(), 36, "{what}");
    assert!(!heard.headers.contains_key("server"), "{what}");
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_is_kept_by_nobody() {
    let house = house();
    let long = format!("/hello?{}", "a".repeat(9000));
    let form = [("content-type", "application/x-www-form-urlencoded"), ("content-length", "9999999")];
    let cookie = [("cookie", "__Host-candor=broken")];
    for (what, status, heard) in [
        ("page", 200, house.see("/hello").await),
        ("not found", 404, house.see("/nowhere").await),
        ("wrong method", 405, house.ask("DELETE", "/hello", &[], "").await),
        ("too large", 413, house.ask("POST", "/note", &form, "").await),
        ("fault", 500, house.see("/fault").await),
        ("panic", 500, house.see("/panic").await),
        ("doorkeeper's fault", 500, house.ask("GET", "/mine", &cookie, "").await),
        ("time-out", 503, house.see("/slow").await),
        ("redirect", 303, house.see("/mine").await),
        ("interface without token", 401, house.see("/fhir/brightwater/Patient").await),
        ("long address", 413, house.see(&long).await),
        ("bad parameter", 400, house.see("/number/seven").await),
        ("missing asset", 404, house.see("/assets/nothing.css").await),
        ("odd method", 405, house.ask("PROPFIND", "/hello", &[], "").await),
        ("head", 200, house.ask("HEAD", "/hello", &[], "").await),
    ] {
        assert_eq!(heard.status, status, "{what}: {}", heard.body);
        check_headers(what, &heard);
        assert_eq!(heard.header("cache-control"), "no-store", "{what}");
    }
}

#[tokio::test]
async fn only_what_declares_it_may_be_kept_or_run_scripts() {
    let house = house();
    assert_eq!(house.see("/bundle").await.header("cache-control"), "public, max-age=60");
    let css = house.see("/hello").await.body.split('"').find(|part| part.ends_with(".css")).unwrap().to_owned();
    let asset = house.see(&css).await;
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(asset.header("content-type"), "text/css; charset=utf-8");
    check_headers("asset", &asset);
    let policy = |heard: Heard| heard.header("content-security-policy").to_owned();
    assert!(policy(house.see("/scripted").await).contains("script-src 'self'"));
    assert!(!policy(house.see("/hello").await).contains("script-src"));
}

#[tokio::test]
async fn a_page_with_a_form_token_is_kept_by_nobody_whatever_its_route_says() {
    let house = house();
    let new = house.see("/public-note").await;
    assert_eq!((new.status, new.header("cache-control")), (200, "no-store"));
    let known = house.ask("GET", "/public-note", &[("cookie", "__Host-candor-form=abc")], "").await;
    assert_eq!((known.header("set-cookie"), known.header("cache-control")), ("", "no-store"));
}

#[tokio::test]
async fn a_fault_and_a_panic_show_the_request_and_no_cause() {
    let house = house();
    for path in ["/fault", "/panic"] {
        let seen = house.see(path).await;
        assert_eq!(seen.status, 500);
        assert!(seen.body.contains(seen.header("x-request-id")), "{path}");
        for secret in ["secret cause", "reading a record", "OKONKWO", "panicked"] {
            assert!(!seen.body.contains(secret), "{path} shows {secret}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_names_the_right_ones() {
    let house = house();
    assert_eq!(house.ask("PUT", "/note", &[], "").await.header("allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn each_family_says_no_in_its_own_words() {
    let house = house();
    let page = house.see("/nowhere").await;
    assert!(page.header("content-type").starts_with("text/html") && page.body.contains("<h1>"));
    let json = house.ask("GET", "/nowhere", &[("accept", "application/json")], "").await;
    assert_eq!(json.header("content-type"), "application/problem+json");
    for (method, path, status) in [("GET", "/fhir/brightwater/Nothing", 404), ("DELETE", "/fhir/b/Patient", 405)] {
        let heard = house.ask(method, path, &[("accept", "text/html")], "").await;
        assert_eq!((heard.status, heard.header("content-type")), (status, "application/fhir+json"));
        assert!(heard.body.contains("OperationOutcome"));
    }
}

#[tokio::test]
async fn words_of_the_library_are_replaced_by_ours() {
    let heard = house().see("/number/seven").await;
    assert_eq!(heard.status, 400);
    assert!(heard.body.contains("cannot be read") && !heard.body.contains("seven</"), "{}", heard.body);
}

#[tokio::test]
async fn what_a_handler_shows_is_escaped() {
    let seen = house().see("/hello").await;
    assert!(!seen.body.contains("<script>alert"));
    assert!(seen.body.contains("&#60;script&#62;alert(1)"));
}

#[test]
fn every_kind_of_refusal_has_its_status() {
    for (kind, status) in [
        (NotSignedIn, 401),
        (SecondFactorNeeded, 403),
        (NotAllowed, 403),
        (NotFound, 404),
        (Gone, 410),
        (Malformed, 400),
        (Invalid, 422),
        (TooLarge, 413),
        (WrongMediaType, 415),
        (NotAcceptable, 406),
        (WrongMethod, 405),
        (NotSupported, 404),
        (Conflict, 409),
        (PreconditionFailed, 412),
        (PreconditionRequired, 428),
        (TooManyRequests, 429),
        (Busy, 503),
    ] {
        assert_eq!(Declined(refusal(kind)).into_response().status().as_u16(), status, "{kind:?}");
    }
}
