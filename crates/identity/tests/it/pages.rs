use crate::house::{House, PASSWORD, REQUEST};
use crate::letters::solved;

/// A form token that holds for a session. Pages of the house that carry one need a session of an application; here the
/// sign-in page of a browser that was just turned away does.
pub async fn token_for(house: &House, cookie: &str) -> String {
    let set_up = house.see(&format!("/set-up?token={}", crate::house::SET_UP_TOKEN), cookie).await;
    assert_eq!(set_up.status, 200);
    set_up.field("form-token")
}

#[tokio::test]
async fn somebody_signs_in_through_the_pages() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let first = house.see("/sign-in?next=/patients", "").await;
    assert_eq!(first.status, 200);
    assert!(first.body.contains("Sign in to go on."));
    let token = first.field("form-token");
    let fields =
        [("form-token", token.as_str()), ("email", "ada@example.org"), ("password", PASSWORD), ("next", "/patients")];
    let second = house.send("/sign-in", &first.cookie(), &fields).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert!(!second.body.contains(PASSWORD));
    assert_eq!(second.header("set-cookie"), "", "no cookie before the second factor");
    let (token, ticket) = (second.field("form-token"), second.field("ticket"));
    let wrong = [("form-token", token.as_str()), ("ticket", &ticket), ("code", "12345x"), ("next", "/patients")];
    let again = house.send("/sign-in/code", &first.cookie(), &wrong).await;
    assert_eq!(again.status, 401);
    assert!(again.body.contains("That code is not right"));
    assert_eq!(again.field("ticket"), ticket, "nothing is lost");
    let code = house.code();
    let right = [("form-token", token.as_str()), ("ticket", &ticket), ("code", &code), ("next", "/patients")];
    let done = house.send("/sign-in/code", &first.cookie(), &right).await;
    assert_eq!((done.status, done.header("location")), (303, "/patients"));
    let cookie = done.header("set-cookie");
    for part in ["__Host-candor=", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(house.see("/sign-in", &done.cookie()).await.header("location"), "/home");
    assert_eq!(house.count(ada.tenant, "create", "identity.session", "done").await, 1);
}

#[tokio::test]
async fn enrolment_shows_the_key_and_a_picture_of_it_and_survives_a_wrong_code() {
    let house = House::new().await;
    house.account("ada@example.org", None).await;
    let first = house.see("/sign-in", "").await;
    let token = first.field("form-token");
    let fields = [("form-token", token.as_str()), ("email", "ada@example.org"), ("password", PASSWORD)];
    let second = house.send("/sign-in", &first.cookie(), &fields).await;
    let (secret, ticket) = (second.field("secret"), second.field("ticket"));
    assert!(second.body.contains("<svg class=\"qr\""));
    let token = second.field("form-token");
    let wrong = [
        ("form-token", token.as_str()),
        ("ticket", &ticket),
        ("secret", &secret),
        ("account", "ada@example.org"),
        ("code", "x"),
    ];
    let again = house.send("/sign-in/code", &first.cookie(), &wrong).await;
    assert_eq!((again.status, again.field("secret")), (401, secret.clone()));
    let code = identity::rules::code::at(&secret, house.now()).unwrap();
    // What counts is the key that the house keeps with the ticket, not the one that comes with the form.
    let planted = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let right = [("form-token", token.as_str()), ("ticket", &ticket), ("secret", planted), ("code", &code)];
    assert_eq!(house.send("/sign-in/code", &first.cookie(), &right).await.status, 303);
}

