use axum::Json;
use axum::extract::State as Held;
use axum::response::IntoResponse;
use web::{Asker, Reply};

use super::State;

pub(super) async fn figures(Held(state): Held<State>, Asker(ctx): Asker) -> Reply {
    let figures = state.identity.figures(ctx.request, ctx.now).await?;
    Ok(Json(figures).into_response())
}
