use super::totp;
use super::wire::{Call, Reply, Wire};
use super::{Person, Tenant};
use crate::probe::{Trouble, Visit};
use model::Outside;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::Mutex;

/// The session cookie.
pub(crate) const SESSION: &str = "__Host-candor";

/// The hidden field of every form.
const TOKEN: &str = "form-token";

/// Signs in as people do, with both factors, and keeps the sessions it has.
///
/// A code is good once, so it waits for the next one where it must.
#[derive(Default)]
pub struct Desk {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    sessions: BTreeMap<String, Session>,
    /// The last step whose code was used, by address.
    steps: BTreeMap<String, i64>,
}

/// A browser of the runner's: its cookies.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Session {
    cookies: BTreeMap<String, String>,
    /// The attributes of the session cookie, in lower case.
    attributes: Vec<String>,
}

/// What the password alone gives.
pub(crate) struct HalfWay {
    pub browser: Session,
    pub ticket: String,
    pub token: String,
}

impl Desk {
    /// Somebody of a tenant, signed in; a session that is still good is used again.
    pub async fn signed_in(&self, visit: &Visit<'_>, tenant: &Tenant, number: usize) -> Result<Session, Trouble> {
        let person = tenant.person(number)?;
        let mut held = self.held.lock().await;
        if let Some(session) = held.sessions.get(&person.email)
            && super::route::is_alive(visit, session).await?
        {
            return Ok(session.clone());
        }
        let session = enter(visit, person, &mut held.steps).await?;
        held.sessions.insert(person.email.clone(), session.clone());
        Ok(session)
    }

    /// A session of its own, which nobody else will use.
    pub async fn fresh(&self, visit: &Visit<'_>, person: &Person) -> Result<Session, Trouble> {
        let mut held = self.held.lock().await;
        enter(visit, person, &mut held.steps).await
    }

    /// A session of its own whose holder has just shown the second factor once more.
    pub async fn sure(&self, visit: &Visit<'_>, person: &Person) -> Result<Session, Trouble> {
        let mut held = self.held.lock().await;
        let mut session = enter(visit, person, &mut held.steps).await?;
        let page = session.send(visit.wire, Call::get("/step-up")).await?.good("opening the page for one more code")?;
        let token = hidden(&page, TOKEN).ok_or_else(|| Trouble::new("the page for one more code has no form token"))?;
        let step = unused_step(visit.outside, held.steps.get(&person.email).copied()).await;
        let code = totp::code(&person.totp_secret, step)
            .ok_or_else(|| Trouble::new("a second factor's secret is unusable"))?;
        let call = Call::new("POST", "/step-up").form(&[(TOKEN, &token), ("code", &code)]);
        let reply = session.send(visit.wire, call).await?;
        held.steps.insert(person.email.clone(), step);
        match reply.status {
            303 => Ok(session),
            status => Err(Trouble::new(format!("showing the second factor once more was answered {status}"))),
        }
    }
}

/// Both factors.
async fn enter(visit: &Visit<'_>, person: &Person, steps: &mut BTreeMap<String, i64>) -> Result<Session, Trouble> {
    let HalfWay { mut browser, ticket, token } = half_way(visit.wire, person).await?;
    let used = steps.get(&person.email).copied();
    let step = unused_step(visit.outside, used).await;
    let code =
        totp::code(&person.totp_secret, step).ok_or_else(|| Trouble::new("a second factor's secret is unusable"))?;
    let call = Call::new("POST", "/sign-in/code").form(&[(TOKEN, &token), ("ticket", &ticket), ("code", &code)]);
    let reply = browser.send(visit.wire, call).await?;
    steps.insert(person.email.clone(), step);
    if browser.cookies.contains_key(SESSION) {
        return Ok(browser);
    }
    Err(Trouble::new(format!("signing in with both factors: the house answered {} and gave no session", reply.status)))
}

