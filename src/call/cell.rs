//! The cell that a call and its run share: what is to run, then what came of it.

use super::CallError;
use crate::lock::lock;
use crate::mailbox::Task;
use crate::pool::{self, Help, Pool, Refusal, Stuck, Work};
use crate::seat::Seat;
use std::any::type_name;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// What a `Call` sees of its cell.
pub(super) trait Ticket<R>: Send + Sync {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<R, CallError>>;
    fn cancel(&self) -> bool;
    fn abandon(&self);
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
    pub(super) fn new(policy: P, home: usize, f: F) -> Self {
        let slot = Slot { stage: Stage::Queued(f), waker: None, abandoned: false };
        Cell { slot: Mutex::new(slot), home, policy }
    }

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
