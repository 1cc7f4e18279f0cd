//! The one door of the house: who is asking becomes a `Ctx` here, a no becomes words here, and every answer leaves with
//! the same headers.
//!
//! Read in this order: [`Site`] (declare routes; nothing else builds a router), [`Doorkeeper`] (who is asking),
//! [`Guard`] (what is an attack), `layers.rs` (what every request passes, as one list), [`Form`] (what people send),
//! [`Frame`] and [`parts`] (what people see), [`serve`] (TLS).

mod assets;
mod budget;
mod cookie;
mod declined;
mod der;
mod door;
mod face;
mod form;
mod form_token;
mod frame;
mod guard;
mod layers;
mod options;
pub mod parts;
mod serve;
mod site;
mod upload;

pub use assets::passkey_script;
pub use budget::{Budget, Budgets};
pub use cookie::{clear_session, set_device, set_session};
pub use declined::{Declined, Reply, status_of};
pub use door::{Asker, Credential, Doorkeeper, Guest, Knock, Visitor, not_signed_in};
pub use face::{Face, Speak, Spoken, problem_json};
pub use form::{Draft, Fields, Form, FromForm, Reader, Returned};
pub use form_token::FormToken;
pub use frame::{Account, Frame, NavItem, Next, Room, Width, page, see_other};
pub use guard::{Attempt, DangerNoGuard, Guard, Sent};
pub use options::{ChallengeSources, NoOrigins, Options, Origins};
pub use serve::{
    Certificates, Challenges, Limits, Listen, Network, Proxies, Redirecting, Running, Says, ServeError, redirect, serve,
};
pub use site::{BODY_BYTES_MAX, Cache, Family, Needs, RouteDecl, Scripts, Site, SiteError};
pub use upload::{Upload, Uploaded};
