use std::time::{Duration, Instant};

use identity::post::Letter;
use identity::rules::{code, mailed_code, passphrase};
use identity::{Account, HeldRole, Joined, Place, SignUpForm, SignUpMode, SignUpPolicy, Step, Verdict};
use model::{Answer, Kind, RefusalKind, TenantId};

use crate::house::{Heard, House, PASSWORD, REQUEST, Somebody, address, new, refused};
use crate::letters::{Pile, solved};

const MODES: [SignUpMode; 5] =
    [SignUpMode::Closed, SignUpMode::Invite, SignUpMode::Approval, SignUpMode::VerifiedDomain, SignUpMode::Open];

/// An organisation with an administrator, that takes people in by this mode.
async fn practice(house: &House, mode: SignUpMode) -> (Somebody, Place) {
    let ada = house.somebody("ada@brightwater.example").await;
    let policy = SignUpPolicy {
        mode,
        place: "brightwater".into(),
        domains: vec!["brightwater.example".into()],
        offered: vec!["auditor".into(), "newcomer".into()],
    };
    house.identity.set_sign_up_at_set_up(ada.tenant, policy, REQUEST, house.now()).await.unwrap();
    (ada, place(house).await)
}

async fn place(house: &House) -> Place {
    house.identity.sign_up_place("brightwater", REQUEST, house.now()).await.unwrap().unwrap()
}

async fn begin(house: &House, place: &Place, email: &str) -> Answer<String> {
    let form = SignUpForm { email: address(email), name: "Grace Otieno".into(), asked: Some("auditor".into()) };
    house.identity.begin_sign_up(place, form, REQUEST, house.now()).await
}

async fn prove(house: &House, place: &Place, ticket: &str, code: &str) -> Answer<()> {
    house.identity.prove_address(place, ticket, code, REQUEST, house.now()).await
}

async fn join(house: &House, place: &Place, ticket: &str) -> Answer<Joined> {
    let password = passphrase::parse_new(PASSWORD).unwrap();
    house.identity.join(place, ticket, password, REQUEST, house.now()).await
}

/// A ticket whose address is proven.
async fn proven(house: &House, pile: &Pile, place: &Place, email: &str) -> String {
    let ticket = begin(house, place, email).await.unwrap();
    prove(house, place, &ticket, &pile.code(email).await).await.unwrap();
    ticket
}

/// Enrols the second factor and begins a session; its token.
async fn enrol(house: &House, joined: Joined) -> String {
    let Joined::Account { step, .. } = joined else { panic!("no account yet") };
    let Step::Enrol { ticket, secret, .. } = *step else { panic!("a new account has no second factor") };
    house.second(&ticket, &code::at(&secret, house.now()).unwrap()).await.unwrap().token
}

/// Somebody at the door, as the door would let them in.
fn ctx_of(house: &House, who: &Somebody, roles: &[&str]) -> access::Ctx {
    let held = roles.iter().map(|role| (*role, access::Window::ALWAYS, access::Scope::Tenant));
    access::Ctx {
        actor: access::Actor::Person(model::ActorId::from_uuid(who.id.uuid())),
        grants: house.rehearsal.vault.registry().grants(held),
        assurance: access::Assurance::TwoFactors,
        ..house.identity.duty("duty.door", who.tenant, REQUEST, house.now())
    }
}

async fn account(house: &House, tenant: TenantId, email: &str) -> Option<Account> {
    let duty = house.identity.duty("duty.count", tenant, REQUEST, house.now());
    let query = vault::Query { limit: 50, ..vault::Query::all(Account::DECL) };
    let found = house.rehearsal.vault.search(&duty, &query).await.unwrap();
    let all: Vec<Account> = found.page.iter().map(|opened| opened.record().unwrap()).collect();
    all.into_iter().find(|account| account.email == email)
}

