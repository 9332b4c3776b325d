//! What a `Writer` and the pool share: the bytes that are accepted and not yet written.

use super::backlog::Backlog;
use crate::aio::Aio;
use crate::call::{Call, CallError, Policy};
use crate::error::{Context, Error, Result, again, is_interrupted};
use crate::lock::lock;
use crate::mailbox::{Leave, Mailbox};
use crate::pool::{self, Pool, Wait};
use crate::seat::Seat;
use crate::stream::Progress;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex, MutexGuard};
use crate::wake::wake;
use std::any::Any;
use std::io::{self, IoSlice, Write};
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{self, Poll, Waker};
use std::time::Duration;

/// What is worth a write: a drain that catches up with its writer lets so much come together, for a few pauses at most. To
/// write each line as it comes would cost a system call for each, and the two threads would take the state and the data from
/// each other's processor all the time.
const ENOUGH: usize = 64 << 10;
const PAUSE: Duration = Duration::from_micros(10);
const PAUSES: usize = 10;

/// The end of the pipe that the writer has.
pub(super) struct WriterEnd(Arc<Pipe>);

impl WriterEnd {
    pub(super) fn new(context: Context) -> Self {
        WriterEnd(Arc::new(Pipe { context, state: Mutex::default(), awaited: AtomicBool::new(false) }))
    }
}

impl Deref for WriterEnd {
    type Target = Arc<Pipe>;

    fn deref(&self) -> &Arc<Pipe> {
        &self.0
    }
}

impl Drop for WriterEnd {
    fn drop(&mut self) {
        let waits = lock(&self.state).stop_waiting();
        drop(waits); // not under the lock
    }
}

pub(super) struct Pipe {
    context: Context,
    state: Mutex<State>,
    /// Tells a drain that pauses that somebody waits for it.
    awaited: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Accepted, and in no hands but these.
    waiting: Backlog,
    progress: Progress,
    /// A drain is called or runs. There is one whenever something waits and nothing has failed.
    drain: bool,
    failed: Option<Failed>,
    /// The writer's task: for room, and for the end of what waits.
    waker: Option<Waker>,
    /// That this task is in a job, which waits.
    wait: Option<Wait>,
}

/// Why nothing is written any more, until the writer says to go on.
struct Failed {
    why: Why,
    /// The writer knows.
    told: bool,
}

enum Why {
    Error(io::Error),
    /// The value is gone, or the pool.
    Refused(CallError),
    Panic(Option<Box<dyn Any + Send>>),
}

impl Pipe {
    pub(super) fn progress(&self) -> Progress {
        lock(&self.state).progress
    }

    pub(super) fn synced(&self, bytes: u64) {
        lock(&self.state).progress.synced = bytes;
    }

