//! Pure rules of the door.

pub mod code;
/// E-mail addresses.
pub mod email;
/// New passwords.
pub mod passphrase;
pub mod patience;
pub(crate) mod qr;
