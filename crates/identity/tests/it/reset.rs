use std::time::{Duration, Instant};

use identity::{RESET_SECONDS, Step};
use model::RefusalKind;
use seal::Secret;

use crate::house::{Heard, House, PASSWORD, REQUEST, refused};
use crate::letters::{Pile, solved};

const NEW: &str = "violet harbour thursday";

async fn ask(house: &House, email: &str) -> Heard {
    let first = house.see("/reset", "").await;
    let (token, challenge) = (first.field("form-token"), solved(&first));
    let fields = [("form-token", token.as_str()), ("email", email), ("challenge", &challenge)];
    house.send("/reset", &first.cookie(), &fields).await
}

async fn set(house: &House, token: &str) -> model::Answer<()> {
    house.identity.reset_password(token, Secret::new(NEW), REQUEST, house.now()).await
}

#[tokio::test]
async fn a_link_is_good_once_and_ends_every_session_and_the_second_factor_stays() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let ada = house.somebody("ada@example.org").await;
    let session = house.sign_in(&ada.email).await;
    let under_way = house.ticket(&ada.email).await;
    assert_eq!(ask(&house, "ada@example.org").await.status, 200);
    let unused = pile.link("ada@example.org").await;
    assert_eq!(ask(&house, "ada@example.org").await.status, 200);
    let link = pile.link("ada@example.org").await;
    let page = house.see(&format!("/reset/choose?token={link}"), "").await;
    let token = page.field("form-token");
    let fields = [("form-token", token.as_str()), ("link", &link), ("password", NEW)];
    let done = house.send("/reset/choose", &page.cookie(), &fields).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.header("set-cookie"), "", "nobody is signed in by a link");
    assert!(!house.knows(&session).await, "the old session is over");
    house.outside.move_on(60);
    assert!(house.second(&under_way, &house.code()).await.is_err(), "and so is a sign-in under way");
    assert_eq!(refused(set(&house, &link).await).kind, RefusalKind::Gone, "used up");
    assert_eq!(refused(set(&house, &unused).await).kind, RefusalKind::Gone, "and the other links with it");
    assert!(house.password(&ada.email, PASSWORD).await.is_err());
    let step = house.password(&ada.email, NEW).await.unwrap();
    assert!(matches!(step, Step::Code { .. }), "the second factor is still asked for");
    assert_eq!(pile.kinds("ada@example.org").await, ["reset", "reset", "notice"]);
}

#[tokio::test]
async fn a_link_is_over_at_its_end_and_a_changed_one_is_none() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    house.somebody("ada@example.org").await;
    for (after, good) in [(RESET_SECONDS - 1, true), (RESET_SECONDS, false), (RESET_SECONDS + 1, false)] {
        ask(&house, "ada@example.org").await;
        let link = pile.link("ada@example.org").await;
        house.outside.move_on(after);
        assert_eq!(set(&house, &link).await.is_ok(), good, "{after}");
        house.outside.move_on(3600);
    }
    ask(&house, "ada@example.org").await;
    let link = pile.link("ada@example.org").await;
    for (at, letter) in link.char_indices().step_by(5) {
        let mut changed = link.clone();
        changed.replace_range(at..=at, if letter == 'A' { "B" } else { "A" });
        assert_eq!(refused(set(&house, &changed).await).kind, RefusalKind::Gone, "{at}");
    }
    for junk in ["", "x", &link[..63], &format!("{link}A")] {
        assert_eq!(refused(set(&house, junk).await).kind, RefusalKind::Gone);
    }
    set(&house, &link).await.unwrap();
}

#[tokio::test]
async fn an_address_with_an_account_and_one_without_get_the_same_answer_in_the_same_time() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    house.somebody("ada@example.org").await;
    let mut times = [Vec::new(), Vec::new()];
    let mut pages = [String::new(), String::new()];
    for _ in 0..5 {
        for (which, email) in ["ada@example.org", "nobody@example.org"].into_iter().enumerate() {
            let first = house.see("/reset", "").await;
            let (token, challenge) = (first.field("form-token"), solved(&first));
            let fields = [("form-token", token.as_str()), ("email", email), ("challenge", &challenge)];
            let begun = Instant::now();
            let page = house.send("/reset", &first.cookie(), &fields).await;
            times[which].push(begun.elapsed());
            assert_eq!(page.status, 200);
            pages[which] = page.body.lines().filter(|line| !line.contains("Request")).collect();
        }
    }
    assert_eq!(pages[0], pages[1]);
    // The quickest of each: what a patient stranger on a quiet line would compare.
    let apart = times[0].iter().min().unwrap().abs_diff(*times[1].iter().min().unwrap());
    assert!(apart < Duration::from_millis(60), "{apart:?} apart: {times:?}");
    assert_eq!((pile.to("ada@example.org").await.len(), pile.to("nobody@example.org").await.len()), (5, 0));
}

#[tokio::test]
async fn without_a_way_to_send_mail_the_house_says_so_to_everybody() {
    let house = House::new().await;
    house.somebody("ada@example.org").await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let page = ask(&house, email).await;
        assert!(page.status == 503 && page.body.contains("cannot send e-mail yet"), "{}", page.body);
    }
}
