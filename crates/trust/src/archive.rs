use crate::bundle;
use crate::claim::ClaimDecl;
use crate::digest::sha256_hex;
use crate::keys::{Keys, PublicKeys, log_origin};
use crate::probe::Trouble;
use crate::shelf::{Head, Placed, RESULTS_MAX, Shelf, Standing, State};
use crate::statement::Statement;
use ledger::build::Growth;
use ledger::files::Directory;
use ledger::{Builder, Checkpoint, Hash};
use model::Time;
use std::path::Path;

/// An earlier head is kept so long before a newer one takes its place.
const EARLIER_SECONDS: i64 = 24 * 60 * 60;

/// The public log and all that is published beside it. Only the runner writes here.
pub(crate) struct Archive {
    shelf: Shelf,
    keys: Keys,
    public: PublicKeys,
    builder: Builder,
    state: State,
}

impl Archive {
    /// Continues what is below `dir`, or begins it.
    pub fn open(dir: &Path, deployment: &str, keys: Keys, now: Time) -> Result<Self, Trouble> {
        let shelf = Shelf::at(dir);
        let public = keys.public(shelf.keys()?, now)?;
        shelf.write_json("keys.json", &public)?;
        let state = shelf.state()?.unwrap_or_default();
        let state = State { deployment: deployment.to_owned(), ..state };
        let log = Directory::new(shelf.log());
        let builder = match shelf.read("log/checkpoint")? {
            None => Builder::new(),
            Some(signed) => {
                let unusable = |error: &dyn std::fmt::Display| {
                    Trouble::new(format!("the public log cannot be continued: {error}"))
                };
                let signed = String::from_utf8(signed).map_err(|error| unusable(&error))?;
                let known = [keys.log.verifying_key().clone()];
                let head =
                    Checkpoint::opened(&signed, &log_origin(deployment), &known).map_err(|error| unusable(&error))?;
                Builder::resume(&head, &log).map_err(|error| unusable(&error))?
            }
        };
        Ok(Self { shelf, keys, public, builder, state })
    }

    /// The keys of this house.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// How a claim stands.
    pub fn standing(&self, claim: &str) -> Option<&Standing> {
        self.state.claims.get(claim)
    }

    /// The digest of the latest signed result of a claim.
    pub fn latest_digest(&self, claim: &str) -> Result<Option<String>, Trouble> {
        let results = self.shelf.results(claim)?.unwrap_or_default();
        Ok(results.results.first().map(|placed| sha256_hex(placed.note.as_bytes())))
    }

    /// Appends a signed result to the log and publishes everything that follows from it.
    ///
    /// ORDER: entries and tiles, then the checkpoint that speaks of them, then what points into the log. After a crash
    /// in between the log is whole and what points into it is merely older.
    pub fn publish(
        &mut self,
        claims: &[ClaimDecl],
        statement: &Statement,
        signed: &str,
        now: Time,
    ) -> Result<(), Trouble> {
        let index = self.builder.size();
        let growth = self.builder.extend(&[signed]).map_err(|error| Trouble::new(error.to_string()))?;
        self.write_log(&growth, now)?;
        let mut results = self.shelf.results(&statement.claim)?.unwrap_or_default();
        results.claim = statement.claim.clone();
        results.results.insert(0, Placed { index, note: signed.to_owned() });
        results.results.truncate(RESULTS_MAX);
        self.shelf.write_json(&format!("results/{}.json", statement.claim), &results)?;
        let standing = Standing::after(self.state.claims.get(&statement.claim), statement, index);
        self.state.claims.insert(statement.claim.clone(), standing);
        self.shelf.write_json("state.json", &self.state)?;
        self.write_bundle(claims, now)
    }

    fn write_log(&mut self, growth: &Growth, now: Time) -> Result<(), Trouble> {
        for file in &growth.files {
            self.shelf.write(&format!("log/{}", file.path), &file.bytes)?;
        }
        let origin = log_origin(&self.state.deployment);
        let checkpoint = Checkpoint::new(&origin, growth.size, growth.root);
        let signed = checkpoint.signed(&self.keys.log).map_err(|error| Trouble::new(error.to_string()))?;
        self.shelf.write("log/checkpoint", signed.as_bytes())?;
        let head =
            Head { size: growth.size, root: hex::encode(growth.root), signed_at: now.to_string(), checkpoint: signed };
        let before = std::mem::replace(&mut self.state.log, head);
        let since = |head: &Head| head.signed_at.parse().map_or(i64::MAX, |then: Time| now.seconds_since(then));
        let too_old = self.state.earlier.as_ref().is_none_or(|earlier| since(earlier) > EARLIER_SECONDS);
        if too_old && before.size > 0 {
            self.state.earlier = Some(before);
        }
        Ok(())
    }

    fn write_bundle(&self, claims: &[ClaimDecl], now: Time) -> Result<(), Trouble> {
        let mut latest = Vec::new();
        for claim in claims {
            let results = self.shelf.results(claim.id)?.unwrap_or_default();
            // A result counts only for the words it was made for.
            let words = sha256_hex(claim.words.as_bytes());
            let counts = self.state.claims.get(claim.id).is_some_and(|standing| standing.words_sha256 == words);
            latest.push((claim, results.results.into_iter().next().filter(|_| counts)));
        }
        let made = bundle::make(&bundle::Contents {
            deployment: &self.state.deployment,
            keys: &self.public,
            head: &self.state.log,
            earlier: self.state.earlier.as_ref(),
            latest: &latest,
            log: &Directory::new(self.shelf.log()),
            now,
        })?;
        let signed = self.keys.log.sign(&made).map_err(|error| Trouble::new(error.to_string()))?;
        self.shelf.write("bundle", signed.as_bytes())
    }
}

/// Hashes as hexadecimal texts.
pub(crate) fn hex_all(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}
