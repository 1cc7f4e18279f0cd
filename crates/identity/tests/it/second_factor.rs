use identity::rules::code;
use identity::{Account, Step};
use model::{Kind, RecordId, RefusalKind};
use vault::Query;

use crate::house::{House, PASSWORD, REQUEST, SECRET, Somebody, refused};

/// The sessions that an organisation holds.
async fn sessions(house: &House) -> u64 {
    house.identity.figures(REQUEST, house.now()).await.unwrap().sessions
}

async fn stored(house: &House, who: &Somebody) -> Account {
    let duty = house.identity.duty("duty.door", who.tenant, REQUEST, house.now());
    house.identity.vault().read_as(&duty, RecordId::of_subject(who.id)).await.unwrap().0
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_too_many_void_the_ticket() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let ticket = house.ticket(&ada.email).await;
    let wrong = if house.code() == "000000" { "000001" } else { "000000" };
    for entered in [wrong, "", "12345", "abcdef", wrong] {
        let refusal = refused(house.second(&ticket, entered).await);
        assert_eq!((refusal.kind, refusal.problems[0].path.as_str()), (RefusalKind::NotSignedIn, "code"));
    }
    let refusal = refused(house.second(&ticket, &house.code()).await);
    assert!(refusal.words.contains("Begin again"), "{refusal}");
    assert!(refusal.recorded);
    assert_eq!(house.count(ada.tenant, "sign-in", "identity.account", "refused").await, 5);
    assert_eq!(sessions(&house).await, 0);
    // Wrong codes count as wrong attempts: a new ticket has to wait too.
    assert_eq!(refused(house.password(&ada.email, PASSWORD).await).kind, RefusalKind::TooManyRequests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn codes_guessed_all_at_once_are_counted_one_by_one() {
    let house = std::sync::Arc::new(House::new().await);
    let ada = house.somebody("ada@example.org").await;
    let ticket = house.ticket(&ada.email).await;
    let guesses: Vec<_> = (0..30)
        .map(|n| {
            let (house, ticket) = (house.clone(), ticket.clone());
            tokio::spawn(async move { refused(house.second(&ticket, &format!("x{n:05}")).await).problems.len() })
        })
        .collect();
    let mut judged = 0;
    for guess in guesses {
        judged += guess.await.unwrap();
    }
    assert_eq!(judged, 5);
}

#[tokio::test]
async fn a_code_works_once() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let (first, second) = (house.ticket(&ada.email).await, house.ticket(&ada.email).await);
    let code = house.code();
    house.second(&first, &code).await.unwrap();
    assert_eq!(refused(house.second(&second, &code).await).kind, RefusalKind::NotSignedIn, "with another ticket");
    assert_eq!(refused(house.second(&first, &code).await).kind, RefusalKind::NotSignedIn, "with the same one");
    house.outside.move_on(30);
    house.second(&second, &house.code()).await.unwrap();
    assert_eq!(sessions(&house).await, 2);
}

#[tokio::test]
async fn a_ticket_ends_after_ten_minutes() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let (early, late) = (house.ticket(&ada.email).await, house.ticket(&ada.email).await);
    house.outside.move_on(599);
    house.second(&early, &house.code()).await.unwrap();
    house.outside.move_on(60);
    let refusal = refused(house.second(&late, &house.code()).await);
    assert!(refusal.recorded && refusal.words.contains("Begin again"), "{refusal}");
    assert_eq!(house.count(ada.tenant, "sign-in", "identity.account", "ticket-over").await, 1);
}

#[tokio::test]
async fn a_ticket_that_is_none_is_refused() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let ticket = house.ticket(&ada.email).await;
    let elsewhere = house.somebody("bo@example.org").await;
    let session = house.sign_in(&elsewhere.email).await;
    let mut changed = ticket.clone();
    changed.replace_range(40..41, if &ticket[40..41] == "A" { "B" } else { "A" });
    for bad in ["", "x", &"A".repeat(64), &ticket[..63], &changed, &session, "ﬀ".repeat(22).as_str()] {
        assert_eq!(refused(house.second(bad, &house.code()).await).kind, RefusalKind::NotSignedIn, "{bad}");
    }
}

