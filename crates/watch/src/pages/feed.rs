use axum::Json;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use model::Kind;
use serde::{Deserialize, Serialize};
use vault::{Clause, Needle, limits};
use web::{Asker, Reply};

use super::{Held, named};
use crate::kinds::Attempt;

/// Which attempts.
#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Only the one of this request.
    request: Option<String>,
    /// Continue after this one.
    after: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    attempts: Vec<One>,
    /// Where the next part begins.
    after: Option<String>,
}

#[derive(Serialize)]
struct One {
    id: String,
    #[serde(flatten)]
    attempt: Attempt,
}

/// Attempts without what they contained.
pub(super) async fn attempts(State(watch): Held, Asker(ctx): Asker, Query(wanted): Query<Wanted>) -> Reply {
    watch.flush_one(ctx.tenant, false).await?;
    let after = wanted.after.as_deref().map(named).transpose()?;
    let exact = |value: String| Clause { field: "request", any: vec![Needle::Exact(value)] };
    let clauses = wanted.request.map(exact).into_iter().collect();
    let query = vault::Query { clauses, after, limit: limits::PAGE_MAX, ..vault::Query::all(Attempt::DECL) };
    let found = watch.vault().search(&ctx, &query).await?;
    let mut attempts = Vec::with_capacity(found.page.len());
    for opened in &found.page {
        attempts.push(One { id: opened.id.to_string(), attempt: opened.record()? });
    }
    Ok(Json(Listed { attempts, after: found.next.map(|id| id.to_string()) }).into_response())
}
