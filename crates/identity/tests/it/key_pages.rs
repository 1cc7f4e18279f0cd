//! The life of a key as people and programs see it.

use identity::{Account, ApiKey, HeldRole, KeyUse};
use model::{Kind, RecordId};
use vault::{Changes, Expected, Query};

use crate::house::{Heard, House, REQUEST, Somebody};

/// Somebody signed in who looks after keys.
struct Desk {
    house: House,
    who: Somebody,
    cookie: String,
}

impl Desk {
    async fn new() -> Self {
        let house = House::new().await;
        let who = house.somebody("ada@example.org").await;
        let cookie = format!("__Host-candor={}", house.sign_in(&who.email).await);
        let cookie = stepped_up(&house, &cookie).await;
        Self { house, who, cookie }
    }

    async fn see(&self, path: &str) -> Heard {
        self.house.see(path, &self.cookie).await
    }

    async fn wish(&self, more: &[(&str, &str)]) -> Heard {
        let form = self.see("/keys/new").await;
        assert_eq!(form.status, 200, "{}", form.body);
        let (token, attempt) = (form.field("form-token"), form.field("attempt"));
        let mut fields = vec![("form-token", token.as_str()), ("attempt", attempt.as_str())];
        fields.extend(more);
        self.house.send("/keys/new", &self.cookie, &fields).await
    }

    async fn make(&self, more: &[(&str, &str)]) -> String {
        let mut fields = vec![("name", "Recall letters"), ("days", "30")];
        fields.extend(more);
        let shown = self.wish(&fields).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        token_in(&shown)
    }

