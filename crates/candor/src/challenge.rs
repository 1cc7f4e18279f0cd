//! The `[challenge]` table of the configuration: a bot challenge of a service elsewhere, in place of the house's own.

use std::path::PathBuf;
use std::sync::Arc;

use identity::{CHALLENGE_DESTINATION, Foreign, Service};
use model::{Fault, Outside};
use seal::Secret;
use serde::Deserialize;

use crate::mail::{read, way_out};

/// `[challenge]`. Without it the house makes its own and asks nobody. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Which service.
    service: Which,
    /// The public half of the house's account there.
    site_key: String,
    /// A file with the secret half.
    secret_file: PathBuf,
    /// The name in this house's address, such as `candor.practice.example`.
    hostname: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Which {
    Recaptcha,
    Hcaptcha,
    Turnstile,
}

/// What the table asks for.
pub fn plan(table: Challenge, outside: &Arc<dyn Outside>) -> Result<Foreign, Fault> {
    let service = match table.service {
        Which::Recaptcha => Service::Recaptcha,
        Which::Hcaptcha => Service::Hcaptcha,
        Which::Turnstile => Service::Turnstile,
    };
    let (host, _) = service.checks_at();
    Ok(Foreign {
        service,
        site_key: table.site_key,
        secret: Secret::new(read(&table.secret_file)?.trim_ascii_end()),
        hostname: table.hostname,
        client: way_out(CHALLENGE_DESTINATION, host, outside)?,
        host: host.to_owned(),
    })
}
