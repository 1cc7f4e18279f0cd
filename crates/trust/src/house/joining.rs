//! Signing up as a stranger does: the page, its challenge, the letter, the code.

use super::desk::{Session, hidden};
use super::wire::{Call, Reply};
use super::{Tenant, totp};
use crate::digest::sha256_hex;
use crate::probe::{Trouble, Visit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

/// The hidden field of every form.
const TOKEN: &str = "form-token";
/// How often letters are looked for before they count as not written.
const LOOKS: usize = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// Somebody who has no account yet.
pub(crate) struct Stranger {
    pub browser: Session,
    pub email: String,
    pub name: String,
    pub password: String,
    /// The ticket of the page on which the code is entered.
    ticket: String,
    token: String,
}

/// A letter that the house kept instead of sending it.
pub(crate) struct Letter {
    pub about: String,
    pub text: String,
}

/// Where a tenant's sign-up page is.
pub(crate) fn place(tenant: &Tenant) -> Result<String, Trouble> {
    let place = tenant.sign_up.as_ref().ok_or_else(|| Trouble::new(format!("{} has no sign-up page", tenant.name)))?;
    Ok(format!("/sign-up/{place}"))
}

/// The letters to one address, the newest first.
pub(crate) async fn letters(visit: &Visit<'_>, tenant: &Tenant, to: &str) -> Result<Vec<Letter>, Trouble> {
    let call = Call::get(format!("/outbox/letters?to={to}")).bearer(&tenant.fhir.token);
    let found = visit.wire.call(call).await?.good("asking for the letters")?.json()?;
    let rows = found.get("letters").and_then(Value::as_array).ok_or_else(|| Trouble::new("the letters are no list"))?;
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(rows.iter().map(|row| Letter { about: text(row, "about"), text: text(row, "text") }).collect())
}

/// The newest letter of a kind to an address. Letters are written after the answer, so it is looked for a while.
pub(crate) async fn letter(visit: &Visit<'_>, tenant: &Tenant, to: &str, about: &str) -> Result<Letter, Trouble> {
    for _ in 0..LOOKS {
        if let Some(found) = letters(visit, tenant, to).await?.into_iter().find(|letter| letter.about == about) {
            return Ok(found);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Err(Trouble::new(format!("no letter about {about} was written")))
}

/// The code in a letter: the line that stands by itself.
pub(crate) fn code_in(letter: &Letter) -> Option<String> {
    let line = letter.text.lines().find(|line| line.starts_with("    "))?;
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 6).then_some(digits)
}

/// The answer to the challenge on a page: the work of a browser.
pub(crate) fn answered(page: &Reply) -> Result<String, Trouble> {
    let none = || Trouble::new("the page has no bot challenge");
    let text = page.text();
    let json = text.split("data-challenge=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or_else(none)?;
    let json = json.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#38;", "&").replace("&amp;", "&");
    let asked: Value = serde_json::from_str(&json)?;
    let part = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
    let most = asked.get("maxnumber").and_then(Value::as_u64).unwrap_or_default();
    let (salt, wanted) = (part("salt"), part("challenge"));
    let number = (0..=most).find(|number| sha256_hex(format!("{salt}{number}").as_bytes()) == wanted);
    let number = number.ok_or_else(|| Trouble::new("the bot challenge has no answer"))?;
    let answer = json!({
        "algorithm": part("algorithm"),
        "challenge": wanted,
        "number": number,
        "salt": salt,
        "signature": part("signature"),
    });
    Ok(STANDARD.encode(answer.to_string()))
}

/// The first page of a sign-up, for somebody nobody knows.
pub(crate) async fn first_page(visit: &Visit<'_>, tenant: &Tenant) -> Result<(Session, Reply), Trouble> {
    let mut browser = Session::default();
    let page = browser.send(visit.wire, Call::get(place(tenant)?)).await?.good("opening the sign-up page")?;
    Ok((browser, page))
}

/// An address of the tenant's that nobody has had before, and never will again.
pub(crate) fn fresh_address(visit: &Visit<'_>, tenant: &Tenant) -> String {
    format!("probe-{}@{}.example", visit.outside.uuid().simple(), tenant.name)
}

/// Sends the first form, with its challenge answered.
pub(crate) async fn begin(visit: &Visit<'_>, tenant: &Tenant) -> Result<Stranger, Trouble> {
    let (mut browser, page) = first_page(visit, tenant).await?;
    let token = hidden(&page, TOKEN).ok_or_else(|| Trouble::new("the sign-up page has no form token"))?;
    let email = fresh_address(visit, tenant);
    let mut random = [0u8; 12];
    visit.outside.fill(&mut random);
    let (name, password) = (format!("Probe {}", hex::encode(random)), format!("Probe-{}", STANDARD.encode(random)));
    let challenge = answered(&page)?;
    let fields =
        [(TOKEN, &*token), ("email", &email), ("name", &name), ("asked", "auditor"), ("challenge", &challenge)];
    let sent = browser.send(visit.wire, Call::new("POST", place(tenant)?).form(&fields)).await?;
    let sent = sent.good("sending the sign-up form")?;
    let ticket = hidden(&sent, "ticket").ok_or_else(|| Trouble::new("the sign-up gave no page for the code"))?;
    let token = hidden(&sent, TOKEN).ok_or_else(|| Trouble::new("the page for the code has no form token"))?;
    Ok(Stranger { browser, email, name, password, ticket, token })
}

impl Stranger {
    /// Enters a code, answering a challenge where the page before asked for one.
    pub async fn enter(
        &mut self,
        visit: &Visit<'_>,
        tenant: &Tenant,
        code: &str,
        before: Option<&Reply>,
    ) -> Result<Reply, Trouble> {
        let challenge = before.and_then(|page| answered(page).ok()).unwrap_or_default();
        let fields = [(TOKEN, &*self.token), ("ticket", &*self.ticket), ("code", code), ("challenge", &*challenge)];
        let call = Call::new("POST", format!("{}/code", place(tenant)?)).form(&fields);
        self.browser.send(visit.wire, call).await
    }

    /// Proves the address with the code from the letter.
    pub async fn prove(&mut self, visit: &Visit<'_>, tenant: &Tenant) -> Result<Reply, Trouble> {
        let letter = letter(visit, tenant, &self.email.clone(), "activation").await?;
        let code = code_in(&letter).ok_or_else(|| Trouble::new("the letter has no code"))?;
        self.enter(visit, tenant, &code, None).await?.good("entering the right code")
    }

    /// Chooses the password: what comes next is a page of the house's.
    pub async fn choose(&mut self, visit: &Visit<'_>, tenant: &Tenant) -> Result<Reply, Trouble> {
        let fields = [(TOKEN, &*self.token), ("ticket", &*self.ticket), ("password", &*self.password)];
        let call = Call::new("POST", format!("{}/password", place(tenant)?)).form(&fields);
        self.browser.send(visit.wire, call).await?.good("choosing a password")
    }

    /// Enrols the second factor that a page offers; the session it gives, and the secret.
    pub async fn enrol(&mut self, visit: &Visit<'_>, page: &Reply) -> Result<String, Trouble> {
        let missing = || Trouble::new("the page for the second factor is not as expected");
        let (ticket, secret) =
            (hidden(page, "ticket").ok_or_else(missing)?, hidden(page, "secret").ok_or_else(missing)?);
        let token = hidden(page, TOKEN).ok_or_else(missing)?;
        let code = totp::code(&secret, totp::step(visit.outside.now().seconds())).ok_or_else(missing)?;
        let fields = [(TOKEN, &*token), ("ticket", &*ticket), ("secret", &*secret), ("code", &*code)];
        self.browser.send(visit.wire, Call::new("POST", "/sign-in/code").form(&fields)).await?;
        self.browser.cookie().ok_or_else(|| Trouble::new("enrolling the second factor gave no session"))?;
        Ok(secret)
    }

    /// Tries to sign in with the password alone; the answer.
    pub async fn try_password(&self, visit: &Visit<'_>) -> Result<Reply, Trouble> {
        let mut browser = Session::default();
        let page = browser.send(visit.wire, Call::get("/sign-in")).await?.good("opening the sign-in page")?;
        let token = hidden(&page, TOKEN).ok_or_else(|| Trouble::new("the sign-in page has no form token"))?;
        let fields = [(TOKEN, &*token), ("email", &*self.email), ("password", &*self.password)];
        browser.send(visit.wire, Call::new("POST", "/sign-in").form(&fields)).await
    }
}
