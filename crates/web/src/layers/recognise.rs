use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use access::{Assurance, Ctx};
use axum::RequestExt;
use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, RawPathParams, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use model::{No, Refusal, RefusalKind};

use super::meter::{self, Spent};
use super::{Arrival, House, Onward, cors, inspect};
use crate::cookie;
use crate::declined::{Declined, too_large, wrong_method};
use crate::door::{Asker, Credential, Guest, Knock, not_dressed};
use crate::frame::{Room, RoomFacts};
use crate::site::{Cache, Family, Needs, RouteDecl};

const USER_AGENT_CHARS_MAX: usize = 256;

/// The door: finds the declaration, learns who is asking, lets them in or not.
pub(super) async fn recognise(house: &Arc<House>, mut request: Request, next: Onward<'_>) -> Response {
    let Some(pattern) = request.extensions().get::<MatchedPath>().cloned() else {
        return Declined::from(Refusal::not_found()).into_response();
    };
    let Some(decl) = house.table.find(pattern.as_str(), request.method()).cloned() else {
        return unlisted(house, pattern.as_str(), &mut request).await;
    };
    let mut response = match come_in(house, &decl, &mut request).await {
        Ok(entry) => entry.proceed(house, request, next).await,
        Err(Turned { said, room }) => {
            let mut response = said;
            response.extensions_mut().insert(room);
            response
        }
    };
    response.extensions_mut().insert(decl);
    response
}

/// Somebody who was turned away: what they are told, and the room to tell it in.
struct Turned {
    said: Response,
    room: Room,
}

/// Somebody who may go on.
struct Entry {
    room: Room,
    cors: Option<HeaderValue>,
    new_form_cookie: bool,
    ctx: Option<Ctx>,
    /// What it took of the budgets of who asks; an organisation's share is held until the answer is there.
    spent: Spent,
    /// Where a page goes on after its asker has shown their second factor again; none for programs.
    way_back: Option<String>,
}

impl Entry {
    async fn proceed(self, house: &House, mut request: Request, next: Onward<'_>) -> Response {
        request.extensions_mut().insert(self.room.clone());
        let mut response = next.run(request).await;
        if let Some(ctx) = &self.ctx
            && let Some(no) = super::speak::no_of(&response)
            && matches!(no.as_ref(), No::Refusal(refusal) if !refusal.recorded)
            && let Err(no) = house.doorkeeper.refused(ctx).await
        {
            // ORDER: evidence first; a refusal that cannot be recorded is a fault.
            response = Declined(no).into_response();
        }
        if let Some(to) = self.step_up_from(house, &response) {
            response = to;
        }
        if self.new_form_cookie && self.room.minted() {
            cookie::set_form(response.headers_mut(), &self.room.0.bound_to);
        }
        if let Some(origin) = self.cors {
            cors::allow(response.headers_mut(), origin);
        }
        self.spent.tell(response.headers_mut());
        response.extensions_mut().insert(self.room);
        response
    }

    /// A page's handler was refused only because the second factor was not shown again: the way to show it.
    fn step_up_from(&self, house: &House, response: &Response) -> Option<Response> {
        let no = super::speak::no_of(response)?;
        let No::Refusal(refusal) = no.as_ref() else { return None };
        let too_weak = self.ctx.as_ref().is_some_and(|ctx| ctx.assurance < Assurance::SteppedUp);
        let way_back = self.way_back.as_ref().filter(|_| too_weak)?;
        (refusal.kind == RefusalKind::SecondFactorNeeded).then(|| send_to(house.options.step_up, way_back))
    }
}

async fn come_in(house: &House, decl: &Arc<RouteDecl>, request: &mut Request) -> Result<Entry, Turned> {
    let arrival = request.extensions().get::<Arrival>().copied();
    let address = request.uri().clone();
    let path = address.path();
    let Some(arrival) = arrival else {
        let arrival = Arrival { request: house.options.outside.request_id(), now: house.options.outside.now() };
        return Err(Turned { said: not_dressed().into_response(), room: bare_room(house, arrival, path) });
    };
    let bare = || bare_room(house, arrival, path);
    let turn = |no: No| Turned { said: Declined(no).into_response(), room: bare() };
    if decl.family == Family::Page && changes_things(request.method()) && comes_from_elsewhere(request) {
        return Err(turn(No::Refusal(foreign())));
    }
    bound_body(decl, request).map_err(turn)?;
    let knock = knock(decl, arrival, request).await;
    let guest = who(house, decl, &knock).await.map_err(turn)?;
    let cors = cors::allowed(house, decl, guest.as_ref().map(|guest| guest.ctx.tenant), request.headers());
    let spent = meter::spend(house, arrival, guest.as_ref().map(|guest| &guest.ctx));
    let spent = spent.map_err(|said| Turned { said: *said, room: bare() })?;
    let (room, new_form_cookie) = room(house, &knock, guest.as_ref(), request.headers(), path, decl.family);
    let ctx = guest.as_ref().map(|guest| guest.ctx.clone());
    if let Some(said) = turned_away(house, decl, &knock, ctx.as_ref(), (request.uri(), request.headers())).await {
        return Err(Turned { said, room });
    }
    if let Err(no) = inspect::rest(house, request, guest.as_ref()).await {
        return Err(Turned { said: inspect::unread(house, Some(decl.clone()), guest, no).await, room });
    }
    if let Some(ctx) = &ctx {
        request.extensions_mut().insert(Asker(ctx.clone()));
    }
    let way_back = (decl.family == Family::Page).then(|| way_back(request.method(), request.uri(), request.headers()));
    Ok(Entry { room, cors, new_form_cookie, ctx, spent, way_back })
}

