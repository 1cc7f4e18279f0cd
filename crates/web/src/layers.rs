//! What every request passes on its way in and every answer on its way out, as one list.

mod bounds;
mod cors;
mod drain;
mod headers;
mod inspect;
mod meter;
mod notice;
mod pace;
mod recognise;
mod speak;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use model::{RequestId, Time};

use crate::budget::Tills;
use crate::declined::Declined;
use crate::door::Doorkeeper;
use crate::face::Faces;
use crate::form_token::FormSeal;
use crate::options::Options;
use crate::site::Table;

pub(crate) use headers::last_words;

/// What all layers share.
pub(crate) struct House {
    pub(crate) table: Table,
    pub(crate) faces: Faces,
    pub(crate) doorkeeper: Arc<dyn Doorkeeper>,
    pub(crate) seal: Arc<FormSeal>,
    pub(crate) tills: Tills,
    pub(crate) options: Options,
}

impl House {
    pub(crate) fn new(table: Table, faces: Faces, doorkeeper: Arc<dyn Doorkeeper>, options: Options) -> Self {
        let seal = Arc::new(FormSeal::new(&options.form_key));
        let tills = Tills::new(options.budgets);
        Self { table, faces, doorkeeper, seal, tills, options }
    }
}

/// The number and the moment that a request gets before anything else happens to it.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) request: RequestId,
    pub(crate) now: Time,
}

/// Puts the layers in front of the routes.
///
/// ORDER: axum runs the last layer first. Read from the bottom up to follow a request in, from the top down to follow
/// an answer out. Headers are outermost so that no answer, whoever makes it, leaves without them; words come next so
/// that every no below them is put into words in one place.
pub(crate) fn dress(router: Router, house: House) -> Router {
    let house = Arc::new(house);
    router
        .fallback(nothing_here)
        // The door bounds bodies per route; axum's own general limit would only hide that.
        .layer(DefaultBodyLimit::disable())
        // 7. Who is asking, may they come in, and in which room; then what their budgets leave them.
        .layer(from_fn_with_state(house.clone(), recognise::recognise))
        // 6. Nothing that looks like an attack goes further.
        .layer(from_fn_with_state(house.clone(), inspect::inspect))
        // 5. Addresses and headers of bounded size; bodies at a decent pace; bounded time; a panic becomes a fault.
        .layer(from_fn_with_state(house.clone(), bounds::bound))
        // 4. What the budget of an address leaves it.
        .layer(from_fn_with_state(house.clone(), meter::meter))
        // 3. A no becomes words; a fault is logged, once.
        .layer(from_fn_with_state(house.clone(), speak::speak))
        // 2. Request id, and one line per request in the log.
        .layer(from_fn_with_state(house.clone(), notice::notice))
        // 1. Security headers.
        .layer(from_fn_with_state(house, headers::harden))
        // 0. What a refusal left unread is read, so that its sender gets to hear why.
        .layer(from_fn(drain::drain))
}

async fn nothing_here() -> Declined {
    model::Refusal::not_found().into()
}
