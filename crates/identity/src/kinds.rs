//! The list of kinds; each declares itself in its own file.

mod account;
mod api_key;
mod factor;
mod kept_letter;
mod key_use;
mod organisation;
mod session;
mod sign_in_name;
mod sign_in_state;
mod ticket;

pub use account::{Account, Barred, HeldRole, RecoveryCode};
pub use api_key::{ApiKey, Bound};
pub use factor::{Factor, Passkey, Totp};
pub use kept_letter::KeptLetter;
pub use key_use::KeyUse;
pub use organisation::{Organisation, Policy};
pub use session::Session;
pub use sign_in_name::SignInName;
pub use sign_in_state::SignInState;
pub use ticket::Ticket;

use model::{Kind, KindDecl};

pub(crate) const ALL: &[&KindDecl] = &[
    Account::DECL,
    ApiKey::DECL,
    KeptLetter::DECL,
    KeyUse::DECL,
    Organisation::DECL,
    Session::DECL,
    SignInName::DECL,
    SignInState::DECL,
    Ticket::DECL,
];
