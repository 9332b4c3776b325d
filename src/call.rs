//! `Call<R>`: the future of one call, and the cell that the call and its run share.

mod error;

use crate::lock::lock;
use crate::mailbox::Task;
use crate::pool::{self, Help, Pool, Refusal, Stuck, Work};
use crate::seat::Seat;
pub use error::CallError;
use std::any::type_name;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The future of one call: made by [`Aio`](crate::Aio)'s methods, [`Pool::run`] and [`unblock`](crate::unblock).
///
/// # Ordering
///
/// The call was queued when this value was made; awaiting it only waits. Two calls of one handle run in
/// the order in which they were made, however they are polled:
///
/// ```
/// # use aiofile::Aio;
/// # pollster::block_on(async {
/// let list = Aio::new(Vec::new());
/// let first = list.with(|list| list.push(1));
/// let second = list.with(|list| list.push(2));
/// second.await;
/// first.await;
/// assert_eq!(list.with(|list| list.clone()).await, [1, 2]);
/// # })
/// ```
///
/// # Abandonment
///
/// Dropping a `Call` abandons the wait, never the work: a call made is a call run. What the work then
/// gives is dropped on a pool thread. To take a call back, use [`cancel`](Call::cancel).
///
/// # Panics
///
/// Awaiting resumes a panic of the call, with its payload, in the task that awaits; the handle and the
/// pool go on. It also panics, with a text that says so, if the call could not be run at all: the
/// handle is closed, the pool is shut down or has no thread, or a closure waits for its own handle.
/// [`checked`](Call::checked) gives all of these as values. (The typed methods of files give the latter
/// as their own [`Error`](crate::Error).) Polling again after the end panics.
///
/// # Cost
///
/// One allocation, which holds the closure, its result and the waker (and another one for a closure of more
/// than 16 KiB). At most one hop to a pool thread,
/// shared with all other calls that wait for the same handle.
#[must_use = "the call runs in any case, but its result and its errors are lost unless it is awaited"]
pub struct Call<R>(State<R>);

enum State<R> {
    Made(Arc<dyn Ticket<R>>),
    Ready(Mutex<R>),
    Spent,
}

/// What a `Call` sees of its cell.
trait Ticket<R>: Send + Sync {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<R, CallError>>;
    fn cancel(&self) -> bool;
    fn abandon(&self);
}

impl<R> Unpin for Call<R> {}
impl<R> UnwindSafe for Call<R> {}
impl<R> RefUnwindSafe for Call<R> {}

impl<R: Send + 'static> Call<R> {
    /// A call that has ended with this.
    pub(crate) fn ready(result: R) -> Self {
        Call(State::Ready(Mutex::new(result)))
    }

    /// A call that is to be run as part of the work `home` (0: as a work of its own).
    pub(crate) fn made<F, P>(policy: P, home: usize, f: F) -> (Self, Arc<Cell<F, P>>)
    where
        F: Send + 'static,
        P: Policy<Out = R>,
    {
        let slot = Slot { stage: Stage::Queued(f), waker: None, abandoned: false };
        let cell = Arc::new(Cell { slot: Mutex::new(slot), home, policy });
        (Call(State::Made(Arc::clone(&cell) as _)), cell)
    }

    /// Takes the call back, if it has not started, and says whether it did. The closure and its
    /// arguments are dropped here and now. Awaiting a cancelled call is an error
    /// ([`CallError::is_cancelled`]).
    ///
    /// `false`: it has started or ended, and can still be awaited.
    ///
    /// ```
    /// # use aiofile::Pool;
    /// # use std::sync::mpsc;
    /// # pollster::block_on(async {
    /// let one = Pool::new(1);
    /// let (resume, wait) = mpsc::channel::<()>();
    /// let busy = one.run(move || wait.recv());
    /// let mut next = one.run(|| println!("never printed"));
    ///
    /// assert!(next.cancel());
    /// assert!(next.checked().await.unwrap_err().is_cancelled());
    /// resume.send(()).unwrap();
    /// busy.await.unwrap();
    /// # })
    /// ```
    pub fn cancel(&mut self) -> bool {
        match &self.0 {
            State::Made(ticket) => ticket.cancel(),
            State::Ready(_) | State::Spent => false,
        }
    }

    /// The same call, with a panic, a refusal or a cancellation as a value.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # pollster::block_on(async {
    /// let number = Aio::new(7_i32);
    /// let error = number.with(|n| *n / "0".parse::<i32>().unwrap()).checked().await.unwrap_err();
    /// assert!(error.is_panic());
    /// assert_eq!(number.with(|n| *n).await, 7); // the handle goes on
    /// # })
    /// ```
    pub fn checked(self) -> Checked<R> {
        Checked(self)
    }

    fn poll_checked(&mut self, cx: &mut Context<'_>) -> Poll<Result<R, CallError>> {
        let ended = match &self.0 {
            State::Made(ticket) => match ticket.poll(cx) {
                Poll::Ready(ended) => ended,
                Poll::Pending => return Poll::Pending,
            },
            State::Ready(_) => match mem::replace(&mut self.0, State::Spent) {
                State::Ready(result) => Ok(result.into_inner().unwrap_or_else(|e| e.into_inner())),
                _ => unreachable!("it was ready in the line above"),
            },
            State::Spent => panic!("aiofile: a call was polled after it had ended"),
        };
        self.0 = State::Spent;
        Poll::Ready(ended)
    }
}

