use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;

use super::PasswordError;

/// A fixed number of memory areas, and a bounded number of callers who wait for one.
pub(super) struct Pool {
    state: Mutex<State>,
    freed: Condvar,
    waiting_max: usize,
}

struct State {
    free: Vec<Vec<Block>>,
    waiting: usize,
}

impl Pool {
    pub(super) fn new(blocks: usize, areas: usize, waiting_max: usize) -> Self {
        // Every block is written, so that no hash pays for page faults.
        let free = (0..areas).map(|_| vec![Block::new(); blocks]).collect();
        Self { state: Mutex::new(State { free, waiting: 0 }), freed: Condvar::new(), waiting_max }
    }

    /// Runs `work` on an area of at least `blocks` blocks.
    pub(super) fn with<T>(&self, blocks: usize, work: impl FnOnce(&mut [Block]) -> T) -> Result<T, PasswordError> {
        let mut lease = self.lease()?;
        Ok(if blocks <= lease.area.len() {
            work(&mut lease.area)
        } else {
            // A verifier from a time with a larger policy. Bounded by `MEMORY_KIB_MAX` and by the lease.
            work(&mut vec![Block::new(); blocks])
        })
    }

    fn lease(&self) -> Result<Lease<'_>, PasswordError> {
        let mut state = self.lock();
        if let Some(area) = state.free.pop() {
            return Ok(Lease { pool: self, area });
        }
        if state.waiting >= self.waiting_max {
            return Err(PasswordError::Busy);
        }
        state.waiting += 1;
        let area = loop {
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
            if let Some(area) = state.free.pop() {
                break area;
            }
        };
        state.waiting -= 1;
        Ok(Lease { pool: self, area })
    }

    /// A panic elsewhere leaves the state whole: every change under the lock is a single step.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An area in use; it returns by itself, also when the work panics.
struct Lease<'a> {
    pool: &'a Pool,
    area: Vec<Block>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.pool.lock().free.push(std::mem::take(&mut self.area));
        self.pool.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_full_queue_is_busy_and_a_freed_area_serves_the_one_who_waits() {
        let pool = Pool::new(8, 1, 1);
        std::thread::scope(|scope| {
            let (started, on_start) = mpsc::channel();
            let (release, on_release) = mpsc::channel::<()>();
            let first = scope.spawn({
                let pool = &pool;
                move || {
                    pool.with(8, |_| {
                        started.send(()).unwrap();
                        on_release.recv().unwrap();
                    })
                }
            });
            on_start.recv().unwrap();
            let second = scope.spawn(|| pool.with(8, |area| area.len()));
            while pool.lock().waiting == 0 {
                std::thread::yield_now();
            }
            assert_eq!(pool.with(8, |_| ()), Err(PasswordError::Busy));
            release.send(()).unwrap();
            assert_eq!(first.join().unwrap(), Ok(()));
            assert_eq!(second.join().unwrap(), Ok(8));
        });
        assert_eq!(pool.with(8, |_| ()), Ok(()));
    }

    #[test]
    fn an_area_returns_when_the_work_panics() {
        let pool = Pool::new(8, 1, 0);
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.with(8, |_| panic!("on purpose"))));
        assert!(broken.is_err());
        assert_eq!(pool.with(8, |area| area.len()), Ok(8));
    }

    #[test]
    fn a_verifier_from_a_larger_policy_has_room() {
        assert_eq!(Pool::new(8, 1, 0).with(64, |area| area.len()), Ok(64));
    }
}
