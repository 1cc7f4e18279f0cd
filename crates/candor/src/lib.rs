//! The house put together: configuration, wiring, the command line, the demo house.
//!
//! | file | what |
//! |---|---|
//! | `commands.rs` | the command line |
//! | `house.rs` | parts joined into a running house |
//! | `keys.rs`, `ground.rs`, `tls.rs` | what lies in the data directory |
//! | `guard.rs` | the rules at the door, and what keeps watch behind them |
//! | `edge.rs`, `security_txt.rs` | how the house meets whoever comes to it: certificates, limits, redirects, whom to tell |
//! | `challenge.rs` | a bot challenge of a service elsewhere, if one is configured |
//! | `mail.rs` | how letters leave the house, as configured |
//! | `parts.rs` | every kind, permission, role and route of the house, as lists |
//! | `demo.rs`, `demo_trials.rs` | the demo house and the runner's two tenants; the organisation that designs trials |
//! | `bench.rs` | the figures that the house promises, measured |
//! | `outside.rs` | the only clock and the only source of randomness |

pub mod access_list;
pub mod bench;
mod challenge;
pub mod commands;
pub mod demo;
mod demo_trials;
/// How the house meets whoever comes to it.
pub mod edge;
mod ground;
pub mod guard;
/// The parts joined.
pub mod house;
mod keys;
mod mail;
mod outside;
mod pages;
pub mod parts;
mod security_txt;
mod tls;

pub use outside::Machine;