#[tokio::test]
async fn a_form_without_our_token_signs_nobody_in_and_out() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let first = house.see("/sign-in", "").await;
    let other = house.see("/sign-in", "").await.field("form-token");
    for token in ["", "forged", &other] {
        let fields = [("form-token", token), ("email", "ada@example.org"), ("password", PASSWORD)];
        let heard = house.send("/sign-in", &first.cookie(), &fields).await;
        assert_eq!(heard.status, 422, "{token}");
        assert!(!heard.body.contains("name=\"ticket\""));
    }
    let ticket = house.ticket(&ada.email).await;
    let code = house.code();
    let fields = [("form-token", "forged"), ("ticket", ticket.as_str()), ("code", &code)];
    assert_eq!(house.send("/sign-in/code", &first.cookie(), &fields).await.status, 422);
    let session = house.second(&ticket, &code).await.unwrap().token;
    let cookie = format!("__Host-candor={session}");
    house.send("/sign-out", &cookie, &[("form-token", "forged")]).await;
    house.send("/sign-out", &cookie, &[]).await;
    assert!(house.knows(&session).await, "still signed in");
    let foreign = [
        ("cookie", cookie.as_str()),
        ("origin", "https://foe.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    assert_eq!(house.ask("POST", "/sign-out", &foreign, "").await.status, 403);
    assert!(house.knows(&session).await);
}

#[tokio::test]
async fn after_signing_in_nobody_is_sent_to_another_site() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let first = house.see("/sign-in", "").await;
    let token = first.field("form-token");
    for next in ["https://foe.example/", "//foe.example/", "/\\foe.example", "javascript:alert(1)", "patients", ""] {
        house.outside.move_on(60);
        let ticket = house.ticket(&ada.email).await;
        let code = house.code();
        let fields = [("form-token", token.as_str()), ("ticket", &ticket), ("code", &code), ("next", next)];
        let done = house.send("/sign-in/code", &first.cookie(), &fields).await;
        assert_eq!((done.status, done.header("location")), (303, "/home"), "{next}");
    }
}

#[tokio::test]
async fn what_came_with_a_form_is_shown_as_text() {
    let house = House::new().await;
    let first = house.see("/sign-in", "").await;
    let token = first.field("form-token");
    let script = "\"><script>alert(1)</script>";
    let fields = [("form-token", token.as_str()), ("email", script), ("password", "x"), ("next", script)];
    let heard = house.send("/sign-in", &first.cookie(), &fields).await;
    assert!(!heard.body.contains("<script>alert"), "{}", heard.body);
    let fields =
        [("form-token", token.as_str()), ("ticket", script), ("secret", script), ("account", script), ("code", script)];
    let heard = house.send("/sign-in/code", &first.cookie(), &fields).await;
    assert_eq!(heard.status, 401);
    assert!(!heard.body.contains("<script>alert"), "{}", heard.body);
}

#[tokio::test]
async fn the_addresses_for_programs_need_a_key() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let session = house.sign_in(&ada.email).await;
    let cookie = format!("__Host-candor={session}");
    for path in ["/house/figures", "/audit/entries", "/audit/checkpoint"] {
        let nobody = house.ask("GET", path, &[], "").await;
        assert_eq!(nobody.status, 401, "{path}");
        assert!(nobody.header("www-authenticate").starts_with("Bearer"));
        assert_eq!(house.ask("GET", path, &[("cookie", &cookie)], "").await.status, 401, "a cookie is no key: {path}");
    }
    let vkey = house.ask("GET", "/audit/vkey", &[], "").await;
    assert_eq!((vkey.status, vkey.body.trim()), (200, house.identity.vault().log_vkey().as_str()));
    house.identity.vault().gather(ada.tenant).await.unwrap().unwrap();
    assert!(house.identity.figures(REQUEST, house.now()).await.unwrap().sessions == 1);
}

#[tokio::test]
async fn after_three_wrong_passwords_the_next_needs_a_challenge_for_known_and_unknown_addresses_alike() {
    let house = House::new().await;
    house.somebody("ada@example.org").await;
    let first = house.see("/sign-in", "").await;
    let token = first.field("form-token");
    let try_with = async |email: &str, password: &str, challenge: &str| {
        let fields =
            [("form-token", token.as_str()), ("email", email), ("password", password), ("challenge", challenge)];
        house.send("/sign-in", &first.cookie(), &fields).await
    };
    for email in ["ada@example.org", "nobody@example.org"] {
        for _ in 0..3 {
            assert_eq!(try_with(email, "wrong", "").await.status, 401, "{email}");
        }
        for password in ["wrong", PASSWORD] {
            let slow = try_with(email, password, "").await;
            assert!(slow.status == 422 && slow.body.contains("data-challenge"), "{email}");
        }
    }
    let slow = try_with("ada@example.org", PASSWORD, "").await;
    let for_reset = solved(&house.see("/reset", "").await);
    assert_eq!(try_with("ada@example.org", PASSWORD, &for_reset).await.status, 422, "another page's answer");
    let work = solved(&slow);
    let through = try_with("ada@example.org", PASSWORD, &work).await;
    assert_eq!(through.status, 200);
    assert!(through.body.contains("name=\"ticket\""));
    assert_eq!(try_with("ada@example.org", PASSWORD, &work).await.status, 422, "good once");
}
