use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use askama::Template;
use askama::filters::Safe;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::{Fault, Outside, RequestId, Time};

use crate::assets;
use crate::declined::{Declined, Reply};
use crate::door::not_dressed;
use crate::form_token::{FormSeal, FormToken};
use crate::parts::{PatientBanner, Tabs};

/// How the top bar names whoever is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The person's name, such as `Dr Mensah`.
    pub name: String,
    /// What they are here, such as `dentist`.
    pub role: String,
    /// Where their own account page is, if there is one.
    pub href: Option<&'static str>,
    /// Where else they may go, beside what the bar shows.
    pub places: Vec<NavItem>,
}

/// One address in the top bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NavItem {
    /// The word on the bar.
    pub words: &'static str,
    /// Where it leads. It counts as current on this address and below it.
    pub href: &'static str,
}

/// What the door leaves for the handler about the page to be made.
#[derive(Clone)]
pub struct Room(pub(crate) Arc<RoomFacts>);

pub(crate) struct RoomFacts {
    pub(crate) request: RequestId,
    pub(crate) now: Time,
    pub(crate) path: String,
    pub(crate) peer: Option<IpAddr>,
    pub(crate) agent: String,
    pub(crate) device: String,
    pub(crate) account: Option<Account>,
    pub(crate) synthetic: bool,
    pub(crate) sign_in: &'static str,
    pub(crate) sign_out: &'static str,
    pub(crate) seal: Arc<FormSeal>,
    /// The cookie that form tokens are bound to: the session, or the form cookie before there is one.
    pub(crate) bound_to: String,
    pub(crate) minted: AtomicBool,
    pub(crate) outside: Arc<dyn Outside>,
}

impl Room {
    /// The id of this request.
    pub fn request(&self) -> RequestId {
        self.0.request
    }

    /// When the request came in.
    pub fn now(&self) -> Time {
        self.0.now
    }

    /// Where the connection came from.
    pub fn peer(&self) -> Option<IpAddr> {
        self.0.peer
    }

    /// What the browser calls itself, at most 256 characters; empty if it says nothing.
    pub fn agent(&self) -> &str {
        &self.0.agent
    }

    /// What this browser was given to be known again by; empty if nothing.
    pub fn device(&self) -> &str {
        &self.0.device
    }

    /// A fresh form token, bound to this browser.
    pub fn form_token(&self) -> FormToken {
        self.0.minted.store(true, Ordering::Relaxed);
        self.0.seal.mint(&self.0.bound_to, self.0.outside.as_ref())
    }

    /// An empty frame for a page of this title.
    pub fn frame(&self, title: impl Into<String>) -> Frame {
        let sign_out = self.0.account.as_ref().map(|_| self.form_token());
        Frame {
            title: title.into(),
            status: StatusCode::OK,
            nav: Vec::new(),
            home: "/",
            width: Width::Wide,
            banner: None,
            tabs: None,
            scripts: Vec::new(),
            styles: Vec::new(),
            refresh_seconds: None,
            room: self.clone(),
            sign_out,
        }
    }

    /// How the top bar names whoever is signed in.
    pub fn account(&self) -> Option<&Account> {
        self.0.account.as_ref()
    }

    pub(crate) fn token_holds(&self, token: &str) -> bool {
        self.0.seal.holds(token, &self.0.bound_to)
    }

    pub(crate) fn minted(&self) -> bool {
        self.0.minted.load(Ordering::Relaxed)
    }
}

impl<S: Sync> FromRequestParts<S> for Room {
    type Rejection = Declined;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Declined> {
        parts.extensions.get::<Room>().cloned().ok_or_else(not_dressed)
    }
}

/// How wide the page's content runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// The whole width up to 1216 px: charts, tables, columns.
    Wide,
    /// 1056 px: the trust centre and other pages of sections.
    Page,
    /// 640 px: forms and prose.
    Reading,
}

