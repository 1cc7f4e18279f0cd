//! Programs with a key pair of their own: assertions, tokens, and every way in which they must fail.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA384, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::house::{Heard, House, Somebody};
use crate::key_pages::stepped_up;

const ENDPOINT: &str = "https://candor.test/oauth/token";

/// A program that its maker wrote: it has the private key.
struct Maker {
    key: EcdsaKeyPair,
    client: String,
}

struct Desk {
    house: House,
    who: Somebody,
    cookie: String,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()
}

fn jwk(key: &EcdsaKeyPair, name: &str) -> Value {
    let point = key.public_key().as_ref();
    let half = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 48]);
    json!({ "kty": "EC", "crv": "P-384", "kid": name, "use": "sig", "alg": "ES384", "x": half(1), "y": half(49) })
}

impl Desk {
    async fn new() -> Self {
        let house = House::new().await;
        crate::letters::Pile::of(&house);
        let who = house.somebody("ada@example.org").await;
        let cookie = format!("__Host-candor={}", house.sign_in(&who.email).await);
        let cookie = stepped_up(&house, &cookie).await;
        Self { house, who, cookie }
    }

    async fn register(&self, keys: &Value, more: &[(&str, &str)]) -> Heard {
        let form = self.house.see("/programs/new", &self.cookie).await;
        let (token, attempt, keys) = (form.field("form-token"), form.field("attempt"), keys.to_string());
        let mut fields = vec![("form-token", token.as_str()), ("attempt", &attempt), ("keys", &keys), ("days", "30")];
        fields.extend([("name", "Recall letters"), ("permission", "account.read")]);
        fields.extend(more);
        self.house.send("/programs/new", &self.cookie, &fields).await
    }

    async fn maker(&self) -> Maker {
        let key = new_key();
        let made = self.register(&json!({ "keys": [jwk(&key, "one")] }), &[]).await;
        assert_eq!(made.status, 303, "{}", made.body);
        let list = self.house.see("/programs", &self.cookie).await.body;
        let client = list.split("Client id</dt><dd><code class=\"code\">").nth(1).unwrap().split('<').next().unwrap();
        Maker { key, client: client.to_owned() }
    }

    async fn ask(&self, assertion: &str, scope: &str) -> Heard {
        let body = format!(
            "grant_type=client_credentials&scope={}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion={assertion}",
            scope.replace('/', "%2F").replace(' ', "+")
        );
        self.post(&body).await
    }

    async fn post(&self, body: &str) -> Heard {
        let form = ("content-type", "application/x-www-form-urlencoded");
        self.house.ask("POST", "/oauth/token", &[form], body.to_owned()).await
    }

    fn now(&self) -> i64 {
        self.house.now().seconds()
    }
}

impl Maker {
    fn claims(&self, now: i64, id: &str) -> Value {
        json!({ "iss": self.client, "sub": self.client, "aud": ENDPOINT, "exp": now + 300, "jti": id })
    }

    fn sign(&self, head: &Value, claims: &Value) -> String {
        sign_with(&self.key, head, claims)
    }

    fn good(&self, now: i64, id: &str) -> String {
        self.sign(&head(), &self.claims(now, id))
    }
}

fn head() -> Value {
    json!({ "alg": "ES384", "kid": "one", "typ": "JWT" })
}

fn sign_with(key: &EcdsaKeyPair, head: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encoded(head), encoded(claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn told(heard: &Heard) -> (u16, String) {
    let body: Value = serde_json::from_str(&heard.body).unwrap_or_else(|_| panic!("{}", heard.body));
    assert_eq!((heard.header("cache-control"), heard.header("content-type")), ("no-store", "application/json"));
    (heard.status, body["error"].as_str().unwrap_or("none").to_owned())
}

#[tokio::test]
async fn a_signed_assertion_yields_a_token_that_opens_what_was_asked_for_and_ends_by_itself() {
    let desk = Desk::new().await;
    let maker = desk.maker().await;
    let heard = desk.ask(&maker.good(desk.now(), "1"), "system/Account.rs system/Evidence.rs").await;
    assert_eq!(told(&heard), (200, "none".into()), "{}", heard.body);
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&json!("Bearer"), &json!(300), &json!("system/Account.rs"))
    );
    let token = body["access_token"].as_str().unwrap();
    assert!(token.starts_with("candor_token_"));
    // It is known, and has no right to the evidence.
    assert_eq!(desk.house.by_key(token).await, 404);
    desk.house.outside.move_on(300);
    assert_eq!(desk.house.by_key(token).await, 401);
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let desk = Desk::new().await;
    let maker = desk.maker().await;
    let assertion = maker.good(desk.now(), "same");
    assert_eq!(desk.ask(&assertion, "system/Account.rs").await.status, 200);
    assert_eq!(told(&desk.ask(&assertion, "system/Account.rs").await), (401, "invalid_client".into()));
    let again = maker.sign(&head(), &maker.claims(desk.now() - 1, "same"));
    assert_eq!(told(&desk.ask(&again, "system/Account.rs").await).0, 401, "another assertion with the same jti");
    assert_eq!(desk.ask(&maker.good(desk.now(), "other"), "system/Account.rs").await.status, 200);
    desk.house.outside.move_on(1000);
    desk.house.identity.sweep(desk.who.tenant, crate::house::REQUEST, desk.house.now()).await.unwrap();
    assert_eq!(told(&desk.ask(&assertion, "system/Account.rs").await).0, 401, "swept, and long over");
}

