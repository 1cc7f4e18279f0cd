//! Passwords: Argon2id (RFC 9106) on preallocated memory, with a bounded queue.
//!
//! A [`Hasher`] owns as many memory areas as hashes may run at once. Page faults are a good part of
//! the price of a hash, so the areas are touched once, at the start, and reused. Whoever finds all of
//! them taken waits; when too many wait already the answer is [`PasswordError::Busy`] at once, so a
//! flood of sign-ins costs neither memory nor threads without end.
//!
//! Every call blocks for tens of milliseconds: call it from a blocking thread.

mod cost;
mod pool;
mod verifier;

use model::Outside;

pub use cost::{Cost, LANES_MAX, MEMORY_KIB_MAX, PASSES_MAX, Policy, WORK_KIB_MAX};
pub use verifier::{VERIFIER_BYTES_MAX, Verifier};

pub(crate) use cost::argon2id;

use crate::{Secret, same};
use pool::Pool;

/// The most bytes a password may have. Long enough for any passphrase, short enough to be free.
pub const PASSWORD_BYTES_MAX: usize = 1024;

const SALT: usize = 16;
const HASH: usize = 32;
const WAITING_PER_THREAD: usize = 16;

/// Why a password was neither hashed nor compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too many wait already. Try again in a moment.
    #[error("too many passwords are being checked at this moment; try again shortly")]
    Busy,
    /// Longer than [`PASSWORD_BYTES_MAX`].
    #[error("a password may have at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// A policy below the floor.
    #[error("this password policy is too weak: {0}")]
    TooWeak(&'static str),
    /// Parameters above what this house computes.
    #[error("these Argon2 parameters are out of bounds: {0}")]
    OutOfBounds(&'static str),
    /// A hasher needs at least one thread.
    #[error("a hasher needs between 1 and {max} threads")]
    Threads {
        /// The most threads.
        max: usize,
    },
    /// A stored verifier that cannot be read.
    #[error("this is not an Argon2id verifier: {0}")]
    Unreadable(&'static str),
    /// Argon2 refused its input. This does not happen with the sizes in use.
    #[error("Argon2 refused its input")]
    Primitive,
}

/// What became of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The password is right.
    Right,
    /// The password is right, and its verifier is weaker than the policy asks: hash it anew.
    RightButOld,
    /// The password is wrong.
    Wrong,
}

/// Hashes and compares passwords under one policy, on its own memory.
pub struct Hasher {
    policy: Policy,
    pool: Pool,
    nobody: Verifier,
}

impl Hasher {
    /// The most hashes that may run at once.
    pub const THREADS_MAX: usize = 64;

    /// A hasher that runs up to `threads` hashes at once; sixteen times as many may wait.
    /// Takes `threads` × the policy's memory, now.
    pub fn new(policy: Policy, threads: usize) -> Result<Self, PasswordError> {
        Self::with_queue(policy, threads, threads.saturating_mul(WAITING_PER_THREAD))
    }

    /// A hasher that runs up to `threads` hashes at once while up to `waiting_max` callers wait.
    pub fn with_queue(policy: Policy, threads: usize, waiting_max: usize) -> Result<Self, PasswordError> {
        if threads == 0 || threads > Self::THREADS_MAX {
            return Err(PasswordError::Threads { max: Self::THREADS_MAX });
        }
        let nobody = Verifier::new(policy.cost(), vec![0; SALT], vec![0; HASH]);
        Ok(Self { policy, pool: Pool::new(policy.cost().blocks(), threads, waiting_max), nobody })
    }

    /// The policy in force.
    pub const fn policy(&self) -> Policy {
        self.policy
    }

    /// A verifier to store for a password. Blocks.
    pub fn hash(&self, password: &Secret, outside: &dyn Outside) -> Result<Verifier, PasswordError> {
        let mut salt = vec![0; SALT];
        outside.fill(&mut salt);
        let hash = self.compute(self.policy.cost(), password, &salt, HASH)?;
        Ok(Verifier::new(self.policy.cost(), salt, hash))
    }

    /// Whether the password is the one behind the verifier. Blocks.
    pub fn verify(&self, password: &Secret, verifier: &Verifier) -> Result<Outcome, PasswordError> {
        let hash = self.compute(verifier.cost(), password, verifier.salt(), verifier.hash().len())?;
        Ok(match (same(&hash, verifier.hash()), self.is_old(verifier)) {
            (true, false) => Outcome::Right,
            (true, true) => Outcome::RightButOld,
            (false, _) => Outcome::Wrong,
        })
    }

    /// Takes as long as [`Hasher::verify`] with a verifier of the present policy, and is always [`Outcome::Wrong`]: for names that nobody has,
    /// so that the time of an answer does not tell which names exist.
    pub fn verify_nobody(&self, password: &Secret) -> Result<Outcome, PasswordError> {
        self.verify(password, &self.nobody).map(|_| Outcome::Wrong)
    }

    /// Whether the verifier is weaker than the policy asks.
    pub fn is_old(&self, verifier: &Verifier) -> bool {
        let (have, want) = (verifier.cost(), self.policy.cost());
        have.memory_kib() < want.memory_kib()
            || have.passes() < want.passes()
            || verifier.salt().len() < SALT
            || verifier.hash().len() < HASH
    }

    fn compute(&self, cost: Cost, password: &Secret, salt: &[u8], len: usize) -> Result<Vec<u8>, PasswordError> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Err(PasswordError::TooLong);
        }
        let mut hash = vec![0; len];
        self.pool.with(cost.blocks(), |memory| argon2id(cost, password.expose(), salt, &mut hash, memory))??;
        Ok(hash)
    }
}
