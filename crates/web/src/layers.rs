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
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use futures_util::future::BoxFuture;
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

/// One layer: what happens on the way in, the rest of the way, and what happens on the way out.
type Layer = for<'h> fn(&'h Arc<House>, Request, Onward<'h>) -> BoxFuture<'h, Response>;

/// Every layer, outermost first. Read down to follow a request in, and up to follow an answer out.
///
/// ORDER: headers stand before everything that can answer, so that no answer, whoever makes it, leaves without them; words
/// come next so that every no below them is put into words in one place.
const LAYERS: &[Layer] = &[
    // What a refusal left unread is read, so that its sender gets to hear why.
    |house, request, onward| Box::pin(drain::drain(house, request, onward)),
    // Security headers.
    |house, request, onward| Box::pin(headers::harden(house, request, onward)),
    // Request id, and one line per request in the log.
    |house, request, onward| Box::pin(notice::notice(house, request, onward)),
    // A no becomes words; a fault is logged, once.
    |house, request, onward| Box::pin(speak::speak(house, request, onward)),
    // What the budget of an address leaves it.
    |house, request, onward| Box::pin(meter::meter(house, request, onward)),
    // Addresses and headers of bounded size; bodies at a decent pace; bounded time; a panic becomes a fault.
    |house, request, onward| Box::pin(bounds::bound(house, request, onward)),
    // Nothing that looks like an attack goes further.
    |house, request, onward| Box::pin(inspect::inspect(house, request, onward)),
    // Who is asking, may they come in, and in which room; then what their budgets leave them.
    |house, request, onward| Box::pin(recognise::recognise(house, request, onward)),
];

/// The rest of a request's way: the layers further in, then its route.
pub(crate) struct Onward<'h> {
    house: &'h Arc<House>,
    layers: &'static [Layer],
    route: Next,
}

impl<'h> Onward<'h> {
    /// Goes the rest of the way.
    pub(crate) fn run(self, request: Request) -> BoxFuture<'h, Response> {
        match self.layers.split_first() {
            Some((layer, layers)) => layer(self.house, request, Onward { layers, ..self }),
            None => Box::pin(self.route.run(request)),
        }
    }
}

/// Puts the layers in front of the routes.
///
/// For axum they are one: each layer of its own would clone, for each request, every service further in.
pub(crate) fn dress(router: Router, house: House) -> Router {
    router
        .fallback(nothing_here)
        // The door bounds bodies per route; axum's own general limit would only hide that.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::new(house), pass))
}

async fn pass(State(house): State<Arc<House>>, request: Request, route: Next) -> Response {
    Onward { house: &house, layers: LAYERS, route }.run(request).await
}

async fn nothing_here() -> Declined {
    model::Refusal::not_found().into()
}