#[tokio::test]
async fn what_is_published_about_signing_up_is_what_happens() {
    for mode in MODES {
        let house = House::new().await;
        let pile = Pile::of(&house);
        let (ada, place) = practice(&house, mode).await;
        let said = house.see("/sign-up/brightwater", "").await.body;
        let words = place.sentence();
        assert!(said.contains(&words.replace('\'', "&#39;")), "{said}");
        for email in ["grace@brightwater.example", "grace@elsewhere.example"] {
            let ticket = begin(&house, &place, email).await;
            if mode == SignUpMode::Closed {
                assert_eq!(refused(ticket).words, words);
                continue;
            }
            let ticket = ticket.unwrap();
            let is_home = email.ends_with("brightwater.example");
            let may = !matches!((mode, is_home), (SignUpMode::Invite, _) | (SignUpMode::VerifiedDomain, false));
            assert_eq!(pile.kinds(email).await, if may { vec!["activation"] } else { vec![] }, "{mode:?} {email}");
            if !may {
                continue;
            }
            prove(&house, &place, &ticket, &pile.code(email).await).await.unwrap();
            let joined = join(&house, &place, &ticket).await.unwrap();
            match (mode, joined) {
                (SignUpMode::Approval, Joined::Waiting) => {
                    assert!(words.contains("before a member"));
                    assert!(account(&house, ada.tenant, email).await.is_none());
                }
                (_, joined @ Joined::Account { .. }) => {
                    assert!(words.contains("at once, without approval, as Newcomer and as nothing more"));
                    let roles = account(&house, ada.tenant, email).await.unwrap().roles;
                    assert_eq!(roles, [HeldRole::always("newcomer")], "the least role and nothing else");
                    assert!(house.knows(&enrol(&house, joined).await).await);
                }
                (_, Joined::Waiting) => panic!("{mode:?} waits for nobody"),
            }
        }
    }
}

#[tokio::test]
async fn nobody_gets_in_before_somebody_else_has_approved() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, place) = practice(&house, SignUpMode::Approval).await;
    let email = "grace@elsewhere.example";
    let ticket = proven(&house, &pile, &place, email).await;
    assert!(matches!(join(&house, &place, &ticket).await.unwrap(), Joined::Waiting));
    assert_eq!(pile.kinds("ada@brightwater.example").await, ["request-waiting"]);
    assert_eq!(refused(house.password(&address(email), PASSWORD).await).kind, RefusalKind::NotSignedIn);
    let ctx = ctx_of(&house, &ada, &["administrator"]);
    let requests = house.identity.requests(&ctx).await.unwrap();
    let [request] = requests.as_slice() else { panic!("one request") };
    assert_eq!((request.email.as_str(), request.role.as_str()), (email, "auditor"));
    for role in ["administrator", "privacy-officer", "duty.set-up", "prover", "no-such-role"] {
        let asked = house.identity.request(&ctx, request.person).await.unwrap();
        let verdict = Verdict::Accept { role: role.into() };
        let no = refused(house.identity.decide_request(&ctx, asked, verdict, "x".into()).await);
        assert_eq!(no.kind, RefusalKind::Invalid, "{role}");
    }
    // What she may not do herself she cannot give.
    let asked = house.identity.request(&ctx, request.person).await.unwrap();
    let verdict = Verdict::Accept { role: "auditor".into() };
    let no = refused(house.identity.decide_request(&ctx, asked, verdict, "x".into()).await);
    assert_eq!(no.kind, RefusalKind::NotAllowed, "{}", no.words);
    let asked = house.identity.request(&ctx, request.person).await.unwrap();
    let verdict = Verdict::Accept { role: "newcomer".into() };
    house.identity.decide_request(&ctx, asked, verdict, "She begins on Monday.".into()).await.unwrap();
    assert_eq!(pile.kinds(email).await, ["activation", "request-answered"]);
    let step = house.password(&address(email), PASSWORD).await.unwrap();
    let joined = Joined::Account { step: Box::new(step), email: email.into() };
    assert!(house.knows(&enrol(&house, joined).await).await);
    let asked = house.identity.request(&ctx, request.person).await.unwrap();
    assert!(asked.request.verifier.is_none(), "the request keeps no verifier");
    let decision = asked.request.decision.clone().unwrap();
    assert_eq!((decision.by, decision.reason.as_str()), (Some(ada.id), "She begins on Monday."));
    let no = refused(house.identity.decide_request(&ctx, asked, Verdict::Decline, "x".into()).await);
    assert_eq!(no.kind, RefusalKind::Conflict, "answered once");
}