/// The password alone.
pub(crate) async fn half_way(wire: &dyn Wire, person: &Person) -> Result<HalfWay, Trouble> {
    let mut browser = Session::default();
    let page = browser.send(wire, Call::get("/sign-in")).await?.good("opening the sign-in page")?;
    let token = hidden(&page, TOKEN).ok_or_else(|| Trouble::new("the sign-in page has no form token"))?;
    let fields = [(TOKEN, token.as_str()), ("email", &person.email), ("password", &person.password)];
    let mut page = browser.send(wire, Call::new("POST", "/sign-in").form(&fields)).await?;
    // After wrong attempts, a person's browser answers a challenge and sends the form again.
    if let Ok(answer) = super::joining::answered(&page) {
        let fields = [&fields[..], &[("challenge", &*answer)]].concat();
        page = browser.send(wire, Call::new("POST", "/sign-in").form(&fields)).await?;
    }
    let page = page.good("sending the password")?;
    let ticket = hidden(&page, "ticket").ok_or_else(|| Trouble::new("the right password gave no second step"))?;
    let token = hidden(&page, TOKEN).ok_or_else(|| Trouble::new("the page for the code has no form token"))?;
    Ok(HalfWay { browser, ticket, token })
}

/// The present step, or the next one if its code was used.
async fn unused_step(outside: &dyn Outside, used: Option<i64>) -> i64 {
    loop {
        let step = totp::step(outside.now().seconds());
        if used.is_none_or(|used| used < step) {
            return step;
        }
        // In small parts: the clock that counts is the one passed in, and it may run at another pace.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

impl Session {
    /// A browser with only this session cookie.
    pub fn of_cookie(value: &str) -> Self {
        Self { cookies: BTreeMap::from([(SESSION.to_owned(), value.to_owned())]), attributes: Vec::new() }
    }

    /// The session cookie's value.
    pub fn cookie(&self) -> Option<&str> {
        self.cookies.get(SESSION).map(String::as_str)
    }

    /// What the session cookie was set with, such as `httponly`.
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// The request with the cookies.
    pub fn dress(&self, call: Call) -> Call {
        if self.cookies.is_empty() {
            return call;
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        call.header("cookie", pairs.join("; "))
    }

    /// Sends a request as this browser and keeps the cookies that the answer sets.
    pub async fn send(&mut self, wire: &dyn Wire, call: Call) -> Result<Reply, Trouble> {
        let reply = wire.call(self.dress(call)).await?;
        for cookie in cookies_set(&reply) {
            if cookie.name == SESSION {
                self.attributes.clone_from(&cookie.attributes);
            }
            match cookie.attributes.iter().any(|attribute| attribute == "max-age=0") {
                true => self.cookies.remove(&cookie.name),
                false => self.cookies.insert(cookie.name, cookie.value),
            };
        }
        Ok(reply)
    }

    /// The token of the form on a page.
    pub(crate) async fn token(&mut self, wire: &dyn Wire, page: &str) -> Result<String, Trouble> {
        let found = self.send(wire, Call::get(page)).await?.good("opening a page with a form")?;
        hidden(&found, TOKEN).ok_or_else(|| Trouble::new(format!("{page} has no form")))
    }

    /// Signs out as people do: with the form on a page.
    pub async fn sign_out(&mut self, wire: &dyn Wire, page: &str) -> Result<Reply, Trouble> {
        let found = self.send(wire, Call::get(page)).await?;
        let token = hidden(&found, TOKEN).ok_or_else(|| Trouble::new("the page has no form to sign out with"))?;
        self.send(wire, Call::new("POST", "/sign-out").form(&[(TOKEN, &token)])).await
    }
}

/// A cookie as an answer sets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieSet {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Its attributes in lower case.
    pub attributes: Vec<String>,
}

/// Every cookie that an answer sets.
pub fn cookies_set(reply: &Reply) -> Vec<CookieSet> {
    let read = |line: &str| {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes = parts.map(str::to_lowercase).collect();
        Some(CookieSet { name: name.to_owned(), value: value.to_owned(), attributes })
    };
    reply.all("set-cookie").filter_map(read).collect()
}

/// The value of a hidden field on a page.
pub(crate) fn hidden(page: &Reply, name: &str) -> Option<String> {
    let text = page.text();
    let quoted = format!("name=\"{name}\"");
    let at = text.find(&quoted)?;
    let start = text.get(..at)?.rfind('<')?;
    let tag = text.get(start..)?.split('>').next()?;
    let value = tag.split_once("value=\"")?.1.split('"').next()?;
    Some(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_field_is_read_wherever_its_value_stands() {
        for html in [
            r#"<form><input type="hidden" name="ticket" value="abc"><b>"#,
            r#"<p><input value="abc" type="hidden" name="ticket"></p>"#,
        ] {
            let page = Reply { body: html.into(), ..Reply::default() };
            assert_eq!(hidden(&page, "ticket").as_deref(), Some("abc"));
            assert_eq!(hidden(&page, "code"), None);
        }
    }
}
