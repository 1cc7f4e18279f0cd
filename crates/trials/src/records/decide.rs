use access::Ctx;
use model::{Answer, RecordId, Refusal, RefusalKind};
use vault::{Changes, Expected};

use super::{choices, decisions};
use crate::State;
use crate::design::Proposal;
use crate::kinds::{Decided, Decision, Deed, KeptChoice, OrganisationChoices};
use crate::rules::readiness::key;

/// Decisions of one study.
const DECISIONS_MAX: usize = 5_000;
/// Choices of one organisation.
const CHOICES_MAX: usize = 5_000;

/// Writes what somebody decided about some proposals.
pub(crate) async fn decide(
    state: &State,
    ctx: &Ctx,
    deed: &Deed,
    study: RecordId,
    about: &[&Proposal],
    (decided, reason): (Decided, &str),
) -> Answer<usize> {
    let (mut whole, version) = decisions(state, ctx, study).await?;
    for proposal in about {
        let key = key(proposal);
        whole.decisions.retain(|one| one.key != key);
        whole.decisions.push(Decision {
            key,
            path: proposal.path.clone(),
            before: proposal.before.clone(),
            after: proposal.after.clone(),
            decided,
            reason: reason.to_owned(),
            deed: deed.clone(),
        });
    }
    if whole.decisions.len() > DECISIONS_MAX {
        let words = format!("A study keeps {DECISIONS_MAX} decisions.");
        return Err(Refusal::new(RefusalKind::TooLarge, words).into());
    }
    let changes = match version {
        0 => Changes::new().create(study, &whole)?,
        version => Changes::new().revise(study, &whole, Expected::Version(version))?,
    };
    state.vault.commit(ctx, changes).await?;
    Ok(about.len())
}

/// Remembers for the organisation what an activity collects; an earlier choice for the same words is replaced.
pub(crate) async fn keep_choice(state: &State, ctx: &Ctx, choice: KeptChoice) -> Answer<()> {
    let (mut whole, version) = choices(&state.vault, ctx).await?;
    let same = |one: &KeptChoice| model::fold(&one.label) == model::fold(&choice.label);
    whole.choices.retain(|one| !same(one));
    whole.choices.push(choice);
    if whole.choices.len() > CHOICES_MAX {
        let words = format!("An organisation keeps {CHOICES_MAX} choices.");
        return Err(Refusal::new(RefusalKind::TooLarge, words).into());
    }
    let id = OrganisationChoices::ID;
    let changes = match version {
        0 => Changes::new().create(id, &whole)?,
        version => Changes::new().revise(id, &whole, Expected::Version(version))?,
    };
    state.vault.commit(ctx, changes).await?;
    Ok(())
}
