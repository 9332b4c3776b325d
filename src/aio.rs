//! `Aio<T>`: the wrapper. Whatever it forwards becomes one task of the mailbox.

use crate::call::{self, Call, Plain, Policy};
use crate::lock::lock;
use crate::mailbox::Mailbox;
use crate::method::{Bind, Method};
use crate::pool::Pool;
use crate::seat::Seat;
use crate::sync::Mutex;
use crate::wake::wake;
use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;
use std::task::Waker;

/// A blocking handle whose every method can be awaited: a file, an encoder, an archive, a database
/// connection, a struct of your own.
///
/// ```
/// use aiofile::Aio;
/// use std::io::{Read, Seek, Write};
///
/// # fn main() -> std::io::Result<()> { pollster::block_on(async {
/// let file = Aio::new(tempfile::tempfile()?);
/// file.call(Write::write_all, (b"aio file",)).await?;              // any method, by its path
/// file.call(Seek::rewind, ()).await?;
/// let (read, text) = file.call(Read::read_to_string, (String::new(),)).await; // `&mut` comes back
/// assert_eq!((read?, text.as_str()), (8, "aio file"));
/// let len = file.with(|file| file.metadata()).await?.len();        // a closure: many steps, one hop
/// assert_eq!(len, 8);
/// # Ok(()) }) }
/// ```
///
/// A clone is another handle on the same value. `Aio<T>` is `Send` and `Sync` for every `T: Send`.
///
/// # Ordering
///
/// The calls of one value, made through any of its handles, run one at a time, in the order in which
/// they were made. A call is queued by making it, not by polling it.
///
/// # Dropping
///
/// When the last handle is dropped, the value is dropped on a pool thread, after all calls that were
/// made. [`close`](Aio::close) does the same and can be awaited.
///
/// # Cost
///
/// Each call is one allocation and at most one hop to a pool thread and back; calls that are made while
/// others wait or run share their hop. Waiting calls hold no thread. There is no other thread per handle.
#[doc(alias("AIOWrapper", "Unblock", "SyncWrapper", "AsyncFunWrapper"))]
pub struct Aio<T: Send + 'static> {
    mailbox: Arc<Mailbox<T>>,
    kept: Option<Box<Mutex<dyn Kept>>>,
}

/// What a layer above keeps with one handle, and not with its clones.
pub(crate) trait Kept: Any + Send {
    /// The handle makes another call, which may be more than a read. The waker is of whoever has to be told.
    fn before_call(&mut self, uses: bool) -> Option<Waker>;
}