#[tokio::test]
async fn a_foreign_or_changed_assertion_is_refused() {
    let desk = Desk::new().await;
    let maker = desk.maker().await;
    let now = desk.now();
    let with = |name: &str, value: Value| {
        let mut claims = maker.claims(now, "x");
        claims[name] = value;
        maker.sign(&head(), &claims)
    };
    let headed = |name: &str, value: Value| {
        let mut head = head();
        head[name] = value;
        maker.sign(&head, &maker.claims(now, "x"))
    };
    let stranger = new_key();
    let unsigned = format!("{}.{}.", encoded(&json!({ "alg": "none" })), encoded(&maker.claims(now, "x")));
    let good = maker.good(now, "x");
    let cut = good.rsplit_once('.').unwrap().0;
    let bad = [
        ("another's key", sign_with(&stranger, &head(), &maker.claims(now, "x"))),
        ("not signed", unsigned),
        ("no signature", format!("{cut}.")),
        ("alg none", headed("alg", json!("none"))),
        ("alg of another key", headed("alg", json!("RS384"))),
        ("alg of a secret", headed("alg", json!("HS384"))),
        ("an unknown kid", headed("kid", json!("two"))),
        ("a critical header", headed("crit", json!(["exp"]))),
        ("another type", headed("typ", json!("at+jwt"))),
        ("another issuer", with("iss", json!("somebody"))),
        ("another subject", with("sub", json!("somebody"))),
        ("another audience", with("aud", json!("https://elsewhere.example/oauth/token"))),
        ("a longer audience", with("aud", json!(format!("{ENDPOINT}/x")))),
        ("no audience", with("aud", json!([]))),
        ("ended", with("exp", json!(now))),
        ("too far ahead", with("exp", json!(now + 331))),
        ("not a moment", with("exp", json!("soon"))),
        ("endless", with("exp", json!(1e300))),
        ("not yet", with("nbf", json!(now + 31))),
        ("no id", with("jti", json!(""))),
        ("a long id", with("jti", json!("x".repeat(257)))),
        ("garbage", "a.b.c".into()),
        ("too long", "a".repeat(9000)),
        ("padded", format!("{good}=")),
    ];
    for (what, assertion) in &bad {
        assert_eq!(told(&desk.ask(assertion, "system/Account.rs").await), (401, "invalid_client".into()), "{what}");
    }
    for at in (0..good.len()).step_by(3) {
        let mut changed = good.clone();
        changed.replace_range(at..=at, if &good[at..=at] == "A" { "B" } else { "A" });
        assert_eq!(desk.ask(&changed, "system/Account.rs").await.status, 401, "character {at}");
    }
    assert_eq!(desk.ask(&good, "system/Account.rs").await.status, 200);
}

#[tokio::test]
async fn a_request_that_breaks_the_standard_is_told_how() {
    let desk = Desk::new().await;
    let maker = desk.maker().await;
    let kind = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    let assertion = maker.good(desk.now(), "1");
    for (body, error) in [
        (String::new(), "invalid_request"),
        ("grant_type=password".into(), "unsupported_grant_type"),
        ("grant_type=client_credentials".into(), "invalid_request"),
        (format!("grant_type=client_credentials&{kind}&scope=x"), "invalid_request"),
        (format!("grant_type=client_credentials&grant_type=client_credentials&{kind}&scope=x"), "invalid_request"),
        (format!("grant_type=client_credentials&{kind}&client_assertion={assertion}"), "invalid_scope"),
        (
            format!("grant_type=client_credentials&{kind}&client_assertion={assertion}&scope=system%2FEvidence.rs"),
            "invalid_scope",
        ),
        ("grant_type=%zz".into(), "invalid_request"),
    ] {
        assert_eq!(told(&desk.post(&body).await), (400, error.into()), "{body}");
    }
    let json = desk.house.ask("POST", "/oauth/token", &[("content-type", "application/json")], "{}").await;
    assert_eq!(told(&json), (400, "invalid_request".into()));
    assert_eq!(desk.house.ask("GET", "/oauth/token", &[], "").await.status, 405);
}

