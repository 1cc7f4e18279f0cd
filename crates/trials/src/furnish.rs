//! A demonstration: studies of our own making, through the same commit as everybody.

use access::Ctx;
use model::{ActorId, Answer};

use crate::State;
use crate::kinds::Deed;
use crate::records;
use crate::rules::made_up;
use crate::rules::skeleton::{self, Beginning};

/// Fills an organisation with made-up studies. `ctx` is the house in the duty [`crate::FURNISH`].
pub async fn furnish(state: &State, ctx: &Ctx) -> Answer<usize> {
    let deed = || Deed { by: ActorId::from_bytes([0; 16]), name: "The demonstration".to_owned(), at: ctx.now };
    let beginning = Beginning {
        title: "A study that has only just begun (made up)".to_owned(),
        identifier: "ALD-310".to_owned(),
        acronym: "LARK".to_owned(),
        sponsor: "Alder Therapeutics (made up)".to_owned(),
        arms: vec!["Active".to_owned(), "Placebo".to_owned()],
    };
    let begun = skeleton::begin(&beginning).to_bytes();
    records::add(state, ctx, deed(), begun, "began the study from nothing", None).await?;
    let harbour = made_up::harbour()?.to_bytes();
    let id = records::add(state, ctx, deed(), harbour, "wrote the study", None).await?;
    let seen = records::see(state, ctx, &id.to_string()).await?;
    records::order(state, ctx, deed(), &seen).await?;
    let mut lantern = made_up::lantern()?;
    let id = records::add(state, ctx, deed(), lantern.to_bytes(), "wrote the study", None).await?.to_string();
    let seen = records::see(state, ctx, &id).await?;
    records::order(state, ctx, deed(), &seen).await?;
    made_up::amend_lantern(&mut lantern)?;
    let words = "added the call at week 14 and widened the window of week 8".to_owned();
    records::save(state, ctx, deed(), &seen.kept, &lantern, words).await?;
    Ok(3)
}
