//! Passkeys, with an authenticator made of a key pair and the bytes that the standard says.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::house::{Heard, House, Somebody};
use crate::security::{act, cookie, stepped_up};

const ORIGIN: &str = "https://practice.example.org";

/// A security key in memory.
struct Key {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    user: Vec<u8>,
    count: u32,
    /// What it does differently from what is asked, if it is not honest.
    origin: &'static str,
    party: &'static str,
    flags: u8,
}

impl Key {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { pair, id: vec![7; 16], user: vec![], count: 1, origin: ORIGIN, party: "practice.example.org", flags: 5 }
    }

    fn client(&self, sort: &str, challenge: &str) -> Vec<u8> {
        serde_json::json!({ "type": sort, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = seal::sha256(self.party.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn cose(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
        [&head, &point[1..33], &[0x22, 0x58, 0x20], &point[33..]].concat()
    }

    /// Fields of the form that adds it, in answer to a page.
    fn made(&mut self, page: &Heard) -> Vec<(&'static str, String)> {
        self.user = URL_SAFE_NO_PAD.decode(attribute(page, "user")).unwrap();
        let id_len = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let data = [&self.data(0x45)[..], &[0; 16], &id_len, &self.id, &self.cose()].concat();
        vec![
            ("passkey-client", text(&self.client("webauthn.create", &attribute(page, "challenge")))),
            ("passkey-data", text(&data)),
        ]
    }

    /// Fields of a form that it signs, in answer to a page.
    fn signed(&mut self, page: &Heard) -> Vec<(&'static str, String)> {
        self.count += 1;
        let (client, data) = (self.client("webauthn.get", &attribute(page, "challenge")), self.data(self.flags));
        let message = [&data[..], &seal::sha256(&client)].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        vec![
            ("passkey-id", text(&self.id)),
            ("passkey-user", text(&self.user)),
            ("passkey-client", text(&client)),
            ("passkey-data", text(&data)),
            ("passkey-signature", text(signature.as_ref())),
        ]
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn attribute(page: &Heard, name: &str) -> String {
    let after = page.body.split(&format!("data-{name}=\"")).nth(1);
    after.unwrap_or_else(|| panic!("no data-{name} in {}", page.body)).split('"').next().unwrap().to_owned()
}

async fn house() -> (House, Somebody) {
    let house = House::new().await;
    house.identity.answer_at(ORIGIN);
    let ada = house.somebody("ada@example.org").await;
    (house, ada)
}

async fn add(house: &House, ada: &Somebody, key: &mut Key) -> (String, Heard) {
    let token = stepped_up(house, ada).await;
    let page = house.see("/security/passkeys/new", &cookie(&token)).await;
    let made = key.made(&page);
    let form_token = page.field("form-token");
    let mut fields = vec![("form-token", &*form_token), ("name", "Blue key")];
    fields.extend(made.iter().map(|(name, value)| (*name, &**value)));
    let heard = house.send("/security/passkeys/new", &cookie(&token), &fields).await;
    (token, heard)
}

async fn alone(house: &House, key: &mut Key) -> Heard {
    let page = house.see("/sign-in", "").await;
    let signed = key.signed(&page);
    let form_token = page.field("form-token");
    let mut fields = vec![("form-token", &*form_token), ("next", "/patients")];
    fields.extend(signed.iter().map(|(name, value)| (*name, &**value)));
    house.send("/sign-in/passkey", &page.cookie(), &fields).await
}

#[tokio::test]
async fn a_passkey_signs_in_alone_when_it_made_sure_of_its_owner() {
    let (house, ada) = house().await;
    let mut key = Key::new();
    let (token, added) = add(&house, &ada, &mut key).await;
    assert_eq!(added.status, 303, "{}", added.body);
    assert!(house.see("/security", &cookie(&token)).await.body.contains("Blue key"));
    let done = alone(&house, &mut key).await;
    assert_eq!((done.status, done.header("location")), (303, "/patients"), "{}", done.body);
    assert!(house.knows(done.cookie().split_once('=').unwrap().1).await);
    key.flags = 1;
    assert_eq!(alone(&house, &mut key).await.status, 401, "touched by somebody, but by whom?");
}

#[tokio::test]
async fn a_passkey_is_a_second_factor_and_steps_up() {
    let (house, ada) = house().await;
    let mut key = Key::new();
    add(&house, &ada, &mut key).await;
    key.flags = 1;
    let first = house.see("/sign-in", "").await;
    let form_token = first.field("form-token");
    let fields = [("form-token", &*form_token), ("email", "ada@example.org"), ("password", crate::house::PASSWORD)];
    let second = house.send("/sign-in", &first.cookie(), &fields).await;
    let signed = key.signed(&second);
    let (form_token, ticket) = (second.field("form-token"), second.field("ticket"));
    let mut fields = vec![("form-token", &*form_token), ("ticket", &*ticket)];
    fields.extend(signed.iter().map(|(name, value)| (*name, &**value)));
    let done = house.send("/sign-in/code", &first.cookie(), &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let token = done.cookie().split_once('=').unwrap().1.to_owned();
    let page = house.see("/step-up?next=/security", &cookie(&token)).await;
    let signed = key.signed(&page);
    let fields: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, &**value)).collect();
    let done = act(&house, &token, "/step-up", "/step-up", &fields).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let stepped = done.cookie().split_once('=').unwrap().1.to_owned();
    assert_eq!(house.see("/security/recovery", &cookie(&stepped)).await.status, 200);
}

#[tokio::test]
async fn nothing_that_differs_from_what_was_asked_is_believed() {
    let (house, ada) = house().await;
    let mut key = Key::new();
    add(&house, &ada, &mut key).await;
    let honest = Key { pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(), ..Key::new() };
    let refused = async |key: &mut Key, why: &str| {
        assert_eq!(alone(&house, key).await.status, 401, "{why}");
    };
    key.origin = "https://practice.example.org.evil.example";
    refused(&mut key, "another website").await;
    key.origin = ORIGIN;
    key.party = "evil.example";
    refused(&mut key, "another host").await;
    key.party = "practice.example.org";
    key.flags = 4;
    refused(&mut key, "nobody there").await;
    key.flags = 5;
    let mut stolen_id = Key { id: key.id.clone(), user: key.user.clone(), ..honest };
    stolen_id.count = 100;
    refused(&mut stolen_id, "another key under the same id").await;
    let count = key.count;
    assert_eq!(alone(&house, &mut key).await.status, 303);
    key.count = count - 1;
    refused(&mut key, "a copy that counts from before").await;
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_in_time() {
    let (house, ada) = house().await;
    let mut key = Key::new();
    add(&house, &ada, &mut key).await;
    let page = house.see("/sign-in", "").await;
    let send = async |fields: &[(&'static str, String)]| {
        let form_token = page.field("form-token");
        let mut all = vec![("form-token", &*form_token)];
        all.extend(fields.iter().map(|(name, value)| (*name, &**value)));
        house.send("/sign-in/passkey", &page.cookie(), &all).await.status
    };
    let signed = key.signed(&page);
    assert_eq!(send(&signed).await, 303);
    assert_ne!(send(&signed).await, 303, "the same answer again");
    let renewed = key.signed(&page);
    assert_ne!(send(&renewed).await, 303, "another answer to the same challenge");
    let page = house.see("/sign-in", "").await;
    house.outside.move_on(10 * 60);
    let late = key.signed(&page);
    let form_token = page.field("form-token");
    let mut all = vec![("form-token", &*form_token)];
    all.extend(late.iter().map(|(name, value)| (*name, &**value)));
    assert_eq!(house.send("/sign-in/passkey", &page.cookie(), &all).await.status, 401);
}

#[tokio::test]
async fn a_challenge_for_one_thing_does_not_do_another() {
    let (house, ada) = house().await;
    let mut key = Key::new();
    let (token, _) = add(&house, &ada, &mut key).await;
    let page = house.see("/sign-in", "").await;
    let signed = key.signed(&page);
    let fields: Vec<(&str, &str)> = signed.iter().map(|(name, value)| (*name, &**value)).collect();
    assert_eq!(act(&house, &token, "/step-up", "/step-up", &fields).await.status, 401);
}

#[tokio::test]
async fn a_passkey_made_for_another_page_is_not_added() {
    let (house, ada) = house().await;
    for (origin, party) in [("https://evil.example", "practice.example.org"), (ORIGIN, "evil.example")] {
        let mut key = Key { origin, party, ..Key::new() };
        house.outside.move_on(120);
        let (_, heard) = add(&house, &ada, &mut key).await;
        assert_eq!(heard.status, 422);
    }
}

#[tokio::test]
async fn a_house_without_a_name_offers_no_passkeys() {
    let house = House::new().await;
    house.identity.answer_at("https://127.0.0.1:8443");
    let ada = house.somebody("ada@example.org").await;
    assert!(!house.see("/sign-in", "").await.body.contains("data-passkey"));
    let token = stepped_up(&house, &ada).await;
    assert_eq!(house.see("/security/passkeys/new", &cookie(&token)).await.status, 404);
}