#[tokio::test]
async fn a_declined_or_forgotten_request_opens_nothing() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, place) = practice(&house, SignUpMode::Approval).await;
    for (email, days, kind) in [("a@x.example", 0, None), ("b@x.example", 14, Some(RefusalKind::Gone))] {
        let ticket = proven(&house, &pile, &place, email).await;
        join(&house, &place, &ticket).await.unwrap();
        house.outside.move_on(days * 24 * 60 * 60);
        let ctx = ctx_of(&house, &ada, &["administrator"]);
        let who = house.identity.requests(&ctx).await.unwrap();
        let who = who.iter().find(|request| request.email == email).unwrap().person;
        let asked = house.identity.request(&ctx, who).await.unwrap();
        let decided = house.identity.decide_request(&ctx, asked, Verdict::Decline, "We do not know you.".into()).await;
        match kind {
            None => decided.unwrap(),
            Some(kind) => assert_eq!(refused(decided).kind, kind),
        }
        assert!(account(&house, ada.tenant, email).await.is_none());
        assert_eq!(refused(house.password(&address(email), PASSWORD).await).kind, RefusalKind::NotSignedIn);
    }
}

#[tokio::test]
async fn nobody_decides_their_own_request() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, place) = practice(&house, SignUpMode::Approval).await;
    let ticket = proven(&house, &pile, &place, "grace@x.example").await;
    join(&house, &place, &ticket).await.unwrap();
    let mut ctx = ctx_of(&house, &ada, &["administrator"]);
    let who = house.identity.requests(&ctx).await.unwrap()[0].person;
    let asked = house.identity.request(&ctx, who).await.unwrap();
    // The same grants, in the hands of whoever asks.
    ctx.actor = access::Actor::Person(model::ActorId::from_uuid(who.uuid()));
    let verdict = Verdict::Accept { role: "newcomer".into() };
    let no = refused(house.identity.decide_request(&ctx, asked, verdict, "I am nice.".into()).await);
    assert!(no.kind == RefusalKind::NotAllowed && no.words.contains("your own"), "{}", no.words);
}

#[tokio::test]
async fn an_invitation_is_good_once_for_its_address_with_its_role_and_for_a_week() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, place) = practice(&house, SignUpMode::Invite).await;
    let ctx = ctx_of(&house, &ada, &["administrator"]);
    let email = "grace@elsewhere.example";
    assert!(house.identity.invite(&ctx, &address(email), "administrator").await.is_err());
    house.identity.invite(&ctx, &address(email), "newcomer").await.unwrap();
    assert_eq!(pile.kinds(email).await, ["invitation"]);
    assert!(pile.to(email).await[0].text.contains("https://candor.test/sign-up/brightwater"));
    begin(&house, &place, "other@elsewhere.example").await.unwrap();
    assert!(pile.to("other@elsewhere.example").await.is_empty());
    let ticket = proven(&house, &pile, &place, email).await;
    let joined = join(&house, &place, &ticket).await.unwrap();
    enrol(&house, joined).await;
    assert!(house.identity.invitations(&ctx).await.unwrap().is_empty(), "used up");
    let late = "late@elsewhere.example";
    house.identity.invite(&ctx, &address(late), "newcomer").await.unwrap();
    let ticket = proven(&house, &pile, &place, late).await;
    let open = house.identity.invitations(&ctx).await.unwrap();
    house.identity.withdraw_invitation(&ctx, open[0].id).await.unwrap();
    assert_eq!(refused(join(&house, &place, &ticket).await).kind, RefusalKind::NotAllowed, "taken back meanwhile");
    house.identity.invite(&ctx, &address(late), "newcomer").await.unwrap();
    house.outside.move_on(7 * 24 * 60 * 60);
    begin(&house, &place, late).await.unwrap();
    assert_eq!(pile.kinds(late).await, ["invitation", "activation", "invitation"], "over after a week");
}

