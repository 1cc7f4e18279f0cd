//! A demonstration: studies of our own making, through the same commit as everybody.

use access::Ctx;
use model::{ActorId, Answer};

use crate::State;
use crate::kinds::Deed;
use crate::records;
use crate::rules::skeleton::{self, Beginning};

/// Fills an organisation with made-up studies. `ctx` is the house in the duty [`crate::FURNISH`].
pub async fn furnish(state: &State, ctx: &Ctx) -> Answer<usize> {
    let deed = Deed { by: ActorId::from_bytes([0; 16]), name: "The demonstration".to_owned(), at: ctx.now };
    let beginning = Beginning {
        title: "A made-up study that has only just begun".to_owned(),
        identifier: "LARK-01".to_owned(),
        acronym: "LARK".to_owned(),
        sponsor: "Alder Therapeutics (made up)".to_owned(),
        arms: vec!["Active".to_owned(), "Placebo".to_owned()],
    };
    let bytes = skeleton::begin(&beginning).to_bytes();
    records::add(state, ctx, deed, bytes, "began the study from nothing", None).await?;
    Ok(1)
}
