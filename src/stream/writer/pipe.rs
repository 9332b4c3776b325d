//! What a `Writer` and the pool share: the bytes that are accepted and not yet written.

use crate::aio::Aio;
use crate::call::{CallError, Policy};
use crate::error::{Context, Error, Result, again};
use crate::lock::lock;
use crate::seat::Seat;
use crate::stream::Progress;
use crate::wake::wake;
use std::any::Any;
use std::io::{self, IoSlice, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Waker};

/// How many bytes may wait, for small writes and for large ones.
const ROOM: usize = 256 << 10;
const ROOM_FOR_LARGE: usize = 4 << 20;
const LARGE: usize = 64 << 10;
/// A buffer that is kept for the next round, at most.
const KEPT: usize = ROOM;

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
    pub(super) fn new(context: Context) -> Arc<Self> {
        Arc::new(Pipe { context, state: Mutex::default() })
    }

    pub(super) fn progress(&self) -> Progress {
        lock(&self.state).progress
    }

    pub(super) fn synced(&self, bytes: u64) {
        lock(&self.state).progress.synced = bytes;
    }

    /// Takes some of the data in, or the waker if there is no room.
    pub(super) fn poll_accept(
        &self,
        cx: &mut task::Context<'_>,
        data: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let mut state = lock(&self.state);
        if state.failed.is_some() {
            return Poll::Ready(Err(self.tell(state)));
        }
        let wanted = data.iter().map(|slice| slice.len()).sum::<usize>();
        let room = if wanted < LARGE { ROOM } else { ROOM_FOR_LARGE };
        let count = wanted.min(room.saturating_sub(state.waiting.len()));
        if count == 0 && wanted > 0 {
            return state.wait(cx);
        }
        let mut left = count;
        for slice in data {
            let here = left.min(slice.len());
            state.waiting.extend_from_slice(&slice[..here]);
            left -= here;
        }
        state.progress.accepted += count as u64;
        Poll::Ready(Ok(count))
    }

    /// Ready when nothing waits and nothing is being written.
    pub(super) fn poll_written(&self, cx: &mut task::Context<'_>) -> Poll<Result<()>> {
        let mut state = lock(&self.state);
        if state.failed.is_some() {
            Poll::Ready(Err(self.tell(state)))
        } else if state.drain || !state.waiting.is_empty() {
            state.wait(cx)
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// The failure, for the writer; a panic resumes.
    fn tell(&self, mut state: std::sync::MutexGuard<'_, State>) -> Error {
        let Some(failed) = &mut state.failed else { unreachable!("it was there a line above") };
        failed.told = true;
        match &mut failed.why {
            Why::Error(error) => self.context.error(again(error)),
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
                    let waker = state.fail(why);
                    drop(state);
                    wake(waker);
                    return;
                }
            }
        }
    }

    /// All that waits; at the end, the drain is over.
    fn take_chunk(&self) -> Option<Vec<u8>> {
        let mut state = lock(&self.state);
        let waker = state.waker.take();
        let chunk = if state.waiting.is_empty() {
            state.drain = false;
            state.spare = Vec::new();
            None
        } else {
            let spare = mem::take(&mut state.spare);
            Some(mem::replace(&mut state.waiting, spare))
        };
        drop(state);
        wake(waker);
        chunk
    }
}

impl State {
    fn wait<R>(&mut self, cx: &task::Context<'_>) -> Poll<R> {
        match &mut self.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    fn keep(&mut self, chunk: Vec<u8>) {
        if chunk.capacity() <= KEPT {
            self.spare = chunk;
        }
    }

    /// The waker is to be woken without the lock.
    #[must_use]
    fn fail(&mut self, why: Why) -> Option<Waker> {
        self.drain = false;
        self.failed = Some(Failed { why, told: false });
        self.waker.take()
    }
}

/// As `Write::write_all`, but it says how far it came.
fn write_all(value: &mut impl Write, chunk: &[u8], done: &mut usize) -> io::Result<()> {
    while *done < chunk.len() {
        match value.write(&chunk[*done..]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => *done += written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
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
        let waker = lock(&self.0.state).fail(Why::Refused(why));
        wake(waker);
        Ok(())
    }

    fn name(&self) -> String {
        self.0.context.to_string()
    }
}