#[tokio::test]
async fn a_code_is_void_after_five_wrong_tries_after_a_quarter_of_an_hour_and_after_its_use() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (_, place) = practice(&house, SignUpMode::Open).await;
    let email = "grace@x.example";
    let ticket = begin(&house, &place, email).await.unwrap();
    let right = pile.code(email).await;
    for _ in 0..mailed_code::TRIES_MAX {
        assert_eq!(refused(prove(&house, &place, &ticket, "00000000").await).kind, RefusalKind::NotSignedIn);
    }
    assert!(prove(&house, &place, &ticket, &right).await.is_err(), "the right one comes too late");
    let soon = refused(house.identity.send_code_again(&place, &ticket, REQUEST, house.now()).await);
    assert_eq!(soon.kind, RefusalKind::TooManyRequests);
    house.outside.move_on(mailed_code::AGAIN_SECONDS);
    house.identity.send_code_again(&place, &ticket, REQUEST, house.now()).await.unwrap();
    assert!(prove(&house, &place, &ticket, &right).await.is_err(), "an older code is no code");
    let fresh = pile.code(email).await;
    house.outside.move_on(mailed_code::CODE_SECONDS);
    assert!(prove(&house, &place, &ticket, &fresh).await.is_err(), "over at its end");
    house.identity.send_code_again(&place, &ticket, REQUEST, house.now()).await.unwrap();
    let newest = pile.code(email).await;
    house.outside.move_on(mailed_code::CODE_SECONDS - 1);
    let other = begin(&house, &place, "other@x.example").await.unwrap();
    assert!(prove(&house, &place, &other, &newest).await.is_err(), "a code is good for its own sign-up");
    prove(&house, &place, &ticket, &format!(" {} {} ", &newest[..4], &newest[4..])).await.unwrap();
    assert!(prove(&house, &place, &ticket, &newest).await.is_err(), "used up");
    assert!(join(&house, &place, &other).await.is_err(), "no password without a proven address");
}

#[tokio::test]
async fn no_code_is_kept_and_one_address_gets_few_letters() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, place) = practice(&house, SignUpMode::Open).await;
    let email = "grace@x.example";
    let ticket = begin(&house, &place, email).await.unwrap();
    let code = pile.code(email).await;
    let door = house.identity.duty("duty.door", ada.tenant, REQUEST, house.now());
    let all = vault::Query { limit: 50, ..vault::Query::all(identity::SignUp::DECL) };
    let stored = house.rehearsal.vault.search(&door, &all).await.unwrap().page;
    assert!(!stored.is_empty());
    for opened in &stored {
        let text = String::from_utf8(opened.body.clone()).unwrap();
        assert!(!text.contains(&code) && !text.contains(&ticket), "{text}");
    }
    for _ in 0..20 {
        begin(&house, &place, email).await.unwrap();
    }
    assert_eq!(pile.to(email).await.len(), mailed_code::LETTERS_MAX as usize);
    house.outside.move_on(60 * 60);
    begin(&house, &place, email).await.unwrap();
    assert_eq!(pile.to(email).await.len(), mailed_code::LETTERS_MAX as usize + 1);
}

/// Sends the first form of a sign-up, challenge and all.
async fn sent(house: &House, email: &str) -> (Heard, Duration) {
    let first = house.see("/sign-up/brightwater", "").await;
    let (token, challenge) = (first.field("form-token"), solved(&first));
    let fields =
        [("form-token", token.as_str()), ("email", email), ("name", "Grace Otieno"), ("challenge", &challenge)];
    let begun = Instant::now();
    let page = house.send("/sign-up/brightwater", &first.cookie(), &fields).await;
    (page, begun.elapsed())
}

