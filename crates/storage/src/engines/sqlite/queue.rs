use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::{Batch, CommitError, Committed};

/// Batches per transaction at most.
const GROUP_BATCHES_MAX: usize = 512;
/// With so many waiting, a group is worth its price and is taken at once.
const GATHERED_ENOUGH: usize = 16;
/// Bytes per transaction at most, unless a single batch is larger.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// What may wait for a tenant's committer, in units of [`ROOM_UNIT_BYTES`]: 64 MiB or 65,536 small batches.
const ROOM_UNITS: usize = 65_536;
const ROOM_UNIT_BYTES: usize = 1024;

/// A batch that waits for its committer.
pub(super) struct Job {
    pub(super) batch: Batch,
    reply: oneshot::Sender<Result<Committed, CommitError>>,
    bytes: usize,
    _room: OwnedSemaphorePermit,
}

impl Job {
    /// About what the batch writes to the write-ahead log: its bytes, and the pages around scattered rows.
    pub(super) fn log_bytes(&self) -> u64 {
        const PAGES_PER_ROW_BYTES: usize = 2 * 4096;
        (self.bytes + (self.batch.puts.len() + self.batch.deletes.len()) * PAGES_PER_ROW_BYTES) as u64
    }

    /// Answers whoever waits; who has gone away does not want to know.
    pub(super) fn answer(self, answer: Result<Committed, CommitError>) {
        drop(self.reply.send(answer));
    }
}

/// What the committer finds when it asks for work.
pub(super) enum Next {
    Work(Vec<Job>),
    /// Nothing came for as long as it was willing to wait.
    Nothing,
    /// Nothing is left and nothing will come.
    Closed,
}

/// The commits that wait for one tenant's committer. Bounded: who finds no room waits for it.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
    room: Arc<Semaphore>,
    /// How long a busy committer lets a group gather.
    gather: Duration,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
    asleep: bool,
    arrivals: Arrivals,
}

/// How fast commits come, from the groups that were taken of late.
#[derive(Default)]
struct Arrivals {
    /// When the last group was taken, and commits per second as smoothed over some groups.
    last: Option<Instant>,
    per_second: f64,
}

/// A group is let gather when so many are likely to come meanwhile. One writer after another never waits.
const EXPECTED_MIN: f64 = 3.0;

impl Arrivals {
    fn took(&mut self, jobs: usize, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            let seconds = now.duration_since(last).as_secs_f64().max(1e-6);
            self.per_second += (jobs as f64 / seconds - self.per_second) / 8.0;
        }
    }

    fn expected_in(&self, time: Duration) -> f64 {
        self.per_second * time.as_secs_f64()
    }
}

impl Queue {
    pub(super) fn new(gather: Duration) -> Self {
        Self {
            waiting: Mutex::new(Waiting::default()),
            came: Condvar::new(),
            room: Arc::new(Semaphore::new(ROOM_UNITS)),
            gather,
        }
    }

    /// Queues a batch, waiting for room; gives it back if the queue was closed.
    pub(super) async fn push(
        &self,
        batch: Batch,
        bytes: usize,
    ) -> Result<oneshot::Receiver<Result<Committed, CommitError>>, Batch> {
        let units = (bytes / ROOM_UNIT_BYTES + 1).min(ROOM_UNITS);
        let units = u32::try_from(units).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(units).await else { return Err(batch) };
        let (reply, answer) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(batch);
        }
        waiting.jobs.push_back(Job { batch, reply, bytes, _room: room });
        if waiting.asleep {
            waiting.asleep = false;
            self.came.notify_one();
        }
        Ok(answer)
    }

    /// Everything that waits, up to the size of a group; waits for the first to come.
    pub(super) fn next(&self, patience: Duration) -> Next {
        let mut waiting = self.lock();
        if waiting.jobs.is_empty() && !waiting.closed {
            waiting.asleep = true;
            let calm = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
            waiting = self.came.wait_timeout_while(waiting, patience, calm).unwrap_or_else(PoisonError::into_inner).0;
            waiting.asleep = false;
        }
        // Each transaction and each flush has its price. Where many come, a short wait lets more of them share it.
        if !waiting.closed
            && waiting.jobs.len() < GATHERED_ENOUGH
            && !waiting.jobs.is_empty()
            && waiting.arrivals.expected_in(self.gather) >= EXPECTED_MIN
        {
            drop(waiting);
            std::thread::sleep(self.gather);
            waiting = self.lock();
        }
        let group = waiting.take_group();
        waiting.arrivals.took(group.len(), Instant::now());
        match (group.is_empty(), waiting.closed) {
            (false, _) => Next::Work(group),
            (true, true) => Next::Closed,
            (true, false) => Next::Nothing,
        }
    }

    /// Lets nothing more in; what waits will still be done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.came.notify_one();
    }

    /// Closes if nothing waits, and says whether it did.
    pub(super) fn close_if_empty(&self) -> bool {
        let mut waiting = self.lock();
        waiting.closed |= waiting.jobs.is_empty();
        waiting.closed
    }

    /// Lets nothing more in and drops what waits: for a committer that cannot go on.
    pub(super) fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.jobs.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take_group(&mut self) -> Vec<Job> {
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < GROUP_BATCHES_MAX {
            let Some(job) = self.jobs.pop_front_if(|job| bytes == 0 || bytes + job.bytes <= GROUP_BYTES_MAX) else {
                break;
            };
            bytes += job.bytes;
            group.push(job);
        }
        group
    }
}
