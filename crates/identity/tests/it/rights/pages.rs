use super::Office;
use crate::house::{Heard, address};

impl Office {
    /// Somebody at a browser, with the second factor just shown once more.
    async fn browser(&self, who: &str) -> String {
        let token = self.house.sign_in(&address(&format!("{who}@example.org"))).await;
        self.house.outside.move_on(60);
        let cookie = format!("__Host-candor={token}");
        let page = self.house.see("/step-up?next=/people", &cookie).await;
        let fields = [("form-token", &*page.field("form-token")), ("code", &*self.house.code()), ("next", "/people")];
        let done = self.house.send("/step-up", &cookie, &fields).await;
        assert_eq!(done.status, 303, "{}", done.body);
        done.cookie()
    }

    /// Sends the form of a page with these fields.
    async fn fill(&self, cookie: &str, page: &str, to: &str, fields: &[(&str, &str)]) -> Heard {
        let shown = self.house.see(page, cookie).await;
        assert_eq!(shown.status, 200, "{page}: {}", shown.body);
        let token = shown.field("form-token");
        let mut all = vec![("form-token", token.as_str())];
        all.extend_from_slice(fields);
        self.house.send(to, cookie, &all).await
    }
}

#[tokio::test]
async fn every_page_about_access_opens_to_an_administrator() {
    let office = Office::new().await;
    let ada = office.browser("ada").await;
    let cleo = office.cleo;
    let pages = [
        "/people".to_owned(),
        "/people?q=cleo".to_owned(),
        "/people?q=zzz".to_owned(),
        format!("/people/{cleo}"),
        format!("/people/{}", office.ada),
        format!("/people/{cleo}/roles"),
        format!("/people/{cleo}/dates"),
        format!("/people/{cleo}/bar"),
        format!("/people/{cleo}/end"),
        "/roles".to_owned(),
        "/roles/auditor".to_owned(),
        "/roles/new?template=auditor".to_owned(),
        "/approvals".to_owned(),
        "/approvals/erase".to_owned(),
        "/emergency".to_owned(),
        "/emergencies".to_owned(),
        "/support".to_owned(),
        "/reviews".to_owned(),
        "/reviews/new".to_owned(),
        "/access/refused".to_owned(),
        "/access/refused?request=nonsense".to_owned(),
        format!("/access/identity.account/{cleo}"),
        format!("/access/identity.account/{cleo}/looked"),
    ];
    for page in pages {
        let heard = office.house.see(&page, &ada).await;
        assert_eq!(heard.status, 200, "{page}: {}", heard.body);
        assert!(heard.body.contains("<h1>"), "{page}");
    }
    for page in
        ["/access/no.such/01890a5d-ac96-774b-bcce-b302099a8057", "/roles/nothing", "/people/nobody", "/roles/duty.door"]
    {
        assert_eq!(office.house.see(page, &ada).await.status, 404, "{page}");
    }
}

#[tokio::test]
async fn the_last_day_that_a_form_sets_ends_an_open_session() {
    let office = Office::new().await;
    let session = office.session("cleo").await;
    let ada = office.browser("ada").await;
    let form = format!("/people/{}/dates", office.cleo);
    let wrong = [("until-day", "30"), ("until-month", "2"), ("until-year", "2026")];
    assert_eq!(office.fill(&ada, &form, &form, &wrong).await.status, 422);
    assert_eq!(office.status(&session, "/people").await, 200);
    let past = [("until-day", "3"), ("until-month", "4"), ("until-year", "2026")];
    assert_eq!(office.fill(&ada, &form, &form, &past).await.status, 303);
    assert_eq!(office.status(&session, "/people").await, 403);
    let shown = office.house.see(&form, &ada).await;
    assert!(shown.body.contains("value=\"2026\""), "the form shows what is set");
}

#[tokio::test]
async fn a_role_that_governs_others_goes_from_the_form_to_a_second_person_and_only_then_holds() {
    let office = Office::new().await;
    let (ada, ben) = (office.browser("ada").await, office.browser("ben").await);
    let form = format!("/people/{}/roles", office.cleo);
    let without = office.fill(&ada, &form, &form, &[("role", "administrator")]).await;
    assert_eq!(without.status, 422, "a reason is needed");
    let fields = [("role", "administrator"), ("reason", "she takes over in spring")];
    let sent = office.fill(&ada, &form, &form, &fields).await;
    let proposal = sent.header("location").to_owned();
    assert!(proposal.starts_with("/approvals/"), "{}", sent.body);
    let own = office.fill(&ada, &proposal, &format!("{proposal}/agree"), &[]).await;
    assert_eq!(own.status, 403, "not by oneself");
    let agreed = office.fill(&ben, &proposal, &format!("{proposal}/agree"), &[]).await;
    assert_eq!(agreed.status, 303);
    let shown = office.house.see(&format!("/people/{}", office.cleo), &ben).await;
    assert!(shown.body.contains("Administrator"));
    assert!(office.house.see(&proposal, &ben).await.body.contains("agreed on"));
}

#[tokio::test]
async fn the_editor_keeps_what_is_ticked_while_one_looks_for_more() {
    let office = Office::new().await;
    let ada = office.browser("ada").await;
    let page = "/roles/new?template=auditor";
    let fields = [
        ("template", "auditor"),
        ("title", ""),
        ("permissions", "account.read"),
        ("find", "keys zzz"),
        ("look", "yes"),
    ];
    let looked = office.fill(&ada, page, "/roles/new", &fields).await;
    assert_eq!(looked.status, 200, "looking needs no title");
    assert!(looked.body.contains(r#"<input type="hidden" name="permissions" value="account.read">"#));
    let fields = [
        ("template", "auditor"),
        ("title", "Weekend"),
        ("permissions", "account.read"),
        ("permissions", "session.keep"),
    ];
    assert_eq!(office.fill(&ada, page, "/roles/new", &fields).await.status, 422);
    let fields = [("template", "auditor"), ("title", "Weekend"), ("permissions", "account.read")];
    let made = office.fill(&ada, page, "/roles/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let shown = office.house.see(made.header("location"), &ada).await;
    assert!(shown.body.contains("It does not permit"), "the difference from its template is shown");
}

#[tokio::test]
async fn who_has_looked_names_the_person_who_did_and_a_refusal_is_explained_by_its_number() {
    let office = Office::new().await;
    let (ada, ben) = (office.browser("ada").await, office.browser("ben").await);
    office.house.see(&format!("/people/{}", office.cleo), &ben).await;
    let looked = office.house.see(&format!("/access/identity.account/{}/looked", office.cleo), &ada).await;
    assert!(looked.body.contains("ben Example"), "{}", looked.body);
    let may = office.house.see(&format!("/access/identity.account/{}", office.cleo), &ada).await;
    assert!(
        may.body.contains("ben Example") && may.body.contains("Administrator") && may.body.contains("The house itself")
    );
    let cleo = office.session("cleo").await;
    let refused = office.house.see(&format!("/people/{}/bar", office.ben), &format!("__Host-candor={cleo}")).await;
    assert_eq!(refused.status, 404);
    let number = refused.header("x-request-id").to_owned();
    let why = office.house.see(&format!("/access/refused?request={number}"), &ada).await;
    assert!(why.body.contains("cleo Example"), "{number}: {}", why.body);
}
