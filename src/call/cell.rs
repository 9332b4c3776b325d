//! The cell that a call and its run share: what is to run, then what came of it.

use super::CallError;
use crate::coop;
use crate::lock::lock;
use crate::mailbox::{self, Task};
use crate::pool::{self, Pool, Refusal, Stuck, Wait, Work};
use crate::seat::Seat;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex};
use crate::wake::wake;
use std::any::type_name;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What a `Call` sees of its cell.
pub(super) trait Ticket<R>: Send + Sync {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<R, CallError>>;
    /// Waits a moment, awake, for an answer that is about to come.
    fn spin(&self);
    fn has_ended(&self) -> bool;
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

    /// Whether its caller is going to wait for it: then it may be run where it is made, and another call may be about to
    /// follow, for which the thread is to stay awake.
    fn is_awaited(&self) -> bool {
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
///
/// What does not need the closure's type is in the core, so that it is compiled once for a type of result and
/// not again for every call in a program.
pub(crate) struct Cell<F, P: Policy> {
    core: Core<P>,
    /// Taken by whoever starts the call, or takes it back: once.
    f: Mutex<Option<F>>,
}

struct Core<P: Policy> {
    /// There is a result. For those who look for it without the lock.
    ended: AtomicBool,
    slot: Mutex<Slot<P::Out>>,
    home: usize,
    policy: P,
}

struct Slot<R> {
    stage: Stage<R>,
    waker: Option<Waker>,
    abandoned: bool,
    /// That a job waits for this call.
    wait: Option<Wait>,
}

enum Stage<R> {
    /// Waits, or runs.
    Made,
    Ended(Result<R, CallError>),
    /// The result was taken by its caller, or the call was left out.
    Taken,
}

impl<P: Policy> Core<P> {
    fn end(&self, ended: Result<P::Out, CallError>) {
        let mut slot = lock(&self.slot);
        if slot.abandoned {
            drop(slot);
            let drop_it = || drop(ended.map(|out| self.policy.take_back(out)));
            // There is nobody left to whom a panic of this drop could be given.
            let _ = catch_unwind(AssertUnwindSafe(drop_it)).map_err(mem::forget);
            // Only now is it over: the end of the process waits for the drop, too.
            lock(&self.slot).stage = Stage::Taken;
        } else {
            slot.stage = Stage::Ended(ended);
            let (waker, wait) = (slot.waker.take(), slot.wait.take());
            drop(slot);
            self.ended.store(true, Ordering::Release);
            drop(wait);
            wake(waker);
        }
    }

    /// Ends with what a run gave: a result, nothing because the handle is closed, or a panic.
    fn end_run(&self, ran: std::thread::Result<Option<P::Out>>) {
        pool::end_waits();
        self.end(match ran {
            Ok(Some(out)) => Ok(out),
            Ok(None) => self.policy.refuse(CallError::closed()),
            Err(payload) => Err(CallError::panicked(payload)),
        });
    }

    fn is_waited_for_at_exit(&self) -> bool {
        self.policy.holds_exit() && matches!(lock(&self.slot).stage, Stage::Made)
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

    fn poll(&self, cx: &mut Context<'_>, home: usize) -> Poll<Result<P::Out, CallError>> {
        let polled = self.poll_slot(cx);
        if polled.is_ready() || !pool::on_job_thread() || lock(&self.slot).wait.is_some() {
            return polled;
        }
        let mut slot = lock(&self.slot);
        if matches!(slot.stage, Stage::Ended(_)) {
            drop(slot);
            return self.poll_slot(cx);
        }
        slot.wait = pool::wait_for(home);
        slot.abandoned |= slot.wait.is_none();
        let waits = slot.wait.is_some();
        drop(slot);
        if waits {
            pool::help(home);
            Poll::Pending
        } else {
            Poll::Ready(self.policy.refuse(CallError::deadlock()))
        }
    }

    /// Nobody waits any more. Says whether the call may be left out, if it has not started.
    fn abandon(&self) -> bool {
        let mut slot = lock(&self.slot);
        slot.abandoned = true;
        let (waker, wait) = (slot.waker.take(), slot.wait.take());
        let ended = match slot.stage {
            Stage::Made => None,
            _ => Some(mem::replace(&mut slot.stage, Stage::Taken)),
        };
        drop(slot);
        drop((waker, wait));
        let is_made = ended.is_none();
        match ended {
            Some(Stage::Ended(Ok(out))) => {
                if let Some(out) = self.policy.take_back(out) {
                    Pool::dispose(out);
                }
            }
            Some(Stage::Ended(Err(error))) if error.is_panic() => Pool::dispose(error),
            _ => {}
        }
        is_made && self.policy.only_reads()
    }

    fn leave_out(&self) {
        lock(&self.slot).stage = Stage::Taken;
    }

    fn stuck(&self) -> Option<Stuck> {
        let ended = matches!(lock(&self.slot).stage, Stage::Ended(_) | Stage::Taken);
        (!ended).then(|| Stuck { operation: self.policy.name(), waiting: 0 })
    }
}

impl<F: Send + 'static, P: Policy> Cell<F, P> {
    pub(super) fn new(policy: P, home: usize, f: F) -> Self {
        let slot = Slot { stage: Stage::Made, waker: None, abandoned: false, wait: None };
        let core = Core { ended: AtomicBool::new(false), slot: Mutex::new(slot), home, policy };
        Cell { core, f: Mutex::new(Some(f)) }
    }

    /// The closure, if the call has not started and has not been taken back: it is then this caller's to run or to refuse.
    fn start(&self) -> Option<F> {
        lock(&self.f).take()
    }

    fn refuse(&self, why: Refusal) {
        if let Some(f) = self.start() {
            self.core.end(self.core.policy.refuse(CallError::refused(why)));
            // A panic of this drop must not keep the others from their answer.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(f))).map_err(mem::forget);
        }
    }

    fn home(&self) -> usize {
        match self.core.home {
            0 => std::ptr::from_ref(self).addr(),
            home => home,
        }
    }
}

impl<F: Send + 'static, P: Policy> Ticket<P::Out> for Cell<F, P> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<P::Out, CallError>> {
        self.core.poll(cx, self.home())
    }

