//! The one way out over HTTPS. Whatever the house asks of another machine goes through [`Client`] and nothing else.
//!
//! Read in this order: [`Settings`] (who may be asked at all), [`Call`] and [`Reply`], [`Client::send`] (the guards, in
//! the order in which a call meets them), [`forbidden`] (which addresses are never connected to), [`Recorder`] (what is
//! kept of every attempt), [`webhook`] (signed messages).
//!
//! What a call can rely on:
//! - Only listed destinations, by name; each lists its hosts and the most sensitive class of data that may go there.
//! - HTTPS only, TLS 1.2 or 1.3, the certificate checked against the public roots and those of the configuration.
//! - The host is resolved here, every address is checked, and the connection goes to a checked address. A name that is
//!   resolved to something else a moment later (DNS rebinding) changes nothing.
//! - No redirect to another host; no compressed answer; nothing without a limit in bytes and in time.
//! - Every attempt is told to the [`Recorder`], also one that was refused, failed or was given up.

mod address;
mod attempt;
mod call;
mod client;
mod connect;
mod error;
mod exchange;
mod record;
mod settings;
pub mod webhook;

pub use address::forbidden;
pub use call::{Call, Reply};
pub use client::Client;
pub use connect::{Resolve, SystemResolver};
pub use error::{OutboundError, Phase};
pub use http::Method;
pub use model::Sensitivity as DataClass;
pub use record::{Outcome, Recorder, Sighting, Tally, Total};
pub use settings::{Destination, Settings};
