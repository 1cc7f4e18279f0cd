//! How people come in, for those who look after it: settings, invitations, and the queue of requests.

mod invitations;
mod requests;
mod settings;

pub(super) use invitations::{invite, list as invitations, withdraw};
pub(super) use requests::{decide, list as requests, show as request};
pub(super) use settings::{save as save_settings, show as settings};

use askama::Template;
use axum::http::StatusCode;
use web::parts::Tabs;
use web::{Reply, Room, Width, page};

use super::State;

/// One of the three pages, with tabs to the others.
fn joining_page(state: &State, room: &Room, title: &str, here: &str, status: StatusCode, body: impl Template) -> Reply {
    let tabs = Tabs::new(
        "Joining",
        &[
            ("Requests", "/people/requests".to_owned()),
            ("Invitations", "/people/invitations".to_owned()),
            ("Sign-up settings", "/people/sign-up".to_owned()),
        ],
        here,
    );
    let frame = room.frame(title).nav(state.nav).home(state.home).width(Width::Page).status(status).tabs(tabs);
    page(frame, body)
}
