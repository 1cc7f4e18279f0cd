//! New passwords: the organisation's policy, earlier ones, leaked ones.

use std::sync::Arc;

use access::Ctx;
use model::{Answer, Fault, Kind, Refusal, RefusalKind};
use seal::Secret;
use seal::breached::Breached;
use seal::password::Outcome;
use vault::{Change, Changes, Expected};

use crate::kinds::{Account, Organisation, Policy, Ticket};
use crate::notices::Happened;
use crate::passkeys::must_be_stepped_up;
use crate::rules::passphrase::{HISTORY_MAX, PasswordPolicy};
use crate::second_factor::with_account;
use crate::sessions::Beginning;
use crate::sign_in::{Attempt, Caller, SignedIn, known_tenant, ticket_over};
use crate::{Identity, credential, roles};

impl Identity {
    /// From now on refuses new passwords that this file holds.
    pub fn refuse_breached(&self, breached: Breached) {
        self.breached.get_or_init(|| Arc::new(breached));
    }

    /// Whether a new password fits somebody of this address: long enough, not common, not leaked, not the address.
    pub(crate) async fn fit(&self, ctx: &Ctx, email: &str, new: &Secret) -> Answer<()> {
        let policy = self.organisation(ctx.tenant, ctx.request, ctx.now).await?.policy.password;
        let text =
            std::str::from_utf8(new.expose()).map_err(|_| not_fit("Use letters, digits and signs.".to_owned()))?;
        policy.read(text).map_err(not_fit)?;
        let local = email.split('@').next().unwrap_or("");
        if local.chars().count() >= 4 && text.to_lowercase().contains(local) {
            return Err(not_fit("This password holds your e-mail address. Choose another.".to_owned()).into());
        }
        if self.is_breached(new).await? {
            let words = "This password has leaked somewhere before, so programs that guess try it. Choose another.";
            return Err(not_fit(words.to_owned()).into());
        }
        Ok(())
    }

    /// The account with a new password, if the password fits and is none of the last ones. Every session of the account
    /// is of an earlier era afterwards.
    pub(crate) async fn with_password(&self, ctx: &Ctx, account: &Account, new: Secret) -> Answer<Account> {
        self.fit(ctx, &account.email, &new).await?;
        let policy = self.organisation(ctx.tenant, ctx.request, ctx.now).await?.policy.password;
        let history = usize::from(policy.history.min(HISTORY_MAX));
        // Where the policy asks about no earlier ones, somebody who forgot theirs may remember it after all.
        let looked_at = if history == 0 && policy.age_days_max.is_none() { 0 } else { history + 1 };
        let earlier = account.verifier.iter().chain(account.former.iter().take(history)).take(looked_at);
        for (number, verifier) in earlier.enumerate() {
            if self.verify(new.clone(), Some(verifier)).await? != Outcome::Wrong {
                let words = match number {
                    0 => "This is the password that you have. Choose another.".to_owned(),
                    _ => format!("This is one of your last {history} passwords. Choose another."),
                };
                return Err(not_fit(words).into());
            }
        }
        Ok(account.clone().with_password(self.hash(new).await?, ctx.now))
    }

    /// Changes the asker's own password and ends every other session.
    pub async fn change_password(&self, ctx: &Ctx, present: Secret, new: Secret, caller: &Caller) -> Answer<SignedIn> {
        must_be_stepped_up(ctx)?;
        let own = self.own(ctx).await?;
        let _turn = self.turns.take(own.account_at.id).await;
        let attempt = Attempt { whose: own.whose, account: &own.account, caller };
        self.check_patience(&own.door, &attempt).await?;
        if seal::same(present.expose(), new.expose()) {
            return Err(not_fit("This is the password that you have. Choose another.".to_owned()).into());
        }
        if self.verify(present, own.account.verifier.as_deref()).await? == Outcome::Wrong {
            self.wrong_attempt(&own.door, &attempt, None).await?;
            let words = "This is not your present password.";
            return Err(Refusal::new(RefusalKind::Invalid, words).at("present", words).recorded().into());
        }
        let account = self.with_password(&own.door, &own.account, new).await?;
        let renewed = self.rotate_into_era(&own, &account, Changes::new()).await?;
        self.tell(&own.door, &account, Happened::PasswordChanged).await;
        Ok(renewed)
    }

    /// A new password in place of one that was too old, after both factors; begins the session.
    pub async fn replace_old_password(&self, ticket: &str, new: Secret, caller: &Caller) -> Answer<SignedIn> {
        let presented = credential::read(ticket).ok_or_else(ticket_over)?;
        let door = self.duty(roles::DOOR, presented.tenant, caller.request, caller.now);
        let found = known_tenant(self.good_ticket(&door, presented.record).await)?;
        let (opened, record) = found.filter(|(_, it)| !it.shown.is_empty()).ok_or_else(ticket_over)?;
        let holder = self.vault.recognise(&door, Account::DECL, model::RecordId::of_subject(record.account)).await?;
        let holder = holder.ok_or_else(ticket_over)?;
        let _turn = self.turns.take(holder.id).await;
        let account = self.with_password(&door, &holder.record()?, new).await?;
        let used = Change::Retire(Ticket::DECL, opened.id, Expected::Version(opened.version));
        let changes = with_account(Changes::new().and(used), &holder, Some(&account))?;
        let shown: Vec<&str> = record.shown.iter().map(String::as_str).collect();
        let begun = Beginning { whose: record.account, account: &account, factors: &shown, caller };
        let signed_in = self.begin_session(&door, begun, changes).await?;
        self.tell(&door, &account, Happened::PasswordChanged).await;
        Ok(signed_in)
    }

    /// What the asker's organisation asks of passwords.
    pub async fn password_policy(&self, ctx: &Ctx) -> Answer<PasswordPolicy> {
        Ok(self.organisation(ctx.tenant, ctx.request, ctx.now).await?.policy.password)
    }

    /// Sets what the organisation asks of passwords. The vault decides whether the asker may.
    pub async fn set_password_policy(&self, ctx: &Ctx, password: PasswordPolicy) -> Answer<()> {
        let opened = self.vault.read(ctx, Organisation::DECL, Organisation::ID).await?;
        let before: Organisation = opened.record()?;
        let after = Organisation { policy: Policy { password, ..before.policy }, ..before };
        let changes = Changes::new().revise(opened.id, &after, Expected::Version(opened.version))?;
        self.vault.commit(ctx, changes).await.map(|_| ())
    }

    async fn is_breached(&self, password: &Secret) -> Answer<bool> {
        let Some(breached) = self.breached.get().map(Arc::clone) else { return Ok(false) };
        let password = password.clone();
        let looked = tokio::task::spawn_blocking(move || breached.holds(password.expose())).await;
        let doing = "looking among leaked passwords";
        Ok(looked.map_err(|error| Fault::new(doing, error))?.map_err(|error| Fault::new(doing, error))?)
    }
}

fn not_fit(words: String) -> Refusal {
    Refusal::new(RefusalKind::Invalid, words.clone()).at("password", words)
}
