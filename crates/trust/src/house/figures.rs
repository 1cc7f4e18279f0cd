use super::wire::Call;
use crate::probe::{Trouble, Visit};
use serde_json::Value;

/// What the house counts of itself: `GET /house/figures`.
pub(crate) struct Figures(Value);

/// Asks for the counts.
pub(crate) async fn figures(visit: &Visit<'_>) -> Result<Figures, Trouble> {
    let call = Call::get("/house/figures").bearer(&visit.known.figures_token);
    Ok(Figures(visit.wire.call(call).await?.good("asking for the figures")?.json()?))
}

impl Figures {
    /// One count.
    pub fn number(&self, name: &str) -> Result<u64, Trouble> {
        let found = self.0.get(name).and_then(Value::as_u64);
        found.ok_or_else(|| Trouble::new(format!("the figures do not say \u{201c}{name}\u{201d}")))
    }
}