/// A page without what differs at every request.
fn bare(page: &Heard, email: &str) -> String {
    let mut text = page.body.replace(email, "ADDRESS");
    for secret in [page.field("ticket"), page.field("form-token")] {
        text = text.replace(&secret, "SECRET");
    }
    let lines = text.lines().filter(|line| !line.contains("form-token") && !line.contains("Request"));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_address_with_an_account_and_one_without_get_the_same_page_in_the_same_time_and_different_letters() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    let (ada, _) = practice(&house, SignUpMode::Open).await;
    house.identity.create_account(ada.tenant, new("known@x.example", None), REQUEST, house.now()).await.unwrap();
    let mut times = [Vec::new(), Vec::new()];
    let mut pages = [String::new(), String::new()];
    for _ in 0..5 {
        for (which, email) in ["known@x.example", "unknown@x.example"].into_iter().enumerate() {
            let (page, time) = sent(&house, email).await;
            times[which].push(time);
            assert_eq!(page.status, 200, "{}", page.body);
            pages[which] = bare(&page, email);
        }
    }
    assert_eq!(pages[0], pages[1]);
    // The quickest of each: what a patient stranger on a quiet line would compare.
    let apart = times[0].iter().min().unwrap().abs_diff(*times[1].iter().min().unwrap());
    assert!(apart < Duration::from_millis(60), "{apart:?} apart: {times:?}");
    assert_eq!(pile.kinds("known@x.example").await[0], "account-exists");
    assert_eq!(pile.kinds("unknown@x.example").await[0], "activation");
    let letters: Vec<Letter> = pile.to("known@x.example").await;
    assert!(letters.iter().all(|letter| letter.kind.name() == "account-exists"), "never a code");
}

#[tokio::test]
async fn a_sign_up_needs_a_challenge_that_was_answered_for_it_once_and_in_time() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    practice(&house, SignUpMode::Open).await;
    let first = house.see("/sign-up/brightwater", "").await;
    let token = first.field("form-token");
    let answer = solved(&first);
    let for_reset = solved(&house.see("/reset", "").await);
    let try_with = async |challenge: &str| {
        let fields = [
            ("form-token", token.as_str()),
            ("email", "grace@x.example"),
            ("name", "Grace Otieno"),
            ("challenge", challenge),
        ];
        house.send("/sign-up/brightwater", &first.cookie(), &fields).await.status
    };
    let forged = {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let mut json: serde_json::Value = serde_json::from_slice(&engine.decode(&answer).unwrap()).unwrap();
        json["signature"] = "0".repeat(32).into();
        engine.encode(json.to_string())
    };
    for wrong in ["", "true", "wait.1.2.3", &forged, &for_reset] {
        assert_eq!(try_with(wrong).await, 422, "{wrong}");
    }
    assert!(pile.to("grace@x.example").await.is_empty());
    assert_eq!(try_with(&answer).await, 200);
    assert_eq!(try_with(&answer).await, 422, "used up");
    let late = solved(&house.see("/sign-up/brightwater", &first.cookie()).await);
    house.outside.move_on(identity::rules::work::GOOD_SECONDS);
    assert_eq!(try_with(&late).await, 422, "over");
}

#[tokio::test]
async fn who_runs_no_scripts_waits_a_minute_instead_and_only_so_many_do() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    practice(&house, SignUpMode::Open).await;
    let first = house.see("/sign-up/brightwater", "").await;
    let token = first.field("form-token");
    let try_with = async |challenge: &str| {
        let fields = [
            ("form-token", token.as_str()),
            ("email", "grace@x.example"),
            ("name", "Grace Otieno"),
            ("challenge", challenge),
        ];
        house.send("/sign-up/brightwater", &first.cookie(), &fields).await
    };
    let waiting = try_with("").await.field("challenge");
    assert!(waiting.starts_with("wait."), "{waiting}");
    house.outside.move_on(59);
    let again = try_with(&waiting).await;
    assert_eq!((again.status, again.field("challenge")), (422, waiting.clone()), "too soon, and nothing is lost");
    house.outside.move_on(1);
    assert_eq!(try_with(&waiting).await.status, 200);
    assert_eq!(try_with(&waiting).await.status, 422, "used up");
    assert_eq!(pile.kinds("grace@x.example").await, ["activation"]);
    let mut places = 0;
    for _ in 0..40 {
        places += usize::from(try_with("").await.field("challenge").starts_with("wait."));
    }
    assert!(places < 30, "{places}");
}

