use std::fmt;
use std::net::IpAddr;

use access::Ctx;
use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use futures_util::future::BoxFuture;
use model::{Answer, Fault, Purpose, Refusal, RefusalKind, RequestId, Time};

use crate::declined::Declined;
use crate::frame::Account;
use crate::site::RouteDecl;

/// A credential as it came in. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(String);

impl Credential {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself, to be compared or digested, never to be kept or shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(…)")
    }
}

/// One request as the doorkeeper sees it, before anybody is known.
#[derive(Debug, Clone)]
pub struct Knock {
    /// The method.
    pub method: Method,
    /// The declared path pattern, never the path itself, which may hold names.
    pub path: &'static str,
    /// The values of the pattern's parameters, such as the organisation in an interface's address.
    pub params: Vec<(String, String)>,
    /// The bearer token; only on routes for programs.
    pub bearer: Option<Credential>,
    /// The session cookie's value; only on pages.
    pub session: Option<Credential>,
    /// Where the connection came from.
    pub peer: Option<IpAddr>,
    /// What the browser calls itself, at most 256 characters, for the list of one's own sessions.
    pub user_agent: Option<String>,
    /// The id of this request.
    pub request: RequestId,
    /// When it came in.
    pub now: Time,
    /// Why whoever uses this route asks, as the route declares.
    pub purpose: Purpose,
}

/// Somebody whom the doorkeeper recognised.
#[derive(Clone)]
pub struct Guest {
    /// Who asks, for handlers.
    pub ctx: Ctx,
    /// How the page's top bar names them; none for programs.
    pub account: Option<Account>,
}

/// Who tells who is asking. Implemented by `identity`, joined in `candor`.
pub trait Doorkeeper: Send + Sync + 'static {
    /// Who is asking; `Ok(None)` if nobody is, a refusal if the credential is not (or no longer) good.
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>>;

    /// Whether the asker holds a permission, as far as the door must know. The vault decides again on every record.
    fn permits(&self, ctx: &Ctx, permission: &'static str) -> bool;

    /// Records an attempt that the door turns away and says with which refusal: *not found* for whoever has no right
    /// to know. Waited for before the answer leaves.
    fn denied<'a>(
        &'a self,
        knock: &'a Knock,
        decl: &'a RouteDecl,
        ctx: Option<&'a Ctx>,
    ) -> BoxFuture<'a, Answer<Refusal>>;

    /// Records that a known asker's request was refused, where nothing else has recorded it. Waited for before the
    /// answer leaves.
    fn refused<'a>(&'a self, ctx: &'a Ctx) -> BoxFuture<'a, Answer<()>>;
}

/// The words for whoever is not signed in.
pub fn not_signed_in() -> Refusal {
    Refusal::new(RefusalKind::NotSignedIn, "You are not signed in, or your session has ended. Sign in and try again.")
}

/// Who asks, for handlers of routes that need a session or a permission.
#[derive(Clone)]
pub struct Asker(pub Ctx);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Declined;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Declined> {
        match parts.extensions.get::<Asker>() {
            Some(asker) => Ok(asker.clone()),
            None => Err(not_signed_in().into()),
        }
    }
}

/// Who asks if anybody does, for handlers of public routes.
#[derive(Clone)]
pub struct Visitor(pub Option<Ctx>);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Declined;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Declined> {
        Ok(Self(parts.extensions.get::<Asker>().map(|asker| asker.0.clone())))
    }
}

pub(crate) fn not_dressed() -> Declined {
    Fault::new("reading what the door leaves for handlers", "the request did not come through the door").into()
}