    fn spin(&self) {
        coop::stay(mailbox::spin_for(&self.core.ended));
    }

    fn has_ended(&self) -> bool {
        self.core.ended.load(Ordering::Acquire)
    }

    fn cancel(&self) -> bool {
        let f = self.start();
        let cancelled = f.is_some();
        if cancelled {
            self.core.end(self.core.policy.refuse(CallError::cancelled()));
        }
        cancelled // and dropped, after the answer
    }

    fn abandon(&self) {
        if self.core.abandon()
            && let Some(f) = self.start()
        {
            self.core.leave_out();
            drop(f);
        }
    }
}

/// A call as one task among those of a mailbox.
impl<T, F, P> Task<T> for Cell<F, P>
where
    F: FnOnce(&mut Option<Seat<T>>) -> Option<P::Raw> + Send + 'static,
    P: Policy,
{
    fn run(&self, seat: &mut Option<Seat<T>>, took: Option<&mut Duration>) {
        if let Some(f) = self.start() {
            let begun = took.is_some().then(Instant::now);
            let run = || f(seat).map(|raw| self.core.policy.seal(raw));
            let ran = catch_unwind(AssertUnwindSafe(run));
            if let (Some(took), Some(begun)) = (took, begun) {
                *took = begun.elapsed();
            }
            self.core.end_run(ran);
        }
    }

    fn refuse(&self, why: Refusal) {
        Cell::refuse(self, why);
    }

    fn holds_exit(&self) -> bool {
        self.core.is_waited_for_at_exit()
    }

    fn is_awaited(&self) -> bool {
        self.core.policy.is_awaited()
    }

    fn name(&self) -> String {
        self.core.policy.name()
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
            let run = || Some(self.core.policy.seal(f()));
            self.core.end_run(catch_unwind(AssertUnwindSafe(run)));
        }
    }

    fn refuse(self: Arc<Self>, why: Refusal) {
        Cell::refuse(&self, why);
    }

    fn holds_exit(&self) -> bool {
        self.core.is_waited_for_at_exit()
    }

    fn stuck(&self) -> Option<Stuck> {
        self.core.stuck()
    }

    fn has_started(&self) -> bool {
        lock(&self.f).is_none()
    }
}
