//! Who is at the door: accounts, two factors, sessions, API keys.
//!
//! | file | what |
//! |---|---|
//! | `kinds.rs` | what is recorded: account, session, sign-in ticket, sign-in state, sign-in name, API key, policy |
//! | `roles.rs` | permissions, the administrator's and auditor's roles, the duties of the door |
//! | `rules/` | pure: e-mail addresses, passwords, one-time codes, throttling, session limits |
//! | `accounts.rs` | first set-up, new accounts |
//! | `keys.rs`, `key_door.rs` | programs' keys: made, replaced, revoked; recognised at the door |
//! | `programs.rs` | programs with a key pair: registered, given tokens that last minutes |
//! | `quota.rs` | monthly tokens for metered work: set aside, counted, given back |
//! | `sign_in.rs` | password, then second factor, then a session |
//! | `second_factor.rs`, `passkeys.rs`, `factors.rs` | codes, passkeys, recovery codes: judged, added, taken away |
//! | `passwords.rs` | new passwords, under the organisation's policy |
//! | `devices.rs`, `notices.rs` | browsers known again; letters about an account's own safety |
//! | `sessions.rs` | begun, renewed under a new token, ended |
//! | `step_up.rs` | the second factor once more, for what is sensitive |
//! | `sign_up.rs`, `sign_up/` | how people come to have an account |
//! | `reset.rs` | a new password for who lost theirs |
//! | `challenge.rs` | whether somebody who knocks is a robot |
//! | `turns.rs` | one attempt at a time for each account |
//! | `sweep.rs` | sessions and tickets that are over are deleted |
//! | `post.rs`, `post/` | letters, and who carries them |
//! | `doorkeeper.rs` | a cookie or a token becomes a `Ctx`, on every request |
//! | `recognised.rs` | who was recognised a moment ago |
//! | `rights.rs`, `rights/` | who may do what in an organisation, and how that is changed |
//! | `pages/` | sign-in, enrolment, set-up |
//!
//! INVARIANT: a session exists only after two factors. There is no setting, column or call that says otherwise.

mod accounts;
mod challenge;
mod credential;
mod devices;
mod doorkeeper;
mod factors;
mod figures;
mod key_door;
mod keys;
mod kinds;
mod notices;
mod pages;
mod passkeys;
mod passwords;
pub mod post;
mod programs;
mod quota;
mod recognised;
mod reset;
mod rights;
mod roles;
pub mod rules;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_up;
mod step_up;
mod sweep;
mod turns;

use std::sync::{Arc, OnceLock};

use access::{Actor, Assurance, Ctx};
use model::{Answer, KindDecl, Purpose, RequestId, TenantId, Time};
use seal::password::Hasher;
use vault::Vault;

pub use accounts::{KeyOrder, NewAccount, NewTenant};
pub use challenge::{DESTINATION as CHALLENGE_DESTINATION, Foreign, Guarded, Service};
pub use figures::Figures;
pub use keys::{KEYS_MAX, KeptKey, KeyWish, NewKey};
pub use kinds::{
    AccessRequest, Decision, Invitation, LetterBudget, MailedCode, Outcome, Reset, SignUp, SignUpMode, SignUpPlace,
    SignUpPolicy, SpentChallenge, Way,
};
pub use kinds::{AccessToken, Program, UsedAssertion};
pub use kinds::{
    Account, ApiKey, Barred, Bound, CustomRole, Device, Emergency, EmergencyReview, Factor, HeldRole, KeptLetter,
    KeyUse, Organisation, Passkey, Policy, Proposal, ProposalState, Quota, QuotaRule, RecoveryCode, Review,
    ReviewDecision, ReviewItem, ReviewVerdict, Session, SignInName, SignInState, SupportGrant, SupportState, Ticket,
    Totp, Visit,
};
pub use pages::{Letters, State, site};
pub use passkeys::{NewPasskey, PasskeyAsk};
pub use programs::TOKEN_SECONDS;
pub use quota::Standing as QuotaStanding;
pub use reset::RESET_SECONDS;
pub use rights::{
    COMMANDS, Class, DORMANT_DAYS, EMPOWER, END_GOVERNOR, ERASE, Empowering, HOURS_MAX, Looked, MINUTES_MAX, MaySee,
    OPEN_SECONDS, Protected, Refused, ReviewOrder, RoleDraft, Why,
};
pub use roles::{PERMISSIONS, ROLES};
pub use second_factor::{Answered, Proof};
pub use sessions::OpenSession;
pub use sign_in::{Caller, Entered, SignedIn, Step};
pub use sign_up::{Invited, Joined, Place, Requested, SignUpForm, Verdict};
pub use sweep::Swept;

/// Every kind that identity stores.
pub const KINDS: &[&KindDecl] = kinds::ALL;

/// Identity over one vault.
pub struct Identity {
    vault: Arc<Vault>,
    hasher: Arc<Hasher>,
    /// The tenant of the house itself, which knows who belongs where.
    house: TenantId,
    turns: turns::Turns,
    mail: post::Mail,
    waiting: challenge::Waiting,
    elsewhere: std::sync::OnceLock<challenge::Foreign>,
    recognised: recognised::Recognised,
    uses: key_door::Uses,
    classes: rights::Classes,
    /// Counts of tokens, one at a time for each person.
    counting: turns::Turns,
    /// For whom passkeys are made, once the house knows its address.
    party: OnceLock<rules::passkey::RelyingParty>,
    breached: OnceLock<Arc<seal::breached::Breached>>,
}

impl Identity {
    /// Identity over a vault whose house tenant exists.
    pub fn new(vault: Arc<Vault>, hasher: Arc<Hasher>, house: TenantId) -> Self {
        Self {
            vault,
            hasher,
            house,
            turns: turns::Turns::new(),
            mail: post::Mail::default(),
            waiting: challenge::Waiting::default(),
            elsewhere: std::sync::OnceLock::new(),
            recognised: recognised::Recognised::default(),
            uses: key_door::Uses::new(),
            classes: rights::Classes::of(rights::protected_classes()),
            counting: turns::Turns::new(),
            party: OnceLock::new(),
            breached: OnceLock::new(),
        }
    }

    /// The vault behind it.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// The tenant of the house itself.
    pub const fn house(&self) -> TenantId {
        self.house
    }

    /// Lets letters out, from now on: `address` is the house's public address, which links in them begin with. The
    /// first way stays. Needs a runtime.
    pub fn deliver_by(&self, address: &str, post: Arc<dyn post::Post>) {
        self.mail.open(address, post);
    }

    /// Hands a letter over to be carried. Refused if the house has no way to send mail, or too many letters wait.
    pub fn post(&self, letter: post::Letter) -> Answer<()> {
        self.mail.post(letter)
    }

    /// A page of this house as it can stand in a letter.
    pub fn link(&self, path: &str) -> Answer<String> {
        self.mail.link(path)
    }

    /// The house acting in a named duty, whose grants stand in the same matrix as everybody's.
    pub fn duty(&self, duty: &'static str, tenant: TenantId, request: RequestId, now: Time) -> Ctx {
        duty_ctx(&self.vault, duty, tenant, request, now)
    }
}

/// The house acting in a named duty.
pub fn duty_ctx(vault: &Vault, duty: &'static str, tenant: TenantId, request: RequestId, now: Time) -> Ctx {
    Ctx {
        tenant,
        actor: Actor::Duty(duty),
        grants: vault.registry().alone(duty),
        assurance: Assurance::Key,
        purpose: Purpose::Security,
        session: None,
        request,
        now,
    }
}
