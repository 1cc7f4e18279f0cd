//! The list of kinds; each declares itself in its own file.

mod access_request;
mod account;
mod api_key;
mod custom_role;
mod device;
mod emergency;
mod factor;
mod invitation;
mod kept_letter;
mod key_use;
mod letter_budget;
mod organisation;
mod program;
mod proposal;
mod quota;
mod reset;
mod review;
mod session;
mod sign_in_name;
mod sign_in_state;
mod sign_up;
mod sign_up_place;
mod sign_up_policy;
mod spent_challenge;
mod support;
mod ticket;

pub use access_request::{AccessRequest, Decision, Outcome, Way};
pub use account::{Account, Barred, HeldRole, RecoveryCode};
pub use api_key::{ApiKey, Bound};
pub use custom_role::CustomRole;
pub use device::Device;
pub use emergency::{Emergency, EmergencyReview};
pub use factor::{Factor, Passkey, Totp};
pub use invitation::Invitation;
pub use kept_letter::KeptLetter;
pub use key_use::KeyUse;
pub use letter_budget::LetterBudget;
pub use organisation::{Organisation, Policy};
pub use program::{AccessToken, Program, UsedAssertion};
pub use proposal::{Proposal, ProposalState};
pub use quota::{Quota, QuotaRule};
pub use reset::Reset;
pub use review::{Review, ReviewDecision, ReviewItem, ReviewVerdict};
pub use session::Session;
pub use sign_in_name::SignInName;
pub use sign_in_state::SignInState;
pub use sign_up::{MailedCode, SignUp};
pub use sign_up_place::SignUpPlace;
pub use sign_up_policy::{SignUpMode, SignUpPolicy};
pub use spent_challenge::SpentChallenge;
pub use support::{SupportGrant, SupportState, Visit};
pub use ticket::Ticket;

use model::{Kind, KindDecl};

pub(crate) const ALL: &[&KindDecl] = &[
    AccessToken::DECL,
    Program::DECL,
    UsedAssertion::DECL,
    AccessRequest::DECL,
    Account::DECL,
    ApiKey::DECL,
    Invitation::DECL,
    CustomRole::DECL,
    Emergency::DECL,
    Device::DECL,
    KeptLetter::DECL,
    KeyUse::DECL,
    LetterBudget::DECL,
    Organisation::DECL,
    Reset::DECL,
    Quota::DECL,
    QuotaRule::DECL,
    Session::DECL,
    SignInName::DECL,
    SignInState::DECL,
    SignUp::DECL,
    SignUpPlace::DECL,
    SignUpPolicy::DECL,
    SpentChallenge::DECL,
    Proposal::DECL,
    Review::DECL,
    SupportGrant::DECL,
    Ticket::DECL,
    Visit::DECL,
];
