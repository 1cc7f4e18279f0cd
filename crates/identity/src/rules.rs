//! Pure rules of the door.

pub mod code;
pub mod email;
pub mod passphrase;
pub mod patience;
pub(crate) mod qr;
