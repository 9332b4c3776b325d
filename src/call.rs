//! `Call<R>`: the future of one call.

mod cell;
mod chain;
mod error;

use crate::coop;
use cell::Ticket;
pub(crate) use cell::{Cell, LARGE, Plain, Policy};
use chain::{Chain, Driven, Mapped};
pub use error::CallError;
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

/// The future of one call: made by [`Aio`](crate::Aio)'s methods, [`Pool::run`](crate::Pool::run) and
/// [`unblock`](crate::unblock).
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
/// Many calls need no `join_all`, and no `gather`: all of them run from when they were made, while a loop awaits one
/// after the other.
///
/// ```
/// # use aiofile::{Call, unblock};
/// # pollster::block_on(async {
/// let calls: Vec<Call<u64>> = (0..10).map(|n| unblock(move || n * n)).collect();
/// let mut squares = Vec::new();
/// for call in calls {
///     squares.push(call.await);
/// }
/// assert_eq!(squares[9], 81);
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
/// handle is closed, the pool is shut down or has no thread, the call was cancelled, or a closure waits for its own
/// handle. [`checked`](Call::checked) gives all of these as values. (The typed methods, such as those of files, give
/// the latter as their own [`Error`](crate::Error).) Polling again after the end panics.
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
    /// The same, and the answer is about to come.
    Soon(Arc<dyn Ticket<R>>),
    // In mutexes that nobody locks: they make a `Call` of any `R: Send` shareable.
    Ready(Mutex<R>),
    /// Ready, but for another task to have its turn first.
    GivesWay(Mutex<R>),
    Chained(Mutex<Box<dyn Chain<R>>>),
    Spent,
}

impl<R> Unpin for Call<R> {}
impl<R> UnwindSafe for Call<R> {}
impl<R> RefUnwindSafe for Call<R> {}