/// INVARIANT: an answer that others may keep is made without knowing who asks, so it cannot hold anything of theirs.
async fn who(house: &House, decl: &RouteDecl, knock: &Knock) -> Result<Option<Guest>, No> {
    if decl.cache != Cache::Personal || (knock.bearer.is_none() && knock.session.is_none()) {
        return Ok(None);
    }
    match house.doorkeeper.recognise(knock).await {
        // A worn-out credential makes its bearer nobody; `denied` records that where somebody is needed.
        Err(No::Refusal(refusal)) if refusal.kind == RefusalKind::NotSignedIn || decl.needs == Needs::Public => {
            Ok(None)
        }
        other => other,
    }
}

/// The answer for whoever lacks what the route needs.
async fn turned_away(
    house: &House,
    decl: &RouteDecl,
    knock: &Knock,
    ctx: Option<&Ctx>,
    (uri, headers): (&Uri, &HeaderMap),
) -> Option<Response> {
    let enough = match (decl.needs, ctx) {
        (Needs::Public, _) | (Needs::Session, Some(_)) => true,
        (Needs::Permission(name), Some(ctx)) => house.doorkeeper.permits(ctx, name),
        (Needs::SteppedUp, Some(ctx)) => ctx.assurance >= Assurance::SteppedUp,
        (Needs::Session | Needs::SteppedUp | Needs::Permission(_), None) => false,
    };
    if enough {
        return None;
    }
    let refusal = match house.doorkeeper.denied(knock, decl, ctx).await {
        Ok(refusal) => refusal,
        Err(no) => return Some(Declined(no).into_response()),
    };
    if refusal.kind == RefusalKind::SecondFactorNeeded
        && decl.family == Family::Page
        && ctx.is_some_and(|ctx| ctx.assurance < Assurance::SteppedUp)
    {
        return Some(send_to(house.options.step_up, &way_back(&knock.method, uri, headers)));
    }
    if refusal.kind != RefusalKind::NotSignedIn {
        return Some(Declined::from(refusal).into_response());
    }
    Some(match decl.family {
        Family::Page => send_to(house.options.sign_in, &wanted(&knock.method, uri)),
        Family::Api => {
            let scheme = match knock.bearer {
                None => r#"Bearer realm="candor""#,
                Some(_) => r#"Bearer realm="candor", error="invalid_token""#,
            };
            let mut response = Declined::from(refusal).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
            response
        }
    })
}

/// Sends a person to a page that lets them go on afterwards to where they wanted to go.
fn send_to(page: &'static str, wanted: &str) -> Response {
    let mut to = page.to_owned();
    if !wanted.is_empty() {
        to.push_str("?next=");
        for byte in wanted.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => to.push(char::from(byte)),
                _ => to.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    match HeaderValue::from_str(&to) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Declined::from(crate::door::not_signed_in()).into_response(),
    }
}

/// The address that was asked for, if it can be asked for again.
fn wanted(method: &Method, uri: &Uri) -> String {
    match *method {
        Method::GET => uri.path_and_query().map_or("/", |wanted| wanted.as_str()).to_owned(),
        _ => String::new(),
    }
}

/// The same; for a form that was sent, the page of ours that it stood on.
fn way_back(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    if *method == Method::GET {
        return wanted(method, uri);
    }
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = uri.authority().map(|authority| authority.as_str()).or_else(|| text(header::HOST)).unwrap_or("");
    let own = text(header::REFERER).and_then(|from| from.strip_prefix("https://")?.strip_prefix(host));
    own.filter(|path| path.starts_with('/')).unwrap_or("").to_owned()
}

