//! Foreign origins: none may read an answer unless the organisation of whoever asks allows it. Only interfaces can be
//! opened so, and they take no cookies, so no page of another site ever acts with somebody's session.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use model::TenantId;

use super::House;
use crate::site::{Family, RouteDecl};

/// The origin to name on the answer, if it may read it.
pub(super) fn allowed(
    house: &House,
    decl: &RouteDecl,
    tenant: Option<TenantId>,
    headers: &HeaderMap,
) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let text = origin.to_str().ok()?;
    // `null` is what every sandboxed page calls itself, so it names nobody (Fetch §3.2.1).
    let named = decl.family == Family::Api && text.starts_with("https://");
    let origins = &house.options.origins;
    let open = named && tenant.map_or_else(|| origins.known(text), |tenant| origins.allow(text, tenant));
    open.then(|| origin.clone())
}

pub(super) fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "etag, location, last-modified, ratelimit, ratelimit-policy, retry-after, x-request-id",
        ),
    );
}

/// The answer to a browser that asks whether it may call (`OPTIONS`, Fetch §3.2), or none if it may not.
pub(super) fn preflight(house: &House, pattern: &str, request: &Request) -> Option<Response> {
    if *request.method() != Method::OPTIONS || !house.table.is_api(pattern) {
        return None;
    }
    let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?.as_bytes();
    let decl = house.table.find(pattern, &Method::from_bytes(wanted).ok()?)?.clone();
    let origin = allowed(house, &decl, None, request.headers())?;
    let methods = HeaderValue::from_str(&house.table.allowed(pattern)).ok()?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    allow(headers, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, accept, if-match, if-none-match, prefer"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    Some(response)
}
