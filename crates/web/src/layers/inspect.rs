use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{Version, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;
use model::{Fault, No, Refusal, RefusalKind, TenantId};
use shield::{Decision, Ground, Verdict};

use super::{Arrival, House, Onward, recognise};
use crate::declined::{Declined, too_large};
use crate::door::{Guest, not_dressed};
use crate::guard::{Attempt, Sent};
use crate::site::RouteDecl;

/// What is read of a stranger's body before anybody is known. A longer one is inspected once its sender has been let in.
const EAGER_BYTES_MAX: usize = 256 * 1024;
/// The same for addresses that do not exist.
const NOWHERE_BYTES_MAX: usize = 64 * 1024;
/// Up to this size an inspection is shorter than handing it to another thread is worth.
const INLINE_BYTES_MAX: usize = 16 * 1024;

/// The head of a request whose body is still to be inspected.
#[derive(Clone)]
pub(super) struct Pending(Arc<Sent>);

/// Inspects the request. What looks like an attack is written down and goes no further.
///
/// ORDER: before the door, so that what nobody should have sent is never parsed for a credential; and before anything
/// is read that a handler would act on. The one thing left for later is a body too long to be kept for a stranger.
pub(super) async fn inspect(house: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    let Some(arrival) = request.extensions().get::<Arrival>().copied() else {
        return not_dressed().into_response();
    };
    let decl = declared(house, &request);
    let (mut parts, body) = request.into_parts();
    let mut sent = sent(&parts, arrival);
    let limit = decl.as_ref().map_or(NOWHERE_BYTES_MAX, |decl| decl.body_bytes_max.min(EAGER_BYTES_MAX));
    let (body, is_whole) = match taken(&parts, body, limit).await {
        Ok(Taken::Whole(bytes)) => {
            sent.body = bytes.clone();
            (Body::from(bytes), true)
        }
        Ok(Taken::Opaque(body)) => (body, true),
        Ok(Taken::Begun(body)) => (body, false),
        Err(no) => {
            let guest = known(house, decl.as_ref(), arrival, &mut parts).await;
            return unread(house, decl, guest, no).await;
        }
    };
    let sent = Arc::new(sent);
    let verdict = match look(house, &sent, None).await {
        Ok(verdict) => verdict,
        Err(fault) => return Declined::from(fault).into_response(),
    };
    if verdict.decision != Decision::Pass {
        let guest = known(house, decl.as_ref(), arrival, &mut parts).await;
        let route = decl.as_ref().map(|decl| decl.path);
        if let Err(no) = judge(house, &sent, route, arrival, guest, verdict).await {
            let mut response = Declined(no).into_response();
            if let Some(decl) = decl {
                response.extensions_mut().insert(decl);
            }
            return response;
        }
    }
    if !is_whole {
        parts.extensions.insert(Pending(sent));
    }
    next.run(Request::from_parts(parts, body)).await
}

/// The answer to a body that is not read to its end. Where its sender is known, it is written down first.
pub(super) async fn unread(house: &House, decl: Option<Arc<RouteDecl>>, guest: Option<Guest>, no: No) -> Response {
    let no = match (guest, no) {
        (Some(guest), No::Refusal(refusal)) if !refusal.recorded => match house.doorkeeper.refused(&guest.ctx).await {
            Ok(()) => No::Refusal(refusal.recorded()),
            Err(fault) => fault,
        },
        (_, no) => no,
    };
    let mut response = Declined(no).into_response();
    if let Some(decl) = decl {
        response.extensions_mut().insert(decl);
    }
    response
}

/// Inspects the body of a sender who has been let in, where it was too long to be read before.
pub(super) async fn rest(house: &House, request: &mut Request, guest: Option<&Guest>) -> Result<(), No> {
    let Some(Pending(head)) = request.extensions_mut().remove::<Pending>() else { return Ok(()) };
    let arrival = request.extensions().get::<Arrival>().copied();
    let (Some(arrival), Some(pattern)) = (arrival, request.extensions().get::<MatchedPath>()) else {
        return Err(not_dressed().0);
    };
    let route = house.table.find(pattern.as_str(), request.method()).map(|decl| decl.path);
    let body = std::mem::take(request.body_mut());
    let bytes = body.collect().await.map_err(|error| unreadable(&error))?.to_bytes();
    *request.body_mut() = Body::from(bytes.clone());
    let sent = Arc::new(Sent { body: bytes, ..Sent::clone(&head) });
    let verdict = look(house, &sent, None).await?;
    if verdict.decision == Decision::Pass {
        return Ok(());
    }
    judge(house, &sent, route, arrival, guest.cloned(), verdict).await
}

/// A no, if the request is to go no further. What would be blocked is written down either way.
async fn judge(
    house: &House,
    sent: &Arc<Sent>,
    route: Option<&'static str>,
    arrival: Arrival,
    guest: Option<Guest>,
    mut verdict: Verdict,
) -> Result<(), No> {
    let ctx = guest.map(|guest| guest.ctx);
    let guard = &house.options.guard;
    if let Some(tenant) = ctx.as_ref().map(|ctx| ctx.tenant)
        && guard.has_own_exclusions(tenant)
    {
        verdict = look(house, sent, Some(tenant)).await?;
        if verdict.decision == Decision::Pass {
            return Ok(());
        }
    }
    let no = match verdict.decision {
        Decision::Block(Ground::Limit(_)) => Some(Refusal::new(
            RefusalKind::TooLarge,
            "This is more, or more intricate, than can be checked in the time that one request may take. Send it in \
             smaller parts.",
        )),
        Decision::Block(Ground::Rule { .. }) => Some(Refusal::new(
            RefusalKind::NotAllowed,
            "Something in this request looks like an attack on this house, so nothing was done. If you meant no harm, \
             tell your administrator the request number: they can see why, and let such requests pass.",
        )),
        Decision::Pass | Decision::WouldBlock(_) => None,
    };
    let attempt = Attempt { sent: Sent::clone(sent), route, ctx, now: arrival.now, verdict };
    // ORDER: evidence first, then the answer.
    guard.attempted(attempt).await?;
    no.map_or(Ok(()), |refusal| Err(refusal.recorded().into()))
}

/// What the rules say. A longer inspection leaves this thread to others.
async fn look(house: &House, sent: &Arc<Sent>, tenant: Option<TenantId>) -> Result<Verdict, Fault> {
    if sent.body.len() <= INLINE_BYTES_MAX {
        return Ok(house.options.guard.inspect(sent, tenant));
    }
    let (guard, sent) = (Arc::clone(&house.options.guard), Arc::clone(sent));
    let looked = tokio::task::spawn_blocking(move || guard.inspect(&sent, tenant)).await;
    looked.map_err(|_| Fault::new("inspecting a request", "the inspection panicked"))
}

fn declared(house: &House, request: &Request) -> Option<Arc<RouteDecl>> {
    let pattern = request.extensions().get::<MatchedPath>()?;
    house.table.find(pattern.as_str(), request.method()).cloned()
}

/// Who asks, for the record alone: whoever is blocked is not let in by it.
async fn known(house: &House, decl: Option<&Arc<RouteDecl>>, arrival: Arrival, parts: &mut Parts) -> Option<Guest> {
    let decl = decl?;
    let mut head = Request::from_parts(parts.clone(), Body::empty());
    let knock = recognise::knock(decl, arrival, &mut head).await;
    if knock.bearer.is_none() && knock.session.is_none() {
        return None;
    }
    // Whoever cannot be recognised is written down as nobody.
    house.doorkeeper.recognise(&knock).await.ok().flatten()
}

fn sent(parts: &Parts, arrival: Arrival) -> Sent {
    let mut headers: Vec<(String, Vec<u8>)> =
        parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
    if let Some(authority) = parts.uri.authority()
        && !parts.headers.contains_key(header::HOST)
    {
        headers.push(("host".to_owned(), authority.as_str().as_bytes().to_vec()));
    }
    Sent {
        method: parts.method.as_str().to_owned(),
        uri: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
        version: match parts.version {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        },
        headers,
        body: Bytes::new(),
        peer: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip()),
        request: arrival.request,
    }
}

