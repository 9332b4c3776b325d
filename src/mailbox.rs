//! The mailbox of a handle: its calls, in the order in which they were made, and the drain that runs
//! them. There is at most one drain at a time, as one job of the pool, and none while nothing waits.

mod pace;

use crate::lock::lock;
use crate::pool::{self, Expected, Pool, Refusal, Stuck, Work};
use crate::seat::{Returned, Seat};
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Instant, Mutex, MutexGuard};
use pace::Pace;
pub(crate) use pace::{Leave, spin_for};
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// What waits in a mailbox.
pub(crate) trait Task<T>: Send + Sync {
    /// Runs the call, unless it was taken back. `None` in the seat: the handle is closed. `took`: what to measure.
    fn run(&self, seat: &mut Option<Seat<T>>, took: Option<&mut Duration>);
    fn refuse(&self, why: Refusal);
    fn holds_exit(&self) -> bool;
    /// Whether its caller is going to wait for it: then it may run where it is made, and another call may be about to
    /// follow.
    fn is_awaited(&self) -> bool;
    fn name(&self) -> String;
}

pub(crate) struct Mailbox<T> {
    pool: Pool,
    /// Whether the drop of the value may do more than give things back to the system: a normal end of the
    /// process then waits for it.
    drop_matters: bool,
    /// Tells a drain that lingers that there is something to do.
    told: AtomicBool,
    state: Mutex<State<T>>,
    /// Locked by the drain, from its first task to its last.
    seat: Mutex<Option<Seat<T>>>,
}

struct State<T> {
    drain: Drain,
    /// The task that runs, or is the next to run.
    front: Option<Arc<dyn Task<T>>>,
    /// What an idle handle has not: it is small, and calls made one by one need no room for a queue.
    more: Option<Box<More<T>>>,
    /// `Aio`s that can still make calls.
    handles: u32,
    /// A call was made that was more than a read.
    used: bool,
    /// The value is gone: finished, closed or dropped.
    empty: bool,
    pace: Pace,
}

struct More<T> {
    /// The tasks behind the front one.
    rest: VecDeque<Arc<dyn Task<T>>>,
    /// What abandoned reads give back.
    returned: Vec<Returned<T>>,
}

impl<T> State<T> {
    fn more(&mut self) -> &mut More<T> {
        self.more.get_or_insert_with(|| Box::new(More { rest: VecDeque::new(), returned: Vec::new() }))
    }

    /// The tasks behind the front one.
    fn rest(&self) -> impl Iterator<Item = &Arc<dyn Task<T>>> {
        self.more.iter().flat_map(|more| &more.rest)
    }

    fn behind(&self) -> usize {
        self.more.as_ref().map_or(0, |more| more.rest.len())
    }

    fn waiting(&self) -> usize {
        usize::from(self.front.is_some()) + self.behind()
    }

    fn give_returned_to(&mut self, seat: &mut Option<Seat<T>>) {
        if let Some(more) = &mut self.more
            && !more.returned.is_empty()
        {
            let returned = mem::take(&mut more.returned);
            if let Some(seat) = seat {
                seat.take_back(returned);
            }
        }
    }

    /// Whether the answer to what comes now is about to come. (The one in front may have ended, and be there still.)
    fn answers_soon(&self) -> bool {
        self.drain == Drain::Running && self.behind() == 0 && self.pace.answers_soon()
    }

    /// Takes the front away; to be dropped without the lock.
    fn pop(&mut self) -> Option<Arc<dyn Task<T>>> {
        let next = self.more.as_mut().and_then(|more| more.rest.pop_front());
        mem::replace(&mut self.front, next)
    }
}

