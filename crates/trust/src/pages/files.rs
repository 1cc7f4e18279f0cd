use super::State;
use crate::claims;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use ledger::tile::Resource;
use model::{Fault, Refusal};
use web::Reply;

/// `GET /trust/bundle`
pub(super) async fn bundle(axum::extract::State(state): axum::extract::State<State>) -> Reply {
    let name = r#"attachment; filename="candor-evidence.txt""#;
    let mut response = file(&state, "bundle", "text/plain; charset=utf-8")?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, header::HeaderValue::from_static(name));
    Ok(response)
}

/// `GET /trust/keys.json`
pub(super) async fn keys(axum::extract::State(state): axum::extract::State<State>) -> Reply {
    file(&state, "keys.json", "application/json")
}

/// `GET /trust/results/{claim}.json`
pub(super) async fn results(
    axum::extract::State(state): axum::extract::State<State>,
    Path(name): Path<String>,
) -> Reply {
    // INVARIANT: only names of ours become paths.
    let claim = name.strip_suffix(".json").and_then(claims::find).ok_or_else(Refusal::not_found)?;
    file(&state, &format!("results/{}.json", claim.id), "application/json")
}

/// `GET /trust/log/{path}`: `checkpoint`, `tile/<L>/<N>[.p/<W>]`, `tile/entries/<N>[.p/<W>]`.
pub(super) async fn log(axum::extract::State(state): axum::extract::State<State>, Path(path): Path<String>) -> Reply {
    // INVARIANT: a path is read only in the one spelling that names a file of a log.
    let resource = Resource::parse(&path).ok_or_else(Refusal::not_found)?;
    let media_type = match resource {
        Resource::Checkpoint => "text/plain; charset=utf-8",
        Resource::Tile(_) | Resource::Bundle(_) => "application/octet-stream",
    };
    file(&state, &format!("log/{}", resource.path()), media_type)
}

fn file(state: &State, below: &str, media_type: &'static str) -> Reply {
    let bytes = state.shelf.read(below).map_err(|error| Fault::new("reading what the runner published", error))?;
    let bytes = bytes.ok_or_else(Refusal::not_found)?;
    Ok(([(header::CONTENT_TYPE, media_type)], bytes).into_response())
}
