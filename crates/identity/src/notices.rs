//! Letters about an account's own safety, to its owner.

use access::Ctx;
use model::No;

use crate::Identity;
use crate::kinds::Account;
use crate::post::{Envelope, Letter};
use crate::rules::email::EmailAddress;

/// What happened to an account.
pub(crate) enum Happened {
    /// Somebody signed in from a browser that had not been seen before.
    NewDevice(String),
    /// A second factor was added.
    FactorAdded(String),
    /// A second factor was removed.
    FactorRemoved(String),
    /// The password was changed.
    PasswordChanged,
    /// A recovery code was used; so many are left.
    RecoveryUsed(usize),
    /// New recovery codes were made.
    RecoveryRenewed,
    /// So many wrong attempts that the door makes strangers wait.
    Waiting,
}

impl Happened {
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::NewDevice(name) => (
                "A new device signed in",
                format!("Somebody signed in to your account with both factors from a browser that was not used before: {name}."),
            ),
            Self::FactorAdded(name) => ("A second factor was added", format!("\u{201c}{name}\u{201d} can now be used to sign in to your account.")),
            Self::FactorRemoved(name) => {
                ("A second factor was removed", format!("\u{201c}{name}\u{201d} can no longer be used to sign in to your account."))
            }
            Self::PasswordChanged => (
                "Your password was changed",
                "The password of your account was changed, and every other device was signed out.".to_owned(),
            ),
            Self::RecoveryUsed(left) => (
                "A recovery code was used",
                format!("One of your recovery codes was used in place of your second factor. {left} of ten are left."),
            ),
            Self::RecoveryRenewed => (
                "New recovery codes",
                "Ten new recovery codes were made for your account. The earlier ones no longer work.".to_owned(),
            ),
            Self::Waiting => (
                "Wrong attempts to sign in",
                "There were several wrong attempts to sign in to your account, so unknown browsers must now wait between \
                 attempts. A browser that you have used before, or a passkey, lets you in as always."
                    .to_owned(),
            ),
        }
    }
}

impl Identity {
    /// Tells the owner by letter. What happened has happened: a house without mail, or one that is busy, still goes on.
    pub(crate) async fn tell(&self, door: &Ctx, account: &Account, happened: Happened) {
        match self.letter(door, account, &happened).await {
            Ok(()) | Err(No::Refusal(_)) => {}
            Err(No::Fault(fault)) => {
                tracing::error!(doing = %fault.doing, cause = %fault.cause, "a notice was not written");
            }
        }
    }

    async fn letter(&self, door: &Ctx, account: &Account, happened: &Happened) -> model::Answer<()> {
        let link = self.link("/security")?;
        let Ok(to) = EmailAddress::parse(&account.email) else { return Ok(()) };
        let organisation = self.organisation(door.tenant, door.request, door.now).await?;
        let envelope = Envelope { tenant: door.tenant, organisation: &organisation.name, to: &to };
        let (heading, what) = happened.words();
        self.post(Letter::notice(envelope, heading, what, ("Look at your account", &link)))
    }
}
