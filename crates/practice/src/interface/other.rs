//! The capability statement, and whatever is not offered, refused by name.

use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Refusal, RefusalKind};
use web::Reply;

use super::answer;
use super::asked::Asked;
use super::routes::INTERACTIONS;
use crate::State;
use crate::fhir::capability::{Offer, statement};
use crate::fhir::{FhirId, Type};

/// `GET /metadata`
pub(super) async fn metadata(Held(state): Held<State>, asked: Asked) -> Reply {
    let offer = Offer {
        software: "Candor",
        version: env!("CARGO_PKG_VERSION"),
        base: &asked.base,
        interactions: INTERACTIONS,
        date: state.begun,
    };
    Ok(answer::json(StatusCode::OK, statement(&offer)))
}

/// Addresses of the whole system that are not offered.
pub(super) async fn system() -> Reply {
    Err(not_offered("A search or history over all types").into())
}

/// Any type that is not held, and any operation on one that is.
pub(super) async fn on_type(Path(name): Path<String>) -> Reply {
    Err(refusal(&name, None).into())
}

/// As [`on_type`], for one resource.
pub(super) async fn on_one(Path((name, id)): Path<(String, String)>) -> Reply {
    Err(refusal(&name, Some(&id)).into())
}

/// As [`on_type`], for what lies below one resource.
pub(super) async fn below_one(Path((name, id, rest)): Path<(String, String, String)>) -> Reply {
    let rest = format!("{id}/{rest}");
    Err(refusal(&name, Some(&rest)).into())
}

fn refusal(name: &str, rest: Option<&str>) -> Refusal {
    match (Type::named(name), rest) {
        (Some(of), Some(rest)) => not_offered(&format!("{} on {of}", operation(rest))),
        (Some(of), None) => not_offered(&format!("This on {of}")),
        (None, _) if name.starts_with(['$', '_']) => not_offered(&operation(name)),
        (None, _) => not_supported(Type::why_not(name)),
    }
}

/// The operation that an address names, if it is one that could be meant; never an id.
fn operation(rest: &str) -> String {
    let named = rest.split('/').find(|part| part.starts_with(['$', '_']));
    let plain = named.filter(|name| FhirId::parse(name.trim_start_matches(['$', '_'])).is_some());
    plain.map_or_else(|| "This".to_owned(), str::to_owned)
}

fn not_offered(what: &str) -> Refusal {
    not_supported(format!("{what} is not offered. What is offered stands in metadata."))
}

fn not_supported(words: String) -> Refusal {
    Refusal::new(RefusalKind::NotSupported, words)
}
