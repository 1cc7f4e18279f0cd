//! The second factor once more, for what is sensitive.

use access::Ctx;
use model::Answer;
use vault::Changes;

use crate::Identity;
use crate::kinds::{Session, SignInState};
use crate::notices::Happened;
use crate::passkeys::step_up;
use crate::second_factor::{Proof, with_account, wrong_proof};
use crate::sign_in::{Attempt, Caller, SignedIn, with_state};

impl Identity {
    /// Takes a second factor within a session and gives the session a new token that counts as stepped up.
    ///
    /// Wrong codes count as wrong attempts of the account, so they make wait as those at the door do.
    pub async fn step_up(&self, ctx: &Ctx, proof: &Proof, caller: &Caller) -> Answer<SignedIn> {
        let own = self.own(ctx).await?;
        let _turn = self.turns.take(own.account_at.id).await;
        let attempt = Attempt { whose: own.whose, account: &own.account, caller };
        self.check_patience(&own.door, &attempt).await?;
        // ORDER: what a code is judged by is read only when it is this attempt's turn.
        let (state, version) = self.state(&own.door, own.whose).await?;
        let purpose = step_up(own.session_at.id);
        let judged = self.judge(&own.door, (own.whose, &own.account), &state, proof, &purpose).await?;
        let Some(judged) = judged else {
            self.wrong_attempt(&own.door, &attempt, None).await?;
            return Err(wrong_proof(proof).recorded().into());
        };
        let fresh = SignInState { code_step: judged.step, ..state };
        let changes = with_state(Changes::new(), &fresh, version)?;
        let changes = with_account(changes, &own.account_at, judged.account.as_ref())?;
        let changes = self.spend(changes, ctx.tenant, judged.challenge.as_deref(), ctx.now).await?;
        let session = Session { stepped: Some(ctx.now), seen: ctx.now, ..own.session.clone() };
        let renewed = self.rotate(&own, session, changes).await?;
        if let Some(left) = judged.recovery_left {
            self.tell(&own.door, &own.account, Happened::RecoveryUsed(left)).await;
        }
        Ok(renewed)
    }
}