    /// Takes some of the data in, or the waker if there is no room; and says whether a drain is on its way. `home`: that of
    /// the calls that make room.
    pub(super) fn poll_accept(
        &self,
        cx: &mut task::Context<'_>,
        home: usize,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<(usize, bool)>> {
        let mut state = lock(&self.state);
        if state.failed.is_some() {
            return Poll::Ready(Err(self.tell(state)));
        }
        let wanted = data.iter().map(|slice| slice.len()).sum::<usize>();
        let count = wanted.min(state.waiting.room());
        if count == 0 && wanted > 0 {
            return self.wait(state, cx, home);
        }
        state.waiting.push(data, count);
        state.progress.accepted += count as u64;
        Poll::Ready(Ok((count, state.drain)))
    }

    /// Ready when nothing waits and nothing is being written.
    pub(super) fn poll_written(&self, cx: &mut task::Context<'_>, home: usize) -> Poll<Result<()>> {
        let state = lock(&self.state);
        if state.failed.is_some() {
            Poll::Ready(Err(self.tell(state)))
        } else if state.drain || !state.waiting.is_empty() {
            self.wait(state, cx, home)
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// Waits for a drain. A job that waits is known to the pools, and one that would wait for itself is told so.
    fn wait<R>(
        &self,
        mut state: MutexGuard<'_, State>,
        cx: &mut task::Context<'_>,
        home: usize,
    ) -> Poll<Result<R>> {
        let before = state.stop_waiting();
        if pool::on_job_thread() {
            state.wait = pool::wait_for(home);
            if state.wait.is_none() {
                drop(state);
                return Poll::Ready(Err(self.context.deadlock()));
            }
        }
        state.waker = Some(cx.waker().clone());
        self.awaited.store(true, Ordering::Release);
        let in_job = state.wait.is_some();
        drop(state);
        drop(before); // a waker's drop is another's code: not under the lock
        if in_job {
            pool::help(home);
        }
        Poll::Pending
    }

    /// The failure, for the writer; a panic resumes.
    fn tell(&self, mut state: MutexGuard<'_, State>) -> Error {
        let Some(failed) = &mut state.failed else { unreachable!("it was there a line above") };
        failed.told = true;
        match &mut failed.why {
            // The error itself, with all that it carries; a copy stays, for those who ask again.
            Why::Error(error) => {
                let copy = again(error);
                self.context.error(mem::replace(error, copy))
            }
            Why::Refused(why) => self.context.error(io::Error::other(why.again())),
            Why::Panic(payload) => match payload.take() {
                Some(payload) => {
                    drop(state);
                    resume_unwind(payload)
                }
                None => self.context.error(io::Error::other("an earlier write panicked")),
            },
        }
    }

    /// Goes on after a failure that the writer knows of.
    pub(super) fn resume_if_told(&self) {
        let mut state = lock(&self.state);
        if state.failed.as_ref().is_some_and(|failed| failed.told) {
            state.failed = None;
        }
    }

    /// Sees to it that what waits is written.
    pub(super) fn start<T: Write + Send + 'static>(self: &Arc<Self>, aio: &Aio<T>) {
        {
            let mut state = lock(&self.state);
            if state.drain || state.failed.is_some() || state.waiting.is_empty() {
                return;
            }
            state.drain = true;
        }
        let (pipe, mailbox) = (Arc::clone(self), Arc::clone(aio.mailbox()));
        drop(aio.queue(Draining(Arc::clone(self)), move |seat| pipe.drain(&mailbox, seat)));
    }

    /// Writes until nothing waits, or until it fails. If others wait, it gives way to those that there are, after all that was
    /// accepted before they came: what it had before it looked is in the next chunk.
    fn drain<T>(self: Arc<Self>, mailbox: &Arc<Mailbox<T>>, seat: &mut Option<Seat<T>>) -> Option<()>
    where
        T: Write + Send + 'static,
    {
        let value = seat.as_mut()?.value();
        let mut pauses = false;
        let mut wanted = None;
        while let Some(chunk) = self.take_chunk(pauses.then(|| mailbox.pool())) {
            if !self.write(value, chunk) {
                break;
            }
            pauses = true;
            if let Some(others) = wanted {
                let (pipe, behind) = (Arc::clone(&self), Arc::clone(mailbox));
                let policy = Draining(Arc::clone(&self));
                let drain = move |seat: &mut Option<Seat<T>>| pipe.drain(&behind, seat);
                mailbox.push_behind(others, Call::made(policy, mailbox.home(), drain).1);
                break;
            }
            wanted = mailbox.wanted();
        }
        Some(())
    }

    /// Says whether all of it was written.
    fn write(&self, value: &mut impl Write, mut chunk: Vec<u8>) -> bool {
        let mut done = 0;
        let result = catch_unwind(AssertUnwindSafe(|| write_all(value, &chunk, &mut done)));
        let failed = match result {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Why::Error(error)),
            Err(payload) => Some(Why::Panic(Some(payload))),
        };
        let mut state = lock(&self.state);
        state.progress.written += done as u64;
        let Some(why) = failed else {
            state.waiting.reuse(chunk);
            return true;
        };
        chunk.drain(..done);
        state.waiting.put_back(chunk);
        let waits = state.fail(why);
        drop(state);
        waits.end();
        false
    }

    /// All that waits; at the end, the drain is over.
    fn take_chunk(&self, pauses: Option<&Pool>) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        if let Some(pool) = pauses {
            state = self.let_come(pool, state);
        }
        let waits = state.stop_waiting();
        let chunk = if state.waiting.is_empty() {
            state.drain = false;
            state.waiting.release();
            None
        } else {
            Some(state.waiting.take())
        };
        drop(state);
        waits.end();
        chunk
    }

    /// Lets enough come together, as long as it comes and nobody waits for it.
    fn let_come<'s>(&'s self, pool: &Pool, mut state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        let pause = pool.linger_time().min(PAUSE);
        let mut before = 0;
        for _ in 0..PAUSES {
            let comes = (before + 1..ENOUGH).contains(&state.waiting.len());
            if !comes || state.waker.is_some() || pause.is_zero() {
                break;
            }
            let Some(leave) = Leave::take() else { break };
            before = state.waiting.len();
            self.awaited.store(false, Ordering::Relaxed);
            drop(state);
            leave.linger(&self.awaited, Instant::now().checked_add(pause), || pool.is_crowded());
            state = lock(&self.state);
        }
        state
    }
}

impl State {
    fn stop_waiting(&mut self) -> Waits {
        Waits(self.waker.take(), self.wait.take())
    }

    fn fail(&mut self, why: Why) -> Waits {
        self.drain = false;
        self.failed = Some(Failed { why, told: false });
        self.stop_waiting()
    }
}

/// Who waited. To be told, or dropped, without the lock.
#[must_use]
struct Waits(Option<Waker>, Option<Wait>);

impl Waits {
    fn end(self) {
        drop(self.1);
        wake(self.0);
    }
}

/// As `Write::write_all`, but it says how far it came.
fn write_all(value: &mut impl Write, chunk: &[u8], done: &mut usize) -> io::Result<()> {
    while *done < chunk.len() {
        match value.write(&chunk[*done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => *done += written,
            Err(error) if is_interrupted(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The policy of a drain: that it was refused is the writer's to know.
struct Draining(Arc<Pipe>);

impl Policy for Draining {
    type Raw = ();
    type Out = ();

    fn seal(&self, (): ()) {}

    fn refuse(&self, why: CallError) -> std::result::Result<(), CallError> {
        let waits = lock(&self.0.state).fail(Why::Refused(why));
        waits.end();
        Ok(())
    }

    /// Its caller goes on, and fills the next buffer.
    fn is_awaited(&self) -> bool {
        false
    }

    fn name(&self) -> String {
        self.0.context.to_string()
    }
}
