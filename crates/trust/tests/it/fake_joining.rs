//! The made-up house's doors for newcomers: sign-up, codes by mail, requests, new passwords, and its outbox.

use crate::fake::{Asked, Broken, Fake, Inner, json_reply, page, pairs, status};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use trust::house::Reply;

#[derive(Default)]
pub struct Joining {
    letters: Vec<(String, &'static str, String)>,
    ups: BTreeMap<String, Up>,
    /// By address: password, accepted or not, tenant.
    pub people: BTreeMap<String, (String, bool, usize)>,
    spent: BTreeSet<String>,
    links: BTreeMap<String, String>,
    enrolling: BTreeMap<String, String>,
    newcomers: BTreeMap<String, String>,
}

struct Up {
    tenant: usize,
    email: String,
    name: String,
    code: String,
    wrong: u32,
    used: bool,
    proven: bool,
}

/// The second tenant is open, the first wants approval.
const OPEN: usize = 1;

fn form(more: &str) -> Reply {
    page(&format!(r#"<form><input type="hidden" name="form-token" value="t">{more}"#))
}

fn challenge(route: &str, number: u64) -> String {
    let salt = format!("s{number}?expires=99&");
    let hash = sha256_hex(format!("{salt}7").as_bytes());
    let json = json!({ "algorithm": "SHA-256", "challenge": hash, "maxnumber": 50, "salt": salt, "signature": route });
    format!(r#"<div data-challenge="{}"></div>"#, json.to_string().replace('"', "&#34;"))
}

fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    hex::encode(digest.as_ref())
}

impl Fake {
    /// The answer, where the path is one of these doors.
    pub fn joining(&self, inner: &mut Inner, asked: &Asked<'_>) -> Option<Reply> {
        let fields = pairs(&String::from_utf8_lossy(&asked.call.body));
        let is_post = asked.call.method == "POST";
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        Some(match (is_post, asked.path) {
            (false, "/outbox/letters") => match self.by_key(inner, asked) {
                Some(_) => self.letters(inner, asked.query.get("to").map_or("", String::as_str)),
                None => status(401),
            },
            (false, "/reset") => form(&challenge("reset", inner.number_of_request())),
            (true, "/reset") => self.ask_for_link(inner, &field("email"), &field("challenge")),
            (false, "/reset/choose") => match inner.joining.links.contains_key(&asked.query["token"]) {
                true => form(""),
                false => status(410),
            },
            (true, "/reset/choose") => self.set_password(inner, &field("link"), &field("password")),
            (false, "/people/requests") => {
                let waiting = inner.joining.ups.values().filter(|up| up.proven);
                let rows: Vec<String> =
                    waiting.map(|up| format!(r#"<a href="/people/requests/{}">{}</a>"#, up.email, up.name)).collect();
                page(&rows.concat())
            }
            (false, path) if path.starts_with("/people/requests/") => form(""),
            (true, path) if path.starts_with("/people/requests/") => {
                let email = path.trim_start_matches("/people/requests/").to_owned();
                if let Some((_, accepted, _)) = inner.joining.people.get_mut(&email) {
                    *accepted = true;
                }
                status(303)
            }
            (false, "/welcome") => match self.newcomer(inner, asked) {
                Some(_) if self.broken == Broken::NewcomersGetMore => page("<dt>Newcomer</dt><dt>Auditor</dt>"),
                Some(_) => page("<dt>Newcomer</dt>"),
                None => status(401),
            },
            (_, path) => return self.sign_up(inner, path.strip_prefix("/sign-up/probe-")?, is_post, &fields),
        })
    }

    fn sign_up(
        &self,
        inner: &mut Inner,
        rest: &str,
        is_post: bool,
        fields: &BTreeMap<String, String>,
    ) -> Option<Reply> {
        let tenant = usize::from(rest.as_bytes().first()? - b'a');
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let ticket = field("ticket");
        Some(match (is_post, rest.get(1..)?) {
            (false, "") => {
                let says_open = (tenant == OPEN) != (self.broken == Broken::SaysAnotherWayIn);
                let words = if says_open { "joins at once, without approval" } else { "before somebody has approved" };
                form(&format!("{words}{}", challenge("sign-up", inner.number_of_request())))
            }
            (true, "") => {
                if !self.takes(inner, "sign-up", &field("challenge")) {
                    return Some(status(422));
                }
                let (ticket, code) =
                    (format!("up-{}", inner.number_of_request()), format!("{:08}", inner.number_of_request()));
                let up = Up {
                    tenant,
                    email: field("email"),
                    name: field("name").replace("%20", " "),
                    code: code.clone(),
                    wrong: 0,
                    used: false,
                    proven: false,
                };
                inner.joining.letters.push((up.email.clone(), "activation", format!("Hello\n\n    {code}\n")));
                inner.joining.ups.insert(ticket.clone(), up);
                form(&format!(r#"<input type="hidden" name="ticket" value="{ticket}">"#))
            }
            (true, "/code") => {
                let up = inner.joining.ups.get_mut(&ticket)?;
                let void = up.wrong >= 5 && self.broken != Broken::CodesAreNeverVoid;
                let used = up.used && self.broken != Broken::CodesAreGoodTwice;
                if void || used || up.code != field("code") {
                    up.wrong += 1;
                    return Some(status(401));
                }
                (up.used, up.proven) = (true, true);
                form(&format!(r#"<input type="hidden" name="ticket" value="{ticket}"><input name="password">"#))
            }
            (true, "/password") => {
                let up = inner.joining.ups.get(&ticket)?;
                let accepted = up.tenant == OPEN || self.broken == Broken::LetsInBeforeApproval;
                let (email, open) = (up.email.clone(), up.tenant == OPEN);
                inner.joining.people.insert(email.clone(), (field("password"), accepted, tenant));
                if !open {
                    return Some(page("Your request waits"));
                }
                inner.joining.enrolling.insert(format!("enrol-{ticket}"), email);
                form(&format!(
                    r#"<input type="hidden" name="ticket" value="enrol-{ticket}"><input type="hidden" name="secret" value="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ">"#
                ))
            }
            _ => return None,
        })
    }

    /// A newcomer's first code: their session.
    pub fn enrolled(&self, inner: &mut Inner, ticket: &str) -> Option<Reply> {
        let email = inner.joining.enrolling.remove(ticket)?;
        let token = format!("newcomer-{ticket}-{}", "Qr5St6Uv7W".repeat(3));
        inner.joining.newcomers.insert(token.clone(), email);
        let mut reply = status(303);
        reply.headers.push(("location".into(), "/welcome".into()));
        reply.headers.push(("set-cookie".into(), format!("__Host-candor={token}; Path=/; Secure; HttpOnly")));
        Some(reply)
    }

    /// Whose session a newcomer's is.
    pub fn newcomer(&self, inner: &Inner, asked: &Asked<'_>) -> Option<String> {
        let cookies = crate::fake::header(asked.call, "cookie")?;
        let token = cookies.split("; ").find_map(|pair| pair.strip_prefix("__Host-candor="))?;
        inner.joining.newcomers.get(token).cloned()
    }

    /// The second step of somebody who has joined.
    pub fn joined(&self, inner: &mut Inner, email: &str, password: &str) -> Option<Reply> {
        let (known, accepted, _) = inner.joining.people.get(email)?;
        if known != password || !accepted {
            return None;
        }
        Some(form(r#"<input type="hidden" name="ticket" value="second">"#))
    }

    fn letters(&self, inner: &Inner, to: &str) -> Reply {
        let mine = inner.joining.letters.iter().rev().filter(|(whose, ..)| whose == to);
        let rows: Vec<Value> =
            mine.map(|(to, about, text)| json!({ "to": to, "about": about, "text": text })).collect();
        json_reply(&json!({ "letters": rows }))
    }

    fn takes(&self, inner: &mut Inner, route: &str, answer: &str) -> bool {
        if self.broken == Broken::TakesAnyChallenge {
            return true;
        }
        let answer = answer.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        let Some(json) = STANDARD.decode(&answer).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        else {
            return false;
        };
        let right = json["signature"] == route && json["number"] == 7;
        right && (inner.joining.spent.insert(answer) || self.broken == Broken::ChallengesAreGoodTwice)
    }

    fn ask_for_link(&self, inner: &mut Inner, email: &str, answer: &str) -> Reply {
        if !self.takes(inner, "reset", answer) {
            return status(422);
        }
        if inner.joining.people.contains_key(email) {
            let link = format!("link-{}-a", inner.number_of_request());
            inner.joining.letters.push((
                email.to_owned(),
                "reset",
                format!("https://fake/reset/choose?token={link}\n"),
            ));
            inner.joining.links.insert(link, email.to_owned());
            if self.broken == Broken::ResetTellsWhoIsKnown {
                return page("A letter is on its way.");
            }
        }
        page("If this address has an account, a letter is on its way.")
    }

    fn set_password(&self, inner: &mut Inner, link: &str, password: &str) -> Reply {
        let Some(email) = inner.joining.links.get(link).cloned() else { return status(410) };
        if self.broken != Broken::LinksAreGoodTwice {
            inner.joining.links.retain(|_, whose| *whose != email);
        }
        if let Some(person) = inner.joining.people.get_mut(&email) {
            person.0 = password.to_owned();
        }
        if self.broken != Broken::ResetKeepsSessions {
            inner.joining.newcomers.retain(|_, whose| *whose != email);
        }
        inner.joining.letters.push((email, "notice", "Your password was changed.".into()));
        page("Changed")
    }
}
