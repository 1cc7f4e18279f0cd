//! The house as the runner sees it: an address, a certificate, and what anybody with an account could do.

mod desk;
mod evidence;
mod fhir;
mod figures;
mod hello;
pub(crate) mod joining;
mod route;
mod totp;
mod wire;

pub use desk::{Desk, Session, cookies_set};
pub(crate) use desk::{half_way, hidden};
pub(crate) use evidence::Evidence;
pub(crate) use fhir::{Fhir, patient};
pub(crate) use figures::figures;
pub(crate) use hello::{Greeting, Offer, exchange, greet};
pub(crate) use route::{Route, is_alive, open_pages, routes};
pub use wire::{Call, Https, Reply, Replying, Wire};

use crate::probe::Trouble;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What the house wrote down for the runner when it was set up: `runner/credentials.json`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The address, such as `https://127.0.0.1:8443`.
    pub base: String,
    /// The certificate to trust, in PEM.
    pub certificate: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// The name of this house in the public log: letters, digits, dots and hyphens.
    pub deployment: String,
    /// The bearer token for `GET /house/figures`.
    pub figures_token: String,
    /// The probe tenants, at least two.
    pub tenants: Vec<Tenant>,
}

/// A permanent synthetic tenant of the runner.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tenant {
    /// Such as `probe-a`.
    pub name: String,
    /// Its id, if addresses have it.
    #[serde(default)]
    pub id: Option<String>,
    /// Those who can sign in there.
    pub people: Vec<Person>,
    /// The FHIR interface.
    pub fhir: FhirAccess,
    /// The short name of its sign-up page, if it has one and keeps its letters where the key can read them.
    #[serde(default)]
    pub sign_up: Option<String>,
    /// How long a session there may be idle, if that is short enough to wait for.
    #[serde(default)]
    pub session_idle_seconds: Option<u64>,
}

/// Somebody who can sign in.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
    /// The second factor's secret, base32.
    pub totp_secret: String,
    /// Such as `administrator`.
    pub role: String,
}

/// A FHIR interface and a key for it, which may also read the tenant's evidence.
#[derive(Clone, Serialize, Deserialize)]
pub struct FhirAccess {
    /// The base address, such as `https://127.0.0.1:8443/fhir/r4`.
    pub base: String,
    /// The bearer token.
    pub token: String,
}

impl Credentials {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let text = std::fs::read_to_string(path).map_err(|error| Trouble::new(format!("credentials.json: {error}")))?;
        let known: Self =
            serde_json::from_str(&text).map_err(|error| Trouble::new(format!("credentials.json: {error}")))?;
        let named = !known.deployment.is_empty()
            && known.deployment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if named { Ok(known) } else { Err(Trouble::new("credentials.json: the deployment's name is not usable")) }
    }

    /// Two different probe tenants.
    pub fn two_tenants(&self) -> Result<(&Tenant, &Tenant), Trouble> {
        match self.tenants.as_slice() {
            [one, other, ..] => Ok((one, other)),
            _ => Err(Trouble::new("the runner needs two probe tenants")),
        }
    }
}

impl Tenant {
    /// Somebody of the tenant, by number, the last if there are fewer.
    pub fn person(&self, number: usize) -> Result<&Person, Trouble> {
        let last = self.people.len().checked_sub(1);
        let person = last.and_then(|last| self.people.get(number.min(last)));
        person.ok_or_else(|| Trouble::new(format!("nobody can sign in to {}", self.name)))
    }
}