/// Everything around a page's own content: title, top bar, banner, tabs, footer.
#[derive(Clone)]
pub struct Frame {
    title: String,
    status: StatusCode,
    nav: Vec<NavItem>,
    home: &'static str,
    width: Width,
    banner: Option<PatientBanner>,
    tabs: Option<Tabs>,
    scripts: Vec<&'static str>,
    styles: Vec<&'static str>,
    refresh_seconds: Option<u16>,
    room: Room,
    sign_out: Option<FormToken>,
}

impl Frame {
    /// The same frame with an HTTP status other than 200.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same frame with these addresses in the top bar.
    #[must_use]
    pub fn nav(mut self, items: &[NavItem]) -> Self {
        self.nav = items.to_vec();
        self
    }

    /// The same frame, whose brand leads here.
    #[must_use]
    pub fn home(mut self, href: &'static str) -> Self {
        self.home = href;
        self
    }

    /// The same frame in another width.
    #[must_use]
    pub fn width(mut self, width: Width) -> Self {
        self.width = width;
        self
    }

    /// The same frame about one patient, who is named in a banner on top.
    #[must_use]
    pub fn patient(mut self, banner: PatientBanner) -> Self {
        self.banner = Some(banner);
        self
    }

    /// The same frame with tabs under the bar.
    #[must_use]
    pub fn tabs(mut self, tabs: Tabs) -> Self {
        self.tabs = Some(tabs);
        self
    }

    /// The same frame, loaded again every so many seconds while long work goes on.
    #[must_use]
    pub fn refresh_seconds(mut self, seconds: u16) -> Self {
        self.refresh_seconds = Some(seconds);
        self
    }

    /// Whether the page shows a form that came back, which its title then says first.
    fn came_back(&self) -> bool {
        self.status == StatusCode::UNPROCESSABLE_ENTITY
    }

    /// The same frame with a script file of this house. The route must declare `own_scripts`.
    #[must_use]
    pub fn script(mut self, src: &'static str) -> Self {
        self.scripts.push(src);
        self
    }

    /// The same frame with one more style sheet of this house, after the general one.
    #[must_use]
    pub fn style(mut self, href: &'static str) -> Self {
        self.styles.push(href);
        self
    }
}

/// A page: the frame around a body.
pub fn page(frame: Frame, body: impl Template) -> Reply {
    let inner = body.render().map_err(|error| Fault::new("rendering a page", error))?;
    let status = frame.status;
    let nav = marked(&frame.nav, &frame.room.0.path);
    let whole = FramePage {
        css: assets::css_href(),
        mark: assets::mark_href(),
        facts: &frame.room.0,
        frame: &frame,
        nav,
        body: Safe(&inner),
    };
    let html = whole.render().map_err(|error| Fault::new("rendering a page frame", error))?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// The longest item that covers the path is the current one.
fn marked(nav: &[NavItem], path: &str) -> Vec<(NavItem, bool)> {
    let covers = |item: &NavItem| {
        let stem = item.href.trim_end_matches('/');
        path == item.href || path.strip_prefix(stem).is_some_and(|rest| rest.starts_with('/') && !stem.is_empty())
    };
    let current = nav.iter().filter(|item| covers(item)).max_by_key(|item| item.href.len()).map(|item| item.href);
    nav.iter().map(|item| (item.clone(), Some(item.href) == current)).collect()
}

#[derive(Template)]
#[template(path = "frame.html")]
struct FramePage<'a> {
    css: &'static str,
    mark: &'static str,
    facts: &'a RoomFacts,
    frame: &'a Frame,
    nav: Vec<(NavItem, bool)>,
    body: Safe<&'a String>,
}

/// Sends the browser on to an address of this house (303).
pub fn see_other(to: &Next) -> Response {
    match HeaderValue::from_str(&to.0) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => {
            Declined::from(Fault::new("sending a browser on", "the address does not fit a header")).into_response()
        }
    }
}

/// An address of this house to go on to. Parsed, so that a link cannot send anybody elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next(String);

impl Next {
    /// The address if it stays in this house: one slash first, printable ASCII, no backslash, at most 2048 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let own = text.starts_with('/') && !text.starts_with("//");
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        (own && plain && text.len() <= 2048).then(|| Self(text.to_owned()))
    }

    /// An address that is written in the code.
    pub fn own(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