/// A path that exists, with a method that it does not have.
async fn unlisted(house: &House, pattern: &str, request: &mut Request) -> Response {
    if let Some(response) = cors::preflight(house, pattern, request) {
        return response;
    }
    let mut response = Declined(wrong_method()).into_response();
    if let Ok(allowed) = HeaderValue::from_str(&house.table.allowed(pattern)) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

fn changes_things(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD)
}

/// Whether a browser says that another site caused this request. Clients that say nothing are no browsers of this
/// decade; for them the form token alone decides.
fn comes_from_elsewhere(request: &Request) -> bool {
    let text = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text("sec-fetch-site")
        && site != "same-origin"
        && site != "none"
    {
        return true;
    }
    let Some(origin) = text("origin") else { return false };
    let host = request.uri().authority().map(|authority| authority.as_str()).or_else(|| text("host")).unwrap_or("");
    origin.strip_prefix("https://") != Some(host)
}

fn foreign() -> Refusal {
    Refusal::new(
        RefusalKind::NotAllowed,
        "Another website asked for this in your name, so it was not done. If you meant to do it, open the page here and \
         do it there.",
    )
}

fn bound_body(decl: &RouteDecl, request: &mut Request) -> Result<(), No> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > decl.body_bytes_max as u64) {
        return Err(too_large());
    }
    let body = std::mem::take(request.body_mut());
    *request.body_mut() = Body::new(Limited::new(body, decl.body_bytes_max));
    Ok(())
}

pub(super) async fn knock(decl: &RouteDecl, arrival: Arrival, request: &mut Request) -> Knock {
    let params = params(request).await;
    let headers = request.headers();
    let credential = |family: Family, text: Option<&str>| text.filter(|_| decl.family == family).map(Credential::new);
    Knock {
        method: request.method().clone(),
        path: decl.path,
        params,
        bearer: credential(Family::Api, bearer(headers)),
        session: credential(Family::Page, cookie::read(headers, cookie::SESSION)),
        peer: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
        user_agent: headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect()),
        request: arrival.request,
        now: arrival.now,
        purpose: decl.purpose,
    }
}

pub(super) async fn params(request: &mut Request) -> Vec<(String, String)> {
    match request.extract_parts::<RawPathParams>().await {
        Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        Err(_) => Vec::new(),
    }
}

/// The bearer token (RFC 6750 §2.1), if there is exactly one `Authorization` header and it holds one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= 4096).then_some(token)
}

/// The room of this browser. Form tokens are bound to the session, or to a cookie of their own before there is one.
fn room(
    house: &House,
    knock: &Knock,
    guest: Option<&Guest>,
    headers: &HeaderMap,
    path: &str,
    family: Family,
) -> (Room, bool) {
    // An interface shows no forms.
    if family == Family::Api {
        let arrival = Arrival { request: knock.request, now: knock.now };
        return (bare_room(house, arrival, path), false);
    }
    let session = knock.session.as_ref().filter(|_| guest.is_some()).map(|session| session.reveal().to_owned());
    let before = cookie::read(headers, cookie::FORM).map(str::to_owned);
    let is_new = session.is_none() && before.is_none();
    let bound_to = session.or(before).unwrap_or_else(|| fresh_cookie(house));
    let arrival = Arrival { request: knock.request, now: knock.now };
    let account = guest.and_then(|guest| guest.account.clone());
    let device = cookie::read(headers, cookie::DEVICE).unwrap_or("").to_owned();
    let agent = knock.user_agent.clone().unwrap_or_default();
    (furnish(house, arrival, path, Browser { account, bound_to, peer: knock.peer, agent, device }), is_new)
}

/// What is known about the browser that a room is made for.
#[derive(Default)]
struct Browser {
    account: Option<crate::frame::Account>,
    bound_to: String,
    peer: Option<IpAddr>,
    agent: String,
    device: String,
}

/// A room for whoever is turned away before the door knows anything about them. It mints no form that could be sent.
pub(super) fn bare_room(house: &House, arrival: Arrival, path: &str) -> Room {
    furnish(house, arrival, path, Browser::default())
}

fn furnish(house: &House, arrival: Arrival, path: &str, browser: Browser) -> Room {
    let Browser { account, bound_to, peer, agent, device } = browser;
    Room(Arc::new(RoomFacts {
        request: arrival.request,
        now: arrival.now,
        path: path.to_owned(),
        peer,
        agent,
        device,
        account,
        synthetic: house.options.synthetic,
        sign_in: house.options.sign_in,
        sign_out: house.options.sign_out,
        seal: house.seal.clone(),
        bound_to,
        minted: AtomicBool::new(false),
        outside: house.options.outside.clone(),
    }))
}

fn fresh_cookie(house: &House) -> String {
    let mut bytes = [0u8; 16];
    house.options.outside.fill(&mut bytes);
    let mut text = String::with_capacity(32);
    for byte in bytes {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
    }
    text
}