    /// The only key's page.
    async fn page_of_only_key(&self) -> String {
        let list = self.see("/keys").await;
        let path = list.body.split(r#"href="/keys/"#).map(|rest| rest.split('"').next().unwrap());
        let ids: Vec<&str> = path.filter(|id| id.len() == 36).collect();
        assert_eq!(ids.len(), 1, "{}", list.body);
        format!("/keys/{}", ids[0])
    }

    async fn press(&self, page: &str, act: &str, more: &[(&str, &str)]) -> Heard {
        let shown = self.see(&if act == "replace" { format!("{page}/replace") } else { page.to_owned() }).await;
        let token = shown.field("form-token");
        let mut fields = vec![("form-token", token.clone())];
        if act == "replace" {
            fields.push(("attempt", shown.field("attempt")));
        }
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend(more);
        self.house.send(&format!("{page}/{act}"), &self.cookie, &fields).await
    }

    /// Gives the desk's holder other roles.
    async fn now_holds(&self, roles: &[&str]) {
        let vault = self.house.identity.vault();
        let door = self.house.identity.duty("duty.door", self.who.tenant, REQUEST, self.house.now());
        let id = RecordId::of_subject(self.who.id);
        let (account, opened): (Account, _) = vault.read_as(&door, id).await.unwrap();
        let account = Account { roles: roles.iter().map(|role| HeldRole::always(*role)).collect(), ..account };
        let changes = Changes::new().revise(id, &account, Expected::Version(opened.version)).unwrap();
        vault.commit(&door, changes).await.unwrap();
    }

    async fn stored_keys(&self) -> Vec<ApiKey> {
        let door = self.house.identity.duty("duty.door", self.who.tenant, REQUEST, self.house.now());
        let found = self.house.identity.vault().search(&door, &Query::all(ApiKey::DECL)).await.unwrap();
        found.page.iter().map(|opened| opened.record().unwrap()).collect()
    }
}

/// The session after its holder showed the second factor once more.
pub async fn stepped_up(house: &House, cookie: &str) -> String {
    house.outside.move_on(60);
    let token = house.see("/step-up", cookie).await.field("form-token");
    let done = house.send("/step-up", cookie, &[("form-token", &token), ("code", &house.code())]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    done.cookie()
}

fn token_in(shown: &Heard) -> String {
    let after = shown.body.split("candor_key_").nth(1).unwrap_or_else(|| panic!("no key in {}", shown.body));
    format!("candor_key_{}", after.split('<').next().unwrap())
}

const READS: (&str, &str) = ("permission", "evidence.read");

#[tokio::test]
async fn a_key_is_shown_once_and_kept_nowhere() {
    let desk = Desk::new().await;
    let token = desk.make(&[READS]).await;
    assert_eq!(token.len(), 81);
    assert_eq!(desk.house.by_key(&token).await, 200);
    let page = desk.page_of_only_key().await;
    let secret = &token["candor_key_".len()..token.len() - 6];
    for path in ["/keys", &page, "/keys/new"] {
        let shown = desk.see(path).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        assert!(!shown.body.contains(secret) && shown.header("cache-control").contains("no-store"));
    }
    let stored = serde_json::to_string(&desk.stored_keys().await).unwrap();
    assert!(!stored.contains(secret) && stored.contains(&token[75..]), "{stored}");
    let log = format!("{:?}", desk.house.log(desk.who.tenant).await);
    assert!(!log.contains(secret));
}

#[tokio::test]
async fn the_same_form_sent_twice_makes_one_key() {
    let desk = Desk::new().await;
    let form = desk.see("/keys/new").await;
    let (token, attempt) = (form.field("form-token"), form.field("attempt"));
    let fields = [("form-token", token.as_str()), ("attempt", &attempt), ("name", "x"), ("days", "7"), READS];
    assert_eq!(desk.house.send("/keys/new", &desk.cookie, &fields).await.status, 200);
    let again = desk.house.send("/keys/new", &desk.cookie, &fields).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("sent twice") && !again.body.contains("candor_key_"), "{}", again.body);
    assert_eq!(desk.stored_keys().await.len(), 1);
}

#[tokio::test]
async fn a_key_without_an_end_a_purpose_or_a_right_is_not_made() {
    let desk = Desk::new().await;
    let usual = [("name", "x"), ("days", "7"), READS];
    for (missing, path) in [("name", "name"), ("days", "days"), ("permission", "permission")] {
        let fields: Vec<_> = usual.iter().copied().filter(|(name, _)| *name != missing).collect();
        let heard = desk.wish(&fields).await;
        assert_eq!(heard.status, 422, "{missing}");
        assert!(heard.body.contains(&format!("href=\"#{path}\"")), "{}", heard.body);
    }
    for days in ["0", "-1", "366", "1000000", "soon"] {
        assert_eq!(desk.wish(&[("name", "x"), ("days", days), READS]).await.status, 422, "{days}");
    }
    assert_eq!(desk.wish(&[("name", "x"), ("days", "7"), READS, ("networks", "the office")]).await.status, 422);
    assert!(desk.stored_keys().await.is_empty());
}

#[tokio::test]
async fn nobody_gives_a_key_what_they_do_not_hold() {
    let desk = Desk::new().await;
    // Not held; only for people; a duty; nothing at all.
    for (field, name) in [
        ("permission", "figures.read"),
        ("permission", "organisation.update"),
        ("permission", "key.create"),
        ("permission", "session.keep"),
        ("permission", "no.such"),
        ("role", "prover"),
        ("role", "duty.door"),
        ("role", "no-such-role"),
    ] {
        let heard = desk.wish(&[("name", "x"), ("days", "7"), READS, (field, name)]).await;
        assert!(matches!(heard.status, 403 | 422), "{name}: {} {}", heard.status, heard.body);
    }
    assert!(desk.stored_keys().await.is_empty());
    let form = desk.see("/keys/new").await;
    for name in ["figures.read", "organisation.update", "key.create", "duty."] {
        assert!(!form.body.contains(&format!("value=\"{name}")), "{name} is offered");
    }
}

#[tokio::test]
async fn who_loses_a_right_takes_it_from_their_keys() {
    let desk = Desk::new().await;
    let by_role = desk.make(&[("role", "administrator")]).await;
    let single = desk.make(&[READS]).await;
    for key in [&by_role, &single] {
        assert_eq!(desk.house.by_key(key).await, 200);
    }
    desk.now_holds(&["prover"]).await;
    for key in [&by_role, &single] {
        assert_eq!(desk.house.by_key(key).await, 404);
    }
    desk.now_holds(&["auditor"]).await;
    for key in [&by_role, &single] {
        assert_eq!(desk.house.by_key(key).await, 200, "what they hold again, the key may again");
    }
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_the_next_request() {
    let desk = Desk::new().await;
    let token = desk.make(&[READS]).await;
    assert_eq!(desk.house.by_key(&token).await, 200);
    let page = desk.page_of_only_key().await;
    let gone = desk.press(&page, "revoke", &[]).await;
    assert_eq!((gone.status, gone.header("location")), (303, "/keys"));
    assert_eq!(desk.house.by_key(&token).await, 401);
    assert_eq!(desk.house.count(desk.who.tenant, "retire", "identity.api-key", "done").await, 1);
}

#[tokio::test]
async fn a_replaced_key_works_for_its_overlap_and_no_longer() {
    let desk = Desk::new().await;
    let old = desk.make(&[READS]).await;
    let page = desk.page_of_only_key().await;
    assert_eq!(desk.press(&page, "replace", &[("overlap", "7")]).await.status, 422, "not among the choices");
    let shown = desk.press(&page, "replace", &[("overlap", "1")]).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let new = token_in(&shown);
    assert_ne!(old, new);
    for key in [&old, &new] {
        assert_eq!(desk.house.by_key(key).await, 200);
    }
    desk.house.outside.move_on(3599);
    assert_eq!(desk.house.by_key(&old).await, 200);
    desk.house.outside.move_on(1);
    assert_eq!(desk.house.by_key(&old).await, 401);
    assert_eq!(desk.house.by_key(&new).await, 200);
    let lives: Vec<_> = desk.stored_keys().await.iter().map(|key| key.ends.seconds_since(desk.house.now())).collect();
    assert!(lives.contains(&(30 * 86_400 - 3600)), "the new one lives as long as the old one did: {lives:?}");
}

#[tokio::test]
async fn a_key_opens_only_from_its_networks() {
    let desk = Desk::new().await;
    let token = desk.make(&[READS, ("networks", "192.0.2.0/24 2001:db8::/32")]).await;
    for (address, status) in [
        ("192.0.2.7", 200),
        ("[2001:db8::9]", 200),
        ("[::ffff:192.0.2.8]", 200),
        ("192.0.3.7", 401),
        ("[2001:db9::9]", 401),
    ] {
        assert_eq!(desk.house.by_key_from(&token, address).await, status, "{address}");
    }
    assert_eq!(desk.house.by_key(&token).await, 401, "nobody knows from where");
    assert_eq!(desk.house.count(desk.who.tenant, "key-elsewhere", "identity.api-key", "refused").await, 3);
}

#[tokio::test]
async fn use_is_written_down_at_most_hourly() {
    let desk = Desk::new().await;
    let token = desk.make(&[READS]).await;
    let page = desk.page_of_only_key().await;
    assert!(desk.see(&page).await.body.contains("never"));
    let noted = async || {
        let create = desk.house.count(desk.who.tenant, "create", KeyUse::DECL.name, "done").await;
        create + desk.house.count(desk.who.tenant, "revise", KeyUse::DECL.name, "done").await
    };
    for _ in 0..5 {
        desk.house.by_key(&token).await;
        desk.house.outside.move_on(60);
    }
    assert_eq!(noted().await, 1);
    assert!(desk.see(&page).await.body.contains("in the last hour"));
    desk.house.outside.move_on(3600 - 5 * 60);
    desk.house.by_key(&token).await;
    assert_eq!(noted().await, 2);
}

#[tokio::test]
async fn keys_that_nobody_uses_are_swept_and_used_ones_stay() {
    let desk = Desk::new().await;
    let day = 86_400;
    let fields = [("name", "used"), ("days", "365"), READS];
    let used = token_in(&desk.wish(&fields).await);
    let idle = token_in(&desk.wish(&fields).await);
    let sweep = async || desk.house.identity.sweep(desk.who.tenant, REQUEST, desk.house.now()).await.unwrap().keys;
    for _ in 0..4 {
        desk.house.outside.move_on(30 * day - 1);
        assert_eq!(desk.house.by_key(&used).await, 200);
    }
    assert_eq!((sweep().await, sweep().await), (1, 0));
    assert_eq!((desk.house.by_key(&used).await, desk.house.by_key(&idle).await), (200, 401));
    desk.house.outside.move_on(90 * day);
    assert_eq!(sweep().await, 1);
    assert!(desk.stored_keys().await.is_empty());
}

#[tokio::test]
async fn a_key_makes_no_keys() {
    let desk = Desk::new().await;
    let token = desk.make(&[("role", "administrator")]).await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("accept", "text/html")];
    assert_eq!(desk.house.ask("GET", "/keys/new", &headers, "").await.status, 303, "pages take no keys");
    let cookie = format!("__Host-candor={}", &token["candor_key_".len()..token.len() - 6]);
    assert_eq!(desk.house.see("/keys", &cookie).await.status, 303);
}

#[tokio::test]
async fn a_key_is_made_only_right_after_the_second_factor_was_shown_once_more() {
    let desk = Desk::new().await;
    let form = desk.see("/keys/new").await;
    desk.house.outside.move_on(10 * 60);
    for path in ["/keys/new", "/keys"] {
        let heard = desk.see(path).await;
        match path {
            "/keys" => assert!(heard.status == 200 && heard.body.contains("Make a key")),
            _ => assert_eq!((heard.status, heard.header("location")), (303, "/step-up?next=/keys/new")),
        }
    }
    let (token, attempt) = (form.field("form-token"), form.field("attempt"));
    let fields = [("form-token", token.as_str()), ("attempt", &attempt), ("name", "x"), ("days", "7"), READS];
    assert_ne!(desk.house.send("/keys/new", &desk.cookie, &fields).await.status, 200);
    assert!(desk.stored_keys().await.is_empty());
}

#[tokio::test]
async fn only_who_may_sees_and_makes_keys() {
    let desk = Desk::new().await;
    desk.now_holds(&["auditor"]).await;
    assert_eq!(desk.see("/keys").await.status, 200);
    assert!(!desk.see("/keys").await.body.contains("Make a key"));
    assert_eq!(desk.see("/keys/new").await.status, 404);
    desk.now_holds(&["prover"]).await;
    assert_eq!(desk.see("/keys").await.status, 404);
}
