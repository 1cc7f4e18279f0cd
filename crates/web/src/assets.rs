use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::Path;
use axum::http::{Method, header};
use axum::response::IntoResponse;
use model::Refusal;

use crate::declined::Reply;
use crate::site::{Cache, Needs, RouteDecl, Site};

/// One file that the house serves as it is, under an address that names its content.
struct Asset {
    href: String,
    media_type: &'static str,
    text: &'static str,
}

fn asset(stem: &str, ending: &str, media_type: &'static str, text: &'static str) -> Asset {
    let sum = digest(&SHA256, text.as_bytes());
    let short: String = sum.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Asset { href: format!("/assets/{stem}.{short}.{ending}"), media_type, text }
}

static CSS: LazyLock<Asset> =
    LazyLock::new(|| asset("candor", "css", "text/css; charset=utf-8", include_str!("../assets/candor.css")));
static MARK: LazyLock<Asset> =
    LazyLock::new(|| asset("mark", "svg", "image/svg+xml", include_str!("../assets/mark.svg")));

static PASSKEY: LazyLock<Asset> =
    LazyLock::new(|| asset("passkey", "js", "text/javascript; charset=utf-8", include_str!("../assets/passkey.js")));

/// The script of forms that ask for a passkey, for [`crate::Frame::script`].
pub fn passkey_script() -> &'static str {
    &PASSKEY.href
}

pub(crate) fn css_href() -> &'static str {
    &CSS.href
}

pub(crate) fn mark_href() -> &'static str {
    &MARK.href
}

pub(crate) fn site() -> Site {
    let route = RouteDecl::new(
        Method::GET,
        "/assets/{file}",
        Needs::Public,
        "The style sheet, the mark and the scripts, under addresses that name their content.",
    );
    Site::pages().add(route.cache(Cache::Static), serve_file)
}

async fn serve_file(Path(file): Path<String>) -> Reply {
    let wanted =
        [&*CSS, &*MARK, &*PASSKEY].into_iter().find(|asset| asset.href.strip_prefix("/assets/") == Some(&file));
    match wanted {
        Some(asset) => Ok(([(header::CONTENT_TYPE, asset.media_type)], asset.text).into_response()),
        None => Err(Refusal::not_found().into()),
    }
}
