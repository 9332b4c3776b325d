//! What a `Writer` and the pool share: the bytes that are accepted and not yet written.

use crate::aio::Aio;
use crate::call::{CallError, Policy};
use crate::error::{Context, Error, Result, again, is_interrupted};
use crate::lock::lock;
use crate::pool::{self, Wait};
use crate::seat::Seat;
use crate::stream::Progress;
use crate::sync::{Mutex, MutexGuard};
use crate::wake::wake;
use std::any::Any;
use std::io::{self, IoSlice, Write};
use std::mem;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{self, Poll, Waker};

/// How many bytes may wait, for small writes and for large ones.
const ROOM: usize = 256 << 10;
const ROOM_FOR_LARGE: usize = 4 << 20;
const LARGE: usize = 64 << 10;
/// A buffer that is kept for the next round, at most.
const KEPT: usize = ROOM;

/// The end of the pipe that the writer has.
pub(super) struct WriterEnd(Arc<Pipe>);

impl WriterEnd {
    pub(super) fn new(context: Context) -> Self {
        WriterEnd(Arc::new(Pipe { context, state: Mutex::default() }))
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
}

#[derive(Default)]
struct State {
    /// Accepted, and in no hands but these.
    waiting: Vec<u8>,
    /// An empty buffer, to swap with `waiting`.
    spare: Vec<u8>,
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
        let room = if wanted < LARGE { ROOM } else { ROOM_FOR_LARGE };
        let count = wanted.min(room.saturating_sub(state.waiting.len()));
        if count == 0 && wanted > 0 {
            return self.wait(state, cx, home);
        }
        let mut left = count;
        for slice in data {
            let here = left.min(slice.len());
            state.waiting.extend_from_slice(&slice[..here]);
            left -= here;
        }
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
        let pipe = Arc::clone(self);
        let policy = Draining(Arc::clone(self));
        drop(aio.queue(policy, move |seat: &mut Option<Seat<T>>| {
            let value = seat.as_mut()?.value();
            pipe.drain(value);
            Some(())
        }));
    }

    /// Writes until nothing waits, or until it fails.
    fn drain(&self, value: &mut impl Write) {
        while let Some(mut chunk) = self.take_chunk() {
            let mut done = 0;
            let result = catch_unwind(AssertUnwindSafe(|| write_all(value, &chunk, &mut done)));
            let failed = match result {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(Why::Error(error)),
                Err(payload) => Some(Why::Panic(Some(payload))),
            };
            let mut state = lock(&self.state);
            state.progress.written += done as u64;
            chunk.drain(..done);
            match failed {
                None => state.keep(chunk),
                Some(why) => {
                    // What came in the meantime comes after what is left.
                    let later = mem::replace(&mut state.waiting, chunk);
                    state.waiting.extend_from_slice(&later);
                    let waits = state.fail(why);
                    drop(state);
                    waits.end();
                    return;
                }
            }
        }
    }

    /// All that waits; at the end, the drain is over.
    fn take_chunk(&self) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        let waits = state.stop_waiting();
        let chunk = if state.waiting.is_empty() {
            state.drain = false;
            state.spare = Vec::new();
            None
        } else {
            let spare = mem::take(&mut state.spare);
            Some(mem::replace(&mut state.waiting, spare))
        };
        drop(state);
        waits.end();
        chunk
    }
}

impl State {
    fn stop_waiting(&mut self) -> Waits {
        Waits(self.waker.take(), self.wait.take())
    }

    fn keep(&mut self, chunk: Vec<u8>) {
        if chunk.capacity() <= KEPT {
            self.spare = chunk;
        }
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

    /// To be woken takes as long as it takes for a bufferful to come together: one that is awake would write each line.
    fn lingers(&self) -> bool {
        false
    }

    fn name(&self) -> String {
        self.0.context.to_string()
    }
}
