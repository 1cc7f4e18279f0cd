use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use access::Ctx;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::{Refusal, RefusalKind};

use super::{Arrival, House, Onward};
use crate::budget::{Left, Share};
use crate::declined::Declined;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a request against the budget of its address, before anything about it is known.
pub(super) async fn meter(house: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let arrival = request.extensions().get::<Arrival>().copied();
    let (Some(peer), Some(arrival)) = (peer, arrival) else { return next.run(request).await };
    let left = house.tills.of_address(peer, arrival.now);
    if left.none_for_seconds.is_some() {
        return over(&[left]);
    }
    next.run(request).await
}

/// What a request of somebody who was recognised took.
#[derive(Default)]
pub(super) struct Spent {
    left: Vec<Left>,
    _share: Option<Share>,
}

/// Counts a request against the budgets of who asks; their answer if one of them is used up.
pub(super) fn spend(house: &House, arrival: Arrival, ctx: Option<&Ctx>) -> Result<Spent, Box<Response>> {
    let Some(ctx) = ctx else { return Ok(Spent::default()) };
    let left = house.tills.of_guest(ctx, arrival.now);
    if left.iter().any(|left| left.none_for_seconds.is_some()) {
        return Err(Box::new(over(&left)));
    }
    match house.tills.share(ctx.tenant) {
        Some(share) => Ok(Spent { left, _share: Some(share) }),
        None => Err(Box::new(crowded())),
    }
}

impl Spent {
    /// Says what is left, for programs.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        say(&self.left, headers);
    }
}

fn over(left: &[Left]) -> Response {
    let words = "Too many requests came from here in a short time, so this one was not looked at. Wait a little, then \
                 try again.";
    let mut response = Declined::from(Refusal::new(RefusalKind::TooManyRequests, words)).into_response();
    let wait = left.iter().filter_map(|left| left.none_for_seconds).max().unwrap_or(1);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    say(left, response.headers_mut());
    response
}

fn crowded() -> Response {
    let words = "Your organisation has as many requests under way as it may have at a time. Try again in a moment.";
    let mut response = Declined::from(Refusal::new(RefusalKind::TooManyRequests, words)).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The fields of draft-ietf-httpapi-ratelimit-headers-10: a name, `q` requests in `w` seconds, `r` left, whole in `t`.
fn say(left: &[Left], headers: &mut HeaderMap) {
    let (mut policies, mut rests) = (String::new(), String::new());
    for (at, left) in left.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let (name, budget) = (left.name, left.budget);
        // Writing to a String cannot fail.
        _ = write!(policies, "{comma}\"{name}\";q={};w={}", budget.requests, budget.seconds);
        _ = write!(rests, "{comma}\"{name}\";r={};t={}", left.requests, left.whole_in_seconds);
    }
    for (name, text) in [(POLICY, policies), (LEFT, rests)] {
        if let Ok(value) = HeaderValue::from_str(&text)
            && !text.is_empty()
        {
            headers.insert(name, value);
        }
    }
}