#[tokio::test]
async fn an_account_without_a_second_factor_reaches_nothing_but_its_enrolment() {
    let house = House::new().await;
    let ada = house.account("ada@example.org", None).await;
    let Step::Enrol { ticket, secret, uri } = house.password(&ada.email, PASSWORD).await.unwrap() else {
        panic!("there is nothing to ask for yet")
    };
    assert!(uri.contains(&secret) && uri.starts_with("otpauth://totp/Candor:ada@example.org?"), "{uri}");
    assert!(!house.knows(&ticket).await);
    let wrong = if code::at(&secret, house.now()).unwrap() == "000000" { "000001" } else { "000000" };
    refused(house.second(&ticket, wrong).await);
    assert_eq!(stored(&house, &ada).await.factors, [], "a wrong code enrols nothing");
    assert_eq!(sessions(&house).await, 0);
    let right = code::at(&secret, house.now()).unwrap();
    let signed_in = house.second(&ticket, &right).await.unwrap();
    assert!(house.knows(&signed_in.token).await);
    assert_eq!(stored(&house, &ada).await.totps().next().unwrap().secret, secret);
    // From now on the factor is asked for, and the code that enrolled it is used up.
    let Step::Code { ticket } = house.password(&ada.email, PASSWORD).await.unwrap() else { panic!("it is enrolled") };
    refused(house.second(&ticket, &right).await);
}

#[tokio::test]
async fn who_knows_only_the_password_cannot_replace_the_factor_by_an_older_enrolment() {
    let house = House::new().await;
    let ada = house.account("ada@example.org", None).await;
    let enrol = async || match house.password(&ada.email, PASSWORD).await.unwrap() {
        Step::Enrol { ticket, secret, .. } => (ticket, secret),
        Step::Code { .. } => panic!("not enrolled yet"),
    };
    let (thiefs, theirs) = enrol().await;
    let (owners, own) = enrol().await;
    house.second(&owners, &code::at(&own, house.now()).unwrap()).await.unwrap();
    house.outside.move_on(60);
    let refusal = refused(house.second(&thiefs, &code::at(&theirs, house.now()).unwrap()).await);
    assert_eq!(refusal.kind, RefusalKind::Conflict);
    assert_eq!(stored(&house, &ada).await.totps().next().unwrap().secret, own);
    assert_eq!(sessions(&house).await, 1);
}

/// Even a session that was written into the store for an account without a second factor opens nothing.
#[tokio::test]
async fn a_session_without_a_second_factor_is_none() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let token = house.sign_in(&ada.email).await;
    assert!(house.knows(&token).await);
    let door = house.identity.duty("duty.door", ada.tenant, REQUEST, house.now());
    let without = Account { factors: Vec::new(), ..stored(&house, &ada).await };
    let changes = vault::Changes::new().revise(RecordId::of_subject(ada.id), &without, vault::Expected::Any).unwrap();
    house.identity.vault().commit(&door, changes).await.unwrap();
    assert!(!house.knows(&token).await);
}

#[tokio::test]
async fn no_setting_says_anything_about_the_second_factor() {
    let house = House::new().await;
    let ada = house.somebody("ada@example.org").await;
    let organisation = house.identity.organisation(ada.tenant, REQUEST, house.now()).await.unwrap();
    let told = serde_json::to_value(&organisation).unwrap();
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&told), ["name", "policy", "synthetic"]);
    assert_eq!(names(&told["policy"]), ["password", "session_age_seconds_max", "session_idle_seconds_max"]);
    let password = ["age_days_max", "chars_min", "classes_min", "history"];
    assert_eq!(names(&told["policy"]["password"]), password);
    let duty = house.identity.duty("duty.count", ada.tenant, REQUEST, house.now());
    let found = house.identity.vault().search(&duty, &Query::all(Account::DECL)).await.unwrap();
    assert_eq!(found.total, 1);
    assert_eq!(stored(&house, &ada).await.totps().next().unwrap().secret, SECRET);
}