impl<R: Send + 'static> Call<R> {
    /// A call that has ended with this: for code that has to give a `Call` and has the answer already.
    ///
    /// ```
    /// # use aiofile::Call;
    /// assert_eq!(pollster::block_on(Call::ready(7)), 7);
    /// ```
    pub fn ready(result: R) -> Self {
        Call(State::Ready(Mutex::new(result)))
    }

    /// A call whose work, which took as long as copying so many bytes, was done when it was made.
    pub(crate) fn at_once(result: R, bytes: usize) -> Self {
        let result = Mutex::new(result);
        Call(if coop::spend(bytes) { State::GivesWay(result) } else { State::Ready(result) })
    }

    /// Any other future as a `Call`: for an implementor of a mirror trait (see [`proxy!`](crate::proxy))
    /// that is not a handle, such as a test's double.
    ///
    /// Unlike every other call it is not queued: it goes on while it is polled, and stops when it is
    /// dropped. It cannot be cancelled otherwise. *Cost:* one allocation.
    ///
    /// ```
    /// # use aiofile::{Call, unblock};
    /// let sum = Call::from_future(async { unblock(|| 1).await + unblock(|| 2).await });
    /// assert_eq!(pollster::block_on(sum), 3);
    /// ```
    pub fn from_future(future: impl Future<Output = R> + Send + 'static) -> Self {
        Call(State::Chained(Mutex::new(Box::new(Driven(Box::pin(future))))))
    }

    /// The same call, with another result. `f` runs in the task that awaits; if the call is abandoned, it
    /// does not run. *Cost:* one more allocation.
    ///
    /// So this calls nothing back by itself. A callback for when the call is done wants a task:
    /// `tokio::spawn(call.map(done))`.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// let list = Aio::new(vec![1, 2, 3]);
    /// let text = list.call(Vec::len, ()).map(|len| format!("{len} items"));
    /// assert_eq!(pollster::block_on(text), "3 items");
    /// ```
    pub fn map<U: Send + 'static>(self, f: impl FnOnce(R) -> U + Send + 'static) -> Call<U> {
        Call(State::Chained(Mutex::new(Box::new(Mapped { call: self, f: Some(f) }))))
    }

    /// Blocks this thread until the call has ended: for synchronous code. On an async thread it stops the
    /// executor for as long.
    ///
    /// ```
    /// use aiofile::Aio;
    /// use std::io::Write;
    ///
    /// let sink = Aio::new(Vec::new());
    /// sink.call(Write::write_all, (b"no executor in sight",)).wait().unwrap();
    /// assert_eq!(sink.call(Vec::len, ()).wait(), 20);
    /// ```
    ///
    /// *Panics* as awaiting does; so also in a closure that waits for the handle it runs on.
    #[doc(alias = "block_on")]
    pub fn wait(self) -> R {
        futures_lite::future::block_on(self)
    }

    /// A call that is to be run as part of the work `home` (0: as a work of its own).
    pub(crate) fn made<F, P>(policy: P, home: usize, f: F) -> (Self, Arc<Cell<F, P>>)
    where
        F: Send + 'static,
        P: Policy<Out = R>,
    {
        let cell = Arc::new(Cell::new(policy, home, f));
        (Call(State::Made(Arc::clone(&cell) as _)), cell)
    }

    /// The same call, of which it is known that the answer is about to come.
    pub(crate) fn soon(mut self) -> Self {
        if let State::Made(ticket) = mem::replace(&mut self.0, State::Spent) {
            self.0 = State::Soon(ticket);
        }
        self
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
        match &mut self.0 {
            State::Made(ticket) | State::Soon(ticket) => ticket.cancel(),
            State::Chained(chain) => chain.get_mut().unwrap_or_else(|e| e.into_inner()).cancel(),
            State::Ready(_) | State::GivesWay(_) | State::Spent => false,
        }
    }

    /// The same call, with a panic, a refusal or a cancellation as a value.
    ///
    /// What the panic hook prints of a panic is printed all the same: it has run by then, on the pool thread.
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
        if let State::Soon(_) = &self.0
            && let State::Soon(ticket) = mem::replace(&mut self.0, State::Spent)
        {
            ticket.spin(); // once: if it does not come now, to be woken is cheaper
            self.0 = State::Made(ticket);
        }
        let ended = match &mut self.0 {
            State::Made(ticket) | State::Soon(ticket) => {
                if ticket.has_ended() {
                    // Without a wait, it may be, time and again. The answer stays where it can be taken back.
                    ready!(coop::poll_spend(cx, 0));
                } else {
                    coop::enter(cx);
                }
                ready!(ticket.poll(cx))
            }
            State::Chained(chain) => {
                let chain = chain.get_mut().unwrap_or_else(|e| e.into_inner());
                ready!(chain.poll_checked(cx))
            }
            State::GivesWay(_) => {
                if let State::GivesWay(result) = mem::replace(&mut self.0, State::Spent) {
                    self.0 = State::Ready(result);
                }
                coop::give_way(cx);
                return Poll::Pending;
            }
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

/// Polls a call that is kept somewhere. Once it has ended, by a panic too, it is there no more.
pub(crate) fn poll_kept<R: Send + 'static>(kept: &mut Option<Call<R>>, cx: &mut Context<'_>) -> Poll<R> {
    let mut call = kept.take().expect("a call is kept");
    let polled = Pin::new(&mut call).poll(cx);
    if polled.is_pending() {
        *kept = Some(call);
    }
    polled
}

impl<R: Send + 'static> Future for Call<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        self.poll_checked(cx).map(|ended| ended.unwrap_or_else(|error| error.resume()))
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        if let State::Made(ticket) | State::Soon(ticket) = &self.0 {
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

impl<R: Send + 'static> Checked<R> {
    /// Blocks this thread until the call has ended: see [`Call::wait`].
    pub fn wait(self) -> Result<R, CallError> {
        futures_lite::future::block_on(self)
    }
}

impl<R: Send + 'static> Future for Checked<R> {
    type Output = Result<R, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_checked(cx)
    }
}
