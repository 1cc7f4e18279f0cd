//! The second factor once more, for what is sensitive.

use access::Ctx;
use model::Answer;
use vault::Changes;

use crate::Identity;
use crate::kinds::{Session, SignInState};
use crate::rules::code;
use crate::sign_in::{SignedIn, with_state, wrong_code};

impl Identity {
    /// Takes a one-time code within a session and gives the session a new token that counts as stepped up.
    ///
    /// Wrong codes count as wrong attempts of the account, so they make wait as those at the door do.
    pub async fn step_up(&self, ctx: &Ctx, entered: &str) -> Answer<SignedIn> {
        let own = self.own(ctx).await?;
        let _turn = self.turns.take(own.account_at.id).await;
        self.check_patience(&own.door, own.whose).await?;
        // ORDER: what a code is judged by is read only when it is this attempt's turn.
        let (state, version) = self.state(&own.door, own.whose).await?;
        let step = own.account.totps().find_map(|totp| code::check(&totp.secret, entered, ctx.now, state.code_step));
        let Some(step) = step else {
            self.wrong_attempt(&own.door, own.whose, None).await?;
            return Err(wrong_code().recorded().into());
        };
        let fresh = SignInState { wrong: 0, wrong_at: None, code_step: step, ..state };
        let changes = with_state(Changes::new(), &fresh, version)?;
        let session = Session { stepped: Some(ctx.now), seen: ctx.now, ..own.session.clone() };
        self.rotate(&own, session, changes).await
    }
}