type Submit = fn(&Pool, Arc<dyn Work>, Option<Expected<'_>>);

#[derive(PartialEq)]
enum Drain {
    None,
    /// A job is on its way.
    Called,
    Running,
}

impl<T: Send + 'static> Mailbox<T> {
    /// A mailbox with one handle on it.
    pub(crate) fn new(pool: Pool, value: Box<T>, drop_matters: bool) -> Self {
        let state = State {
            drain: Drain::None,
            front: None,
            more: None,
            handles: 1,
            used: false,
            empty: false,
            pace: Pace::default(),
        };
        Mailbox {
            pool,
            drop_matters,
            told: AtomicBool::new(false),
            state: Mutex::new(state),
            seat: Mutex::new(Some(Seat::new(value))),
        }
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The same for all calls of this handle.
    pub(crate) fn home(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// `uses`: the call is more than a read. Says whether its answer is about to come.
    pub(crate) fn push(self: &Arc<Self>, task: Arc<dyn Task<T>>, uses: bool) -> bool {
        let mut state = lock(&self.state);
        if state.drain != Drain::None && self.pool.is_shut_down() {
            // What was accepted before is run; this is new.
            drop(state);
            task.refuse(Refusal::ShutDown);
            return false;
        }
        state.used |= uses;
        let submit = if task.is_awaited() { Pool::submit_here } else { Pool::submit };
        let soon = state.answers_soon();
        match state.front {
            None => state.front = Some(task),
            Some(_) => state.more().rest.push_back(task),
        }
        self.call_drain(state, submit);
        soon
    }

    /// If others wait, for the value or for the thread of the task that runs: how many for the value.
    pub(crate) fn wanted(&self) -> Option<usize> {
        let others = lock(&self.state).behind();
        (others > 0 || self.pool.is_crowded()).then_some(others)
    }

    /// Puts a task behind so many others, on behalf of the one that runs, which has given way to them: no shutdown refuses
    /// what was accepted with it.
    pub(crate) fn push_behind(&self, others: usize, task: Arc<dyn Task<T>>) {
        lock(&self.state).more().rest.insert(others, task);
    }

    /// Runs on this thread, at once, what cannot block: if nothing waits and nothing runs, so that order holds. `None`
    /// if it was not run, or had nothing to give.
    pub(crate) fn run_here<R>(self: &Arc<Self>, f: impl FnOnce(&mut Seat<T>) -> Option<R>) -> Option<R> {
        let mut state = lock(&self.state);
        if state.drain != Drain::None || !self.pool.is_inline() {
            return None;
        }
        // A drain that is at its end may still hold it.
        let mut seat = self.seat.try_lock().ok()?;
        let expected = self.pool.expect()?; // what comes in the meantime is accepted
        state.give_returned_to(&mut seat);
        state.drain = Drain::Running;
        drop(state);
        let here = Here(self, Some(expected));
        let result = seat.as_mut().and_then(f);
        drop(seat);
        drop(here);
        result
    }

    pub(crate) fn add_handle(&self) {
        let mut state = lock(&self.state);
        // As with `Arc`: so many are there only if they are leaked.
        state.handles = state.handles.checked_add(1).expect("fewer handles than 4 billion");
    }

    /// The last handle has the value dropped, after all that has been queued.
    pub(crate) fn remove_handle(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        state.handles -= 1;
        if state.handles == 0 && !state.empty {
            self.call_drain(state, Pool::submit);
        }
    }

    /// Keeps what an abandoned read had read for the call that runs next.
    pub(crate) fn take_back(&self, returned: Returned<T>) {
        lock(&self.state).more().returned.push(returned);
    }

    /// A call has taken the value out of its seat.
    pub(crate) fn set_empty(&self) {
        lock(&self.state).empty = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.state).empty
    }

    fn call_drain(self: &Arc<Self>, state: MutexGuard<'_, State<T>>, submit: Submit) {
        if state.drain == Drain::None {
            // Whoever finds that the drain is called has made a call that is accepted.
            let expected = self.pool.expect();
            self.call_expected(state, submit, expected);
        } else {
            drop(state);
            self.told.store(true, Ordering::Release);
        }
    }

    fn call_expected(
        self: &Arc<Self>,
        mut state: MutexGuard<'_, State<T>>,
        submit: Submit,
        expected: Option<Expected<'_>>,
    ) {
        state.drain = Drain::Called;
        state.pace.called(self.pool.linger_time());
        drop(state);
        submit(&self.pool, Arc::clone(self) as _, expected);
    }

    /// The next task to run, and whether to measure it; after the last one, the end of the drain.
    fn next(&self, seat: &mut Option<Seat<T>>, lingers: bool) -> Option<(Arc<dyn Task<T>>, bool)> {
        let mut state = lock(&self.state);
        loop {
            state.give_returned_to(seat);
            if let Some(task) = &state.front {
                let task = Arc::clone(task);
                return Some((task, state.pace.measures()));
            }
            if state.handles == 0 && seat.is_some() {
                drop(state);
                // The last handle is gone, so there is nobody to whom a panic of this drop could be given.
                let _ = catch_unwind(AssertUnwindSafe(|| *seat = None)).map_err(mem::forget);
                state = lock(&self.state);
                continue;
            }
            if seat.is_none() || !lingers || pool::is_in_place() {
                break;
            }
            let now = Instant::now();
            let expected = state.pace.emptied(now);
            let Some(leave) = expected.then(Leave::take).flatten() else { break };
            self.told.store(false, Ordering::Relaxed);
            drop(state);
            let until = now.checked_add(self.pool.linger_time());
            let in_vain =
                !leave.linger(&self.told, until, || self.pool.is_crowded() || self.pool.is_shut_down());
            state = lock(&self.state);
            state.pace.lingered(in_vain);
        }
        state.empty = seat.is_none();
        state.drain = Drain::None;
        state.more = None;
        None
    }
}

/// The run of something on the thread that asked for it. What has come in the meantime gets a drain. (The last handle has not
/// gone in the meantime: who asks has one.)
struct Here<'m, T: Send + 'static>(&'m Arc<Mailbox<T>>, Option<Expected<'m>>);

impl<T: Send + 'static> Drop for Here<'_, T> {
    fn drop(&mut self) {
        let (mailbox, expected) = (self.0, self.1.take());
        let mut state = lock(&mailbox.state);
        if state.front.is_some() {
            mailbox.call_expected(state, Pool::submit, expected);
        } else {
            state.drain = Drain::None;
            drop(state);
            expected.into_iter().for_each(|expected| mailbox.pool.forget(expected));
        }
    }
}

impl<T: Send + 'static> Work for Mailbox<T> {
    fn id(&self) -> usize {
        self.home()
    }

    fn run(self: Arc<Self>) {
        let mut turns = {
            let mut state = lock(&self.state);
            if state.drain != Drain::Called {
                return;
            }
            state.drain = Drain::Running;
            state.waiting()
        };
        let mut seat = lock(&self.seat);
        let mut lingers = true;
        while let Some((task, measures)) = self.next(&mut seat, lingers) {
            let mut took = Duration::ZERO;
            task.run(&mut seat, measures.then_some(&mut took));
            lingers = task.is_awaited();
            drop(task);
            let (done, waiting) = {
                let mut state = lock(&self.state);
                if measures {
                    state.pace.measured(took);
                }
                (state.pop(), state.waiting())
            };
            // Not under the lock. And the lock is taken a second time for the next one: to do both at once is slower (128 callers:
            // 0.45 µs a call, not 0.25), for a caller that has been told comes with its next call just then.
            drop(done);
            turns = turns.saturating_sub(1);
            if turns == 0 && (self.pool.is_crowded() || (waiting > 0 && pool::is_in_place())) {
                // Other handles wait for a worker, or this thread is wanted back: to the end of the line.
                drop(seat);
                lock(&self.state).drain = Drain::Called;
                let pool = self.pool.clone();
                return pool.requeue(self);
            }
        }
    }

    fn refuse(self: Arc<Self>, why: Refusal) {
        let mut state = lock(&self.state);
        if state.drain == Drain::Running {
            return; // by another job, which answers them all
        }
        state.drain = Drain::None;
        let rest = state.more.as_mut().map(|more| mem::take(&mut more.rest));
        let refused: Vec<_> = state.front.take().into_iter().chain(rest.into_iter().flatten()).collect();
        let drop_value = state.handles == 0 && !state.empty;
        if drop_value {
            state.drain = Drain::Called;
        }
        drop(state);
        refused.iter().for_each(|task| task.refuse(why));
        drop(refused);
        if drop_value {
            Pool::keep(self);
        }
    }

    fn holds_exit(&self) -> bool {
        let state = lock(&self.state);
        // Behind nothing but reads, one of which may be stuck, it is not waited for.
        let in_reach = state.used || state.front.is_none();
        let dropping = state.handles == 0 && !state.empty && self.drop_matters && in_reach;
        dropping || state.front.iter().chain(state.rest()).any(|task| task.holds_exit())
    }

    fn has_started(&self) -> bool {
        lock(&self.state).drain != Drain::Called
    }

    fn stuck(&self) -> Option<Stuck> {
        let state = lock(&self.state);
        match &state.front {
            Some(task) => Some(Stuck { operation: task.name(), waiting: state.behind() }),
            None if state.handles == 0 && !state.empty => {
                let operation = format!("drop {}", std::any::type_name::<T>());
                Some(Stuck { operation, waiting: 0 })
            }
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Waits;

    impl Task<()> for Waits {
        fn run(&self, _: &mut Option<Seat<()>>, _: Option<&mut Duration>) {}
        fn refuse(&self, _: Refusal) {}
        fn holds_exit(&self) -> bool {
            false
        }
        fn is_awaited(&self) -> bool {
            true
        }
        fn name(&self) -> String {
            "waits".into()
        }
    }

    #[test]
    fn the_value_is_wanted_by_those_behind_the_task_that_runs() {
        let mailbox = Mailbox::new(Pool::new(1), Box::new(()), false);
        assert_eq!(mailbox.wanted(), None);
        lock(&mailbox.state).front = Some(Arc::new(Waits));
        assert_eq!(mailbox.wanted(), None, "it is the one that asks");
        mailbox.push_behind(0, Arc::new(Waits));
        assert_eq!(mailbox.wanted(), Some(1));
    }
}
