use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;

use super::{House, Onward};
use crate::frame::Room;
use crate::options::ChallengeSources;
use crate::site::{Cache, RouteDecl, Scripts};

/// The headers that stand on every answer.
///
/// - The referrer goes to this house only. `no-referrer` would make browsers send `Origin: null` with our own forms.
/// - `x-frame-options` repeats `frame-ancestors` for browsers that do not know it.
const ALWAYS: [(HeaderName, HeaderValue); 9] = [
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), \
             encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
             idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
             picture-in-picture=(), publickey-credentials-create=(self), publickey-credentials-get=(self), \
             screen-wake-lock=(), serial=(), usb=(), web-share=(), xr-spatial-tracking=()",
        ),
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), HeaderValue::from_static("none")),
];

/// Nothing at all, then exactly what pages need: our style sheet, our images, our forms.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// The same for the few pages that declare scripts of their own.
const POLICY_OWN_SCRIPTS: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn harden(house: &Arc<House>, request: Request, next: Onward<'_>) -> Response {
    let mut response = next.run(request).await;
    let decl = response.extensions().get::<Arc<RouteDecl>>().cloned();
    let scripts = decl.as_ref().map_or(Scripts::Forbidden, |decl| decl.scripts);
    let elsewhere = house.options.challenge.filter(|_| scripts == Scripts::OwnFilesAndChallenge);
    let policy = match (scripts, elsewhere) {
        (Scripts::Forbidden, _) => HeaderValue::from_static(POLICY),
        (_, Some(sources)) => with_challenge(sources),
        (_, None) => HeaderValue::from_static(POLICY_OWN_SCRIPTS),
    };
    // Only a good answer of a route that says so may be kept; every refusal and every redirect is for now only.
    let keeps = response.status().is_success() || response.status() == axum::http::StatusCode::NOT_MODIFIED;
    // What holds a form token or sets a cookie is for one browser, whatever its route says.
    let minted = response.extensions().get::<Room>().is_some_and(Room::minted);
    let keeps = keeps && !minted && !response.headers().contains_key(header::SET_COOKIE);
    let cache = decl.as_ref().filter(|_| keeps).map_or(Cache::Personal, |decl| decl.cache);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    if elsewhere.is_some() {
        // A frame of a service elsewhere is loaded only where this header does not ask for its consent.
        headers.remove("cross-origin-embedder-policy");
    }
    headers.remove(header::SERVER);
    set_cache(headers, cache);
    response
}

/// A refusal of what was never a request, in HTTP/1.1, with the same headers as any other answer. The connection ends.
pub(crate) fn last_words(too_large: bool) -> Vec<u8> {
    let (status, words) = match too_large {
        true => ("431 Request Header Fields Too Large", "The request carries more headers than this house takes.\n"),
        false => {
            ("400 Bad Request", "This cannot be read as a request in exactly one way, so it was not read at all.\n")
        }
    };
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\ncontent-security-policy: {POLICY}\r\n",
        words.len()
    );
    for (name, value) in ALWAYS {
        answer.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
    }
    answer.push_str("\r\n");
    answer.push_str(words);
    answer.into_bytes()
}

/// The policy of the few pages with a challenge of a service elsewhere: its sources and nobody else's.
fn with_challenge(sources: ChallengeSources) -> HeaderValue {
    let ChallengeSources { scripts, frames, styles } = sources;
    let policy = format!(
        "default-src 'none'; style-src 'self' {styles}; img-src 'self'; script-src 'self' {scripts}; connect-src 'self' \
         {scripts}; frame-src {frames}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // The sources are constants of ours, so they fit; if ever not, the page stands without scripts.
    HeaderValue::from_str(&policy).unwrap_or(const { HeaderValue::from_static(POLICY) })
}

fn set_cache(headers: &mut HeaderMap, cache: Cache) {
    let value = match cache {
        Cache::Personal => HeaderValue::from_static("no-store"),
        Cache::Static => HeaderValue::from_static("public, max-age=31536000, immutable"),
        Cache::Public { seconds } => HeaderValue::from_str(&format!("public, max-age={seconds}"))
            .unwrap_or(const { HeaderValue::from_static("no-store") }),
    };
    headers.insert(header::CACHE_CONTROL, value);
}
