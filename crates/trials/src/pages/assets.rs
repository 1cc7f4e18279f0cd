use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use model::Refusal;
use web::{Cache, Needs, Reply, RouteDecl};

/// One file under an address that names its content.
struct Asset {
    href: String,
    media_type: &'static str,
    text: &'static str,
}

fn asset(stem: &str, ending: &str, media_type: &'static str, text: &'static str) -> Asset {
    let sum = digest(&SHA256, text.as_bytes());
    let short: String = sum.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Asset { href: format!("/trials/assets/{stem}.{short}.{ending}"), media_type, text }
}

static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("trials", "css", "text/css; charset=utf-8", include_str!("assets/trials.css")));
static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| asset("schedule", "js", "text/javascript; charset=utf-8", include_str!("assets/schedule.js")));

pub(super) fn style() -> &'static str {
    &STYLE.href
}

pub(super) fn script() -> &'static str {
    &SCRIPT.href
}

pub(super) fn route() -> RouteDecl {
    let words = "The trial designer's style sheet and script, under addresses that name their content.";
    RouteDecl::new(Method::GET, "/trials/assets/{file}", Needs::Public, words).cache(Cache::Static)
}

pub(super) async fn serve(Path(file): Path<String>) -> Reply {
    let wanted = [&*STYLE, &*SCRIPT].into_iter().find(|one| one.href.strip_prefix("/trials/assets/") == Some(&file));
    match wanted {
        Some(asset) => Ok(([(header::CONTENT_TYPE, asset.media_type)], asset.text).into_response()),
        None => Err(Refusal::not_found().into()),
    }
}
