//! The rules at the door, and what keeps watch behind them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Fault, No, Outside};
use serde::Deserialize;
use shield::{Exclusion, Inspector, Limits, Mode, Route, Rules, Settings};
use watch::Watch;

/// How often counts of attempts are written down.
const FLUSH_EVERY: Duration = Duration::from_secs(10);
/// After how many flushes exclusions are read again, so that what one node decides holds on the others.
const FLUSHES_PER_RELOAD: u32 = 6;
/// After how many flushes what was kept long enough is deleted.
const FLUSHES_PER_SWEEP: u32 = 360;

/// Fields of forms that hold a password. No rule looks at them: they are hashed and nothing else, a good one looks like
/// an attack, and what rules find may be kept.
const PASSWORD_FIELDS: &[&str] = &[
    "password",
    "new-password",
    "old-password",
    "current-password",
    "password-again",
    "repeat-password",
    "passphrase",
    "new-passphrase",
    "passphrase-again",
];

/// `[shield]` in `candor.toml`. Without it: the rules of the house, paranoia level 1, blocking.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// Directories of rules in place of those of the house, such as those of the OWASP Core Rule Set.
    pub rules: Vec<PathBuf>,
    /// The paranoia level, 1 to 4.
    pub paranoia: u8,
    /// The score at which a request is blocked.
    pub inbound_threshold: u32,
    /// The score at which an answer would be blocked; answers are not inspected.
    pub outbound_threshold: u32,
    /// Whether to block, or only to write down.
    pub mode: Carried,
    /// Further variables as the rules know them, such as `max_num_args`.
    pub variables: std::collections::BTreeMap<String, String>,
}

/// What happens to a request that rules would block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carried {
    /// It goes no further.
    Block,
    /// It passes, and is written down.
    Observe,
}

impl Default for Configuration {
    fn default() -> Self {
        let usual = Settings::default();
        Self {
            rules: Vec::new(),
            paranoia: usual.paranoia,
            inbound_threshold: usual.inbound_threshold,
            outbound_threshold: usual.outbound_threshold,
            mode: Carried::Block,
            variables: std::collections::BTreeMap::new(),
        }
    }
}

impl Configuration {
    /// Loads the rules.
    pub fn load(&self) -> Result<Inspector, Fault> {
        let unusable = |error: &dyn std::fmt::Display| Fault::new("loading the rules of the door", error.to_string());
        if !(1..=4).contains(&self.paranoia) {
            return Err(unusable(&"the paranoia level is 1 to 4"));
        }
        let settings = Settings {
            mode: if self.mode == Carried::Block { Mode::Block } else { Mode::Observe },
            paranoia: self.paranoia,
            inbound_threshold: self.inbound_threshold,
            outbound_threshold: self.outbound_threshold,
            variables: self.variables.clone().into_iter().collect(),
            exclusions: PASSWORD_FIELDS.iter().map(password).collect(),
            // A large transaction of records has many leaves; time bounds what they may cost.
            limits: Limits { arguments_max: 1_000_000, ..Limits::default() },
            ..Settings::default()
        };
        match self.rules.is_empty() {
            true => Inspector::built_in(settings),
            false => Inspector::load(&self.rules, settings),
        }
        .map_err(|error| unusable(&error))
    }
}

fn password(field: &&str) -> Exclusion {
    Exclusion {
        route: Route { method: Some("POST".to_owned()), path: "/**".to_owned() },
        rules: Rules::All,
        field: Some(format!("ARGS_POST:{field}")),
    }
}

/// Writes counts down, reads exclusions again and deletes what was kept long enough, until the house closes.
pub async fn keep_watch(watch: Arc<Watch>, outside: Arc<dyn Outside>) {
    let mut turn: u32 = 0;
    loop {
        if let Err(fault) = once(&watch, outside.as_ref(), turn).await {
            tracing::error!(doing = %fault.doing, cause = %fault.cause, "fault");
        }
        turn = turn.wrapping_add(1);
        tokio::time::sleep(FLUSH_EVERY).await;
    }
}

async fn once(watch: &Watch, outside: &dyn Outside, turn: u32) -> Result<(), Fault> {
    watch.flush(false).await?;
    if turn.is_multiple_of(FLUSHES_PER_RELOAD) {
        watch.reload().await?;
    }
    if turn.is_multiple_of(FLUSHES_PER_SWEEP) {
        for tenant in watch.vault().tenants().await? {
            watch.sweep(tenant, outside.request_id(), outside.now()).await.map_err(|no| match no {
                No::Fault(fault) => fault,
                No::Refusal(refusal) => Fault::new("sweeping up attempts", refusal),
            })?;
        }
    }
    Ok(())
}
