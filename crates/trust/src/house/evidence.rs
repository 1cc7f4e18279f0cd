use super::Tenant;
use super::wire::{Call, Reply, Wire};
use crate::probe::Trouble;
use serde_json::Value;

/// Entries asked for at a time.
const PAGE: u64 = 500;

/// One tenant's evidence log, as its auditor reads it.
pub(crate) struct Evidence<'a> {
    wire: &'a dyn Wire,
    token: &'a str,
}

impl<'a> Evidence<'a> {
    pub fn of(wire: &'a dyn Wire, tenant: &'a Tenant) -> Self {
        Self { wire, token: &tenant.fhir.token }
    }

    /// The key that signs the log's heads.
    pub async fn key(&self) -> Result<String, Trouble> {
        let reply = self.ask("/audit/vkey".to_owned()).await?;
        Ok(reply.text().trim().to_owned())
    }

    /// The latest signed head.
    pub async fn checkpoint(&self) -> Result<String, Trouble> {
        Ok(self.ask("/audit/checkpoint".to_owned()).await?.text().into_owned())
    }

    /// How many entries there are.
    pub async fn len(&self) -> Result<u64, Trouble> {
        let page = self.ask("/audit/entries?from=0&limit=1".to_owned()).await?.json()?;
        page.get("len").and_then(Value::as_u64).ok_or_else(|| Trouble::new("the audit log does not say how long it is"))
    }

    /// The entries from one index to another (exclusive), exactly as they are hashed; fewer if there are fewer.
    pub async fn entries(&self, from: u64, to: u64) -> Result<Vec<String>, Trouble> {
        let mut entries: Vec<String> = Vec::new();
        loop {
            let next = from + entries.len() as u64;
            if next >= to {
                return Ok(entries);
            }
            let page = self.ask(format!("/audit/entries?from={next}&limit={}", PAGE.min(to - next))).await?.json()?;
            let listed = page.get("entries").and_then(Value::as_array);
            let listed = listed.ok_or_else(|| Trouble::new("the audit log has no list of entries"))?;
            let before = entries.len();
            entries.extend(listed.iter().filter_map(|entry| entry.as_str().map(str::to_owned)));
            if entries.len() == before {
                return Ok(entries);
            }
        }
    }

    async fn ask(&self, path: String) -> Result<Reply, Trouble> {
        self.wire.call(Call::get(path).bearer(self.token)).await?.good("reading the audit log")
    }
}
