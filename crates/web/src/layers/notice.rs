use std::sync::Arc;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::response::Response;

use super::{Arrival, House, Onward};
use crate::site::RouteDecl;

/// Numbers the request and writes one line about it: pattern, never address; no name, no token, no peer.
pub(super) async fn notice(house: &Arc<House>, mut request: Request, next: Onward<'_>) -> Response {
    let outside = house.options.outside.as_ref();
    let arrival = Arrival { request: outside.request_id(), now: outside.now() };
    let method = request.method().clone();
    request.extensions_mut().insert(arrival);
    let mut response = next.run(request).await;
    let micros = outside.now().micros().saturating_sub(arrival.now.micros());
    let route = response.extensions().get::<Arc<RouteDecl>>().map_or("none", |decl| decl.path);
    tracing::info!(request = %arrival.request, %method, route, status = response.status().as_u16(), micros, "answered");
    if let Ok(value) = HeaderValue::from_str(&arrival.request.to_string()) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