#[tokio::test]
async fn somebody_signs_up_through_the_pages_and_lands_on_the_first_page() {
    let house = House::new().await;
    let pile = Pile::of(&house);
    practice(&house, SignUpMode::Open).await;
    let email = "grace@x.example";
    let (page, _) = sent(&house, email).await;
    let cookie = house.see("/sign-up/brightwater", "").await.cookie();
    let post = async |path: &str, from: &Heard, more: &[(&str, &str)]| {
        let ticket = from.field("ticket");
        let token = house.see("/sign-up", &cookie).await.field("form-token");
        let fields = [&[("form-token", token.as_str()), ("ticket", &ticket)], more].concat();
        house.send(path, &cookie, &fields).await
    };
    let wrong = post("/sign-up/brightwater/code", &page, &[("code", "12345678")]).await;
    assert_eq!(wrong.status, 401);
    let wrong = post("/sign-up/brightwater/code", &wrong, &[("code", "12345678")]).await;
    assert!(wrong.body.contains("data-challenge"), "two wrong codes: a challenge first");
    let code = pile.code(email).await;
    assert_eq!(post("/sign-up/brightwater/code", &wrong, &[("code", &code)]).await.status, 422);
    let work = solved(&wrong);
    let proven = post("/sign-up/brightwater/code", &wrong, &[("code", &code), ("challenge", &work)]).await;
    assert_eq!(proven.status, 200, "{}", proven.body);
    let short = post("/sign-up/brightwater/password", &proven, &[("password", "short")]).await;
    assert_eq!(short.status, 422);
    let enrolling = post("/sign-up/brightwater/password", &short, &[("password", PASSWORD)]).await;
    let secret = enrolling.field("secret");
    let code = code::at(&secret, house.now()).unwrap();
    let done = post("/sign-in/code", &enrolling, &[("code", &code), ("next", &enrolling.field("next"))]).await;
    assert_eq!((done.status, done.header("location")), (303, "/welcome"), "{}", done.body);
    let welcome = house.see("/welcome", &done.cookie()).await;
    assert!(welcome.status == 200 && welcome.body.contains("Newcomer"), "{}", welcome.body);
}

#[tokio::test]
async fn an_organisation_takes_a_short_name_that_is_free_and_only_its_administrators_do() {
    let house = House::new().await;
    Pile::of(&house);
    practice(&house, SignUpMode::Open).await;
    let other = house.somebody("wei@harbourlane.example").await;
    let ctx = ctx_of(&house, &other, &["administrator"]);
    let policy = SignUpPolicy { mode: SignUpMode::Open, place: "brightwater".into(), ..SignUpPolicy::closed() };
    let no = refused(house.identity.set_sign_up(&ctx, policy.clone()).await);
    assert_eq!(no.kind, RefusalKind::Conflict);
    let policy = SignUpPolicy { place: "harbour".into(), ..policy };
    house.identity.set_sign_up(&ctx, policy.clone()).await.unwrap();
    let moved = SignUpPolicy { place: "harbour-lane".into(), ..policy.clone() };
    house.identity.set_sign_up(&ctx, moved).await.unwrap();
    let find = async |place: &str| house.identity.sign_up_place(place, REQUEST, house.now()).await.unwrap();
    assert!(find("harbour").await.is_none() && find("harbour-lane").await.is_some());
    for wrong in [SignUpMode::Approval, SignUpMode::VerifiedDomain] {
        let policy = SignUpPolicy { mode: wrong, ..policy.clone() };
        assert_eq!(refused(house.identity.set_sign_up(&ctx, policy).await).kind, RefusalKind::Invalid);
    }
    let ctx = ctx_of(&house, &other, &["auditor"]);
    let policy = SignUpPolicy { place: "toms".into(), ..policy };
    assert!(house.identity.set_sign_up(&ctx, policy).await.is_err());
    assert!(find("toms").await.is_none(), "and takes no short name");
}