impl<R: Send + 'static> Future for Call<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        self.poll_checked(cx).map(|ended| ended.unwrap_or_else(|error| error.resume()))
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        if let State::Made(ticket) = &self.0 {
            ticket.abandon();
        }
    }
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").finish_non_exhaustive()
    }
}

/// The future of [`Call::checked`].
#[must_use = "the call runs in any case, but its result and its errors are lost unless it is awaited"]
#[derive(Debug)]
pub struct Checked<R>(Call<R>);

impl<R: Send + 'static> Future for Checked<R> {
    type Output = Result<R, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_checked(cx)
    }
}

/// What distinguishes the calls of one layer from those of another. `Raw` is what the closure gives,
/// `Out` what the caller gets.
pub(crate) trait Policy: Send + Sync + 'static {
    type Raw: Send + 'static;
    type Out: Send + 'static;

    fn seal(&self, raw: Self::Raw) -> Self::Out;

    /// What the caller gets when the call was not run.
    fn refuse(&self, why: CallError) -> Result<Self::Out, CallError> {
        Err(why)
    }

    /// Gives back the result of an abandoned call to where it came from; what is left is dropped.
    fn take_back(&self, out: Self::Out) -> Option<Self::Out> {
        Some(out)
    }

    /// Whether a call that nobody awaits, and that has not started, may be left out.
    fn only_reads(&self) -> bool {
        false
    }

    /// Whether a normal end of the process waits for the call.
    fn holds_exit(&self) -> bool {
        true
    }

    fn name(&self) -> String;
}

/// The policy of `with`, `call`, `finish` and `run`: the result as it is.
pub(crate) struct Plain<R> {
    name: fn() -> &'static str,
    result: PhantomData<fn() -> R>,
}

impl<R> Plain<R> {
    /// For a call that the path or closure `F` names.
    pub(crate) fn of<F>() -> Self {
        Plain::named(type_name::<F>)
    }

    pub(crate) fn named(name: fn() -> &'static str) -> Self {
        Plain { name, result: PhantomData }
    }
}

impl<R: Send + 'static> Policy for Plain<R> {
    type Raw = R;
    type Out = R;

    fn seal(&self, raw: R) -> R {
        raw
    }

    fn name(&self) -> String {
        (self.name)().to_owned()
    }
}

/// A closure of more bytes than these gets an allocation of its own: it is moved from the cell to the pool
/// thread's stack, several times over where nothing is optimised.
pub(crate) const LARGE: usize = 16 << 10;

/// The one allocation of a call: what is to run, then what came of it.
pub(crate) struct Cell<F, P: Policy> {
    slot: Mutex<Slot<F, P::Out>>,
    home: usize,
    policy: P,
}

struct Slot<F, R> {
    stage: Stage<F, R>,
    waker: Option<Waker>,
    abandoned: bool,
}

enum Stage<F, R> {
    Queued(F),
    Running,
    Ended(Result<R, CallError>),
    /// The result was taken by its caller, or the call was left out.
    Taken,
}