/// What became of a body.
enum Taken {
    /// All of it was read.
    Whole(Bytes),
    /// Rules do not look into it, so it was left to flow.
    Opaque(Body),
    /// It is longer than may be kept now; what was read comes first again.
    Begun(Body),
}

async fn taken(parts: &Parts, mut body: Body, limit: usize) -> Result<Taken, No> {
    let content_type = parts.headers.get(header::CONTENT_TYPE).map(|value| value.as_bytes()).unwrap_or_default();
    if body.is_end_stream() {
        return Ok(Taken::Whole(Bytes::new()));
    }
    if !shield::looks_into(content_type) {
        return Ok(Taken::Opaque(body));
    }
    if body.size_hint().lower() > limit as u64 {
        return Ok(Taken::Begun(body));
    }
    let mut read: Vec<Bytes> = Vec::new();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unreadable(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        bytes += data.len();
        read.push(data);
        if bytes > limit {
            let first = stream::iter(read.into_iter().map(Ok::<_, axum::Error>));
            return Ok(Taken::Begun(Body::from_stream(first.chain(body.into_data_stream()))));
        }
    }
    Ok(Taken::Whole(match read.len() {
        1 => read.remove(0),
        _ => read.concat().into(),
    }))
}

fn unreadable(error: &axum::Error) -> No {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(deeper) = cause {
        if deeper.is::<http_body_util::LengthLimitError>() {
            return too_large();
        }
        cause = deeper.source();
    }
    Refusal::new(RefusalKind::Malformed, "What was sent did not arrive whole. Please send it again.").into()
}
