//! Interactions with one resource.

use axum::body::Bytes;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use model::{Refusal, RefusalKind, Time};
use vault::Past;
use web::{Asker, Reply};

use super::asked::Asked;
use super::media::{self, Accepts, Sent};
use super::write::{self, Done, Once};
use super::{answer, binary, find};
use crate::State;
use crate::fhir::bundle::{self, Found};
use crate::fhir::{FhirId, Resource, Type, VersionId};
use crate::kinds;
use crate::records::Kept;

/// `GET /Type/id`
pub(super) async fn read(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    asked: Asked,
) -> Reply {
    let id = named(&id)?;
    let opened = state.vault.read(&ctx, kinds::of(of), id.record(of)).await?;
    let kept = Kept::named(opened, of, id)?;
    if asked.if_none_match.as_ref().is_some_and(|tags| tags.hold(kept.version)) {
        return answer::not_modified(&kept);
    }
    shown(&asked, &kept)
}

/// `GET /Type/id/_history/version`
pub(super) async fn vread(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path((id, version)): Path<(String, String)>,
    asked: Asked,
) -> Reply {
    let id = named(&id)?;
    let version = VersionId::parse(&version).ok_or_else(Refusal::not_found)?;
    let opened = state.vault.read_version(&ctx, kinds::of(of), id.record(of), version.number()).await?;
    shown(&asked, &Kept::named(opened, of, id)?)
}

/// A Binary leaves as what it is unless FHIR is asked for by name (R4 binary, "Serving Binary Resources").
fn shown(asked: &Asked, kept: &Kept) -> Reply {
    if kept.of == Type::Binary && asked.accepts != Accepts::Json {
        return binary::bytes(kept);
    }
    answer::resource(kept)
}

/// `GET /Type/id/_history`
pub(super) async fn history(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    asked: Asked,
) -> Reply {
    let id = named(&id)?;
    let past = state.vault.history(&ctx, kinds::of(of), id.record(of)).await?;
    let mut versions: Vec<(VersionId, Time, Option<String>)> = Vec::with_capacity(past.len());
    for one in past {
        versions.push(match one {
            Past::Version(opened) => {
                let kept = Kept::named(opened, of, id.clone())?;
                (kept.version, kept.updated, Some(kept.text))
            }
            Past::Retired { version, at } => (VersionId::new(version), at, None),
        });
    }
    let shown: Vec<_> = versions.iter().map(|(version, at, text)| (*version, *at, text.as_deref())).collect();
    Ok(answer::json(StatusCode::OK, bundle::history(&asked.base, of, &id, &shown)))
}

/// `POST /Type`
pub(super) async fn create(of: Type, Held(state): Held<State>, Asker(ctx): Asker, asked: Asked, body: Bytes) -> Reply {
    let resource = sent(of, &asked, &body, ctx.now)?;
    let once = Once::of(asked.once.as_ref(), &asked.address, &body);
    if let Some(query) = &asked.if_none_exist {
        match find::condition(&state.vault, &ctx, of, query, "http.if-none-exist").await? {
            Found::Nothing => {}
            Found::One(id) => {
                let opened = state.vault.read(&ctx, kinds::of(of), id.record(of)).await?;
                return answer::written(&asked, StatusCode::OK, &Kept::named(opened, of, id)?);
            }
            Found::Several => return Err(several().into()),
        }
    }
    let done = write::create(&state.vault, &ctx, &resource, once.as_ref()).await?;
    answered(&asked, &done)
}

/// `PUT /Type/id`
pub(super) async fn update(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    asked: Asked,
    body: Bytes,
) -> Reply {
    let id = FhirId::parse(&id).ok_or_else(bad_id)?;
    let resource = sent(of, &asked, &body, ctx.now)?;
    if asked.sent == Sent::Json && resource.id().as_ref() != Some(&id) {
        return Err(other_id(of).into());
    }
    let once = Once::of(asked.once.as_ref(), &asked.address, &body);
    let done = write::update(&state.vault, &ctx, &id, &resource, asked.if_match.as_ref(), once.as_ref()).await?;
    answered(&asked, &done)
}