impl<F: Send + 'static, P: Policy> Cell<F, P> {
    /// The closure, if the call has not started and has not been taken back.
    fn start(&self) -> Option<F> {
        let mut slot = lock(&self.slot);
        if !matches!(slot.stage, Stage::Queued(_)) {
            return None;
        }
        match mem::replace(&mut slot.stage, Stage::Running) {
            Stage::Queued(f) => Some(f),
            _ => None,
        }
    }

    /// Runs the closure's last part; `None` from it means that the handle is closed.
    fn run(&self, f: impl FnOnce() -> Option<P::Raw>) {
        let ended = catch_unwind(AssertUnwindSafe(|| match f() {
            Some(raw) => Ok(self.policy.seal(raw)),
            None => self.policy.refuse(CallError::closed()),
        }));
        self.end(ended.unwrap_or_else(|payload| Err(CallError::panicked(payload))));
    }

    fn end(&self, ended: Result<P::Out, CallError>) {
        let mut slot = lock(&self.slot);
        if slot.abandoned {
            slot.stage = Stage::Taken;
            drop(slot);
            let drop_it = || drop(ended.map(|out| self.policy.take_back(out)));
            // There is nobody left to whom a panic of this drop could be given.
            let _ = catch_unwind(AssertUnwindSafe(drop_it)).map_err(mem::forget);
        } else {
            slot.stage = Stage::Ended(ended);
            let waker = slot.waker.take();
            drop(slot);
            if let Some(waker) = waker {
                let _ = catch_unwind(AssertUnwindSafe(|| waker.wake())).map_err(mem::forget);
            }
        }
    }

    fn refuse(&self, why: Refusal) {
        if let Some(f) = self.start() {
            let refused = self.policy.refuse(CallError::refused(why));
            self.end(refused);
            drop(f);
        }
    }

    fn is_waited_for_at_exit(&self) -> bool {
        self.policy.holds_exit() && matches!(lock(&self.slot).stage, Stage::Queued(_) | Stage::Running)
    }

    /// The result, if it is there; else the waker waits for it.
    fn poll_slot(&self, cx: &mut Context<'_>) -> Poll<Result<P::Out, CallError>> {
        let mut slot = lock(&self.slot);
        if matches!(slot.stage, Stage::Ended(_))
            && let Stage::Ended(ended) = mem::replace(&mut slot.stage, Stage::Taken)
        {
            return Poll::Ready(ended);
        }
        let stale = match &slot.waker {
            Some(waker) if waker.will_wake(cx.waker()) => None,
            _ => slot.waker.replace(cx.waker().clone()),
        };
        // Dropping a waker may drop a task, and with it other calls: not under the lock.
        drop(slot);
        drop(stale);
        Poll::Pending
    }

    fn home(&self) -> usize {
        if self.home == 0 { std::ptr::from_ref(self).addr() } else { self.home }
    }
}

impl<F: Send + 'static, P: Policy> Ticket<P::Out> for Cell<F, P> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<P::Out, CallError>> {
        let polled = self.poll_slot(cx);
        if polled.is_ready() || !pool::on_job_thread() {
            return polled;
        }
        match pool::help(self.home()) {
            Help::NotNeeded => Poll::Pending,
            Help::Given => self.poll_slot(cx),
            Help::Deadlock => {
                lock(&self.slot).abandoned = true;
                Poll::Ready(self.policy.refuse(CallError::deadlock()))
            }
        }
    }

    fn cancel(&self) -> bool {
        let Some(f) = self.start() else { return false };
        lock(&self.slot).stage = Stage::Ended(self.policy.refuse(CallError::cancelled()));
        drop(f);
        true
    }

    fn abandon(&self) {
        let mut slot = lock(&self.slot);
        slot.abandoned = true;
        let waker = slot.waker.take();
        let stage = match &slot.stage {
            Stage::Queued(_) if !self.policy.only_reads() => None,
            Stage::Running => None,
            _ => Some(mem::replace(&mut slot.stage, Stage::Taken)),
        };
        drop(slot);
        drop(waker);
        if let Some(Stage::Ended(Ok(out))) = stage
            && let Some(out) = self.policy.take_back(out)
        {
            Pool::dispose(out);
        }
    }
}

/// A call as one task among those of a mailbox.
impl<T, F, P> Task<T> for Cell<F, P>
where
    F: FnOnce(&mut Option<Seat<T>>) -> Option<P::Raw> + Send + 'static,
    P: Policy,
{
    fn run(&self, seat: &mut Option<Seat<T>>) {
        if let Some(f) = self.start() {
            Cell::run(self, || f(seat));
        }
    }

    fn refuse(&self, why: Refusal) {
        Cell::refuse(self, why);
    }

    fn holds_exit(&self) -> bool {
        self.is_waited_for_at_exit()
    }

    fn name(&self) -> String {
        self.policy.name()
    }
}

/// A call as a work of its own.
impl<F, P> Work for Cell<F, P>
where
    F: FnOnce() -> P::Raw + Send + 'static,
    P: Policy,
{
    fn id(&self) -> usize {
        self.home()
    }

    fn run(self: Arc<Self>) {
        if let Some(f) = self.start() {
            Cell::run(&self, || Some(f()));
        }
    }

    fn refuse(self: Arc<Self>, why: Refusal) {
        Cell::refuse(&self, why);
    }

    fn holds_exit(&self) -> bool {
        self.is_waited_for_at_exit()
    }

    fn stuck(&self) -> Option<Stuck> {
        let ended = matches!(lock(&self.slot).stage, Stage::Ended(_) | Stage::Taken);
        (!ended).then(|| Stuck { operation: self.policy.name(), waiting: 0 })
    }

    fn has_started(&self) -> bool {
        !matches!(lock(&self.slot).stage, Stage::Queued(_))
    }
}
