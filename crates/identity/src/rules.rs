//! Pure rules of the door.

pub mod agent;
pub mod code;
pub mod days;
/// E-mail addresses.
pub mod email;
pub mod jwk;
pub mod key_life;
pub mod mailed_code;
pub mod network;
pub mod passkey;
/// New passwords.
pub mod passphrase;
pub mod patience;
pub(crate) mod qr;
pub mod quota;
pub mod recovery;
pub mod scope;
pub mod sign_up;
pub mod work;