/// `PUT /Type?…`
pub(super) async fn update_where(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    asked: Asked,
    body: Bytes,
) -> Reply {
    let resource = sent(of, &asked, &body, ctx.now)?;
    let once = Once::of(asked.once.as_ref(), &asked.address, &body);
    let found = find::condition(&state.vault, &ctx, of, &asked.query, "http.query").await?;
    let id = match (found, resource.id()) {
        (Found::Nothing, None) => {
            let done = write::create(&state.vault, &ctx, &resource, once.as_ref()).await?;
            return answered(&asked, &done);
        }
        (Found::Nothing, Some(id)) => id,
        (Found::One(id), own) if own.as_ref().is_none_or(|own| *own == id) => id,
        (Found::One(_), _) => return Err(other_id(of).into()),
        (Found::Several, _) => return Err(several().into()),
    };
    let done = write::update(&state.vault, &ctx, &id, &resource, asked.if_match.as_ref(), once.as_ref()).await?;
    answered(&asked, &done)
}

/// `DELETE /Type/id`
pub(super) async fn delete(
    of: Type,
    Held(state): Held<State>,
    Asker(ctx): Asker,
    Path(id): Path<String>,
    asked: Asked,
) -> Reply {
    let id = named(&id)?;
    let once = Once::of(asked.once.as_ref(), &asked.address, b"");
    write::delete(&state.vault, &ctx, of, id.record(of), asked.if_match.as_ref(), once.as_ref()).await?;
    Ok(answer::deleted(&asked, of))
}

/// `DELETE /Type?…`
pub(super) async fn delete_where(of: Type, Held(state): Held<State>, Asker(ctx): Asker, asked: Asked) -> Reply {
    match find::condition(&state.vault, &ctx, of, &asked.query, "http.query").await? {
        Found::Nothing => {}
        Found::One(id) => {
            write::delete(&state.vault, &ctx, of, id.record(of), asked.if_match.as_ref(), None).await?;
        }
        Found::Several => return Err(several().into()),
    }
    Ok(answer::deleted(&asked, of))
}

fn answered(asked: &Asked, done: &Done) -> Reply {
    let status = if done.first { StatusCode::CREATED } else { StatusCode::OK };
    answer::written(asked, status, &done.kept)
}

/// The resource in a body, or the Binary of its bytes.
fn sent(of: Type, asked: &Asked, body: &[u8], now: Time) -> Result<Resource, Refusal> {
    match &asked.sent {
        Sent::Json => Resource::read_as(of, body, now),
        Sent::Bytes(media_type) if of == Type::Binary => {
            binary::resource(media_type, asked.security_context.as_deref(), body, now)
        }
        Sent::Form if of == Type::Binary => {
            let media_type = "application/x-www-form-urlencoded";
            binary::resource(media_type, asked.security_context.as_deref(), body, now)
        }
        Sent::Bytes(_) | Sent::Form | Sent::Unsaid => Err(media::wrong_type()),
    }
}

/// The id in an address. What is no id names nothing.
pub(super) fn named(id: &str) -> Result<FhirId, Refusal> {
    FhirId::parse(id).ok_or_else(Refusal::not_found)
}

fn bad_id() -> Refusal {
    let words = "An id has 1 to 64 letters, digits, hyphens or dots.";
    Refusal::new(RefusalKind::Malformed, words).at("http.id", words)
}

fn other_id(of: Type) -> Refusal {
    let words = "The id in the resource is not the one that the address names.";
    Refusal::new(RefusalKind::Malformed, words).at(format!("{of}.id"), words)
}

fn several() -> Refusal {
    Refusal::new(RefusalKind::PreconditionFailed, "More than one resource matches this condition. Make it more exact.")
}