impl<T: Send + 'static> Aio<T> {
    /// Wraps a value, to run on the pool of the process: [`Pool::default`].
    pub fn new(value: T) -> Self {
        Aio::on(&Pool::default(), value)
    }

    /// Wraps a value, to run on this pool.
    ///
    /// ```
    /// # use aiofile::{Aio, Pool};
    /// let one = Pool::new(1);
    /// let (left, right) = (Aio::on(&one, 1), Aio::on(&one, 2)); // two handles, one thread for both
    /// # assert_eq!(pollster::block_on(async { left.with(|l| *l).await + right.with(|r| *r).await }), 3);
    /// ```
    pub fn on(pool: &Pool, value: T) -> Self {
        Aio::build(pool, Box::new(value), std::mem::needs_drop::<T>())
    }

    /// `drop_matters`: whether a normal end of the process waits until a dropped value is gone.
    pub(crate) fn build(pool: &Pool, value: Box<T>, drop_matters: bool) -> Self {
        Aio { mailbox: Arc::new(Mailbox::new(pool.clone(), value, drop_matters)), kept: None }
    }

    /// Runs a closure on the value: as many steps as you like in one hop. The one primitive, on which all
    /// other forms stand.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # pollster::block_on(async {
    /// let words = Aio::new(vec!["b", "a"]);
    /// let first = words.with(|words| { words.sort(); words[0] }).await;
    /// assert_eq!(first, "a");
    /// # })
    /// ```
    ///
    /// What the closure takes with it must be owned (`move`), and so must what it gives. Beware of
    /// `move` with a `Copy` buffer: in `let mut b = [0; 4]; f.with(move |f| f.read(&mut b))` the closure
    /// reads into a copy of its own, and `b` stays zero. Give the buffer to
    /// [`call`](Aio::call), which hands it back, or make it inside the closure and return it.
    ///
    /// *Errors* are the closure's own: they name no operation and no path, as those of the typed methods do. *Panics* of
    /// the closure resume where the call is awaited; it also panics if the handle is closed or the pool refuses it, unless
    /// it is [`checked`](Call::checked).
    #[doc(alias = "interact")]
    pub fn with<R, F>(&self, f: F) -> Call<R>
    where
        F: FnOnce(&mut T) -> R + Send + 'static,
        R: Send + 'static,
    {
        self.queue(Plain::of::<F>(), move |seat| seat.as_mut().map(|seat| f(seat.value())))
    }

    /// Forwards a method by its path: `getattr(f, name)(*args)`, checked by the compiler. No list: any
    /// method of `T`, inherent or of a trait, that takes `&self` or `&mut self`.
    ///
    /// ```
    /// use aiofile::Aio;
    /// use std::collections::BTreeMap;
    ///
    /// # pollster::block_on(async {
    /// let map = Aio::new(BTreeMap::new());
    /// map.call(BTreeMap::insert, ("answer", 42)).await;
    /// assert_eq!(map.call(BTreeMap::len, ()).await, 1);
    /// # })
    /// ```
    ///
    /// Arguments are given as a tuple, `(8,)` for one, and are owned. What the method takes by reference is
    /// lent to it: a `Vec<u8>` as `&[u8]`, a `String` as `&str`, a `PathBuf` as `&Path`. What it takes by
    /// `&mut` comes back with the result: `Read::read` with `([0; 16],)` gives `(io::Result<usize>, [u8; 16])`.
    /// See [`Method`] for what can be forwarded; a method that returns a borrow, or takes `self` by value,
    /// is for [`with`](Aio::with) and [`finish`](Aio::finish).
    ///
    /// *Errors* are the method's own, without operation and path; *panics* as [`with`](Aio::with). *Cost:* as `with`:
    /// arguments travel in the call's one allocation.
    #[doc(alias("getattr", "__getattribute__", "invoke"))]
    pub fn call<F, A, K>(&self, method: F, args: A) -> Call<F::Output>
    where
        F: Method<T, A, K>,
        A: Send + 'static,
    {
        self.queue(Plain::of::<F>(), move |seat| seat.as_mut().map(|seat| method.apply(seat.value(), args)))
    }

    /// A method as a value, bound to this handle: Python's `f.write` without the call. For methods whose
    /// arguments are given by value.
    ///
    /// ```
    /// # use aiofile::Aio;
    /// # fn main() -> std::io::Result<()> { pollster::block_on(async {
    /// let file = Aio::new(tempfile::tempfile()?);
    /// let set_len = file.method(std::fs::File::set_len);
    /// set_len(8).await?;
    /// assert_eq!(file.with(|f| f.metadata()).await?.len(), 8);
    /// # Ok(()) }) }
    /// ```
    ///
    /// The bound method keeps the handle open. *Cost:* one allocation for the binding.
    pub fn method<F, A, K>(&self, method: F) -> F::Bound
    where
        F: Bind<T, A, K>,
    {
        method.bind(self.clone())
    }

    /// Takes the value out and gives it to a closure or method that takes it by value. Queued behind all
    /// calls that were made; every call that is made later, through any handle, finds the handle closed.
    ///
    /// ```
    /// use aiofile::Aio;
    /// use std::io::{BufWriter, Write};
    ///
    /// # fn main() -> std::io::Result<()> { pollster::block_on(async {
    /// let out = Aio::new(BufWriter::new(tempfile::tempfile()?));
    /// out.call(Write::write_all, (b"all of it",)).await?;
    /// let file = out.finish(BufWriter::into_inner).await.map_err(|e| e.into_error())?;
    /// assert_eq!(file.metadata()?.len(), 9);
    /// # Ok(()) }) }
    /// ```
    /// *Cost:* one hop. The value crosses the stack of a pool thread, 2 MiB as a rule: wrap a value of
    /// half a MiB or more in a `Box`.
    #[doc(alias = "into_inner")]
    pub fn finish<R, F>(self, f: F) -> Call<R>
    where
        F: FnOnce(T) -> R + Send + 'static,
        R: Send + 'static,
    {
        self.take(Plain::of::<F>(), |value| f(*value))
    }

    /// Drops the value on a pool thread, after all calls that were made. Every later call, through any
    /// handle, finds the handle closed; closing it twice is no error.
    ///
    /// The call resolves when the value is gone, and resumes a panic of its drop. It gives no `Result`, because a drop
    /// has none. What the drop of a std type keeps to itself, such as the error of a last flush, is better asked for by
    /// [`finish`](Aio::finish). Where there is such a step that is known, `close` takes it and gives its error:
    /// [`File::close`](crate::File::close), [`Writer::close`](crate::Writer::close).
    pub fn close(self) -> Call<()> {
        let mailbox = Arc::clone(&self.mailbox);
        self.queue(Plain::named(|| "close"), move |seat| {
            let value = seat.take();
            mailbox.set_empty();
            drop(value);
            Some(())
        })
    }

    /// Whether an earlier call has taken or dropped the value. A handle may be closed at any time by a
    /// clone of it: a call on it still has to be ready for that.
    pub fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// The pool that the calls run on.
    pub fn pool(&self) -> &Pool {
        self.mailbox.pool()
    }

    pub(crate) fn mailbox(&self) -> &Arc<Mailbox<T>> {
        &self.mailbox
    }

    /// What is kept with this handle. There is one kind of it.
    pub(crate) fn kept<K: Kept + Default>(&mut self) -> &mut K {
        let kept = self.kept.get_or_insert_with(|| Box::new(Mutex::new(K::default())));
        let kept: &mut dyn Any = kept.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.downcast_mut().expect("there is one kind of it")
    }

    /// Every call of the handle begins with this. `uses`: it is more than a read.
    fn before_call(&self, uses: bool) {
        if let Some(kept) = &self.kept {
            let told = lock(kept).before_call(uses); // in a statement of its own: woken without the lock
            wake(told);
        }
    }

    /// Reads on this thread, at once, what needs no waiting: if nothing waits and nothing runs. See
    /// [`Mailbox::run_here`].
    pub(crate) fn read_here<R>(&self, f: impl FnOnce(&mut Seat<T>) -> Option<R>) -> Option<R> {
        self.before_call(false);
        self.mailbox.run_here(f)
    }

    /// Queues what is to be done with the seat; `None` from it means that the handle is closed.
    pub(crate) fn queue<P, F>(&self, policy: P, f: F) -> Call<P::Out>
    where
        P: Policy,
        F: FnOnce(&mut Option<Seat<T>>) -> Option<P::Raw> + Send + 'static,
    {
        if const { size_of::<F>() > call::LARGE } {
            self.push(policy, Box::new(f))
        } else {
            self.push(policy, f)
        }
    }

    /// Queues what is to be done with the value itself. From then on the handle is closed.
    pub(crate) fn take<P, F>(&self, policy: P, f: F) -> Call<P::Out>
    where
        P: Policy,
        F: FnOnce(Box<T>) -> P::Raw + Send + 'static,
    {
        let mailbox = Arc::clone(&self.mailbox);
        self.queue(policy, move |seat| {
            let value = seat.take()?.into_value();
            mailbox.set_empty();
            Some(f(value))
        })
    }

    /// The same for a value that may turn out to be in use elsewhere: then it stays, and `f` gets none.
    pub(crate) fn take_if<P, U, F>(
        &self,
        policy: P,
        take: impl FnOnce(T) -> Result<U, T> + Send + 'static,
        f: F,
    ) -> Call<P::Out>
    where
        P: Policy,
        F: FnOnce(Option<U>) -> P::Raw + Send + 'static,
    {
        let mailbox = Arc::clone(&self.mailbox);
        self.queue(policy, move |seat| {
            let taken = match seat.take()?.take_if(take) {
                Ok(taken) => {
                    mailbox.set_empty();
                    Some(taken)
                }
                Err(as_it_was) => {
                    *seat = Some(as_it_was);
                    None
                }
            };
            Some(f(taken))
        })
    }

    fn push<P, F>(&self, policy: P, f: F) -> Call<P::Out>
    where
        P: Policy,
        F: FnOnce(&mut Option<Seat<T>>) -> Option<P::Raw> + Send + 'static,
    {
        let uses = policy.holds_exit();
        self.before_call(uses);
        let (call, cell) = Call::made(policy, self.mailbox.home(), f);
        if self.mailbox.push(cell, uses) { call.soon() } else { call }
    }
}

impl<T: Send + 'static> Clone for Aio<T> {
    fn clone(&self) -> Self {
        self.mailbox.add_handle();
        Aio { mailbox: Arc::clone(&self.mailbox), kept: None }
    }
}

impl<T: Send + 'static> Drop for Aio<T> {
    fn drop(&mut self) {
        self.kept = None; // it may have something to give back
        self.mailbox.remove_handle();
    }
}

// A panic of a call stays with its caller, and leaves the handle as it was.
impl<T: Send + 'static> UnwindSafe for Aio<T> {}
impl<T: Send + 'static> RefUnwindSafe for Aio<T> {}

impl<T: Send + 'static> From<T> for Aio<T> {
    fn from(value: T) -> Self {
        Aio::new(value)
    }
}

impl<T: Send + 'static> fmt::Debug for Aio<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aio")
            .field("type", &format_args!("{}", std::any::type_name::<T>()))
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
