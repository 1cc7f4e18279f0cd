use std::sync::{Arc, OnceLock};
use std::time::Duration;

use model::{Answer, Refusal, RefusalKind};
use tokio::sync::{Semaphore, mpsc};

use super::{Letter, Post, PostError};

/// Letters that may wait at once.
const WAITING_MAX: usize = 2_000;
/// Letters carried at once.
const AT_ONCE: usize = 8;
/// How long to wait before each further try, in seconds.
const AGAIN_SECONDS: [u64; 4] = [2, 15, 90, 600];

/// The way out for letters, once there is one.
///
/// Letters wait in memory only: a code or a link is kept nowhere but in the letter. Who loses one to a crash asks for
/// another.
#[derive(Default)]
pub(crate) struct Mail(OnceLock<Way>);

struct Way {
    /// The house's public address, `https://…` without a slash at the end: links never follow what a request claims.
    address: String,
    queue: mpsc::Sender<Letter>,
}

impl Mail {
    /// Opens the way, once. Needs a runtime to carry letters in.
    pub fn open(&self, address: &str, post: Arc<dyn Post>) {
        self.0.get_or_init(|| {
            let (queue, waiting) = mpsc::channel(WAITING_MAX);
            tokio::spawn(carry(waiting, post));
            Way { address: address.trim_end_matches('/').to_owned(), queue }
        });
    }

    /// Hands a letter over. It is carried after the answer, so that an answer's time tells nothing about it.
    pub fn post(&self, letter: Letter) -> Answer<()> {
        match self.0.get().ok_or_else(no_mail)?.queue.try_send(letter) {
            Ok(()) => Ok(()),
            Err(_) => Err(busy().into()),
        }
    }

    /// An address of this house that can stand in a letter.
    pub fn link(&self, path: &str) -> Answer<String> {
        let way = self.0.get().ok_or_else(no_mail)?;
        Ok(format!("{}{path}", way.address))
    }
}

async fn carry(mut waiting: mpsc::Receiver<Letter>, post: Arc<dyn Post>) {
    let hands = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(letter) = waiting.recv().await {
        let Ok(hand) = Arc::clone(&hands).acquire_owned().await else { return };
        let post = Arc::clone(&post);
        tokio::spawn(async move {
            deliver(post.as_ref(), &letter).await;
            drop(hand);
        });
    }
}

async fn deliver(post: &dyn Post, letter: &Letter) {
    for again in AGAIN_SECONDS.into_iter().map(Some).chain([None]) {
        match (post.send(letter).await, again) {
            (Ok(()), _) => return,
            (Err(PostError::Later(cause)), Some(seconds)) => {
                tracing::warn!(letter = letter.kind.name(), %cause, "a letter waits");
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            (Err(error), _) => {
                tracing::error!(letter = letter.kind.name(), cause = %error, "a letter could not be delivered");
                return;
            }
        }
    }
}

fn no_mail() -> Refusal {
    let words = "This house cannot send e-mail yet, and this needs it. Ask your administrator.";
    Refusal::new(RefusalKind::Busy, words)
}

fn busy() -> Refusal {
    Refusal::new(RefusalKind::Busy, "Many letters wait to be sent at this moment. Please try again in a few minutes.")
}
