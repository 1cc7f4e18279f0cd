//! Letters and who carries them.
//!
//! | file | what |
//! |---|---|
//! | `post/letter.rs` | every letter of the house, by name: plain text and HTML, nothing remote, nothing that tracks |
//! | `post/postman.rs` | the queue between a request and the carrier, so that no answer waits for a mail server |
//! | `post/smtp.rs` | by SMTP, under TLS or not at all |
//! | `post/sendgrid.rs` | by SendGrid's API |
//! | `post/outbox.rs` | kept in the house instead of sent: for the demo and for development |

mod letter;
mod outbox;
mod postman;
mod sendgrid;
mod smtp;

use futures_util::future::BoxFuture;

pub use letter::{Envelope, Letter, LetterKind};
pub use outbox::Outbox;
pub(crate) use postman::Mail;
pub use sendgrid::{DESTINATION, HOST as SENDGRID_HOST, SendGrid};
pub use smtp::{Encryption, Sender, Smtp, SmtpSettings};

/// Who carries letters.
pub trait Post: Send + Sync + 'static {
    /// Carries one letter, once.
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Result<(), PostError>>;
}

/// Why a letter was not taken. Its words name no address and quote nothing of the letter.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It may be taken later: a time-out, a busy server.
    #[error("the letter was not taken now: {0}")]
    Later(String),
    /// It will not be taken: a refused address, a certificate that does not hold.
    #[error("the letter was refused: {0}")]
    Never(String),
}