#[tokio::test]
async fn a_token_is_worth_nothing_once_the_registration_ends() {
    let desk = Desk::new().await;
    let maker = desk.maker().await;
    let heard = desk.ask(&maker.good(desk.now(), "1"), "system/Account.rs").await;
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(desk.house.by_key(token).await, 404);
    let list = desk.house.see("/programs", &desk.cookie).await;
    let path = list.body.split("action=\"/programs/").nth(1).unwrap().split('"').next().unwrap();
    let ended =
        desk.house.send(&format!("/programs/{path}"), &desk.cookie, &[("form-token", &list.field("form-token"))]).await;
    assert_eq!(ended.status, 303);
    assert_eq!(desk.house.by_key(token).await, 401);
    assert_eq!(told(&desk.ask(&maker.good(desk.now(), "2"), "system/Account.rs").await).0, 401);
}

#[tokio::test]
async fn an_rsa_key_signs_as_well_and_private_or_short_keys_are_not_taken() {
    let desk = Desk::new().await;
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = rsa.public_key();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    // RSAPublicKey (RFC 8017 A.1.1) ends with 256 bytes of modulus, two of tag and length, and the exponent 65537.
    let whole: &[u8] = public.as_ref();
    let (n, e) = (text(&whole[whole.len() - 261..whole.len() - 5]), text(&whole[whole.len() - 3..]));
    let key = json!({ "kty": "RSA", "kid": "r", "n": n, "e": e });
    let changed = |name: &str, value: Value| {
        let mut changed = key.clone();
        changed[name] = value;
        json!({ "keys": [changed] })
    };
    for (what, keys) in [
        ("private", changed("d", json!("AQAB"))),
        ("short", changed("n", json!(text(&[255; 128])))),
        ("even exponent", changed("e", json!("Ag"))),
        ("another algorithm", changed("alg", json!("RS256"))),
        ("for encryption", changed("use", json!("enc"))),
        ("no kid", changed("kid", json!(""))),
        ("a secret", json!({ "keys": [{ "kty": "oct", "kid": "s", "k": "AAAA" }] })),
        ("P-256", json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "p", "x": "AA", "y": "AA" }] })),
        ("none", json!({ "keys": [] })),
        ("twice", json!({ "keys": [key.clone(), key.clone()] })),
        ("no set", json!([])),
    ] {
        assert_eq!(desk.register(&keys, &[]).await.status, 422, "{what}");
    }
    assert_eq!(
        desk.register(&json!({ "keys": [key] }), &[("permission", "figures.read")]).await.status,
        403,
        "not theirs to give"
    );
    assert_eq!(desk.register(&json!({ "keys": [key] }), &[]).await.status, 303);
    let list = desk.house.see("/programs", &desk.cookie).await.body;
    let client = list.split("Client id</dt><dd><code class=\"code\">").nth(1).unwrap().split('<').next().unwrap();
    let claims = json!({ "iss": client, "sub": client, "aud": [ENDPOINT], "exp": desk.now() + 60, "jti": "1" });
    let signed = format!("{}.{}", encoded(&json!({ "alg": "RS384", "kid": "r" })), encoded(&claims));
    let mut signature = vec![0; 256];
    rsa.sign(&RSA_PKCS1_SHA384, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    let heard = desk.ask(&format!("{signed}.{}", text(&signature)), "system/Account.read").await;
    assert_eq!(told(&heard), (200, "none".into()), "{}", heard.body);
}

#[tokio::test]
async fn programs_find_the_endpoint() {
    let desk = Desk::new().await;
    let heard = desk.house.ask("GET", "/fhir/r4/.well-known/smart-configuration", &[], "").await;
    let body: Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!((heard.status, &body["token_endpoint"]), (200, &json!(ENDPOINT)));
    assert_eq!(body["token_endpoint_auth_signing_alg_values_supported"], json!(["RS384", "ES384"]));
    for capability in ["client-confidential-asymmetric", "permission-v1", "permission-v2"] {
        assert!(body["capabilities"].as_array().unwrap().contains(&json!(capability)));
    }
}
