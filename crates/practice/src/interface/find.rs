//! Searches.

use access::Ctx;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::http::StatusCode;
use model::{Answer, RecordId, Refusal, RefusalKind};
use vault::{Vault, limits};
use web::{Asker, Reply};

use super::asked::Asked;
use super::media::Sent;
use super::{answer, bundle};
use crate::State;
use crate::fhir::Type;
use crate::fhir::bundle::{Found, Match, searchset};
use crate::fhir::search::{Handling, Plan, plan};
use crate::records::{self, Page, Part};

/// `GET /Type?…`
pub(super) async fn by_query(of: Type, Held(state): Held<State>, Asker(ctx): Asker, asked: Asked) -> Reply {
    answered(&state, &ctx, of, &asked, &asked.query).await
}

/// `POST /Type/_search`
pub(super) async fn by_form(of: Type, Held(state): Held<State>, Asker(ctx): Asker, asked: Asked, body: Bytes) -> Reply {
    let form = std::str::from_utf8(&body).ok().filter(|_| asked.sent == Sent::Form || body.is_empty());
    let Some(form) = form else {
        let words = "A search is sent as application/x-www-form-urlencoded in UTF-8.";
        return Err(Refusal::new(RefusalKind::WrongMediaType, words).into());
    };
    let query = format!("{}&{form}", asked.query);
    answered(&state, &ctx, of, &asked, &query).await
}

async fn answered(state: &State, ctx: &Ctx, of: Type, asked: &Asked, query: &str) -> Reply {
    let plan = plan(of, query, asked.handling, ctx.now)?;
    let bundle = found(&state.vault, ctx, &asked.base, &plan).await?;
    Ok(answer::json(StatusCode::OK, bundle))
}

/// The searchset of one page.
pub(super) async fn found(vault: &Vault, ctx: &Ctx, base: &str, plan: &Plan) -> Answer<String> {
    let after = plan.page.as_deref().map(after).transpose()?;
    let part = Part { limit: plan.count.min(limits::PAGE_MAX), after, newest_first: true };
    let mut page = records::find(vault, ctx, plan, part).await?;
    let total = total(plan, &page);
    // `_count=0` asks for the total alone (R4 search, "Page Count").
    if plan.count == 0 {
        page.found.clear();
        page.next = None;
    }
    let matches: Vec<Match<'_>> = page.found.iter().map(|kept| Match { id: &kept.id, text: &kept.text }).collect();
    let next = page.next.map(|id| id.to_string());
    let bundle = searchset(base, plan, &matches, next.as_deref());
    Ok(match total {
        Some(total) => with_total(bundle, total),
        None => bundle,
    })
}

/// How many match in all, where that is known without opening more than this page: `Bundle.total` must be exact.
fn total(plan: &Plan, page: &Page) -> Option<usize> {
    let whole = plan.page.is_none() && page.next.is_none();
    let counted = plan.is_everything() && page.candidates < limits::CANDIDATES_MAX;
    if whole { Some(page.found.len()) } else { counted.then_some(page.candidates) }
}

/// The bundle with its total, which R4 puts after its type.
fn with_total(bundle: String, total: usize) -> String {
    const HEAD: &str = r#"{"resourceType":"Bundle","type":"searchset","#;
    match bundle.strip_prefix(HEAD) {
        Some(rest) => format!("{HEAD}\"total\":{total},{rest}"),
        None => bundle,
    }
}

/// Where a page begins: after a record of the asker's own organisation. One of another is only a place in the order of
/// ids, and each page is decided and opened anew.
fn after(page: &str) -> Result<RecordId, Refusal> {
    page.parse().map_err(|_| {
        let words = "This is not a page that was given out here.";
        Refusal::new(RefusalKind::Malformed, words).at("http._page", words)
    })
}

/// What a condition finds.
pub(super) async fn condition(vault: &Vault, ctx: &Ctx, of: Type, query: &str, place: &str) -> Answer<Found> {
    let query = query.strip_prefix('?').unwrap_or(query);
    let plan = plan(of, query, Handling::Strict, ctx.now)?;
    if plan.is_everything() {
        let words = "This condition names nothing to look for.";
        return Err(Refusal::new(RefusalKind::PreconditionRequired, words).at(place, words).into());
    }
    bundle::look_up(vault, ctx, &plan).await
}
