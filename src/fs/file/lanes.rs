//! What runs beside a file's queue: calls that borrow the std file, each a job of its own.

use super::File;
use super::cached::Sole;
use super::latch::Latch;
use super::lock::Held;
use crate::call::{Call, Policy};
use crate::error::Result;
use crate::fs::inline::Inline;
use crate::io::Typed;
use crate::lock::lock;
use crate::pool::{self, Pool, Work};
use crate::sync::{Condvar, Mutex, RwLock};
use slab::Slab;
use std::fs;
use std::io;
use std::ops::Deref;
use std::sync::{Arc, OnceLock, PoisonError, Weak};

/// What uses one std file beside its queue.
#[derive(Debug)]
pub(super) struct Lanes {
    /// Owned by the queue, and by each borrower.
    file: Weak<fs::File>,
    /// Somebody takes the file: nobody borrows it any more. Read by whoever uses the file at once, for as long.
    closing: RwLock<bool>,
    /// Made for the first borrower or sync: most files have none, and an idle file is small.
    beside: OnceLock<Box<Beside>>,
    pub(super) inline: Inline,
    pub(super) sole: Sole,
}

#[derive(Debug, Default)]
struct Beside {
    borrowers: Mutex<Borrowers>,
    /// Signalled when a borrower has ended.
    ended: Condvar,
    held: Held,
    /// Shared with everything that syncs the same open file.
    latch: Arc<Latch>,
}

#[derive(Default)]
struct Borrowers {
    /// The calls that have not ended; `None` until the call is made.
    calls: Slab<Option<Arc<dyn Work>>>,
}

impl std::fmt::Debug for Borrowers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Borrowers").field("calls", &self.calls.len()).finish()
    }
}

impl Lanes {
    pub(super) fn new(file: &Arc<fs::File>) -> Arc<Self> {
        Arc::new(Lanes {
            file: Arc::downgrade(file),
            closing: RwLock::new(false),
            beside: OnceLock::new(),
            inline: Inline::default(),
            sole: Sole::default(),
        })
    }

    fn beside(&self) -> &Beside {
        self.beside.get_or_init(Box::default)
    }

    pub(super) fn held(&self) -> &Held {
        &self.beside().held
    }

    pub(super) fn latch(&self) -> Arc<Latch> {
        Arc::clone(&self.beside().latch)
    }

    /// To be told before anything else is done with the file: it syncs what that latch is for.
    pub(super) fn set_latch(&self, latch: Arc<Latch>) {
        self.beside.get_or_init(|| Box::new(Beside { latch, ..Beside::default() }));
    }

    pub(super) fn file(&self) -> Option<Arc<fs::File>> {
        self.at_once(|file| file)
    }

    /// Gives the file to what ends at once.
    pub(super) fn at_once<R>(&self, f: impl FnOnce(Arc<fs::File>) -> R) -> Option<R> {
        let closing = self.closing.read().unwrap_or_else(PoisonError::into_inner);
        if *closing { None } else { self.file.upgrade().map(f) }
    }

    /// Reads from an offset what is in the system's cache.
    #[cfg(unix)]
    pub(super) fn read_cached(&self, buffer: &mut [u8], offset: u64) -> Option<usize> {
        let read = |file: Arc<fs::File>| {
            let read = self.inline.read(&file, buffer, Some(offset));
            // The queue may have given up its own.
            if let Some(last) = Arc::into_inner(file) {
                Pool::dispose(last);
            }
            read
        };
        self.at_once(read)?
    }

    fn set_closing(&self, closing: bool) {
        *self.closing.write().unwrap_or_else(PoisonError::into_inner) = closing;
    }

    fn borrow(self: &Arc<Self>) -> Option<Borrowed> {
        self.at_once(|file| {
            let key = lock(&self.beside().borrowers).calls.insert(None);
            Borrowed { file: Some(file), key, lanes: Arc::clone(self) }
        })
    }

    /// Takes the file from its queue, when all who borrow it have ended. If it is held elsewhere, it stays.
    pub(super) fn take(&self, file: Arc<fs::File>) -> std::result::Result<fs::File, Arc<fs::File>> {
        self.set_closing(true);
        self.wait_for_borrowers();
        Arc::try_unwrap(file).inspect_err(|_| self.set_closing(false))
    }

    /// A borrower may wait for the very thread that waits here: what has not started is run by it.
    fn wait_for_borrowers(&self) {
        let Some(beside) = self.beside.get() else { return };
        let mut borrowers = lock(&beside.borrowers);
        while !borrowers.calls.is_empty() {
            let unstarted = borrowers.calls.iter().filter_map(|(_, call)| call.clone());
            let unstarted: Vec<_> = unstarted.filter(|call| !call.has_started()).collect();
            if unstarted.is_empty() {
                borrowers = beside.ended.wait(borrowers).unwrap_or_else(PoisonError::into_inner);
            } else {
                drop(borrowers);
                unstarted.into_iter().for_each(|call| call.run());
                borrowers = lock(&beside.borrowers);
            }
        }
    }
}

/// The std file, in the hands of one call.
pub(super) struct Borrowed {
    /// `None` when it is given back.
    file: Option<Arc<fs::File>>,
    key: usize,
    lanes: Arc<Lanes>,
}

impl Deref for Borrowed {
    type Target = fs::File;

    fn deref(&self) -> &fs::File {
        self.file.as_deref().expect("it is given back by its drop")
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // First the file, which whoever waits below wants for its own. A call that was not run may have the last of it.
        if let Some(last) = self.file.take().and_then(Arc::into_inner)
            && !pool::on_job_thread()
        {
            Pool::dispose(last);
        }
        let beside = self.lanes.beside();
        let call = lock(&beside.borrowers).calls.try_remove(self.key);
        beside.ended.notify_all();
        drop(call);
    }
}

impl File {
    /// Runs a call beside the queue, in parallel with everything.
    pub(super) fn beside<R, F>(&self, policy: Typed<R>, f: F) -> Call<Result<R>>
    where
        R: Send + 'static,
        F: FnOnce(&fs::File) -> io::Result<R> + Send + 'static,
    {
        self.beside_as(policy, |file| f(&file)).unwrap_or_else(|policy| policy.closed())
    }

    /// The same with any policy, which comes back if the file is closed.
    pub(super) fn beside_as<P, F>(&self, policy: P, f: F) -> std::result::Result<Call<P::Out>, P>
    where
        P: Policy,
        F: FnOnce(Borrowed) -> P::Raw + Send + 'static,
    {
        let Some(borrowed) = self.lanes.borrow() else { return Err(policy) };
        let key = borrowed.key;
        let (call, cell) = Call::made(policy, 0, move || f(borrowed));
        let beside = self.lanes.beside();
        if let Some(borrower) = lock(&beside.borrowers).calls.get_mut(key) {
            *borrower = Some(Arc::clone(&cell) as _);
            beside.ended.notify_all(); // one who waits for it can now run it
        }
        self.pool().submit_here(cell, None);
        Ok(call)
    }
}
