//! One's own second factors: generators of codes, recovery codes, and taking one away.

use access::Ctx;
use model::{Answer, Refusal, RefusalKind};
use vault::Changes;

use crate::Identity;
use crate::kinds::{Account, Factor, SignInState, Totp};
use crate::notices::Happened;
use crate::passkeys::must_be_stepped_up;
use crate::rules::{code, recovery};
use crate::second_factor::with_account;
use crate::sign_in::{SignedIn, with_state, wrong_code};

impl Identity {
    /// The asker's own account.
    pub async fn own_account(&self, ctx: &Ctx) -> Answer<Account> {
        Ok(self.own(ctx).await?.account)
    }

    /// Adds a generator of codes to the asker's own account, once it has shown a right code.
    pub async fn add_generator(&self, ctx: &Ctx, name: String, secret: String, entered: &str) -> Answer<()> {
        must_be_stepped_up(ctx)?;
        let own = self.own(ctx).await?;
        let _turn = self.turns.take(own.account_at.id).await;
        let (state, version) = self.state(&own.door, own.whose).await?;
        // Another secret has other codes, so the last step of the old one does not count here.
        let Some(step) = code::check(&secret, entered, ctx.now, 0) else { return Err(wrong_code().into()) };
        let used = SignInState { code_step: state.code_step.max(step), ..state };
        let changes = with_state(Changes::new(), &used, version)?;
        self.add_factor(&own, Factor::Totp(Totp { name, secret, since: ctx.now }), changes).await
    }

    /// Takes one of the asker's own second factors away and ends every other session.
    ///
    /// INVARIANT: the last one stays. There is no account without a second factor, and no call that makes one.
    pub async fn remove_factor(&self, ctx: &Ctx, id: &str) -> Answer<SignedIn> {
        must_be_stepped_up(ctx)?;
        let own = self.own(ctx).await?;
        let Some(gone) = own.account.factors.iter().find(|factor| factor.id() == id) else {
            return Err(Refusal::not_found().into());
        };
        if own.account.factors.len() == 1 {
            let words =
                "This is your only second factor, and every account has one. Add another first, then remove this.";
            return Err(Refusal::new(RefusalKind::Conflict, words).into());
        }
        let kept = own.account.factors.iter().filter(|factor| factor.id() != id).cloned().collect();
        let account = Account { factors: kept, era: own.account.era + 1, ..own.account.clone() };
        let renewed = self.rotate_into_era(&own, &account, Changes::new()).await?;
        self.tell(&own.door, &account, Happened::FactorRemoved(gone.name().to_owned())).await;
        Ok(renewed)
    }

    /// Makes ten new recovery codes, which are shown this once; earlier ones are worth nothing from now on.
    pub async fn renew_recovery(&self, ctx: &Ctx) -> Answer<Vec<String>> {
        must_be_stepped_up(ctx)?;
        let own = self.own(ctx).await?;
        let codes = recovery::fresh(self.vault.outside().as_ref());
        let kept = codes.iter().filter_map(|code| recovery::kept(own.whose, code)).collect();
        let account = Account { recovery: kept, ..own.account.clone() };
        self.vault.commit(&own.door, with_account(Changes::new(), &own.account_at, Some(&account))?).await?;
        self.tell(&own.door, &account, Happened::RecoveryRenewed).await;
        Ok(codes)
    }
}
