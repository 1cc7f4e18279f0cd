use super::house::house;
use web::Next;

#[tokio::test]
async fn a_form_from_our_own_page_is_taken() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    let heard = house.send_note(&[("cookie", &cookie)], format!("form-token={token}&words=caf%C3%A9+%2B1")).await;
    assert_eq!((heard.status, heard.header("location")), (303, "/hello"));
    assert_eq!(*house.notes.0.lock().unwrap(), ["café +1"]);
}

#[tokio::test]
async fn a_form_without_a_token_is_refused_and_nothing_is_lost() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    let (_, foreign) = house.open_form().await;
    let mut forged = token.clone();
    forged.replace_range(0..1, if token.starts_with('A') { "B" } else { "A" });
    for sent in [String::new(), "form-token=".into(), format!("form-token={foreign}"), format!("form-token={forged}")] {
        let heard = house.send_note(&[("cookie", &cookie)], format!("{sent}&words=a+long+note")).await;
        assert_eq!(heard.status, 422, "{sent}");
        assert!(heard.body.contains(r#"value="a long note""#), "{sent}: {}", heard.body);
        assert!(heard.body.contains("open for too long"), "{sent}");
        assert!(house.notes.0.lock().unwrap().is_empty(), "{sent}");
    }
    let no_cookie = house.send_note(&[], format!("form-token={token}&words=x")).await;
    assert_eq!(no_cookie.status, 422);
    let twice = house.send_note(&[("cookie", &cookie)], format!("form-token={token}&form-token=x&words=x")).await;
    assert_eq!(twice.status, 422);
    assert!(house.notes.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_token_made_before_signing_in_does_not_hold_after() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    let both = format!("{cookie}; __Host-candor=dentist");
    assert_eq!(house.send_note(&[("cookie", &both)], format!("form-token={token}&words=x")).await.status, 422);
}

#[tokio::test]
async fn a_form_that_another_site_sends_is_turned_away_at_the_door() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    for (name, value) in [
        ("origin", "https://foe.example"),
        ("origin", "http://candor.test"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let body = format!("form-token={token}&words=stolen");
        let heard = house.send_note(&[("cookie", &cookie), (name, value)], body).await;
        assert_eq!(heard.status, 403, "{name}: {value}");
        assert!(!heard.body.contains("stolen"), "{name}: {value}");
    }
    assert!(house.notes.0.lock().unwrap().is_empty());
    let own = [("cookie", cookie.as_str()), ("origin", "https://candor.test"), ("sec-fetch-site", "same-origin")];
    assert_eq!(house.send_note(&own, format!("form-token={token}&words=own")).await.status, 303);
}

#[tokio::test]
async fn a_problem_stands_on_top_and_beside_its_field() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    let heard = house.send_note(&[("cookie", &cookie)], format!("form-token={token}&words=+")).await;
    assert_eq!(heard.status, 422);
    assert!(heard.body.contains(r##"<a href="#words">Write something</a>"##), "{}", heard.body);
    assert!(
        heard.body.contains(r#"aria-describedby="words-problem""#) && heard.body.contains(r#"aria-invalid="true""#)
    );
}

#[tokio::test]
async fn what_is_not_a_form_is_refused() {
    let house = house();
    let (cookie, token) = house.open_form().await;
    for (body, status) in [
        (format!("form-token={token}&words=%zz"), 400),
        (format!("form-token={token}&words=%ff"), 400),
        (format!("form-token={token}&words=a%00b"), 400),
        (format!("form-token={token}&words=a&words=b"), 422),
        (format!("form-token={token}&words={}", "a".repeat(70_000)), 413),
        (format!("form-token={token}{}", "&a=b".repeat(300)), 400),
        ("a".repeat(300_000), 413),
    ] {
        let heard = house.send_note(&[("cookie", &cookie)], body.clone()).await;
        assert_eq!(heard.status, status, "{}", body.chars().take(90).collect::<String>());
    }
    let heard = house.ask("POST", "/note", &[("content-type", "application/json"), ("cookie", &cookie)], "{}").await;
    assert_eq!(heard.status, 415);
    assert!(house.notes.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn cookies_are_bound_to_this_host_and_hidden_from_scripts() {
    let seen = house().see("/note").await;
    let cookie = seen.header("set-cookie");
    assert!(cookie.starts_with("__Host-candor-form="));
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"));
    assert_eq!(house().see("/hello").await.header("set-cookie"), "", "a page without a form sets none");
    let mut headers = axum::http::HeaderMap::new();
    web::set_session(&mut headers, "abc");
    web::clear_session(&mut headers);
    let set: Vec<_> = headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(set[0], "__Host-candor=abc; Path=/; Secure; HttpOnly; SameSite=Lax");
    assert!(set[1].starts_with("__Host-candor=;") && set[1].ends_with("Max-Age=0"));
}

#[test]
fn a_link_cannot_send_anybody_elsewhere() {
    for good in ["/", "/patient/7?tab=notes", "/a%20b"] {
        assert_eq!(Next::parse(good).map(|next| next.as_str().to_owned()).as_deref(), Some(good));
    }
    for bad in ["", "//foe.example", "https://foe.example", "/\\foe.example", "/a\r\nset-cookie: x", "foe", "/é", "/ a"]
    {
        assert_eq!(Next::parse(bad), None, "{bad}");
    }
    assert_eq!(Next::parse(&format!("/{}", "a".repeat(3000))), None);
}
