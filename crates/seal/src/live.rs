use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zeroize::Zeroize;

use crate::SealError;
use crate::secret::KeyBytes;

/// A key in use that can be wiped at any moment, also while others use it, without a lock.
pub(crate) struct LiveKey {
    words: [AtomicU64; 4],
    destroyed: AtomicBool,
}

impl LiveKey {
    pub(crate) fn new(key: &KeyBytes) -> Self {
        let (chunks, _) = key.expose().as_chunks::<8>();
        let mut words = [const { AtomicU64::new(0) }; 4];
        for (word, chunk) in words.iter_mut().zip(chunks) {
            *word.get_mut() = u64::from_ne_bytes(*chunk);
        }
        Self { words, destroyed: AtomicBool::new(false) }
    }

    /// A copy of the key for one use, or the news that it is gone.
    pub(crate) fn key(&self) -> Result<KeyBytes, SealError> {
        let mut key = KeyBytes::from_bytes([0; 32]);
        let (chunks, _) = key.expose_mut().as_chunks_mut::<8>();
        for (word, chunk) in self.words.iter().zip(chunks) {
            *chunk = word.load(Ordering::Acquire).to_ne_bytes();
        }
        // ORDER: words first, flag after. Whoever reads a word that `destroy` wiped also sees the
        // flag, which was raised before; so a half-wiped key is never used.
        if self.destroyed.load(Ordering::Acquire) { Err(SealError::Destroyed) } else { Ok(key) }
    }

    /// Wipes the key for all who hold it.
    pub(crate) fn destroy(&self) {
        // ORDER: see `key`.
        self.destroyed.store(true, Ordering::Release);
        for word in &self.words {
            word.store(0, Ordering::Release);
        }
    }
}

impl Drop for LiveKey {
    fn drop(&mut self) {
        for word in &mut self.words {
            word.get_mut().zeroize();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_destroyed_while_in_use_is_whole_or_gone() {
        for round in 0..200u8 {
            let whole = KeyBytes::from_bytes([round | 1; 32]);
            let live = LiveKey::new(&whole);
            std::thread::scope(|scope| {
                let reader = scope.spawn(|| {
                    loop {
                        match live.key() {
                            Ok(key) => assert_eq!(key.expose(), whole.expose()),
                            Err(error) => return error,
                        }
                    }
                });
                live.destroy();
                assert_eq!(reader.join().unwrap(), SealError::Destroyed);
            });
            assert!(live.words.iter().all(|word| word.load(Ordering::SeqCst) == 0));
        }
    }
}
